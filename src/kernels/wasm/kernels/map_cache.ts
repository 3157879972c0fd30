/**
 * The cache of compiled elementwise kernels, whose keys are small integers.
 *
 * @module
 */

import { type DType, DTYPES, isFloat } from "../../../dtype.ts";
import type { Operand } from "../../arithmetic.ts";
import { type Expression, Formula, type Formulas } from "../../formula.ts";
import { Assembler } from "../assembler/assembler.ts";
import {
  compileMapKernel,
  type KernelSpec,
  type Layout,
  type Source,
  writeMapKernel,
} from "./map_kernel.ts";
import { FLOAT_LANES, INTEGER_LANES, type Lanes } from "../simd/lanes.ts";
import { canLowerIntegers } from "../simd/lower.ts";
import type { Kernel } from "../threads/instances.ts";
import type { NDArray } from "../../../storage/ndarray.ts";

const LAYOUTS: readonly Layout[] = ["dense", "splat", "strided"];
const DTYPE_NAMES = Object.keys(DTYPES) as DType[];

/** Bits of a key that an array takes: three layouts of five dtypes, and a bit that tells it from a number. */
const ARRAY_BITS = 5;

/** As many bits as an exact integer has. */
const MOST_BITS = 53;

/** Returns true if the kernels for `operands` have a key. */
export function hasKey(operands: readonly Operand<NDArray>[]): boolean {
  if (operands.length * ARRAY_BITS <= MOST_BITS) return true;
  let bits = 0;
  for (const operand of operands) bits += typeof operand === "number" ? 1 : ARRAY_BITS;
  return bits <= MOST_BITS;
}

/** The key of the kernel for operands of `layouts`; if these are left out, of dense arrays and splats. */
export function operandKey(
  operands: readonly Operand<NDArray>[],
  layouts?: readonly Layout[],
): number {
  let key = 0;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    key = typeof operand === "number"
      ? key * 2
      : withArray(key, layouts?.[i] ?? (operand.size === 1 ? "splat" : "dense"), operand.dtype);
  }
  return key;
}

/** The key of some operands and one more array. */
function withArray(key: number, layout: Layout, dtype: DType): number {
  return key * 2 ** ARRAY_BITS + (LAYOUTS.indexOf(layout) * 5 + DTYPES[dtype].rank) * 2 + 1;
}

/** The last `count` operands in `key`. */
function operandsIn(key: number, count: number): Source[] {
  const operands: Source[] = [];
  while (operands.length < count) {
    const isArray = key % 2 === 1;
    const code = Math.floor(key / 2) % 2 ** (ARRAY_BITS - 1);
    operands.unshift(
      isArray
        ? { layout: LAYOUTS[Math.floor(code / 5)], dtype: DTYPE_NAMES[code % 5] }
        : { layout: "number", dtype: "bool" },
    );
    key = Math.floor(key / 2 ** (isArray ? ARRAY_BITS : 1));
  }
  return operands;
}

/** The kernels of some expressions for one kind of lanes and one dtype of the results. */
export class Compiled {
  /** True if the one result is the first operand, up to its dtype. */
  readonly isCopy: boolean;
  readonly #bodies: readonly Expression[];
  readonly #lanes: Lanes;
  readonly #compute: DType;
  readonly #dtype: DType;
  readonly #arity: number;
  readonly #wraps: boolean;
  readonly #dense = new Map<number, Kernel>();
  readonly #strided = new Map<number, Kernel>();
  readonly #picking = new Map<number, Kernel>();

  /**
   * @param bodies the expressions, one for each result
   * @param lanes that compute them, unless there are better ones for the operands
   * @param compute dtype of the arithmetic
   * @param dtype of the results
   * @param arity number of operands
   * @param wraps true if integers that are too large wrap, rather than become the largest
   */
  constructor(
    bodies: readonly Expression[],
    lanes: Lanes,
    compute: DType,
    dtype: DType,
    arity: number,
    wraps: boolean,
  ) {
    const [first] = bodies;
    this.isCopy = bodies.length === 1 && first.kind === "input" && first.index === 0;
    this.#bodies = bodies;
    this.#lanes = lanes;
    this.#compute = compute;
    this.#dtype = dtype;
    this.#arity = arity;
    this.#wraps = wraps && !this.isCopy;
  }

