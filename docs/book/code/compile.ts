// Written by `deno task book`: the code of 13_simd.md.

import type { Arithmetic, Formula, Operand } from "./formula.ts";
import {
  assemble,
  type Code,
  f32x4,
  getLocal,
  int,
  intAdd,
  intLess,
  load,
  repeat,
  setLocal,
  splat,
  store,
} from "./wasm.ts";

const push = (x: Operand<Code>): Code => (typeof x === "number" ? splat(x) : x);

/** Arithmetic on instructions that leave a vector on the stack. */
const code: Arithmetic<Code> = {
  add: (a, b) => [...push(a), ...push(b), ...f32x4.add],
  sub: (a, b) => [...push(a), ...push(b), ...f32x4.sub],
  mul: (a, b) => [...push(a), ...push(b), ...f32x4.mul],
  div: (a, b) => [...push(a), ...push(b), ...f32x4.div],
};

/** Makes a loop of a formula: its parameters are addresses of inputs, of the result, and its end. */
export function compile(
  formula: Formula,
  inputs: number,
  memory: WebAssembly.Memory,
): (...addresses: number[]) => void {
  const pointers = Array.from({ length: inputs + 1 }, (_, i) => i);
  const [out, end] = [inputs, inputs + 1];
  const values = pointers.slice(0, inputs).map((local) => [...getLocal(local), ...load]);
  const advance = (
    local: number,
  ) => [...getLocal(local), ...int(16), ...intAdd, ...setLocal(local)];
  const body = repeat([
    ...[...getLocal(out), ...push(formula(code, values)), ...store],
    ...pointers.flatMap(advance),
    ...[...getLocal(out), ...getLocal(end), ...intLess],
  ]);
  return assemble(memory, inputs + 2, body);
}
