/**
 * Makes ops from formulas for one element, and runs formulas on arrays.
 *
 * The forward and each gradient become one {@link Formula}, so each is one pass over the memory, and
 * the inputs that a gradient reads are those in its formula.
 *
 * @module
 */

import { checkInPlace, checkInPlaceDtype, checkRange, rangeOf } from "../checks.ts";
import {
  type DType,
  getDefaultDtype,
  isFloat,
  kindOf,
  promote,
  promoteWithNumber,
} from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { Formula, type FormulaBody, identity } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { numbers } from "../kernels/numbers.ts";
import { mapList } from "../lists.ts";
import { broadcastShapes, sameShape, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { inverseOrder, memoryOrder, viewExpand, viewPermute } from "../storage/views.ts";
import { fitted } from "./integers.ts";
import { once, type Op, op, OUTPUT, sample, type SampleInput } from "./op.ts";

/** The text of an elementwise op: {@link elementwise} makes an {@link Op} of it. */
interface ElementwiseDefinition {
  readonly name: string;
  /** Number of inputs, unless it is that of the first sample; 1 if there are none. */
  readonly arity?: number;
  /** Convert integers to floating-point numbers first. */
  readonly float?: boolean;
  /** Refuse booleans. */
  readonly noBool?: boolean;
  /** Index of the first input that counts for the dtype of the result. */
  readonly promoteFrom?: number;
  /** Compute integers in float64, and refuse results that do not fit, where others wrap. */
  readonly exact?: boolean;
  /** Refuses inputs by their values; `dtype` is that of the arithmetic. */
  readonly check?: (k: Kernels, inputs: readonly Operand<NDArray>[], dtype: DType) => void;
  /** The result at one element. */
  readonly forward: FormulaBody;
  /** The gradients at one element; absent if the op has none. */
  readonly backward?: GradientRule;
  /** Inputs of calls for tests; by default values from −2 to 2. */
  readonly samples?: readonly (readonly SampleInput[])[];
}

/** Gradients of all inputs; those of numbers, conditions and other constants may be left out. */
type GradientRule = <T>(
  k: Arithmetic<T>,
  g: Operand<T>,
  inputs: readonly Operand<T>[],
  output: Operand<T>,
) => readonly Operand<T>[];

/** Makes an op of its formulas. */
export function elementwise(definition: ElementwiseDefinition): Op<void> {
  const { name, float = false, noBool = false, promoteFrom = 0, exact = false, check } = definition;
  const arity = definition.samples?.[0].length ?? definition.arity ?? 1;
  const samples = definition.samples ?? [new Array(arity).fill(sample([2, 3]))];
  const f = new Formula(name, arity, definition.forward);
  // A program uses few of the ops that it loads.
  const gradients = once(() =>
    definition.backward === undefined ? [] : gradientsOf(name, arity, definition.backward)
  );
  const reads = once(() =>
    gradients().map((gradient) =>
      gradient.reads().filter((j) => j > 0).map((j) => (j === arity + 1 ? OUTPUT : j - 1))
    )
  );
  const computeDtype = (k: Kernels, inputs: readonly Operand<NDArray>[]): DType => {
    const common = commonDtype(inputs, promoteFrom);
    if (noBool && common === "bool") {
      throw new DTypeError(
        `Cannot ${name} booleans: convert one operand with .to("int32"), or use logicalNot(), ` +
          `logicalAnd() and logicalOr()`,
      );
    }
    const compute = float && !isFloat(common) ? getDefaultDtype() : common;
    check?.(k, inputs, compute);
    return isFloat(compute) ? compute : dtypeForNumbers(name, inputs, compute, f.isCondition);
  };
  const exactly = (
    k: Kernels,
    inputs: readonly Operand<NDArray>[],
    shape: Shape,
    dtype: DType,
  ): NDArray => fitted(k, name, k.map(f, inputs, shape, "float64", "float64"), dtype);
  return op<void, readonly Operand<NDArray>[]>({
    name,
    arity,
    reads,
    forward(k, inputs) {
      const compute = computeDtype(k, inputs);
      const dtype = f.isCondition ? "bool" : compute;
      const shape = commonShape(inputs, name);
      if (exact && !isFloat(compute)) return exactly(k, inputs, shape, dtype);
      return mapInOrder(k, f, inputs, shape, compute, dtype);
    },
    into(k, inputs, out) {
      const compute = computeDtype(k, inputs);
      checkInPlace(name, commonShape(inputs, name), out.shape);
      checkInPlaceDtype(name, f.isCondition ? "bool" : compute, out.dtype);
      if (!exact || isFloat(compute)) k.mapInto(f, inputs, out, compute);
      else write(k, exactly(k, inputs, out.shape, compute), out);
    },
    backward: definition.backward && ((k, g, { inputs, output }) => {
      const operands = [g, ...inputs, output];
      return mapList(gradients(), (gradient) => () =>
        // A gradient that is g itself needs no pass.
        gradient.body.kind === "input" && gradient.body.index === 0
          ? g
          : k.map(gradient, operands));
    }),
    samples: samples.map((inputs) => ({ inputs })),
    formulas: {
      forward: f,
      get gradients() {
        return gradients();
      },
    },
  });
}

/** One formula of `[g, ...inputs, output]` for each gradient in the list that the rule returns. */
function gradientsOf(name: string, arity: number, rule: GradientRule): Formula[] {
  const pick = (i: number): FormulaBody => (k, [g, ...rest]) =>
    rule(k, g, rest.slice(0, arity), rest[arity])[i];
  // Any numbers do: they only count the gradients.
  const ones = new Array<number>(arity).fill(1);
  return rule<number>(numbers, 1, ones, 1).map((_, i) =>
    new Formula(`the gradient of ${name}`, arity + 2, pick(i))
  );
}

/**
 * The dtype in which `inputs` meet, as PyTorch promotes: tensors with axes decide; scalars and plain
 * numbers only raise the kind (bool, integer, float), never the width of a kind that is there.
 */
function commonDtype(inputs: readonly Operand<NDArray>[], from: number): DType {
  let shaped: DType | null = null;
  let scalar: DType | null = null;
  let number: number | null = null;
  for (let i = from; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x === "number") number = number === null || !Number.isInteger(x) ? x : number;
    else if (x.shape.length > 0) shaped = shaped === null ? x.dtype : promote(shaped, x.dtype);
    else scalar = scalar === null ? x.dtype : promote(scalar, x.dtype);
  }
  let result = shaped ?? scalar;
  if (result === null) return getDefaultDtype();
  if (shaped !== null && scalar !== null && kindOf(scalar) > kindOf(shaped)) result = scalar;
  return number === null ? result : promoteWithNumber(result, number);
}

