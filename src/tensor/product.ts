/**
 * Matrix products of tensors with any number of axes, as NumPy's `matmul`.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { requireTensors } from "../checks.ts";
import type { Variable } from "../autograd/node.ts";
import { ShapeError } from "../errors.ts";
import { checkInnerSizes } from "../checks.ts";
import { ops } from "../ops/table.ts";
import { formatShape, type Shape } from "../shape.ts";

const reshape = (x: Variable, shape: Shape): Variable => apply(ops.reshape, [x], shape);

/** `a · b`; a vector counts as a row on the left and as a column on the right. */
export function matmul(a: Variable, b: Variable): Variable {
  requireTensors("matmul", a, b);
  const [m, n] = [a.shape, b.shape];
  if (m.length === 0 || n.length === 0) {
    throw new ShapeError(
      `Cannot matmul ${formatShape(m)} by ${formatShape(n)}: a scalar has no rows; use mul()`,
      m,
      n,
    );
  }
  // Here, and not only in the op, which sees other shapes than the caller.
  const inner = n[Math.max(n.length - 2, 0)];
  checkInnerSizes("matmul", m, n, inner, "transpose the second operand");
  if (m.length === 1 && n.length === 1) return apply(ops.dot, [a, b]);
  if (m.length === 1) {
    const y = matmul(reshape(a, [1, m[0]]), b);
    return reshape(y, [...y.shape.slice(0, -2), y.shape.at(-1)!]);
  }
  if (n.length === 1) {
    const y = matmul(a, reshape(b, [n[0], 1]));
    return reshape(y, y.shape.slice(0, -1));
  }
  // One large product is faster than a batch of small ones, and so is the gradient of b.
  if (m.length > 2 && n.length === 2) return onRows(a, (rows) => matmul(rows, b));
  return apply(ops.matmul, [a, b]);
}

/** `x · weightᵀ + bias` over the last axis of `x`. */
export function linear(x: Variable, weight: Variable, bias: Variable | null): Variable {
  checkInnerSizes("linear", x.shape, weight.shape, weight.shape[1], "the weight is [out, in]");
  if (x.shape.length === 2) {
    return apply(ops.linear, bias === null ? [x, weight] : [x, weight, bias]);
  }
  if (x.shape.length === 1) {
    const y = linear(reshape(x, [1, x.shape[0]]), weight, bias);
    return reshape(y, [y.shape[1]]);
  }
  return onRows(x, (rows) => linear(rows, weight, bias));
}

/** Applies a function of matrices to `x` with all axes but the last made one. */
function onRows(x: Variable, f: (rows: Variable) => Variable): Variable {
  const last = x.shape[x.shape.length - 1];
  const outer = x.shape.slice(0, -1);
  const rows = outer.reduce((a, b) => a * b, 1);
  const y = f(reshape(x, [rows, last]));
  return reshape(y, [...outer, y.shape[1]]);
}
