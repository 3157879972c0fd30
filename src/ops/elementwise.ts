/**
 * Makes an op from a formula for one element.
 *
 * The forward and each gradient become one {@link Formula}, so each is one pass over the
 * memory, and what a gradient has to save is read off its formula.
 *
 * @module
 */

import { type DType, getDefaultDtype, isFloat, promote, promoteWithNumber } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { Formula, type FormulaBody } from "../kernels/formula.ts";
import type { Kernels, MapOperand } from "../kernels/kernels.ts";
import { numbers } from "../kernels/numbers.ts";
import { broadcastShapes, formatShape, sameShape, type Shape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { type Op, OUTPUT, type Sample, sample } from "./op.ts";

const SCALAR: Shape = [];

/** What the author of an elementwise op writes. */
interface ElementwiseDefinition {
  readonly name: string;
  /** Number of inputs, unless it is that of the first sample; 1 if there are none. */
  readonly arity?: number;
  /** Whether integers become floating-point numbers first. */
  readonly float?: boolean;
  /** Whether booleans are refused. */
  readonly noBool?: boolean;
  /** Index of the first input that counts for the dtype of the result. */
  readonly promoteFrom?: number;
  /** Refuses inputs by their values; `dtype` is that of the arithmetic. */
  readonly check?: (inputs: readonly MapOperand[], dtype: DType) => void;
  /** The result at one element; `k` is numbers, symbols or tensors. */
  readonly forward: FormulaBody;
  /** The gradients at one element; absent if the op has none. */
  readonly backward?: Gradients;
  /** By default one call with values from −2 to 2. */
  readonly samples?: readonly Sample<void>[];
}

/** Gradients of all inputs; those of numbers, conditions and other constants may be left out. */
type Gradients = <T>(
  k: Arithmetic<T>,
  g: Operand<T>,
  inputs: readonly Operand<T>[],
  output: Operand<T>,
) => readonly Operand<T>[];

/**
 * The dtype in which `inputs` meet, as PyTorch promotes: tensors with axes decide; scalars and plain
 * numbers only raise the kind (bool, integer, float), never the width of a kind that is there.
 */
function commonDtype(inputs: readonly MapOperand[], from: number): DType {
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

function kindOf(dtype: DType): number {
  return Number(dtype !== "bool") + Number(isFloat(dtype));
}

/** The shape to which `operands` broadcast. */
export function commonShape(operands: readonly MapOperand[], action: string): Shape {
  let shape = SCALAR;
  for (const x of operands) {
    if (typeof x !== "number") shape = broadcastShapes(shape, x.shape, action);
  }
  return shape;
}

/** Runs `f` over `operands` in one pass, with the dtypes of an ordinary arithmetic op. */
export function mapElements(
  k: Kernels,
  f: Formula,
  operands: readonly MapOperand[],
): NDArray {
  const compute = commonDtype(operands, 0);
  return k.map(
    f,
    operands,
    commonShape(operands, f.name),
    compute,
    f.isCondition ? "bool" : compute,
  );
}

/** An elementwise op of `arity` inputs, of which the first ones have gradients. */
export function elementwise(definition: ElementwiseDefinition): Op<void> {
  const { name, float = false, noBool = false, promoteFrom = 0, check } = definition;
  const arity = definition.samples?.[0].inputs.length ?? definition.arity ?? 1;
  const samples = definition.samples ?? [{ inputs: new Array(arity).fill(sample([2, 3])) }];
  const f = new Formula(name, arity, definition.forward);
  const gradients = definition.backward;
  const backward = gradients === undefined ? [] : gradientFunctions(name, arity, gradients);
  const reads = backward.map((rule) =>
    rule.reads().filter((j) => j > 0).map((j) => (j === arity + 1 ? OUTPUT : j - 1))
  );
  const computeDtype = (inputs: readonly MapOperand[]): DType => {
    const common = commonDtype(inputs, promoteFrom);
    if (noBool && common === "bool") {
      throw new DTypeError(
        `Cannot ${name} booleans: convert one operand with .to("int32"), or use logicalNot(), ` +
          `logicalAnd() and logicalOr()`,
      );
    }
    const compute = float && !isFloat(common) ? getDefaultDtype() : common;
    check?.(inputs, compute);
    return compute;
  };
  return {
    name,
    origin: `the output of ${name}`,
    arity,
    reads: (i) => reads[i],
    forward(k, inputs) {
      const compute = computeDtype(inputs);
      const dtype = f.isCondition ? "bool" : compute;
      return k.map(f, inputs, commonShape(inputs, name), compute, dtype);
    },
    into(k, inputs, out) {
      const compute = computeDtype(inputs);
      checkInto(name, commonShape(inputs, name), f.isCondition ? "bool" : compute, out);
      k.mapInto(f, inputs, out, compute);
    },
    backward: backward.length === 0 ? undefined : (k, g, { inputs, output }) => {
      const operands = [g, ...inputs, output];
      return backward.map((rule) => () =>
        // A gradient that is g itself needs no pass.
        rule.body.kind === "input" && rule.body.index === 0 ? g : k.map(rule, operands)
      );
    },
    samples,
  };
}

/** Refuses to write a result of `shape` and `dtype` into `out` if that would lose something. */
export function checkInto(name: string, shape: Shape, dtype: DType, out: NDArray): void {
  if (!sameShape(broadcastShapes(shape, out.shape, `${name} in place`), out.shape)) {
    throw new ShapeError(
      `Cannot ${name} in place: the result has shape ${formatShape(shape)}, but the tensor that ` +
        `is written has ${formatShape(out.shape)}; use the form that returns a new tensor`,
      shape,
      out.shape,
    );
  }
  if (kindOf(dtype) > kindOf(out.dtype)) {
    throw new DTypeError(
      `Cannot ${name} in place: the result is ${dtype}, but the tensor that is written is ` +
        `${out.dtype}; use the form that returns a new tensor`,
    );
  }
}

/** One function of `[g, ...inputs, output]` for each gradient in the list that the rule returns. */
function gradientFunctions(name: string, arity: number, rule: Gradients): Formula[] {
  const pick = (i: number): FormulaBody => (k, [g, ...rest]) =>
    rule(k, g, rest.slice(0, arity), rest[arity])[i];
  // Any numbers do: only the number of gradients is asked for.
  const count = rule<number>(numbers, 1, new Array<number>(arity).fill(1), 1).length;
  return Array.from(
    { length: count },
    (_, i) => new Formula(`the gradient of ${name}`, arity + 2, pick(i)),
  );
}