/**
 * Rejects numbers that the integers of `dtype` do not have; comparisons take them, in float64.
 *
 * @returns the dtype of the arithmetic
 */
function dtypeForNumbers(
  action: string,
  inputs: readonly Operand<NDArray>[],
  dtype: DType,
  isCondition: boolean,
): DType {
  const [least, most] = rangeOf(dtype);
  for (const x of inputs) {
    if (typeof x !== "number" || (x >= least && x <= most)) continue;
    if (isCondition) return "float64";
    checkRange(action, [x], dtype);
  }
  return dtype;
}

const SCALAR: Shape = [];

/** The shape to which `operands` broadcast. */
export function commonShape(operands: readonly Operand<NDArray>[], action: string): Shape {
  let shape = SCALAR;
  for (const x of operands) {
    if (typeof x !== "number") shape = broadcastShapes(shape, x.shape, action);
  }
  return shape;
}

/** Runs `f` on `operands` in one pass, with the dtypes of an ordinary arithmetic op. */
export function mapElements(
  k: Kernels,
  f: Formula,
  operands: readonly Operand<NDArray>[],
): NDArray {
  const compute = commonDtype(operands, 0);
  const dtype = f.isCondition ? "bool" : compute;
  return mapInOrder(k, f, operands, commonShape(operands, f.name), compute, dtype);
}

/**
 * Runs `f` with a result whose axes lie in memory as those of the operands do, as in PyTorch: all are
 * read as they lie. The result is contiguous if one of the operands is that has its shape.
 */
export function mapInOrder(
  k: Kernels,
  f: Formula,
  operands: readonly Operand<NDArray>[],
  shape: Shape,
  compute: DType,
  dtype: DType,
): NDArray {
  const order = commonOrder(operands, shape);
  if (order === null) return k.map(f, operands, shape, compute, dtype);
  const moved = mapList(
    operands,
    (x) => typeof x === "number" || x.size === 1 ? x : viewPermute(viewExpand(x, shape), order),
  );
  const result = k.map(f, moved, mapList(order, (axis) => shape[axis]), compute, dtype);
  return viewPermute(result, inverseOrder(order));
}

/** The order of the axes of the first operand of `shape`; null if a contiguous one has it. */
function commonOrder(operands: readonly Operand<NDArray>[], shape: Shape): number[] | null {
  let order: number[] | null = null;
  for (const x of operands) {
    if (typeof x === "number" || !sameShape(x.shape, shape)) continue;
    if (x.contiguous) return null;
    order ??= memoryOrder(x);
  }
  return order;
}

/** Finds elements that are not 0. */
export const isNonZero: Formula = new Formula("nonzero", 1, (k, [x]) => k.ne(x, 0));

/** Returns true if an element of `x` is 0. */
export function hasZero(k: Kernels, x: NDArray): boolean {
  const mark = arena.open();
  try {
    const axes = x.shape.map((_, axis) => axis);
    const areNonZero = mapElements(k, isNonZero, [x]);
    return k.reduce("min", areNonZero, axes, false, "bool").values()[0] === 0;
  } finally {
    arena.close(mark, "temporary", []);
  }
}

/** A contiguous copy of `x` as `dtype`. */
export function copy(k: Kernels, x: NDArray, dtype: DType = x.dtype): NDArray {
  return k.map(identity, [x], x.shape, dtype, dtype);
}

/** `x` itself if it is contiguous and of `dtype`, otherwise a copy that is. */
export function contiguous(k: Kernels, x: NDArray, dtype: DType = x.dtype): NDArray {
  return x.contiguous && x.dtype === dtype ? x : copy(k, x, dtype);
}

/**
 * `x`, or a copy of it if it is another view of the memory of `out`: a kernel that writes there could
 * read what it has just written.
 */
export function withoutOverlap(
  k: Kernels,
  x: Operand<NDArray>,
  out: NDArray,
): Operand<NDArray> {
  return typeof x !== "number" && x !== out && x.storage === out.storage ? copy(k, x) : x;
}

/** Writes `value`, broadcast and converted, into the view `out`. */
export function write(k: Kernels, value: Operand<NDArray>, out: NDArray): void {
  k.mapInto(identity, [value], out, out.dtype);
}
