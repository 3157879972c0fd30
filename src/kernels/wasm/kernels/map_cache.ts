/**
 * The cache of compiled elementwise kernels, whose keys are small integers.
 *
 * @module
 */

import { type DType, DTYPES, isFloat } from "../../../dtype.ts";
import type { Formula } from "../../formula.ts";
import { Assembler } from "../assembler/assembler.ts";
import {
  compileMapKernel,
  type KernelSpec,
  type Layout,
  type Source,
  writeMapKernel,
} from "./map_kernel.ts";
import { canStore } from "../simd/elements.ts";
import { FLOAT_LANES, INTEGER_LANES, type Lanes } from "../simd/lanes.ts";
import { canLower, canLowerIntegers, valuesFor } from "../simd/lower.ts";
import type { Kernel } from "../threads/instances.ts";

const LAYOUTS: readonly Layout[] = ["dense", "splat", "strided", "number"];
const DTYPE_NAMES = Object.keys(DTYPES) as DType[];

/** Operands are told apart by 4 bits each, and a key must be an exact integer. */
const MOST_OPERANDS = 12;

/** 0 to 15 for an operand: three layouts of five dtypes, and numbers. */
export function operandCode(layout: Layout, dtype: DType): number {
  return LAYOUTS.indexOf(layout) * 5 + DTYPES[dtype].rank;
}

function operandOf(code: number): Source {
  return { layout: LAYOUTS[Math.floor(code / 5)], dtype: DTYPE_NAMES[code % 5] };
}

/** The kernels of one formula for one kind of lanes and one dtype of the result. */
export class Compiled {
  /** True if the result is the first operand, up to its dtype. */
  readonly isCopy: boolean;
  readonly #f: Formula;
  readonly #lanes: Lanes;
  readonly #compute: DType;
  readonly #dtype: DType;
  readonly #arity: number;
  readonly #wraps: boolean;
  readonly #dense = new Map<number, Kernel>();
  readonly #strided = new Map<number, Kernel>();
  readonly #picking = new Map<number, Kernel>();

  /**
   * @param f the formula
   * @param lanes that compute it, unless there are better ones for its operands
   * @param compute dtype of the arithmetic
   * @param dtype of the result
   * @param arity number of operands
   * @param wraps true if integers that are too large wrap, rather than become the largest
   */
  constructor(
    f: Formula,
    lanes: Lanes,
    compute: DType,
    dtype: DType,
    arity: number,
    wraps: boolean,
  ) {
    this.isCopy = f.body.kind === "input" && f.body.index === 0;
    this.#f = f;
    this.#lanes = lanes;
    this.#compute = compute;
    this.#dtype = dtype;
    this.#arity = arity;
    this.#wraps = wraps && !this.isCopy;
  }

  /** The kernel (see `map_kernel.ts`) for operands whose codes are the digits of `key` in base 16. */
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
    return fits && canLowerIntegers(this.#f.body, bytes) ? lanes : this.#lanes;
  }

  /** The module of the kernel for dense operands of the dtype of the arithmetic. */
  module(): Uint8Array<ArrayBuffer> {
    const code = operandCode("dense", this.#compute);
    let key = 0;
    for (let i = 0; i < this.#arity; i++) key = key * 16 + code;
    const assembler = new Assembler();
    writeMapKernel(assembler, this.#spec(key, { layout: "dense" }));
    return assembler.bytes();
  }

  #compile(key: number, options: { layout: Layout; picks?: boolean }): Kernel {
    return compileMapKernel(this.#spec(key, options));
  }

  #spec(key: number, { layout, picks }: { layout: Layout; picks?: boolean }): KernelSpec {
    const operands: Source[] = [];
    for (let i = 0; i < this.#arity; i++) {
      operands.unshift(operandOf(key % 16));
      key = Math.floor(key / 16);
    }
    const out = { layout, dtype: this.#dtype };
    const [body, wraps] = [this.#f.body, this.#wraps];
    return { body, lanes: this.#lanesFor(operands), wraps, out, operands, picks };
  }
}

function find(kernels: Map<number, Kernel>, key: number, make: () => Kernel): Kernel {
  let kernel = kernels.get(key);
  if (kernel === undefined) kernels.set(key, kernel = make());
  return kernel;
}

/** By the function's id, then by `compute` and `dtype`; null where there is no vector code. */
const cache: (Compiled | null)[][] = [];

/** The kernels of `f`, or null if it must be left to the reference backend. */
export function compiled(
  f: Formula,
  compute: DType,
  dtype: DType,
  arity: number,
): Compiled | null {
  const index = DTYPES[compute].rank * 5 + DTYPES[dtype].rank;
  const known = (cache[f.id] ??= [])[index];
  if (known !== undefined) return known;
  const lanes = lanesFor(f, compute, dtype);
  const wraps = !isFloat(compute);
  const usable = lanes !== null && arity <= MOST_OPERANDS &&
    canLower(f.body, valuesFor(lanes, wraps)) &&
    canStore(lanes, dtype);
  return cache[f.id][index] = usable ? new Compiled(f, lanes, compute, dtype, arity, wraps) : null;
}

/**
 * The lanes that compute `f`; null if it has none. Integers are computed in float64, as the reference
 * does, and wrap when they are stored; so the result must not be of another integer type, which would
 * wrap once more.
 */
function lanesFor(f: Formula, compute: DType, dtype: DType): Lanes | null {
  if (isFloat(compute)) return FLOAT_LANES[compute];
  return compute === dtype || (f.isCondition && dtype === "bool") ? FLOAT_LANES.float64 : null;
}
