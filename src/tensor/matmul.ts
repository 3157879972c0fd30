/**
 * The bodies of the methods of `Tensor` for products of matrices and vectors, and their functions.
 *
 * @module
 */

import {
  checkArguments,
  checkFloat,
  checkInnerSizes,
  checkTensors,
  readAxis,
  readOptions,
} from "../checks.ts";
import { isFloat, kindOf, promote } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { type AlongOptions, broadcastShapes, formatShape, sizeOf } from "../shape.ts";
import { fitTotals, run } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

export function matmul(a: Tensor, b: Tensor): Tensor {
  checkTensors("matmul", b);
  const [m, n] = [a.shape, b.shape];
  if (m.length === 0 || n.length === 0) {
    throw new ShapeError(
      `Cannot matmul ${formatShape(m)} by ${formatShape(n)}: a scalar has no rows; use mul()`,
      m,
      n,
    );
  }
  // Checked here, since the op gets other shapes than the caller passed.
  const inner = n[Math.max(n.length - 2, 0)];
  checkInnerSizes("matmul", m, n, inner, "transpose the second operand");
  if (m.length === 1 && n.length === 1) return run(ops.dot, [a, b]);
  if (m.length === 1) {
    const y = matmul(a.reshape(1, m[0]), b);
    return y.reshape([...y.shape.slice(0, -2), y.shape.at(-1)!]);
  }
  if (n.length === 1) {
    const y = matmul(a, b.reshape(n[0], 1));
    return y.reshape(y.shape.slice(0, -1));
  }
  // One large product is faster than a batch of small ones, and so is the gradient of b.
  if (m.length > 2 && n.length === 2) return onRows(a, (rows) => matmul(rows, b));
  return run(ops.matmul, [a, b]);
}

/** Computes `x · weightᵀ + bias` over the last axis of `x`; the caller has checked the shapes. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  if (x.ndim === 2) return run(ops.linear, bias === null ? [x, weight] : [x, weight, bias]);
  if (x.ndim === 1) return linear(x.reshape(1, x.shape[0]), weight, bias).reshape(-1);
  return onRows(x, (rows) => linear(rows, weight, bias));
}

/** Applies `f` to `x` as one matrix: all axes but the last are joined. */
function onRows(x: Tensor, f: (rows: Tensor) => Tensor): Tensor {
  const outer = x.shape.slice(0, -1);
  const y = f(x.reshape(sizeOf(outer), x.shape[x.ndim - 1]));
  return y.reshape([...outer, y.shape[1]]);
}

/** Options of `addmm`. */
export interface AddmmOptions {
  /** The factor of the tensor itself, which is not read if this is 0; default 1. */
  readonly beta?: number;
  /** The factor of the product; default 1. */
  readonly alpha?: number;
}

export function mm(x: Tensor, other: Tensor): Tensor {
  checkTensors("mm", other);
  checkRanks(x, "mm", other, 2, "both must be matrices; matmul() takes vectors and batches");
  return x.matmul(other);
}

export function mv(x: Tensor, other: Tensor): Tensor {
  checkTensors("mv", other);
  checkRanks(x, "mv", other, 1, "it takes a matrix and a vector; use matmul() for others");
  return x.matmul(other);
}

function checkRanks(
  x: Tensor,
  action: string,
  other: Tensor,
  rank: number,
  reason: string,
): void {
  if (x.ndim === 2 && other.ndim === rank) return;
  throw new ShapeError(
    `Cannot ${action} ${formatShape(x.shape)} by ${formatShape(other.shape)}: ${reason}`,
    x.shape,
    other.shape,
  );
}

