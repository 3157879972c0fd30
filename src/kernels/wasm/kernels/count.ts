/**
 * Counts of numbers.
 *
 * @module
 */

import type { Kernels } from "../../kernels.ts";
import { loopUntil } from "../assembler/control.ts";
import { i32 } from "../assembler/scalars.ts";
import { clear } from "./layout.ts";
import { withContiguous } from "./map.ts";
import { compile, type Kernel } from "../threads/instances.ts";
import { NDArray } from "../../../storage/ndarray.ts";

let kernel: Kernel | undefined;

/** Counts, on one thread: threads would need a table each, and count in parts. */
export const counts: Pick<Kernels, "count"> = {
  count(x, length): NDArray {
    return withContiguous([x], ([dense]) => {
      const out = NDArray.allocate([length], "int32");
      clear(out.ptr, 4 * length);
      kernel ??= compileCount();
      kernel(dense.ptr, dense.ptr + 4 * dense.size, out.ptr);
      return out;
    });
  },
};

/** Compiles `(x, end, out)`: adds 1 to the element of `out` at each of the numbers from `x` on. */
function compileCount(): Kernel {
  return compile((assembler) =>
    assembler.procedure("count", 3, (f, x, end, out) => {
      const place = f.local("i32");
      return [
        loopUntil(x, end, 4, [
          place.set(i32.add(out, i32.shl(i32.load(x), 2))),
          i32.store(place, i32.add(i32.load(place), 1)),
        ]),
      ];
    })
  ).count;
}