  /** The kernel (see `map_kernel.ts`) for the operands of `key`, with results of one layout. */
  kernel(key: number, out: Layout): Kernel {
    const layout = out === "dense" ? "dense" : "strided";
    const kernels = layout === "dense" ? this.#dense : this.#strided;
    return find(kernels, key, () => this.#compile(key, { layout }));
  }

  /** The kernel with a dense result that picks rows of its first operand. */
  picking(key: number): Kernel {
    return find(this.#picking, key, () => this.#compile(key, { layout: "dense", picks: true }));
  }

  /** Integers need no floats, and floats that become integers no wider ones. */
  #lanesFor(operands: readonly Source[]): Lanes {
    const compute = this.#compute;
    if (isFloat(compute)) return this.#lanes;
    if (this.isCopy && operands[0].dtype === "float32") return FLOAT_LANES.float32;
    const lanes = INTEGER_LANES[compute];
    const { bytes } = DTYPES[compute];
    const fits = operands.every(({ layout, dtype }) =>
      layout === "number" || (!isFloat(dtype) && DTYPES[dtype].bytes <= bytes)
    );
    const canLower = this.#bodies.every((body) => canLowerIntegers(body, bytes));
    return fits && canLower ? lanes : this.#lanes;
  }

  /**
   * The module of the kernel for dense operands of the dtype of the arithmetic, to be read: it takes
   * one vector at a time.
   */
  module(): Uint8Array<ArrayBuffer> {
    let key = 0;
    for (let i = 0; i < this.#arity; i++) key = withArray(key, "dense", this.#compute);
    const assembler = new Assembler();
    writeMapKernel(assembler, this.#spec(key, { layout: "dense" }));
    return assembler.bytes();
  }

  #compile(key: number, options: { layout: Layout; picks?: boolean }): Kernel {
    return compileMapKernel({ ...this.#spec(key, options), unrolls: true });
  }

  #spec(key: number, { layout, picks }: { layout: Layout; picks?: boolean }): KernelSpec {
    const operands = operandsIn(key, this.#arity);
    const out = { layout, dtype: this.#dtype };
    const [bodies, wraps] = [this.#bodies, this.#wraps];
    return { bodies, lanes: this.#lanesFor(operands), wraps, out, operands, picks };
  }
}

function find(kernels: Map<number, Kernel>, key: number, make: () => Kernel): Kernel {
  let kernel = kernels.get(key);
  if (kernel === undefined) kernels.set(key, kernel = make());
  return kernel;
}

/** By the function's id, then by `compute` and `dtype`; null where there are no lanes. */
const cache: (Compiled | null)[][] = [];

/** The kernels of `f`, or null if it must be left to the reference backend. */
export function compiled(
  f: Formula | Formulas,
  compute: DType,
  dtype: DType,
  arity: number,
): Compiled | null {
  const index = DTYPES[compute].rank * 5 + DTYPES[dtype].rank;
  const known = (cache[f.id] ??= [])[index];
  if (known !== undefined) return known;
  const [bodies, isCondition] = f instanceof Formula
    ? [[f.body], f.isCondition]
    : [f.bodies, false];
  const lanes = lanesFor(isCondition, compute, dtype);
  return cache[f.id][index] = lanes &&
    new Compiled(bodies, lanes, compute, dtype, arity, !isFloat(compute));
}

/**
 * The lanes that compute a formula; null if it has none. Integers are computed in float64, as the reference
 * does, and wrap when they are stored; so the result must not be of another integer type, which would
 * wrap once more.
 */
function lanesFor(isCondition: boolean, compute: DType, dtype: DType): Lanes | null {
  if (compute === "float32" && dtype === "float64") return null;
  if (isFloat(compute)) return FLOAT_LANES[compute];
  return compute === dtype || (isCondition && dtype === "bool") ? FLOAT_LANES.float64 : null;
}
