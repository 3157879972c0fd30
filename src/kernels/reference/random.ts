/**
 * Random words.
 *
 * @module
 */

import { type Kernels, MAX_RANDOM_BLOCKS } from "../kernels.ts";
import { philox4x32 } from "../../math/philox.ts";

const WORD = 2 ** 32;
const buffer = new Uint32Array(4 * MAX_RANDOM_BLOCKS);

/** The reference source of random words. */
export const randomness: Pick<Kernels, "randomBlocks"> = {
  randomBlocks(seed, first, count): Uint32Array {
    for (let i = 0; i < count; i++) {
      const [n, out] = [first + i, buffer.subarray(4 * i, 4 * i + 4)];
      philox4x32(out, n | 0, (n / WORD) | 0, 0, 0, seed | 0, (seed / WORD) | 0);
    }
    return buffer.subarray(0, 4 * count);
  },
};
