/**
 * Runs an op: computes the forward at once, and records a node if an input requires a gradient.
 *
 * @module
 */

import { isGradEnabled } from "./grad_mode.ts";
import { Node, sharesStorage, type Variable, wrap } from "./node.ts";
import { isTensor, operandError } from "../checks.ts";
import { type FloatDType, getDefaultDtype, isFloat } from "../dtype.ts";
import { GradientError, ShapeError } from "../errors.ts";
import type { Arithmetic, Operand, PrimitiveName } from "../kernels/arithmetic.ts";
import { kernels } from "../kernels/backends.ts";
import { numbers } from "../kernels/numbers.ts";
import { mapList } from "../lists.ts";
import { commonShape, hasZero, withoutOverlap } from "../ops/elementwise.ts";
import type { Op } from "../ops/op.ts";
import type { RuleOps } from "../ops/rule_ops.ts";
import { bindRuleOps } from "../ops/table.ts";
import { formatShape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray, repeatsElements } from "../storage/ndarray.ts";

const NOTHING: readonly NDArray[] = [];

/** Runs `op` on `inputs`; records it if recording is on and an input requires a gradient. */
export function apply(op: Op<void>, inputs: readonly (Variable | number)[]): Variable;
export function apply<A>(
  op: Op<A>,
  inputs: readonly (Variable | number)[],
  attrs: A,
): Variable;
export function apply<A>(
  op: Op<A>,
  inputs: readonly (Variable | number)[],
  attrs?: A,
): Variable {
  const arrays = mapList(inputs, (x) => arrayOf(op, x));
  // The scope frees the temporaries of the forward.
  const mark = arena.open();
  let results = NOTHING;
  try {
    const result = op.forward(kernels(), arrays, attrs as A);
    results = result instanceof NDArray ? [result] : result;
  } finally {
    arena.close(mark, "temporary", results);
  }
  const output = results[0];
  const isView = sharesStorage(output, arrays);
  if (!isView) output.storage.origin = op.origin;
  const node = records(op, inputs, output)
    ? new Node(op, inputs, arrays, attrs, output, results.slice(1))
    : null;
  const variable = wrap(output, node);
  variable.isView = isView;
  return variable;
}

/**
 * Writes the result of `op` over its first input, and returns that input.
 *
 * @throws {GradientError} if recording is on, and that input is a view or a leaf that requires a
 *   gradient
 */
export function applyInPlace<T extends Variable>(
  op: Op<void>,
  inputs: readonly [T, ...(Variable | number)[]],
): T;
export function applyInPlace<A, T extends Variable>(
  op: Op<A>,
  inputs: readonly [T, ...(Variable | number)[]],
  attrs: A,
): T;
export function applyInPlace<A, T extends Variable>(
  op: Op<A>,
  inputs: readonly [T, ...(Variable | number)[]],
  attrs?: A,
): T {
  const target = inputs[0];
  const { array } = target;
  const operands = mapList(inputs, (x) => arrayOf(op, x));
  const recorded = records(op, inputs, array);
  if (recorded) checkOwnHistory(op, target);
  checkDistinctElements(op, array);
  const arrays = mapList(operands, (x) => withoutOverlap(kernels(), x, array));
  const node = recorded ? new Node(op, inputs, arrays, attrs, array, NOTHING, true) : null;
  try {
    op.into!(kernels(), arrays, array, attrs as A);
  } catch (error) {
    node?.free([]);
    throw error;
  }
  target.version = ++array.storage.version;
  if (node !== null) replaceNode(target, node);
  return target;
}

/** Makes `node` the node of `target`; if it retains its gradient, then that of the new value. */
function replaceNode(target: Variable, node: Node): void {
  if (target.node?.retainsGradFor === target) {
    target.node.retainsGradFor = null;
    node.retainsGradFor = target;
  }
  target.node = node;
}

