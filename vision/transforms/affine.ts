/**
 * Transforms that only scale, shift and reshape: several of them are one.
 *
 * @module
 */

import type { DType, FloatDType } from "../../src/dtype.ts";
import { isGradEnabled } from "../../src/autograd/grad_mode.ts";
import { kernels } from "../../src/kernels/backends.ts";
import { ElementFunction } from "../../src/kernels/element_function.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";
import { tensor } from "../../src/tensor/create.ts";
import { pass } from "../../src/tensor/scope.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { takeRows } from "../../src/utils/data/rows.ts";

/** What a transform can know of a sample before it sees one. */
export interface SampleKind {
  /** The shape of one sample. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: DType;
}

/**
 * `y = scale · x + shift`, element by element, seen with another shape.
 *
 * The elements of a sample, in row-major order, are cut into as many equal runs as there are
 * scales, which are its channels; one scale alone is for all of them.
 */
export interface Affine {
  /** What each channel is multiplied by. */
  readonly scale: readonly number[];
  /** What is then added to each channel; as many as scales. */
  readonly shift: readonly number[];
  /** The shape of the result, with as many elements as the sample. */
  readonly shape: Shape;
  /** The element type of the result. */
  readonly dtype: FloatDType;
}

/** The kind of samples that lie along the first axis of `batch`. */
export function kindOf(batch: Tensor): SampleKind {
  return { shape: batch.shape.slice(1), dtype: batch.dtype };
}

/**
 * `second` after `first`: s₂(s₁x + t₁) + t₂ = (s₂s₁)x + (s₂t₁ + t₂).
 *
 * @returns the two as one, or `null` if their channels differ
 */
export function compose(first: Affine, second: Affine): Affine | null {
  const channels = Math.max(first.scale.length, second.scale.length);
  const fits = (part: Affine): boolean => part.scale.length === 1 || part.scale.length === channels;
  if (!fits(first) || !fits(second)) return null;
  const at = (values: readonly number[], i: number): number => values[values.length === 1 ? 0 : i];
  const each = (value: (i: number) => number): number[] =>
    Array.from({ length: channels }, (_, i) => value(i));
  return {
    scale: each((i) => at(second.scale, i) * at(first.scale, i)),
    shift: each((i) => at(second.scale, i) * at(first.shift, i) + at(second.shift, i)),
    shape: second.shape,
    dtype: second.dtype,
  };
}

const scaleShift = new ElementFunction(
  "affine",
  3,
  (k, [x, scale, shift]) => k.add(k.mul(x, scale), shift),
);

/** `form` of every sample in `batch`, in one pass; gradients flow through it. */
export function applyAffine(form: Affine, batch: Tensor): Tensor {
  const { dtype } = form;
  const shape = [batch.shape[0], ...form.shape];
  if (isIdentity(form, batch.dtype)) return batch.reshape(shape);
  return pass(() => {
    const [x, scale, shift] = operandsOf(form, batch);
    if (batch.requiresGrad && isGradEnabled()) return x.mul(scale).add(shift).reshape(shape);
    const operands = [x, scale, shift].map((v) => (v instanceof Tensor ? v.array : v));
    const result = kernels().map(scaleShift, operands, x.shape, dtype, dtype);
    return new Tensor(result).reshape(shape);
  });
}

/** `form` of the samples at `rows` of `data`; in one pass that gathers, too, if there is one scale. */
export function applyAffineToRows(form: Affine, data: Tensor, rows: Int32Array): Tensor {
  if (form.scale.length > 1 || data.requiresGrad || isIdentity(form, data.dtype)) {
    return pass(() => applyAffine(form, takeRows(data, rows)));
  }
  const numbers = [form.scale[0], form.shift[0]];
  const result = kernels().mapRows(scaleShift, data.array, rows, numbers, form.dtype);
  return new Tensor(result).reshape([rows.length, ...form.shape]);
}

function isIdentity({ scale, shift, dtype }: Affine, from: DType): boolean {
  return dtype === from && scale.every((s) => s === 1) && shift.every((t) => t === 0);
}

/** `batch`, scale and shift in shapes that broadcast. */
function operandsOf(
  { scale, shift, dtype }: Affine,
  batch: Tensor,
): [Tensor, Tensor | number, Tensor | number] {
  if (scale.length === 1) return [batch, scale[0], shift[0]];
  const channels = scale.length;
  const run = sizeOf(batch.shape.slice(1)) / channels;
  const perChannel = (values: readonly number[]): Tensor =>
    tensor(values, { dtype }).reshape(channels, 1);
  return [batch.reshape(batch.shape[0], channels, run), perChannel(scale), perChannel(shift)];
}
