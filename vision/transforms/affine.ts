/**
 * The affine form of transforms that only shift, scale and reshape: several of them are one.
 *
 * @module
 */

import type { DType, FloatDType } from "../../src/dtype.ts";
import { isGradEnabled } from "../../src/autograd/grad_mode.ts";
import { kernels } from "../../src/kernels/backends.ts";
import { Formula } from "../../src/kernels/formula.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";
import { tensor } from "../../src/tensor/create.ts";
import { scope } from "../../src/tensor/scope.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { takeSamples } from "../../src/utils/data/dataset.ts";

/** The shape and the element type of samples, before there are any. */
export interface SampleKind {
  /** The shape of one sample. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: DType;
}

/**
 * `y = (x - offset) / divisor`, element by element, seen with another shape.
 *
 * The elements of a sample, in row-major order, are cut into as many equal runs as there are
 * offsets, which are its channels; one offset alone is for all of them. Dividing, rather than
 * multiplying by an inverse, gives bytes / 255 and each normalization PyTorch's very bits.
 */
export interface Affine {
  /** The numbers that are subtracted from each channel. */
  readonly offset: readonly number[];
  /** The divisors of each channel; as many as offsets. */
  readonly divisor: readonly number[];
  /** The shape of the result, with as many elements as the sample. */
  readonly shape: Shape;
  /** The element type of the result. */
  readonly dtype: FloatDType;
}

/** Returns the kind of samples that lie along the first axis of `batch`. */
export function kindOf(batch: Tensor): SampleKind {
  return { shape: batch.shape.slice(1), dtype: batch.dtype };
}

/**
 * Composes `second` after `first`: ((x − o₁) / d₁ − o₂) / d₂ = (x − (o₁ + d₁o₂)) / (d₁d₂).
 *
 * @returns the two as one, or `null` if their channels differ
 */
export function compose(first: Affine, second: Affine): Affine | null {
  const channels = Math.max(first.offset.length, second.offset.length);
  const fits = (part: Affine): boolean =>
    part.offset.length === 1 || part.offset.length === channels;
  if (!fits(first) || !fits(second)) return null;
  const at = (values: readonly number[], i: number): number => values[values.length === 1 ? 0 : i];
  const each = (value: (i: number) => number): number[] =>
    Array.from({ length: channels }, (_, i) => value(i));
  return {
    offset: each((i) => at(first.offset, i) + at(first.divisor, i) * at(second.offset, i)),
    divisor: each((i) => at(first.divisor, i) * at(second.divisor, i)),
    shape: second.shape,
    dtype: second.dtype,
  };
}

const shiftScale = new Formula(
  "affine",
  3,
  (k, [x, offset, divisor]) => k.div(k.sub(x, offset), divisor),
);

/** Applies `form` to every sample in `batch`, in one pass; gradients flow through it. */
export function applyAffine(form: Affine, batch: Tensor): Tensor {
  const { dtype } = form;
  const shape = [batch.shape[0], ...form.shape];
  if (isIdentity(form, batch.dtype)) return batch.reshape(shape);
  return scope(() => {
    const [x, offset, divisor] = operandsOf(form, batch);
    if (batch.requiresGrad && isGradEnabled()) return x.sub(offset).div(divisor).reshape(shape);
    const operands = [x, offset, divisor].map((v) => (v instanceof Tensor ? v.array : v));
    const result = kernels().map(shiftScale, operands, x.shape, dtype, dtype);
    return new Tensor(result).reshape(shape);
  });
}

/** Applies `form` to the samples of `data` at `indices`, gathering them too if there is one offset. */
export function applyAffineToSamples(form: Affine, data: Tensor, indices: Int32Array): Tensor {
  if (form.offset.length > 1 || data.requiresGrad || isIdentity(form, data.dtype)) {
    return scope(() => applyAffine(form, takeSamples(data, indices)));
  }
  const numbers = [form.offset[0], form.divisor[0]];
  const result = kernels().mapRows(shiftScale, data.array, indices, numbers, form.dtype);
  return new Tensor(result).reshape([indices.length, ...form.shape]);
}

function isIdentity({ offset, divisor, dtype }: Affine, from: DType): boolean {
  return dtype === from && offset.every((o) => o === 0) && divisor.every((d) => d === 1);
}

/** Returns `batch`, offset and divisor in shapes that broadcast. */
function operandsOf(
  { offset, divisor, dtype }: Affine,
  batch: Tensor,
): [Tensor, Tensor | number, Tensor | number] {
  if (offset.length === 1) return [batch, offset[0], divisor[0]];
  const channels = offset.length;
  const run = sizeOf(batch.shape.slice(1)) / channels;
  const perChannel = (values: readonly number[]): Tensor =>
    tensor(values, { dtype }).reshape(channels, 1);
  return [batch.reshape(batch.shape[0], channels, run), perChannel(offset), perChannel(divisor)];
}
