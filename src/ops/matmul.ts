/**
 * Matrix products.
 *
 * @module
 */

import { promote } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { broadcastShapes, formatShape, type Shape } from "../shape.ts";
import { Formula } from "../kernels/formula.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { viewExpand, viewPermute } from "../storage/views.ts";
import { checkBias } from "./bias.ts";
import { copy } from "./copy.ts";
import { checkInnerSizes } from "../checks.ts";
import { transposed } from "./rule_ops.ts";
import { type Op, op, sample } from "./op.ts";

/** `[…, m, k] · […, k, n] → […, m, n]`; batch axes broadcast. */
export const matmul: Op<void> = op({
  name: "matmul",
  reads: [[1], [0]],
  forward(k, [a, b]) {
    checkOperands("matmul", a, b, b.shape[b.shape.length - 2], "transpose the second operand");
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), "matmul batches of");
    const full = (x: NDArray): NDArray => viewExpand(x, [...batch, ...x.shape.slice(-2)]);
    return k.matmul(full(a), full(b), null);
  },
  backward: (k, g, { inputs: [a, b] }) => [
    () => k.matmul(g, transposed(k, b)),
    () => k.matmul(transposed(k, a), g),
  ],
  samples: [
    { inputs: [sample([2, 3]), sample([3, 4])] },
    { inputs: [sample([2, 1, 2, 3]), sample([3, 3, 2])] },
    { inputs: [sample([1, 3, 2]), sample([3, 2, 2])] },
    { inputs: [sample([2, 0]), sample([0, 3])] },
    { inputs: [sample([0, 2, 3]), sample([3, 2])] },
  ],
});

const product = new Formula("product", 2, (k, [a, b]) => k.mul(a, b));

/** `[k] · [k] → []`, added up in float64: there is but one number to round. */
export const dot: Op<void> = op({
  name: "dot",
  reads: [[1], [0]],
  forward(k, [a, b]) {
    checkAlike("dot", a, b, b.shape[0], "both must be vectors of one length");
    const products = k.map(product, [a, b], a.shape, "float64", "float64");
    return copy(k, k.reduce("sum", products, [0], false, "float64"), a.dtype);
  },
  backward: (k, g, { inputs: [a, b] }) => [() => k.mul(g, b), () => k.mul(g, a)],
  samples: [
    { inputs: [sample([5]), sample([5])] },
    { inputs: [sample([0]), sample([0])] },
  ],
});

/** `x [n, in] · weight [out, in]ᵀ + bias [out] → [n, out]`; the bias may be absent. */
export const linear: Op<void> = op({
  name: "linear",
  arity: 2,
  reads: [[1], [0], []],
  forward(k, [x, weight, bias = null]) {
    checkOperands("linear", x, weight, weight.shape[1], "the weight is [out, in]");
    if (bias !== null) checkBias("linear", bias, weight);
    return k.matmul(x, viewPermute(weight, [1, 0]), bias);
  },
  backward: (k, g, { inputs: [x, weight] }) => [
    () => k.matmul(g, weight),
    () => k.matmul(transposed(k, g), x),
    () => g,
  ],
  samples: [
    { inputs: [sample([3, 2]), sample([4, 2]), sample([4])] },
    { inputs: [sample([3, 2]), sample([4, 2])] },
    { inputs: [sample([0, 2]), sample([4, 2]), sample([4])] },
  ],
});

function checkOperands(
  action: string,
  a: NDArray,
  b: NDArray,
  inner: number,
  remedy: string,
): void {
  const [m, n]: [Shape, Shape] = [a.shape, b.shape];
  if (m.length < 2 || n.length < 2) {
    throw new ShapeError(
      `Cannot ${action} ${formatShape(m)} by ${formatShape(n)}: both need rows and columns`,
      m,
      n,
    );
  }
  checkAlike(action, a, b, inner, remedy);
}

function checkAlike(action: string, a: NDArray, b: NDArray, inner: number, remedy: string): void {
  checkInnerSizes(action, a.shape, b.shape, inner, remedy);
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      `Cannot ${action} ${a.dtype} by ${b.dtype}: convert one with ` +
        `.to("${promote(a.dtype, b.dtype)}")`,
    );
  }
}