/** Returns true if the call must be recorded; rejects views whose base was written in place. */
function records(op: Op, inputs: readonly (Variable | number)[], output: NDArray): boolean {
  if (!isGradEnabled() || op.backward === undefined || !isFloat(output.dtype)) return false;
  let wanted = false;
  for (const x of inputs) {
    if (typeof x === "number" || !x.requiresGrad) continue;
    wanted = true;
    if (x.isView && x.node !== null && x.version !== x.array.storage.version) {
      throw new GradientError(
        `Cannot ${op.name} a view of shape ${formatShape(x.shape)}: the tensor that it shows was ` +
          `written in place since; take the view again`,
      );
    }
  }
  return wanted;
}

function checkOwnHistory(op: Op, target: Variable): void {
  if (target.isView) {
    throw new GradientError(
      `Cannot ${op.name} in place through a view while gradients are recorded: write to the tensor ` +
        `itself with set(index, value), or inside noGrad()`,
    );
  }
  if (target.node === null && target.requiresGrad) {
    throw new GradientError(
      `Cannot ${op.name} in place on a leaf that requires a gradient: use the form that returns a ` +
        `new tensor, or noGrad() to change a parameter`,
    );
  }
}

function checkDistinctElements(op: Op, array: NDArray): void {
  if (!repeatsElements(array)) return;
  const { shape } = array;
  throw new ShapeError(
    `Cannot ${op.name} in place on an expanded tensor of shape ${formatShape(shape)}: several ` +
      `places share one element; clone() it first`,
    shape,
  );
}

function arrayOf(op: Op, x: Variable | number): Operand<NDArray> {
  if (typeof x === "number") return x;
  // Callers without types can pass anything.
  if (!isTensor<Variable>(x)) throw operandError(op.name, x, "a tensor or a number");
  return x.array;
}

/** The ops of gradient rules on tensors, which record them. */
export const recordedOps: RuleOps<Variable> = bindRuleOps<Variable>(
  (op, inputs, attrs) => apply(op, inputs, attrs),
  {
    map(f, operands) {
      const arrays = mapList(operands, (x) => typeof x === "number" ? x : x.array);
      const floats = arrays.flatMap((x) =>
        typeof x !== "number" && isFloat(x.dtype) ? x.dtype : []
      );
      const dtype = floats[0] ?? getDefaultDtype();
      const result = f.rule(FOLDING[dtype], operands);
      // A formula can be a constant.
      if (typeof result !== "number") return result;
      return recordedOps.expand(scalar(result, dtype), commonShape(arrays, f.name));
    },
    hasZero: ({ array }) => hasZero(kernels(), array),
  },
);

type Primitive = (...operands: Operand<Variable>[]) => Operand<Variable>;

/** Computes with numbers if all operands are numbers; a tensor would round them to a dtype. */
function fold(name: PrimitiveName): Primitive {
  const compute = numbers[name] as (...operands: number[]) => number;
  return (...operands) => {
    if (operands.every((x) => typeof x === "number")) return compute(...operands);
    return (recordedOps[name] as Primitive)(...operands);
  };
}

const names = Object.keys(numbers) as PrimitiveName[];

function scalar(value: number, dtype: FloatDType): Variable {
  return wrap(NDArray.from([value], [], dtype));
}

/** Arithmetic for formulas whose operands are tensors of `dtype` or numbers. */
function foldingIn(dtype: FloatDType): Arithmetic<Variable> {
  return {
    ...Object.fromEntries(names.map((name) => [name, fold(name)])),
    where: (condition, a, b) => {
      // A condition on numbers, such as the exponent of `pow`, chooses for all elements.
      if (typeof condition === "number") return condition !== 0 ? a : b;
      const areNumbers = typeof a === "number" && typeof b === "number";
      // Two numbers have no dtype, and the default one could round them.
      return recordedOps.where(condition, areNumbers ? scalar(a, dtype) : a, b);
    },
  } as Arithmetic<Variable>;
}

const FOLDING = { float32: foldingIn("float32"), float64: foldingIn("float64") };
