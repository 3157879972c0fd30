/**
 * Writing straight-line vector code: constants are hoisted, intermediate values named.
 *
 * @module
 */

import type { FunctionBuilder } from "./assembler.ts";
import type { Code, Local } from "./code.ts";
import { ZEROS } from "./reserved.ts";
import { i32, i64 } from "./scalars.ts";
import { f32x4, f64x2, i32x4, i64x2, v128 } from "./vectors.ts";

/** A vector in a variable, which may be used any number of times. */
export type Vector = Local<"v128">;

/** How a vector is divided: 4 lanes of float32 or 2 of float64. */
export type Lanes = typeof f32x4 | typeof f64x2;

/** The statements of a loop's body in the making, and of what comes before the loop. */
export class Writer {
  /** What must run once, before the loop. */
  readonly head: Code[] = [];
  /** The lanes that `constant` and the arithmetic primitives work on. */
  readonly lanes: Lanes;
  #lines: Code[] = [];
  readonly #f: FunctionBuilder;
  readonly #constants = new Map<string, Vector>();
  readonly #zeros: Vector;

  /** @param f the function whose body is written @param lanes how its vectors are divided */
  constructor(f: FunctionBuilder, lanes: Lanes) {
    this.#f = f;
    this.lanes = lanes;
    this.#zeros = f.local("v128");
    this.head.push(this.#zeros.set(v128.load(i32.const(ZEROS))));
  }

  /** Names the value of `code`. */
  let(code: Code<"v128">): Vector {
    const local = this.#f.local("v128");
    this.#lines.push(local.set(code));
    return local;
  }

  /**
   * `value` in every lane.
   *
   * Engines build a vector constant anew, in several instructions, at every place that mentions one.
   * So constants wait in locals from before the loop, which makes exp, tanh and sigmoid 1.25 times
   * faster in V8. JavaScriptCore sees through that, unless the constant depends on the memory: the
   * exclusive or with zeros makes them 1.2 times faster there.
   */
  constant(value: number): Vector {
    const { lanes } = this;
    // The sign tells -0 from 0.
    const key = `${Object.is(value, -0) ? "-" : ""}${value}`;
    return this.#once(key, () => lanes === f32x4 ? f32x4.splat(value) : f64x2.splat(value));
  }

  /** The 32-bit integer `value` in every lane. */
  bits(value: number): Vector {
    return this.#once(`bits ${value}`, () => i32x4.splat(value));
  }

  /** `value` in both lanes of float64, whatever the lanes of this writer are. */
  double(value: number): Vector {
    return this.#once(`double ${value}`, () => f64x2.splat(value));
  }

  /** The 64-bit integer `value` in both lanes. */
  bits64(value: bigint): Vector {
    return this.#once(`bits64 ${value}`, () => i64x2.splat(i64.const(value)));
  }

  /** The statements since the last call. */
  take(): Code[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  #once(key: string, make: () => Code<"v128">): Vector {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const local = this.#f.local("v128");
    this.head.push(local.set(v128.xor(make(), this.#zeros)));
    this.#constants.set(key, local);
    return local;
  }
}
