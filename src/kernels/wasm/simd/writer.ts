/**
 * Writes vector code: moves constants out of the loop, names intermediate values, and skips code that
 * no lane needs.
 *
 * @module
 */

import type { FunctionBuilder } from "../assembler/assembler.ts";
import type { Code } from "../assembler/code.ts";
import { loopWhile, when } from "../assembler/control.ts";
import { i32, i64 } from "../assembler/scalars.ts";
import { f64x2, i32x4, i64x2, v128 } from "../assembler/vectors.ts";
import { ZEROS } from "../scratch.ts";
import type { Lanes, Vector } from "./lanes.ts";

/** The statements of a loop's body in the making, and of what comes before the loop. */
export class Writer {
  /** Statements that must run once, before the loop. */
  readonly head: Code[] = [];
  /** The lanes that `constant` and the arithmetic primitives work on. */
  readonly lanes: Lanes;
  #lines: Code[] = [];
  readonly #f: FunctionBuilder;
  readonly #constants = new Map<string, Vector>();
  readonly #hoisted = new Map<object, Vector>();
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
   * Locals that are set before the loop make exp, tanh and sigmoid 1.25 times faster in V8.
   * JavaScriptCore undoes that, unless the constant depends on the memory: the exclusive or with zeros
   * makes them 1.2 times faster there.
   */
  constant(value: number): Vector {
    return this.splat(this.lanes, value);
  }

  /** `value` in every lane of `lanes`, which may differ from those of this writer. */
  splat(lanes: Lanes, value: number): Vector {
    const { isInteger, count } = lanes;
    return this.#once(`${isInteger} ${count} ${text(value)}`, () => lanes.splat(value));
  }

  /** The 32-bit integer `value` in every lane. */
  bits(value: number): Vector {
    return this.#once(`bits ${value}`, () => i32x4.splat(value));
  }

  /** `value` in both lanes of float64. */
  double(value: number): Vector {
    return this.#once(`false 2 ${text(value)}`, () => f64x2.splat(value));
  }

  /** The 64-bit integer `value` in both lanes. */
  bits64(value: bigint): Vector {
    return this.#once(`bits64 ${value}`, () => i64x2.splat(i64.const(value)));
  }

  /**
   * Replaces `values` in the lanes where `mask` is set by what `better` writes, which runs only if
   * there is such a lane.
   *
   * Every lane gets the bits that it would get alone, so they do not depend on its neighbours.
   */
  patch(mask: Vector, values: readonly Vector[], better: () => readonly Vector[]): void {
    const lines = this.#aside(() => {
      const chosen = better().map((other, i) =>
        values[i].set(v128.bitselect(other, values[i], mask))
      );
      this.#lines.push(...chosen);
    });
    this.#lines.push(when(v128.anyTrue(mask), lines));
  }

  /** `start`, changed by `step` for as long as `test` is true, lane by lane. */
  repeat(
    start: Code<"v128">,
    test: (x: Vector) => Code<"v128">,
    step: (x: Vector) => Code<"v128">,
  ): Vector {
    const x = this.let(start);
    const mask = this.let(test(x));
    const lines = this.#aside(() => {
      const next = step(x);
      this.#lines.push(x.set(v128.bitselect(next, x, mask)));
      const again = test(x);
      this.#lines.push(mask.set(again));
    });
    this.#lines.push(loopWhile(v128.anyTrue(mask), lines));
    return x;
  }

  /** The vector that `write` makes before the loop; only once for each `key`. */
  hoist(key: object, write: () => Vector): Vector {
    let vector = this.#hoisted.get(key);
    if (vector === undefined) {
      const lines = this.#aside(() => vector = write());
      this.head.push(...lines);
      this.#hoisted.set(key, vector!);
    }
    return vector!;
  }

  /** The statements that `write` makes, for a place of their own. */
  #aside(write: () => void): Code[] {
    const outer = this.take();
    write();
    const inner = this.take();
    this.#lines = outer;
    return inner;
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

/** The number in digits; unlike `toString`, it tells −0 from 0. */
function text(value: number): string {
  return Object.is(value, -0) ? "-0" : `${value}`;
}