/**
 * Multiplies two batches of matrices: `[b, m, k] · [b, k, n] → [b, m, n]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.bmm.html
 *
 * @param a `[b, m, k]`
 * @param b `[b, k, n]`
 * @returns `[b, m, n]`
 * @throws {ShapeError} if the operands are not batches of one length, or the inner sizes differ
 * @example
 * ```ts
 * import { bmm, ones } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bmm(ones([5, 2, 3]), ones([5, 3, 4])).shape, [5, 2, 4]);
 * ```
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  checkArguments("bmm", arguments, 2);
  checkTensors("bmm", a, b);
  if (a.ndim !== 3 || b.ndim !== 3 || a.shape[0] !== b.shape[0]) {
    throw new ShapeError(
      `Cannot bmm ${formatShape(a.shape)} by ${formatShape(b.shape)}: both must be batches ` +
        `of equal length, [b, m, k] and [b, k, n]; matmul() broadcasts`,
      a.shape,
      b.shape,
    );
  }
  return a.matmul(b);
}

export function addmm(x: Tensor, a: Tensor, b: Tensor, options?: AddmmOptions): Tensor {
  const { beta, alpha } = readOptions("addmm", options, { beta: 1, alpha: 1 });
  checkTensors("addmm", a, b);
  if (!isFloat(x.dtype)) {
    const factor = [beta, alpha].find((n) => !Number.isInteger(n));
    if (factor !== undefined) {
      throw new ValueError(
        `Cannot addmm ${x.dtype} with the factor ${factor}: use a whole number, or convert the ` +
          `tensors with .to("float32")`,
      );
    }
  }
  return scope(() => {
    const product = a.mm(b);
    const own = x.expand(product.shape);
    const dtype = promote(x.dtype, product.dtype);
    if (kindOf(dtype) === 1) {
      const terms = [product.to("float64").mul(alpha)];
      if (beta !== 0) terms.push(own.to("float64").mul(beta));
      return fitTotals("addmm", dtype, ...terms);
    }
    const scaled = alpha === 1 ? product : product.mul(alpha);
    if (beta === 0) return scaled;
    return (beta === 1 ? own : own.mul(beta)).add(scaled);
  });
}

/**
 * Returns the inner product of two vectors: `Σ a · b`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.dot.html
 *
 * @param a a vector
 * @param b a vector of the same length
 * @returns a scalar
 * @throws {ShapeError} if the operands are not vectors of one length
 * @example
 * ```ts
 * import { dot, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(dot(tensor([1, 2, 3]), tensor([4, 5, 6])).item(), 32);
 * ```
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkArguments("dot", arguments, 2);
  checkTensors("dot", a, b);
  if (a.ndim !== 1 || b.ndim !== 1 || a.numel() !== b.numel()) {
    const shapes = `${formatShape(a.shape)} by ${formatShape(b.shape)}`;
    throw new ShapeError(
      `Cannot dot ${shapes}: both must be vectors of one length; use matmul() for matrices`,
      a.shape,
      b.shape,
    );
  }
  return run(ops.dot, [a, b]);
}

/**
 * Returns the outer product of two vectors: `y[i, j] = a[i] · b[j]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.outer.html
 *
 * @param a `[m]`
 * @param b `[n]`
 * @returns `[m, n]`
 * @throws {ShapeError} if the operands are not vectors
 * @example
 * ```ts
 * import { outer, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(outer(tensor([1, 2]), tensor([3, 4])).toArray(), [[3, 4], [6, 8]]);
 * ```
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkArguments("outer", arguments, 2);
  checkTensors("take the outer product", a, b);
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new ShapeError(
      `Cannot take the outer product of ${formatShape(a.shape)} and ` +
        `${formatShape(b.shape)}: both must be vectors; flatten() them`,
      a.shape,
      b.shape,
    );
  }
  const dtype = promote(a.dtype, b.dtype);
  return scope(() => {
    if (kindOf(dtype) !== 1) return a.unsqueeze(1).mul(b);
    return fitTotals("outer", dtype, a.to("float64").unsqueeze(1).mul(b));
  });
}

export function cross(input: Tensor, other: Tensor, options?: AlongOptions | number): Tensor {
  checkTensors("cross", other);
  const along = readAxis("cross", options, input.shape, -1);
  if (input.ndim !== other.ndim || input.shape[along] !== 3 || other.shape[along] !== 3) {
    throw new ShapeError(
      `Cannot cross ${formatShape(input.shape)} with ${formatShape(other.shape)} along axis ` +
        `${along}: both need as many axes, and vectors of three elements`,
      input.shape,
      other.shape,
    );
  }
  const dtype = promote(input.dtype, other.dtype);
  if (dtype === "bool") {
    throw new DTypeError(`Cannot cross booleans: convert one operand with .to("int32")`);
  }
  if (isFloat(dtype)) {
    return scope(() => run(ops.cross, [input.to(dtype), other.to(dtype)], along));
  }
  const shape = broadcastShapes(input.shape, other.shape, "cross");
  return scope(() => {
    const turned = [1, 2].map((n) => [input, other].map((x) => x.expand(shape).roll(-n, along)));
    const [[a1, b1], [a2, b2]] = turned;
    const [plus, minus] = [[a1, b2], [a2, b1]].map(([a, b]) => a.to("float64").mul(b));
    return fitTotals("cross", dtype, plus, minus.neg());
  });
}

/** Options of `cdist`. */
export interface DistanceOptions {
  /** The exponent of the norm; default 2. */
  readonly p?: number;
}

/**
 * Returns the distance of every row of `a` from every row of `b`: `y[i, j] = ‖a[i] − b[j]‖`.
 *
 * The gradient is 0 where two rows are equal.
 *
 * See https://pytorch.org/docs/stable/generated/torch.cdist.html
 *
 * @param a `[…, m, d]`
 * @param b `[…, n, d]`; the axes before the last two broadcast
 * @param options `p`, default 2
 * @returns `[…, m, n]`
 * @throws {ShapeError} if the rows differ in length
 * @example
 * ```ts
 * import { cdist, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const points = tensor([[0, 0], [3, 4]]);
 * assertEquals(cdist(points, points).toArray(), [[0, 5], [5, 0]]);
 * ```
 */
export function cdist(a: Tensor, b: Tensor, options?: DistanceOptions): Tensor {
  checkArguments("cdist", arguments, 3);
  const { p } = readOptions("cdist", options, { p: 2 });
  checkTensors("cdist", a, b);
  if (!(typeof p === "number" && p >= 0)) {
    throw new ValueError(`Cannot cdist with p ${p}: use a number, 0 or more`);
  }
  if (a.ndim < 2 || b.ndim < 2 || a.shape[a.ndim - 1] !== b.shape[b.ndim - 1]) {
    throw new ShapeError(
      `Cannot cdist ${formatShape(a.shape)} and ${
        formatShape(b.shape)
      }: they must be [..., m, d] ` +
        `and [..., n, d]`,
      a.shape,
      b.shape,
    );
  }
  if (!isFloat(a.dtype) && !isFloat(b.dtype)) checkFloat("cdist", a);
  if (p === 2 && a.dtype === b.dtype) return run(ops.cdist, [a, b]);
  return scope(() => a.unsqueeze(-2).sub(b.unsqueeze(-3)).norm({ p, axis: -1 }));
}
