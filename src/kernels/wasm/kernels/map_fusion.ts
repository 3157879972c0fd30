/**
 * Makes one kernel of several assignments, so that each array is read and written once.
 *
 * The value that one assignment stores goes on to those after it in a register. That changes no bits:
 * it has the dtype of the array in which it is stored.
 *
 * @module
 */

import { DTYPES, type FloatDType, isFloat } from "../../../dtype.ts";
import { sameShape } from "../../../shape.ts";
import type { NDArray } from "../../../storage/ndarray.ts";
import type { Operand } from "../../arithmetic.ts";
import type { Expression, Formula } from "../../formula.ts";
import type { Assignment } from "../../kernels.ts";
import { FLOAT_LANES } from "../simd/lanes.ts";
import { hasAngles } from "../simd/limits.ts";
import { specialize } from "../simd/specialize.ts";
import { Compiled, hasKey } from "./map_cache.ts";

/** One kernel for several assignments, with its operands and results. */
interface Fused {
  readonly code: Compiled;
  readonly operands: readonly Operand<NDArray>[];
  readonly outs: readonly NDArray[];
}

/** The digit in a {@link Link} that stands for a number; smaller ones are places of arrays. */
const NUMBER = 15;

/** Most operands of an assignment, which with its result are the digits of an exact integer. */
const MOST_OPERANDS = 12;

/** An assignment on numbered arrays: its formula, and its operands and result as digits in base 16. */
interface Link {
  readonly f: Formula;
  readonly places: number;
}

/** A list of links, and the kernels for it. */
class Chain {
  readonly #before: Chain | null;
  readonly #link: Link | null;
  /** The chains with one more link. */
  readonly #longer: Chain[] = [];
  /** By dtype; null where there is no vector code. */
  readonly #codes: (Compiled | null)[] = [];

  constructor(before: Chain | null, link: Link | null) {
    this.#before = before;
    this.#link = link;
  }

  /** The chain with one more link. There are few to choose from. */
  with(f: Formula, places: number): Chain {
    for (let i = 0; i < this.#longer.length; i++) {
      const link = this.#longer[i].#link!;
      if (link.f === f && link.places === places) return this.#longer[i];
    }
    const chain = new Chain(this, { f, places });
    this.#longer.push(chain);
    return chain;
  }

  /** The kernels for arrays of `dtype`, or null if there is no vector code. */
  code(dtype: FloatDType, arrays: number, numbers: number): Compiled | null {
    const { rank } = DTYPES[dtype];
    const known = this.#codes[rank];
    if (known !== undefined) return known;
    const lanes = FLOAT_LANES[dtype];
    const bodies = this.#bodies(arrays);
    // A constant would be folded, in double precision, into what follows.
    const usable = this.#links().every(({ f }) => f.reads().length > 0);
    return this.#codes[rank] = usable
      ? new Compiled(bodies, lanes, dtype, dtype, arrays + numbers, false)
      : null;
  }

  #links(): Link[] {
    return this.#before === null ? [] : [...this.#before.#links(), this.#link!];
  }

  /** An expression for each array that is written, of the arrays and numbers as they were before. */
  #bodies(arrays: number): Expression[] {
    /** The value of each array so far. */
    const values: Expression[] = Array.from({ length: arrays }, (_, index) => input(index));
    const written = new Set<number>();
    let next = arrays;
    for (const { f, places } of this.#links()) {
      const [out, ...operands] = digits(places, f.arity + 1);
      values[out] = substitute(
        f.body,
        operands.map((at) => at === NUMBER ? input(next++) : values[at]),
      );
      written.add(out);
    }
    return Array.from(written, (out) => values[out]);
  }
}

function input(index: number): Expression {
  return { kind: "input", index };
}

/** The last `count` digits of `places`. */
function digits(places: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(places / 16 ** (count - 1 - i)) % 16);
}

/** `body` with `inputs` in place of its inputs; parts that are used twice stay one object. */
function substitute(body: Expression, inputs: readonly Expression[]): Expression {
  const known = new Map<Expression, Expression>();
  const visit = (e: Expression): Expression => {
    if (e.kind !== "apply") return e.kind === "input" ? inputs[e.index] : e;
    let made = known.get(e);
    if (made === undefined) known.set(e, made = { ...e, args: e.args.map(visit) });
    return made;
  };
  return visit(body);
}

const EMPTY = new Chain(null, null);

/**
 * One kernel for all `assignments`, or null if they must be made one after the other: because shapes
 * or dtypes of results differ, because an operand overlaps a result and is another view of it, or
 * because a formula must be left to the reference backend.
 */
export function fuse(assignments: readonly Assignment[]): Fused | null {
  const { shape, dtype } = assignments[0].out;
  if (assignments.length < 2 || !isFloat(dtype)) return null;
  const arrays: NDArray[] = [];
  const numbers: number[] = [];
  const outs: NDArray[] = [];
  let chain = EMPTY;
  for (let i = 0; i < assignments.length; i++) {
    const { f, operands, out } = assignments[i];
    if (out.dtype !== dtype || !sameShape(out.shape, shape)) return null;
    if (operands.length > MOST_OPERANDS) return null;
    if (dtype === "float64" && hasAngles(f)) return null;
    if (!outs.includes(out)) outs.push(out);
    let places = placeOf(out, arrays);
    for (let j = 0; j < operands.length; j++) {
      const operand = operands[j];
      if (typeof operand === "number") numbers.push(operand);
      const place = typeof operand === "number" ? NUMBER : placeOf(operand, arrays);
      places = places * 16 + place;
    }
    if (arrays.length > NUMBER) return null;
    chain = chain.with(specialize(f, operands), places);
  }
  const operands = [...arrays, ...numbers];
  if (!areApart(arrays, outs) || !hasKey(operands)) return null;
  const code = chain.code(dtype, arrays.length, numbers.length);
  return code && { code, operands, outs };
}

/** The place of `array` in `arrays`, to which it is added if it is not there. */
function placeOf(array: NDArray, arrays: NDArray[]): number {
  const place = arrays.indexOf(array);
  return place < 0 ? arrays.push(array) - 1 : place;
}

/** Returns true if none of `arrays` shares memory with one of `outs` that is another view. */
function areApart(arrays: readonly NDArray[], outs: readonly NDArray[]): boolean {
  for (const out of outs) {
    for (const array of arrays) {
      if (array !== out && array.storage === out.storage) return false;
    }
  }
  return true;
}
