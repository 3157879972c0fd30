/**
 * Finds the largest error of the float32 kernels over all float32 numbers, in units in the last
 * place of the true value. The tests check a sample; this checks every number, in minutes per function.
 *
 *     deno run --allow-read --allow-env tools/ulps.ts [--stride=1] [NAME ...]
 *     bun tools/ulps.ts
 *
 * @module
 */

import process from "node:process";
import { Formula } from "../src/kernels/formula.ts";
import { maps } from "../src/kernels/wasm/kernels/map.ts";
import * as math from "../src/math/mod.ts";
import { arena } from "../src/storage/arena.ts";
import { NDArray } from "../src/storage/ndarray.ts";

const { exp, expm1, log, log1p, erf, tanh, sigmoid, sin, cos } = math;
const EXACT = { exp, expm1, log, log1p, erf, tanh, sigmoid, sin, cos };
type Name = keyof typeof EXACT;

const ALL = 2 ** 32;
const CHUNK = 2 ** 18;

const flags = process.argv.slice(2);
const stride = Number(flags.find((flag) => flag.startsWith("--stride="))?.slice(9) ?? 1);
const names = flags.filter((flag) => flag in EXACT) as Name[];

const view = new DataView(new ArrayBuffer(8));

/** The unit of the last place that `y` has as a float32. */
function ulp(y: number): number {
  view.setFloat64(0, Math.abs(y));
  return 2 ** (Math.max((view.getUint32(0) >>> 20) - 1023, -126) - 23);
}

/** The largest error of `name`, and where; NaN and ∞ have to be right. */
function worstOf(name: Name): { worst: number; at: number } {
  const f = new Formula(name, 1, (k, [x]) => k[name](x));
  const exact = EXACT[name];
  const bits = new Uint32Array(CHUNK);
  const inputs = new Float32Array(bits.buffer);
  let [worst, at] = [0, 0];
  for (let next = 0; next < ALL;) {
    for (let i = 0; i < CHUNK; i++, next += stride) bits[i] = Math.min(next, ALL - 1);
    const x = NDArray.from(inputs, [CHUNK], "float32");
    const out = maps.map(f, [x], [CHUNK], "float32", "float32");
    const got = out.values();
    for (let i = 0; i < CHUNK; i++) {
      const y = exact(inputs[i]);
      const rounded = Math.fround(y);
      if (Object.is(got[i], rounded)) continue;
      const error = Number.isFinite(rounded) ? Math.abs(got[i] - y) / ulp(y) : Infinity;
      if (!(error <= worst)) [worst, at] = [error, inputs[i]];
    }
    for (const { storage } of [x, out]) arena.free(storage, "temporary");
  }
  return { worst, at };
}

for (const name of names.length > 0 ? names : Object.keys(EXACT) as Name[]) {
  const { worst, at } = worstOf(name);
  console.log(`${name.padEnd(8)} ${worst.toFixed(3)} ulp at ${at}`);
}
