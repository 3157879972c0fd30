/**
 * The tensor: an n-dimensional array that remembers how it was made.
 *
 * The class holds the state and one line for each method, by topic. A line runs an op of the table,
 * or calls a function of the topic's module beside this file, where arguments are read and checked.
 *
 * @module
 */

import { applyInPlace } from "../autograd/apply.ts";
import { backward, type BackwardOptions } from "../autograd/engine.ts";
import { type GradientHook, type Node, setWrapper } from "../autograd/node.ts";
import { isTensor, normalizeAxis, operandError, TENSOR } from "../checks.ts";
import type { DType, TypedArray } from "../dtype.ts";
import { ops } from "../ops/table.ts";
import type { Axes, Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import * as activation from "./activation.ts";
import type { GeluOptions } from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import type { DivOptions, RoundOptions } from "./arithmetic.ts";
import * as autograd from "./autograd.ts";
import type { RemovableHandle } from "./autograd.ts";
import * as comparison from "./comparison.ts";
import type { CloseOptions } from "./comparison.ts";
import * as indexing from "./indexing.ts";
import type { AlongOptions, Index, ScatterReduceOptions, SliceOptions } from "./indexing.ts";
import * as math from "./math.ts";
import type { ScaledOptions } from "./math.ts";
import * as matmul from "./matmul.ts";
import type { AddmmOptions } from "./matmul.ts";
import * as reading from "./reading.ts";
import type { NestedArray } from "./reading.ts";
import * as reduction from "./reduction.ts";
import type {
  AxisOptions,
  CovOptions,
  DiffOptions,
  NanToNumOptions,
  NormOptions,
  QuantileOptions,
  ReduceOptions,
  VarianceOptions,
} from "./reduction.ts";
import { run } from "./run.ts";
import * as shapes from "./shape.ts";
import type { DiagonalOptions, PadOptions, UnfoldOptions } from "./shape.ts";
import * as sorting from "./sorting.ts";
import type {
  BincountOptions,
  BucketizeOptions,
  Histogram,
  HistogramOptions,
  KthvalueOptions,
  Sorted,
  SortOptions,
  TopkOptions,
  Unique,
} from "./sorting.ts";

/** A tensor, or a number that stands for a tensor of that value everywhere. */
export type TensorLike = Tensor | number;

/**
 * An n-dimensional array of numbers with automatic differentiation.
 *
 * Make one with `tensor`, `zeros`, `randn` and their like. Operations return new tensors; names that
 * end in `_` change the tensor itself. If `requiresGrad` is set, operations are recorded, and
 * `backward()` on a result computes the gradients.
 *
 * Operands broadcast: shapes are aligned at the last axis, and size 1 stretches. Two operands combine
 * to the wider dtype; a plain number does not widen a dtype. Wherever options hold only an `axis`, the
 * axis itself will do: `x.sum(1)` is `x.sum({ axis: 1 })`.
 *
 * The names of methods are PyTorch's, in camelCase: https://pytorch.org/docs/stable/tensors.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([1, 2, 3], { requiresGrad: true });
 * x.square().sum().backward();
 * assert.deepEqual(x.grad!.toArray(), [2, 4, 6]);
 * ```
 */
export class Tensor {
  /**
   * The elements. Replaced only where a leaf is converted to another dtype in place.
   *
   * @internal
   */
  array: NDArray;
  /**
   * The recorded op that made the tensor, or `null` for a leaf.
   *
   * @internal
   */
  node: Node | null;
  /**
   * The gradient that `backward` left here; read it as `grad`.
   *
   * @internal
   */
  gradient: Tensor | null = null;
  /**
   * Hooks of a leaf, called in order with its gradient; those of a result are in its node.
   *
   * @internal
   */
  hooks: GradientHook[] | null = null;
  /**
   * True if the tensor shows elements of another.
   *
   * @internal
   */
  isView = false;
  /**
   * The version of the storage when this tensor was made or last written through.
   *
   * @internal
   */
  version: number;

  #leafRequiresGrad = false;

  /**
   * Wraps an array; users call `tensor` and its like instead.
   *
   * @internal
   * @param array the elements
   * @param node the recorded op that made them
   */
  constructor(array: NDArray, node: Node | null = null) {
    if (array?.storage === undefined) {
      throw operandError("make a Tensor", array, "an NDArray");
    }
    this.array = array;
    this.node = node;
    this.version = array.storage.version;
  }

  /** @internal */
  get [TENSOR](): true {
    return true;
  }

  // State

  /** The size along each axis; `[]` for a scalar. */
  get shape(): Shape {
    return this.array.shape;
  }

  /** The element type. */
  get dtype(): DType {
    return this.array.dtype;
  }

  /** The number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return this.array.size;
  }

  /** True if the elements lie in memory in row-major order without gaps. */
  get isContiguous(): boolean {
    return this.array.contiguous;
  }

  /** True if the tensor was created, rather than computed by recorded operations. */
  get isLeaf(): boolean {
    return this.node === null;
  }

  /** True if operations on the tensor are recorded: a leaf that was asked to, or a result of one. */
  get requiresGrad(): boolean {
    return this.#leafRequiresGrad || this.node !== null;
  }

  set requiresGrad(value: boolean) {
    autograd.checkRequiresGrad(this, value);
    if (this.node === null) this.#leafRequiresGrad = value;
  }

  /**
   * The gradient that `backward` left here, or `null`.
   *
   * `zeroGrad` frees it: `clone()` or `retain()` it to keep it for longer.
   */
  get grad(): Tensor | null {
    return this.gradient;
  }

  set grad(value: Tensor | null) {
    autograd.checkGrad(this, value);
    this.gradient = value;
  }

  // Reading

  /**
   * The value of a tensor with a single element; 1 or 0 for a boolean.
   *
   * @returns a plain number, rounded to the dtype
   * @throws {ShapeError} if there are more elements, or none
   */
  item(): number {
    return reading.item(this);
  }

  /**
   * A copy of the elements in row-major order, as a typed array.
   *
   * Changing the copy leaves the tensor as it is; to write to the tensor, use `set` or `copy_`.
   *
   * @returns an array of the type that belongs to the dtype
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { data } = tensor([[1, 2], [3, 4]]).T;
   * assert.ok(data instanceof Float32Array);
   * assert.deepEqual([...data], [1, 3, 2, 4]);
   * ```
   */
  get data(): TypedArray {
    return reading.data(this);
  }

  /**
   * The elements as nested arrays; a plain number for a scalar, 1 and 0 for booleans.
   *
   * @returns arrays as deep as there are axes
   */
  toArray(): NestedArray {
    return reading.toArray(this);
  }

  /** The tensor as text, long axes abridged. */
  toString(): string {
    return reading.toText(this);
  }

  /**
   * Stands for `item()` where a number is wanted, as in `loss < best`, and for `toString()` where a
   * text is wanted.
   *
   * @param hint the type that is wanted
   * @throws {ShapeError} if a number is wanted, and there are more elements than one, or none
   */
  [Symbol.toPrimitive](hint: string): string | number {
    return reading.toPrimitive(this, hint);
  }

  /** The text that `console.log` shows in Deno, Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return reading.inspect(this);
  }

  /** The text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return reading.inspect(this);
  }

  /** The text that a notebook shows. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/plain": reading.inspect(this) };
  }

  // Gradients

  /**
   * Computes the gradient of this tensor for every leaf that requires one, and adds it to theirs.
   *
   * The graph is freed; its intermediate results stay readable until the next graph is freed.
   *
   * @param start `∂L/∂this`, of the same shape; may be left out for a single element, where it is 1
   * @param options `retainGraph` keeps the graph, `createGraph` records the gradients
   * @throws {GradientError} if nothing was recorded, the graph was freed, or a value that a gradient
   *   needs was overwritten; no gradient is changed then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2, 3], { requiresGrad: true });
   * x.pow(3).sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [3, 12, 27]);
   * x.mul(2).backward(tensor([1, 0, 1])); // adds to the gradient that is there
   * assert.deepEqual(x.grad!.toArray(), [5, 12, 29]);
   * ```
   */
  backward(start?: Tensor | BackwardOptions | null, options?: BackwardOptions): void {
    if (isTensor<Tensor>(start)) backward(this, start, options);
    else backward(this, null, options ?? start ?? {});
  }

  /**
   * Sets whether operations on this leaf are recorded.
   *
   * @param value default true
   * @returns this tensor
   * @throws {DTypeError} if the tensor holds integers
   * @throws {GradientError} if the tensor is no leaf and `value` is false
   */
  requiresGrad_(value = true): this {
    this.requiresGrad = value;
    return this;
  }

  /**
   * Keeps the gradient of a result of operations, which only leaves keep otherwise.
   *
   * If the tensor is written in place afterwards, the gradient is that of its new value.
   *
   * @returns this tensor
   * @throws {GradientError} if the tensor does not require a gradient
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const y = x.mul(3).retainGrad();
   * y.square().sum().backward();
   * assert.deepEqual(y.grad!.toArray(), [6, 12]);
   * ```
   */
  retainGrad(): this {
    autograd.retainGrad(this);
    return this;
  }

  /**
   * Registers a function that sees the gradient of this tensor when it is complete; a tensor that it
   * returns takes the gradient's place.
   *
   * If the tensor is written in place afterwards, the function sees the gradient of the value that it
   * had before, as in PyTorch from version 2.0 on.
   *
   * @param hook the function
   * @returns a handle that removes it
   * @throws {GradientError} if the tensor does not require a gradient
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const handle = x.registerHook((gradient) => gradient.clamp(-1, 1));
   * x.mul(5).sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [1, 1]);
   * handle.remove();
   * ```
   */
  registerHook(hook: (gradient: Tensor) => Tensor | void): RemovableHandle {
    return autograd.registerHook(this, hook);
  }

  /**
   * The same elements, without history: operations on the result are not recorded back to here.
   *
   * The storage is shared, and is kept for as long as somebody can reach it.
   *
   * @returns a view that does not require a gradient
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor(3, { requiresGrad: true });
   * x.mul(x.detach()).backward(); // the second factor is a constant
   * assert.equal(x.grad!.item(), 3);
   * ```
   */
  detach(): Tensor {
    return autograd.detach(this);
  }

  /**
   * Exempts the tensor from the rules that reuse memory after a call, a step or a batch.
   *
   * @returns this tensor
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const y = x.mul(10).retain();
   * y.sum().backward();
   * x.mul(2).sum().backward(); // frees what the first graph left, but not y
   * assert.deepEqual(y.toArray(), [10, 20]);
   * ```
   */
  retain(): this {
    this.array.storage.retained = true;
    return this;
  }

  /** Frees the memory now, for `using`; never needed. Reading the tensor afterwards is an error. */
  [Symbol.dispose](): void {
    arena.dispose(this.array.storage, "disposed");
  }

  // Shape

  /**
   * The same elements with another shape; one size may be -1. A view where strides allow it.
   *
   * @param shape the sizes, as arguments or in one array
   * @throws {ShapeError} if the number of elements is another
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = arange(6);
   * assert.deepEqual(x.reshape(2, -1).toArray(), [[0, 1, 2], [3, 4, 5]]);
   * assert.deepEqual(x.reshape([3, 2]).shape, [3, 2]);
   * ```
   */
  reshape(...shape: number[] | [Shape]): Tensor {
    return shapes.reshape(this, shape);
  }

  /**
   * The same elements in the shape of another tensor. A view where strides allow it.
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.reshape_as.html
   *
   * @param other whose shape is taken
   * @throws {ShapeError} if the number of elements is another
   */
  reshapeAs(other: Tensor): Tensor {
    return shapes.reshapeAs(this, other);
  }

  /**
   * As `reshape`, but never copies.
   *
   * @param shape the sizes, as arguments or in one array
   * @throws {ShapeError} if the strides do not allow it
   * @example
   * ```ts
   * import { ShapeError, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = zeros([2, 3]);
   * x.view(6).fill_(1);
   * assert.equal(x.sum().item(), 6);
   * assert.throws(() => x.T.view(6), ShapeError);
   * ```
   */
  view(...shape: number[] | [Shape]): Tensor {
    return shapes.view(this, shape);
  }

  /**
   * Joins the axes from `start` to `end` (both included) into one; all of them by default.
   *
   * @param start the first axis; negative ones count from the end
   * @param end the last axis
   * @throws {ShapeError} if they run backwards or there is no such axis
   */
  flatten(start = 0, end = -1): Tensor {
    return shapes.flatten(this, start, end);
  }

  /**
   * An axis cut into several, the inverse of `flatten`.
   *
   * See https://pytorch.org/docs/stable/generated/torch.unflatten.html
   *
   * @param axis the axis that is cut
   * @param sizes of the axes that stand in its place; one may be -1
   * @throws {ShapeError} if there is no such axis, or the sizes do not multiply to its size
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(zeros([8, 12]).unflatten(1, [3, -1]).shape, [8, 3, 4]);
   * ```
   */
  unflatten(axis: number, sizes: Shape): Tensor {
    return shapes.unflatten(this, axis, sizes);
  }

  /**
   * Without axes of size 1: all of them, or those named; others are left as they are.
   *
   * @param axis an axis or several; all if left out
   * @throws {ShapeError} if there is no such axis
   */
  squeeze(axis?: Axes): Tensor {
    return shapes.squeeze(this, axis);
  }

  /**
   * With a new axis of size 1 at `axis`.
   *
   * @param axis where it goes, from `-ndim - 1` to `ndim`
   * @throws {ShapeError} if that is out of range
   */
  unsqueeze(axis: number): Tensor {
    return shapes.unsqueeze(this, axis);
  }

  /**
   * Axes of size 1 repeated, and new axes in front, as a view; -1 leaves a size as it is.
   *
   * @param shape the sizes, as arguments or in one array
   * @throws {ShapeError} if an axis of another size than 1 would change
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const column = tensor([[1], [2]]);
   * assert.deepEqual(column.expand(-1, 3).toArray(), [[1, 1, 1], [2, 2, 2]]);
   * ```
   */
  expand(...shape: number[] | [Shape]): Tensor {
    return shapes.expand(this, shape);
  }

  /**
   * Expanded to the shape of another tensor, as a view.
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.expand_as.html
   *
   * @param other whose shape is taken
   * @throws {ShapeError} if an axis of another size than 1 would change
   */
  expandAs(other: Tensor): Tensor {
    return shapes.expandAs(this, other);
  }

  /**
   * As `expand`.
   *
   * @param shape what the sizes become
   * @throws {ShapeError} if a size other than 1 would change
   */
  broadcastTo(shape: Shape): Tensor {
    return this.expand(shape);
  }

  /**
   * The axes in another order, as a view: `x.permute(2, 0, 1)`.
   *
   * @param order every axis once
   * @throws {ShapeError} if an axis is missing or named twice
   */
  permute(...order: number[] | [readonly number[]]): Tensor {
    return shapes.permute(this, order);
  }

  /**
   * Two axes swapped, as a view; the last two by default.
   *
   * @param first one axis
   * @param second the other
   * @throws {ShapeError} if there is no such axis
   */
  transpose(first = -2, second = -1): Tensor {
    return shapes.transpose(this, first, second);
  }

  /**
   * Two axes swapped, as a view: `transpose` by NumPy's name.
   *
   * See https://pytorch.org/docs/stable/generated/torch.swapaxes.html
   *
   * @param first one axis
   * @param second the other
   * @throws {ShapeError} if there is no such axis
   */
  swapaxes(first: number, second: number): Tensor {
    return this.transpose(first, second);
  }

  /**
   * Axes moved to other places, as a view; the others keep their order.
   *
   * @param from the axes that move
   * @param to where each of them goes
   * @throws {ShapeError} if the two do not go together, or an axis is named twice
   */
  movedim(from: Axes, to: Axes): Tensor {
    return shapes.movedim(this, from, to);
  }

  /**
   * All axes in reverse order, as a view: the transpose of a matrix.
   *
   * @returns `[a, …, z] → [z, …, a]`
   */
  get T(): Tensor {
    return run(ops.permute, [this], this.shape.map((_, axis) => this.ndim - 1 - axis));
  }

  /**
   * The transpose of a matrix, as a view; a vector or a scalar as it is.
   *
   * See https://pytorch.org/docs/stable/generated/torch.t.html
   *
   * @throws {ShapeError} if there are more than two axes
   */
  t(): Tensor {
    return shapes.t(this);
  }

  /**
   * The transposes of matrices, `[…, m, n] → […, n, m]`, as a view.
   *
   * See https://pytorch.org/docs/stable/tensors.html#torch.Tensor.mT
   *
   * @throws {ShapeError} if there are fewer than two axes
   */
  get mT(): Tensor {
    return shapes.mT(this);
  }

  /**
   * The tensor itself if it is contiguous, otherwise a copy that is.
   *
   * @returns elements in row-major order, without gaps
   */
  contiguous(): Tensor {
    return shapes.contiguous(this);
  }

  /** A copy with a storage of its own; gradients flow through it. */
  clone(): Tensor {
    return run(ops.clone, [this]);
  }

  /**
   * Converted to `dtype`, or the tensor itself if it has it.
   *
   * To integers, a float loses its fraction, stays within their range, and NaN becomes 0; to booleans,
   * anything but 0 becomes true.
   *
   * @param dtype of the result
   * @throws {DTypeError} if there is no such dtype
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1.9, -1.9, 0]).to("int32").toArray(), [1, -1, 0]);
   * assert.deepEqual(tensor([0.5, 0]).to("bool").toArray(), [1, 0]);
   * ```
   */
  to(dtype: DType): Tensor {
    return shapes.to(this, dtype);
  }

  /** Converted to float32: `to("float32")`. */
  float(): Tensor {
    return this.to("float32");
  }

  /** Converted to float64: `to("float64")`. */
  double(): Tensor {
    return this.to("float64");
  }

  /** Converted to int32: `to("int32")`. */
  int(): Tensor {
    return this.to("int32");
  }

  /** Converted to booleans: `to("bool")`. */
  bool(): Tensor {
    return this.to("bool");
  }

  /**
   * Equal parts of `size` along an axis (the last may be smaller), or parts of given sizes.
   *
   * @param size of a part, or of each
   * @param axis default 0
   * @returns views
   * @throws {ShapeError} if given sizes do not add up to that of the axis
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(arange(5).split(2).map((part) => part.size), [2, 2, 1]);
   * const [head, tail] = arange(5).split([1, 4]);
   * assert.deepEqual([head.toArray(), tail.toArray()], [[0], [1, 2, 3, 4]]);
   * ```
   */
  split(size: number | readonly number[], axis = 0): Tensor[] {
    return shapes.split(this, size, axis);
  }

  /**
   * `parts` parts of equal size along an axis, as views; the last may be smaller, or missing.
   *
   * @param parts how many at most
   * @param axis default 0
   * @throws {ShapeError} if there is no such axis
   * @throws {ValueError} if the number is not a whole number above 0
   */
  chunk(parts: number, axis = 0): Tensor[] {
    return shapes.chunk(this, parts, axis);
  }

  /**
   * Exactly `parts` parts along an axis, of sizes that differ by 1 at most; or the parts between
   * given positions, which count as those of `slice` do. As views.
   *
   * See https://pytorch.org/docs/stable/generated/torch.tensor_split.html
   *
   * @param parts how many, or the positions at which to cut
   * @param axis default 0
   * @throws {ShapeError} if there is no such axis
   * @throws {ValueError} if the number is not a whole number above 0, or a position is not whole
   */
  tensorSplit(parts: number | readonly number[], axis = 0): Tensor[] {
    return shapes.tensorSplit(this, parts, axis);
  }

  /**
   * The entries of an axis, without that axis, as views.
   *
   * @param axis default 0
   * @throws {ShapeError} if there is no such axis, as in a scalar
   */
  unbind(axis = 0): Tensor[] {
    return shapes.unbind(this, axis);
  }

  /**
   * The windows along an axis: the axis becomes their number, and their elements a new last axis.
   *
   * @param axis along which the windows move
   * @param options `size` of a window, `step` between two
   * @throws {ShapeError} if there is no such axis
   * @throws {ValueError} if a window does not fit, or the step is not a whole number above 0
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const windows = arange(5).unfold(0, { size: 3, step: 2 });
   * assert.deepEqual(windows.toArray(), [[0, 1, 2], [2, 3, 4]]);
   * ```
   */
  unfold(axis: number, options: UnfoldOptions): Tensor {
    return shapes.unfold(this, axis, options);
  }

  /**
   * The tensor many times over: `sizes[i]` times along axis `i`; more sizes than axes add axes in
   * front. (`expand` repeats without a copy.)
   *
   * @param sizes one for each axis or more, whole numbers ≥ 0
   * @throws {ShapeError} if there are fewer sizes than axes, or a size is not a whole number ≥ 0
   */
  repeat(...sizes: number[]): Tensor {
    return shapes.repeat(this, sizes);
  }

  /**
   * As `repeat`, but fewer sizes than axes stand for the last axes.
   *
   * @param sizes how often along each of the last axes, whole numbers ≥ 0
   * @throws {ShapeError} if a size is not a whole number ≥ 0
   */
  tile(...sizes: number[]): Tensor {
    return shapes.tile(this, sizes);
  }

  /**
   * Each entry of an axis repeated on the spot: `[a, b] → [a, a, b, b]`.
   *
   * @param repeats how often, for all or for each entry
   * @param axis the flattened tensor if left out
   * @throws {ValueError} if there is not one whole number ≥ 0 for each entry
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([7, 8]).repeatInterleave(2).toArray(), [7, 7, 8, 8]);
   * assert.deepEqual(tensor([7, 8]).repeatInterleave([1, 3], 0).toArray(), [7, 8, 8, 8]);
   * ```
   */
  repeatInterleave(repeats: number | readonly number[], axis?: number): Tensor {
    return shapes.repeatInterleave(this, repeats, axis);
  }

  /**
   * Backwards along the axes, all of them by default, as a view.
   *
   * @param axes an axis or several
   * @throws {ShapeError} if there is no such axis
   */
  flip(axes?: Axes): Tensor {
    return shapes.flip(this, axes);
  }

  /**
   * Entries moved by `shift` places along an axis; those that leave at one end return at the other.
   *
   * @param shift the distance, backwards if negative
   * @param axis the flattened tensor if left out
   * @throws {ShapeError} if there is no such axis
   * @throws {ValueError} if a shift is not a whole number
   */
  roll(shift: number, axis?: number): Tensor {
    return shapes.roll(this, shift, axis);
  }

  /**
   * With a border: `padding` holds the widths before and after the last axis, then those of the axis
   * before it, and so on.
   *
   * @param padding pairs of widths; negative ones cut off
   * @param options `mode`: `"constant"`, `"reflect"`, `"replicate"` or `"circular"`; `value`
   * @throws {ShapeError} if there are more pairs than axes, or the border does not fit the mode
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2]).pad([1, 2]).toArray(), [0, 1, 2, 0, 0]);
   * ```
   */
  pad(padding: readonly number[], options?: PadOptions): Tensor {
    return shapes.pad(this, padding, options);
  }

  /**
   * The elements on and below a diagonal of the last two axes; 0 above.
   *
   * @param diagonal 0 is the main one, 1 that above it, −1 that below it
   * @throws {ShapeError} if there are fewer than two axes
   */
  tril(diagonal = 0): Tensor {
    return run(ops.tril, [this], diagonal);
  }

  /**
   * The elements on and above a diagonal of the last two axes; 0 below.
   *
   * @param diagonal which: above the main one if positive, below it if negative; default 0
   * @throws {ShapeError} if there are fewer than two axes
   */
  triu(diagonal = 0): Tensor {
    return run(ops.triu, [this], diagonal);
  }

  /**
   * A diagonal of two axes, as a view, in which one axis at the end takes their place:
   * `[n, n, c] → [c, n]`.
   *
   * @param options see {@link DiagonalOptions}
   * @throws {ShapeError} if the two axes are the same
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2, 3], [4, 5, 6]]);
   * assert.deepEqual(x.diagonal().toArray(), [1, 5]);
   * assert.deepEqual(x.diagonal({ offset: 1 }).toArray(), [2, 6]);
   * assert.deepEqual(zeros([2, 3, 3]).diagonal({ axis1: 1, axis2: 2 }).shape, [2, 3]);
   * ```
   */
  diagonal(options?: DiagonalOptions): Tensor {
    return shapes.diagonal(this, options);
  }

  /**
   * Of a matrix its diagonal; of a vector the matrix with that diagonal, 0 elsewhere.
   *
   * @param offset 0 is the main diagonal, 1 that above it, −1 that below it
   * @throws {ShapeError} if the tensor is neither a matrix nor a vector
   */
  diag(offset = 0): Tensor {
    return shapes.diag(this, offset);
  }

  /**
   * The vectors of the last axis as diagonals of matrices, 0 elsewhere: `[…, n] → […, n, n]`.
   *
   * See https://pytorch.org/docs/stable/generated/torch.diag_embed.html
   *
   * @param options `offset`, default 0; `axis1` and `axis2`, where rows and columns go in the result,
   *   by default the last two
   * @throws {ShapeError} if this is a scalar, or the two axes are the same
   */
  diagEmbed(options?: DiagonalOptions): Tensor {
    return shapes.diagEmbed(this, options);
  }

  // Indexing

  /**
   * A part of the tensor, axis by axis; see {@link Index}. A view unless tensors pick entries.
   *
   * @param index one part for each axis; axes at the end that are left out are taken whole
   * @throws {ShapeError} if there is no such axis or entry
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = arange(12).reshape(3, 4);
   * assert.deepEqual(x.at(-1, [0, 4, 2]).toArray(), [8, 10]);
   * ```
   */
  at(...index: Index[]): Tensor {
    return indexing.at(this, index);
  }

  /** Iterates over the entries of the first axis. */
  [Symbol.iterator](): IterableIterator<Tensor> {
    return indexing.entries(this);
  }

  /**
   * Elements `start` to `stop` (not included) of an axis, as a view.
   *
   * @param start negative ones count from the end; `null` is the end from which the step leads
   * @param stop as `start`
   * @param options `axis` (default 0), `step` (default 1, may be negative)
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = arange(10);
   * assert.deepEqual(x.slice(2, 5).toArray(), [2, 3, 4]);
   * assert.deepEqual(x.slice(-3).toArray(), [7, 8, 9]);
   * ```
   */
  slice(
    start: number | null,
    stop: number | null = null,
    options?: SliceOptions,
  ): Tensor {
    return indexing.slice(this, start, stop, options);
  }

  /**
   * One entry of an axis, without that axis, as a view.
   *
   * See https://pytorch.org/docs/stable/generated/torch.select.html
   *
   * @param axis whose entry is taken
   * @param index negative ones count from the end
   * @throws {ShapeError} if there is no such axis or entry
   */
  select(axis: number, index: number): Tensor {
    return indexing.select(this, axis, index);
  }

  /**
   * `length` entries of an axis from `start` on, as a view; unlike `slice`, it refuses to give fewer.
   *
   * See https://pytorch.org/docs/stable/generated/torch.narrow.html
   *
   * @param axis whose entries are taken
   * @param start negative ones count from the end
   * @param length how many
   * @throws {ShapeError} if there is no such axis, or it has fewer entries
   */
  narrow(axis: number, start: number, length: number): Tensor {
    return indexing.narrow(this, axis, start, length);
  }

  /**
   * Entries of an axis by a 1-d int32 tensor; they may repeat. Gradients of repeats add up.
   *
   * @param axis whose entries are taken
   * @param index their positions, from 0
   * @throws {ShapeError} if the index has not one axis, or a position is out of range
   */
  indexSelect(axis: number, index: Tensor): Tensor {
    return indexing.indexSelect(this, axis, index);
  }

  /**
   * The elements at places of the flattened tensor, in the shape of `index`.
   *
   * @param index int32
   * @throws {ShapeError} if an index is out of range
   * @throws {DTypeError} if the index is not int32
   */
  take(index: Tensor): Tensor {
    return indexing.take(this, index);
  }

  /**
   * `y[i, j] = x[i, index[i, j]]` for axis 1, and so on; `index` has as many axes as the tensor.
   *
   * @param axis along which the index counts
   * @param index int32
   * @returns the shape of the index
   * @throws {ShapeError} if the shapes do not fit, or a position is out of range
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const scores = tensor([[1, 9, 3], [7, 2, 5]]);
   * const labels = tensor([[1], [2]], { dtype: "int32" });
   * assert.deepEqual(scores.gather(1, labels).toArray(), [[9], [5]]);
   * ```
   */
  gather(axis: number, index: Tensor): Tensor {
    return indexing.gather(this, axis, index);
  }

  /**
   * As `gather`, but all axes except `axis` broadcast: with `argsort` or `argmax` as index it gives
   * what they found.
   *
   * @param index int32, with as many axes as the tensor
   * @param axis the flattened tensors if left out
   * @throws {ShapeError} if an index is out of range, or there is no such axis
   * @throws {DTypeError} if the index is not int32
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[3, 1, 2], [6, 5, 4]]);
   * const sorted = x.takeAlongDim(x.argsort({ axis: 1 }), 1);
   * assert.deepEqual(sorted.toArray(), [[1, 2, 3], [4, 5, 6]]);
   * ```
   */
  takeAlongDim(index: Tensor, axis?: number): Tensor {
    return indexing.takeAlongDim(this, index, axis);
  }

  /**
   * The elements where the boolean `mask`, broadcast, is true, in row-major order.
   *
   * @param mask made by comparing
   * @returns one axis, as long as there are true elements
   * @throws {DTypeError} if the mask is not boolean
   */
  maskedSelect(mask: Tensor): Tensor {
    return indexing.maskedSelect(this, mask);
  }

  /**
   * The indices of the elements that are not zero, row by row: int32 `[count, ndim]`.
   *
   * @returns without gradient
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[0, 5], [6, 0]]).nonzero().toArray(), [[0, 1], [1, 0]]);
   * ```
   */
  nonzero(): Tensor {
    return indexing.nonzero(this);
  }

  /**
   * A copy in which `y[i, index[i, j]] = source[i, j]` (for axis 1).
   *
   * Of several writes to one place the last stays, and only that one has a gradient. (PyTorch leaves
   * open which one stays, and gives all of them the gradient.)
   *
   * @param index int32, of the shape of the source
   * @param source a tensor or a number
   * @param options `axis`, default 0
   * @throws {ShapeError} if the shapes do not fit, or a position is out of range
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const index = tensor([[2], [0]], { dtype: "int32" });
   * const oneHot = zeros([2, 3]).scatter(index, 1, { axis: 1 });
   * assert.deepEqual(oneHot.toArray(), [[0, 0, 1], [1, 0, 0]]);
   * ```
   */
  scatter(index: Tensor, source: TensorLike, options?: AlongOptions): Tensor {
    return indexing.scatter(this, index, source, options);
  }

  /**
   * A copy in which `y[i, index[i, j]] += source[i, j]` (for axis 1).
   *
   * @param index int32, of the shape of the source
   * @param source what is added; to one place several times, if the index repeats
   * @param options `axis`, default 0
   * @throws {ShapeError} if an index is out of range, or the shapes do not fit
   * @throws {DTypeError} if the index is not int32
   */
  scatterAdd(index: Tensor, source: Tensor, options?: AlongOptions): Tensor {
    return indexing.scatterAdd(this, index, source, options);
  }

  /**
   * A copy in which `y[i, k]` is a reduction of all `source[i, j]` with `index[i, j] = k` (for axis 1),
   * and of the element that was there. Of equal largest or smallest ones, each gets an equal share of
   * the gradient; that of products is right at zeros too.
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
   *
   * @param index int32
   * @param source of the shape of the index
   * @param options see {@link ScatterReduceOptions}
   * @throws {ShapeError} if an index is out of range, or the shapes do not fit
   * @throws {DTypeError} if the index is not int32
   * @throws {ValueError} if there is no such reduction
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const index = tensor([0, 2, 0], { dtype: "int32" });
   * const source = tensor([5, 7, 9]);
   * const mean = zeros([3]).scatterReduce(index, source, { reduce: "mean", includeSelf: false });
   * assert.deepEqual(mean.toArray(), [7, 0, 7]);
   * const largest = tensor([6, 6, 8]).scatterReduce(index, source, { reduce: "amax" });
   * assert.deepEqual(largest.toArray(), [9, 6, 8]);
   * ```
   */
  scatterReduce(index: Tensor, source: Tensor, options: ScatterReduceOptions): Tensor {
    return indexing.scatterReduce(this, index, source, options);
  }

  /**
   * A copy in which `y[i, index[j]] += source[i, j]` (for axis 1).
   *
   * @param index int32, one axis
   * @param source what is added, with an entry along the axis for each index
   * @param options `axis`, default 0
   * @throws {ShapeError} if an index is out of range, or the shapes do not fit
   * @throws {DTypeError} if the index is not int32
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const index = tensor([1, 1], { dtype: "int32" });
   * const y = zeros([2, 2]).indexAdd(index, tensor([[1, 2], [3, 4]]));
   * assert.deepEqual(y.toArray(), [[0, 0], [4, 6]]);
   * ```
   */
  indexAdd(index: Tensor, source: Tensor, options?: AlongOptions): Tensor {
    return indexing.indexAdd(this, index, source, options);
  }

  /**
   * A copy in which `y[i, index[j]] = source[i, j]` (for axis 1).
   *
   * Of several writes to one place the last stays, and only that one has a gradient.
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.index_copy_.html
   *
   * @param index int32, one axis
   * @param source what is written, with an entry along the axis for each index
   * @param options `axis`, default 0
   * @throws {ShapeError} if an index is out of range, or the shapes do not fit
   * @throws {DTypeError} if the index is not int32
   */
  indexCopy(index: Tensor, source: Tensor, options?: AlongOptions): Tensor {
    return indexing.indexCopy(this, index, source, options);
  }

  /**
   * A copy in which the entries of an axis that a 1-d `index` names are `value`.
   *
   * @param index int32, one axis
   * @param value what the entries become
   * @param options `axis`, default 0
   * @throws {ShapeError} if an index is out of range
   */
  indexFill(index: Tensor, value: number, options?: AlongOptions): Tensor {
    return indexing.indexFill(this, index, value, options);
  }

  // Arithmetic

  /**
   * `this + other`; a gradient is summed over the axes along which its operand was broadcast
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @returns the shape to which both broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const column = tensor([[1], [2]], { requiresGrad: true });
   * const y = column.add(tensor([10, 20, 30]));
   * assert.deepEqual(y.toArray(), [[11, 21, 31], [12, 22, 32]]);
   * y.sum().backward();
   * assert.deepEqual(column.grad!.toArray(), [[3], [3]]);
   * ```
   */
  add(other: TensorLike): Tensor {
    return run(ops.add, [this, other]);
  }

  /**
   * `this - other`
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @returns the shape to which both broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   * @throws {DTypeError} if both are boolean
   */
  sub(other: TensorLike): Tensor {
    return run(ops.sub, [this, other]);
  }

  /**
   * `this · other`, element by element; for the product of matrices, see `matmul`
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @returns the shape to which both broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   */
  mul(other: TensorLike): Tensor {
    return run(ops.mul, [this, other]);
  }

  /**
   * `this / other`; integers give floats, `1 / 0 = ∞`, `0 / 0 = NaN`
   *
   * With `roundingMode`, the result is a whole number in the dtype of the operands, and its gradient
   * is 0.
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @param options `roundingMode`
   * @throws {ShapeError} if the shapes do not broadcast
   * @throws {ValueError} if there is no such mode, or one is given and integers are divided by 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 0, -3], { dtype: "int32" });
   * assert.deepEqual(x.div(2).toArray(), [0.5, 0, -1.5]);
   * assert.deepEqual(x.div(0).toArray(), [Infinity, NaN, -Infinity]);
   * assert.deepEqual(x.div(2, { roundingMode: "trunc" }).toArray(), [0, 0, -1]);
   * assert.deepEqual(x.div(2, { roundingMode: "floor" }).toArray(), [0, 0, -2]);
   * ```
   */
  div(other: TensorLike, options?: DivOptions): Tensor {
    return arithmetic.div(this, other, options);
  }

  /**
   * `⌊this / divisor⌋`, in the dtype of the operands: integers stay integers.
   *
   * @param divisor a tensor whose shape broadcasts with this one, or a number
   * @throws {ValueError} if integers are divided by 0; floats give ±∞ or NaN
   * @throws {ShapeError} if the shapes do not broadcast
   */
  floorDivide(divisor: TensorLike): Tensor {
    return run(ops.floorDivide, [this, divisor]);
  }

  /**
   * The remainder with the sign of the divisor, as `%` in Python.
   *
   * @param divisor a tensor whose shape broadcasts with this one, or a number
   * @throws {ValueError} if integers are divided by 0; floats give NaN
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-7, 7, 5.5]).remainder(3).toArray(), [2, 1, 2.5]);
   * ```
   */
  remainder(divisor: TensorLike): Tensor {
    return run(ops.remainder, [this, divisor]);
  }

  /**
   * The remainder with the sign of this, as `%` in JavaScript.
   *
   * @param divisor a tensor whose shape broadcasts with this one, or a number
   * @throws {ValueError} if integers are divided by 0; floats give NaN
   * @throws {ShapeError} if the shapes do not broadcast
   */
  fmod(divisor: TensorLike): Tensor {
    return run(ops.fmod, [this, divisor]);
  }

  /** `-this` */
  neg(): Tensor {
    return run(ops.neg, [this]);
  }

  /**
   * `this` to the power `exponent`; `0⁰ = 1` with gradient 0
   *
   * @param exponent a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  pow(exponent: TensorLike): Tensor {
    return arithmetic.pow(this, exponent);
  }

  /** `this · this`; the gradient is `2 · this` */
  square(): Tensor {
    return run(ops.square, [this]);
  }

  /** `|this|`; the gradient at 0 is 0 */
  abs(): Tensor {
    return run(ops.abs, [this]);
  }

  /** −1, 0 or 1; the gradient is 0 */
  sign(): Tensor {
    return run(ops.sign, [this]);
  }

  /**
   * The size of each element with the sign of `sign`, whose gradient is 0
   *
   * See https://pytorch.org/docs/stable/generated/torch.copysign.html
   *
   * @param sign a tensor whose shape broadcasts with this one, or a number; −0 is negative
   * @throws {ShapeError} if the shapes do not broadcast
   */
  copysign(sign: TensorLike): Tensor {
    return run(ops.copysign, [this, sign]);
  }

  /**
   * 0 below 0, 1 above it, `values` at it; 0 for NaN. Only `values` get a gradient.
   *
   * See https://pytorch.org/docs/stable/generated/torch.heaviside.html
   *
   * @param values a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  heaviside(values: TensorLike): Tensor {
    return run(ops.heaviside, [this, values]);
  }

  /**
   * The smaller of each pair; a tie splits the gradient, NaN wins
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  minimum(other: TensorLike): Tensor {
    return run(ops.minimum, [this, other]);
  }

  /**
   * The larger of each pair; a tie splits the gradient, NaN wins
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  maximum(other: TensorLike): Tensor {
    return run(ops.maximum, [this, other]);
  }

  /**
   * Limited to `[min, max]`; `null` leaves a side open. The gradient at a bound is 1.
   *
   * @param min the lower bound
   * @param max the upper bound, which wins where it is below the lower
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-2, 0.5, 3]);
   * assert.deepEqual(x.clamp(-1, 1).toArray(), [-1, 0.5, 1]);
   * assert.deepEqual(x.clamp(0).toArray(), [0, 0.5, 3]);
   * ```
   */
  clamp(min: TensorLike | null, max: TensorLike | null = null): Tensor {
    return run(ops.clamp, [this, ...arithmetic.clampBounds(this, min, max)]);
  }

  /**
   * As `clamp`, by NumPy's name.
   *
   * See https://pytorch.org/docs/stable/generated/torch.clip.html
   *
   * @param min the lower bound
   * @param max the upper bound
   * @throws {ShapeError} if the shapes do not broadcast
   */
  clip(min: TensorLike | null, max: TensorLike | null = null): Tensor {
    return this.clamp(min, max);
  }

  /** The largest integer not above each element; the gradient is 0 */
  floor(): Tensor {
    return run(ops.floor, [this]);
  }

  /** The smallest integer not below each element; the gradient is 0 */
  ceil(): Tensor {
    return run(ops.ceil, [this]);
  }

  /** Each element without its fraction; the gradient is 0 */
  trunc(): Tensor {
    return run(ops.trunc, [this]);
  }

  /**
   * The nearest whole number, or the nearest with some decimals; halves to even. The gradient is 0.
   *
   * With `decimals: d` it is `round(x · 10ᵈ) / 10ᵈ`: the element nearest to a decimal fraction that
   * the dtype may not hold itself.
   *
   * @param options `decimals`
   * @throws {ValueError} if `decimals` is not a whole number
   * @throws {DTypeError} if there are decimals, and the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0.5, 1.5, 2.4]).round().toArray(), [0, 2, 2]);
   * assert.deepEqual(tensor([1.37, -2.625]).round({ decimals: 2 }).mul(100).toArray(), [137, -262]);
   * assert.deepEqual(tensor([1234]).round({ decimals: -2 }).toArray(), [1200]);
   * ```
   */
  round(options?: RoundOptions): Tensor {
    return arithmetic.round(this, options);
  }

  /** Each element without its integer part, with its sign */
  frac(): Tensor {
    return run(ops.frac, [this]);
  }

  // Mathematics

  /** `eˣ` */
  exp(): Tensor {
    return run(ops.exp, [this]);
  }

  /**
   * `2ˣ`; exact for whole numbers
   *
   * See https://pytorch.org/docs/stable/generated/torch.exp2.html
   */
  exp2(): Tensor {
    return math.exp2(this);
  }

  /** `eˣ − 1`, precise also near 0 */
  expm1(): Tensor {
    return run(ops.expm1, [this]);
  }

  /** `ln x`; −∞ at 0, NaN below */
  log(): Tensor {
    return run(ops.log, [this]);
  }

  /** The logarithm to base 2; −∞ at 0, NaN below */
  log2(): Tensor {
    return run(ops.log2, [this]);
  }

  /** The logarithm to base 10; −∞ at 0, NaN below */
  log10(): Tensor {
    return run(ops.log10, [this]);
  }

  /** `ln(1 + x)`, precise also near 0 */
  log1p(): Tensor {
    return run(ops.log1p, [this]);
  }

  /** `√x`; the gradient at 0 is ∞, and NaN stands for the root of a negative number */
  sqrt(): Tensor {
    return run(ops.sqrt, [this]);
  }

  /** `1 / √x`; ∞ at 0, NaN below */
  rsqrt(): Tensor {
    return run(ops.rsqrt, [this]);
  }

  /** `1 / x`; ∞ at 0, −∞ at −0 */
  reciprocal(): Tensor {
    return run(ops.reciprocal, [this]);
  }

  /**
   * `√(this² + other²)`, without overflow
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  hypot(other: TensorLike): Tensor {
    return run(ops.hypot, [this, other]);
  }

  /** The sine of an angle in radians */
  sin(): Tensor {
    return run(ops.sin, [this]);
  }

  /** The cosine of an angle in radians */
  cos(): Tensor {
    return run(ops.cos, [this]);
  }

  /** The tangent of an angle in radians */
  tan(): Tensor {
    return run(ops.tan, [this]);
  }

  /** The angle from −π/2 to π/2 with this sine; NaN outside of [−1, 1] */
  asin(): Tensor {
    return run(ops.asin, [this]);
  }

  /** The angle from 0 to π with this cosine; NaN outside of [−1, 1] */
  acos(): Tensor {
    return run(ops.acos, [this]);
  }

  /** The angle from −π/2 to π/2 with this tangent */
  atan(): Tensor {
    return run(ops.atan, [this]);
  }

  /**
   * The angle of the point `(x, this)`, from −π to π
   *
   * @param x a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  atan2(x: TensorLike): Tensor {
    return run(ops.atan2, [this, x]);
  }

  /** `(eˣ − e⁻ˣ) / 2` */
  sinh(): Tensor {
    return run(ops.sinh, [this]);
  }

  /** `(eˣ + e⁻ˣ) / 2` */
  cosh(): Tensor {
    return run(ops.cosh, [this]);
  }

  /** The inverse of `sinh`: `ln(x + √(x² + 1))`, precise everywhere */
  asinh(): Tensor {
    return run(ops.asinh, [this]);
  }

  /** The inverse of `cosh` from 1 on: `ln(x + √(x² − 1))`; NaN below 1 */
  acosh(): Tensor {
    return run(ops.acosh, [this]);
  }

  /** The inverse of `tanh`: `ln((1 + x) / (1 − x)) / 2`; ±∞ at ±1, NaN outside of them */
  atanh(): Tensor {
    return run(ops.atanh, [this]);
  }

  /** The error function, `2/√π · ∫₀ˣ e^(−t²) dt` */
  erf(): Tensor {
    return run(ops.erf, [this]);
  }

  /** `1 − erf x`, precise also where `erf x` rounds to 1 */
  erfc(): Tensor {
    return run(ops.erfc, [this]);
  }

  /** `ln(x / (1 − x))`, the inverse of `sigmoid`; ∓∞ at 0 and 1, NaN outside of them */
  logit(): Tensor {
    return run(ops.logit, [this]);
  }

  /**
   * `ln(eᵃ + eᵇ)`, without overflow
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  logaddexp(other: TensorLike): Tensor {
    return run(ops.logaddexp, [this, other]);
  }

  /**
   * `this · ln y`, and 0 where this is 0 unless `y` is NaN
   *
   * @param y a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  xlogy(y: TensorLike): Tensor {
    return run(ops.xlogy, [this, y]);
  }

  /**
   * `this + weight · (end − this)`
   *
   * @param end where weight 1 leads
   * @param weight 0 stays here
   * @throws {ShapeError} if the shapes do not broadcast
   */
  lerp(end: TensorLike, weight: TensorLike): Tensor {
    return run(ops.lerp, [this, end, weight]);
  }

  /**
   * `this + value · a · b` in one pass
   *
   * @param a one factor
   * @param b the other
   * @param options `value`, default 1
   * @throws {ShapeError} if the shapes do not broadcast
   */
  addcmul(a: TensorLike, b: TensorLike, options?: ScaledOptions): Tensor {
    return math.addcmul(this, a, b, options);
  }

  /**
   * `this + value · a / b` in one pass
   *
   * @param a the dividend
   * @param b the divisor
   * @param options `value`, default 1
   * @throws {ShapeError} if the shapes do not broadcast
   */
  addcdiv(a: TensorLike, b: TensorLike, options?: ScaledOptions): Tensor {
    return math.addcdiv(this, a, b, options);
  }

  // Activation

  /** `max(x, 0)`; the gradient at 0 is 0, and NaN stays NaN */
  relu(): Tensor {
    return run(ops.relu, [this]);
  }

  /** `x` limited to [0, 6]; the gradient at a bound is 0 */
  relu6(): Tensor {
    return run(ops.relu6, [this]);
  }

  /**
   * `x` above 0, `slope · x` elsewhere, which is also the gradient at 0
   *
   * @param slope default 0.01
   */
  leakyRelu(slope = 0.01): Tensor {
    return run(ops.leakyRelu, [this, slope]);
  }

  /**
   * `x` above 0, `alpha · (eˣ − 1)` elsewhere. Source: Clevert et al., "Fast and accurate deep
   * network learning by exponential linear units" (2015).
   *
   * @param alpha minus the limit on the left; default 1
   */
  elu(alpha = 1): Tensor {
    return run(ops.elu, [this, alpha]);
  }

  /**
   * `1.0507 x` above 0, `1.0507 · 1.6733 · (eˣ − 1)` elsewhere, which keeps mean 0 and variance
   * 1. Source: Klambauer et al., "Self-normalizing neural networks" (2017).
   */
  selu(): Tensor {
    return run(ops.selu, [this]);
  }

  /**
   * `x` above 0, `alpha · (e^(x / alpha) − 1)` elsewhere: as `elu`, but smooth for any `alpha`.
   * Source: Barron, "Continuously differentiable exponential linear units" (2017).
   *
   * @param alpha minus the limit on the left; default 1
   */
  celu(alpha = 1): Tensor {
    return run(ops.celu, [this, alpha]);
  }

  /**
   * `x Φ(x)`, with the distribution function Φ of the standard normal distribution
   *
   * @param options `approximate`
   */
  gelu(options?: GeluOptions): Tensor {
    return activation.gelu(this, options);
  }

  /**
   * `x σ(x)`, also called swish. Source: Ramachandran et al., "Searching for activation functions"
   * (2017).
   */
  silu(): Tensor {
    return run(ops.silu, [this]);
  }

  /**
   * `x tanh(ln(1 + eˣ))`. Source: Misra, "Mish: a self regularized non-monotonic activation
   * function" (2019).
   */
  mish(): Tensor {
    return run(ops.mish, [this]);
  }

  /** `ln(1 + eˣ)`, without overflow: a smooth `relu` */
  softplus(): Tensor {
    return run(ops.softplus, [this]);
  }

  /** `x / (1 + |x|)` */
  softsign(): Tensor {
    return run(ops.softsign, [this]);
  }

  /** `σ(x) = 1 / (1 + e⁻ˣ)`, from 0 to 1; the gradient is `σ(x) (1 − σ(x))` */
  sigmoid(): Tensor {
    return run(ops.sigmoid, [this]);
  }

  /** `ln σ(x)`, without overflow */
  logSigmoid(): Tensor {
    return run(ops.logSigmoid, [this]);
  }

  /** `(x + 3) / 6`, limited to [0, 1] */
  hardsigmoid(): Tensor {
    return run(ops.hardsigmoid, [this]);
  }

  /** `x · hardsigmoid(x)`. Source: Howard et al., "Searching for MobileNetV3" (2019). */
  hardswish(): Tensor {
    return run(ops.hardswish, [this]);
  }

  /** `tanh x`, from −1 to 1; the gradient is `1 − tanh² x` */
  tanh(): Tensor {
    return run(ops.tanh, [this]);
  }

  /**
   * `x` limited to `[min, max]`; unlike that of `clamp`, the gradient at a bound is 0
   *
   * @param min default −1
   * @param max default 1
   * @throws {ValueError} unless `min` is below `max`
   */
  hardtanh(min = -1, max = 1): Tensor {
    return activation.hardtanh(this, min, max);
  }

  /**
   * `eˣ / Σ eˣ` along `axis`, without overflow; −∞ gets 0, and NaN if the whole axis is −∞
   *
   * @param axis along which the results add up to 1
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1000, 1000, -Infinity]).softmax(0).toArray(), [0.5, 0.5, 0]);
   * ```
   */
  softmax(axis: number): Tensor {
    return run(ops.softmax, [this], normalizeAxis(axis, this.shape, "softmax"));
  }

  /**
   * `x - ln Σ eˣ` along `axis`, without overflow
   *
   * @param axis along which it normalizes
   * @throws {ShapeError} if there is no such axis
   */
  logSoftmax(axis: number): Tensor {
    return run(ops.logSoftmax, [this], normalizeAxis(axis, this.shape, "logSoftmax"));
  }

  // Reduction

  /**
   * `Σ x`, over all axes or some; 0 of nothing. Small integers add up in int32.
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assert.equal(x.sum().item(), 10);
   * assert.deepEqual(x.sum(0).toArray(), [4, 6]);
   * assert.deepEqual(x.sum({ axis: 1, keepDims: true }).toArray(), [[3], [7]]);
   * ```
   */
  sum(options?: ReduceOptions | Axes): Tensor {
    return reduction.sum(this, options);
  }

  /**
   * `Σ x / n`; NaN of nothing
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {DTypeError} if the tensor holds integers or booleans
   */
  mean(options?: ReduceOptions | Axes): Tensor {
    return reduction.mean(this, options);
  }

  /**
   * `Π x`, over all axes or some; 1 of nothing. The gradient is right at zeros too.
   *
   * @param options `axis`, `keepDims`, or just the axes
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([2, 0, 5], { requiresGrad: true });
   * x.prod().backward();
   * assert.deepEqual(x.grad!.toArray(), [0, 10, 0]); // the product of the others
   * ```
   */
  prod(options?: ReduceOptions | Axes): Tensor {
    return reduction.prod(this, options);
  }

  /**
   * `Σ (x - x̄)² / max(n - correction, 0)`; NaN where that is 0 / 0
   *
   * @param options `correction` (default 1), `axis`, `keepDims`; or the axis or axes alone
   * @throws {ValueError} if the correction is below 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2, 3, 4]);
   * assert.ok(Math.abs(x.var().item() - 5 / 3) < 1e-6);
   * assert.equal(x.var({ correction: 0 }).item(), 1.25);
   * ```
   */
  var(options?: VarianceOptions | Axes): Tensor {
    return reduction.variance(this, options);
  }

  /**
   * The square root of `var`; where all elements are equal, its gradient is 0
   *
   * @param options `correction` (default 1), `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @throws {DTypeError} if the tensor is of integers
   */
  std(options?: VarianceOptions | Axes): Tensor {
    return reduction.std(this, options);
  }

  /**
   * The norm `(Σ |x|ᵖ)^(1/p)` over all axes or some. Where it is 0, its gradient is 0.
   *
   * @param options `order` (p), `axis`, `keepDims`
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([3, -4]);
   * assert.equal(x.norm().item(), 5);
   * assert.equal(x.norm({ order: 1 }).item(), 7);
   * assert.equal(x.norm({ order: Infinity }).item(), 4);
   * ```
   */
  norm(options?: NormOptions | Axes): Tensor {
    return reduction.norm(this, options);
  }

  /**
   * `ln Σ eˣ`, over all axes or some, without overflow; −∞ of nothing
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @throws {DTypeError} if the tensor is of integers
   */
  logsumexp(options?: ReduceOptions | Axes): Tensor {
    return reduction.logsumexp(this, options);
  }

  /**
   * The largest element; elements that tie share the gradient. NaN wins.
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there are no elements
   */
  amax(options?: ReduceOptions | Axes): Tensor {
    return reduction.amax(this, options);
  }

  /**
   * The smallest element; elements that tie share the gradient. NaN wins.
   *
   * @param options `axis`, `keepDims`, or just the axes
   * @throws {ShapeError} if there is no such axis, or nothing to choose from
   */
  amin(options?: ReduceOptions | Axes): Tensor {
    return reduction.amin(this, options);
  }

  /**
   * The largest element: of all, where ties share the gradient as in `amax`, or along one axis, where
   * the first of equal ones gets it. (PyTorch also returns indices then; `argmax` has them.)
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @throws {ShapeError} if there is no such axis, or nothing along it
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 5], [7, 3]]);
   * assert.equal(x.max().item(), 7);
   * assert.deepEqual(x.max(1).toArray(), [5, 7]);
   * ```
   */
  max(options?: AxisOptions | number): Tensor {
    return reduction.max(this, options);
  }

  /**
   * The smallest element, as `max` the largest.
   *
   * @param options `axis`, `keepDims`, or just the axis; all axes if left out
   * @throws {ShapeError} if there is no such axis, or nothing to choose from
   */
  min(options?: AxisOptions | number): Tensor {
    return reduction.min(this, options);
  }

  /**
   * int32 index of the first largest element, along an axis or of the flattened tensor.
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @throws {ShapeError} if there is no such axis, or nothing along it
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const scores = tensor([[0.1, 0.7, 0.7], [0.9, 0, 0.1]]);
   * assert.deepEqual(scores.argmax(1).toArray(), [1, 0]);
   * assert.equal(scores.argmax().item(), 3);
   * ```
   */
  argmax(options?: AxisOptions | number): Tensor {
    return reduction.argmax(this, options);
  }

  /**
   * int32 index of the first smallest element, along an axis or of the flattened tensor.
   *
   * @param options `axis`, `keepDims`, or just the axis
   * @throws {ShapeError} if there is no such axis, or nothing to choose from
   */
  argmin(options?: AxisOptions | number): Tensor {
    return reduction.argmin(this, options);
  }

  /**
   * Whether any element is non-zero, as a boolean; false of nothing
   *
   * @param options `axis`, `keepDims`, or just the axes
   * @throws {ShapeError} if there is no such axis
   */
  any(options?: ReduceOptions | Axes): Tensor {
    return reduction.any(this, options);
  }

  /**
   * Whether all elements are non-zero; true of nothing
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   */
  all(options?: ReduceOptions | Axes): Tensor {
    return reduction.all(this, options);
  }

  /**
   * How many elements are not 0, of all axes or some, as int32
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   */
  countNonzero(options?: ReduceOptions | Axes): Tensor {
    return reduction.countNonzero(this, options);
  }

  /**
   * `Σ x`, over all axes or some, in which NaN counts as 0
   *
   * See https://pytorch.org/docs/stable/generated/torch.nansum.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   */
  nansum(options?: ReduceOptions | Axes): Tensor {
    return reduction.nansum(this, options);
  }

  /**
   * The mean of what is not NaN, over all axes or some; NaN where there is nothing else
   *
   * See https://pytorch.org/docs/stable/generated/torch.nanmean.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @throws {DTypeError} if the tensor holds integers or booleans
   */
  nanmean(options?: ReduceOptions | Axes): Tensor {
    return reduction.nanmean(this, options);
  }

  /**
   * Numbers in the place of NaN, ∞ and −∞, where the gradient is 0.
   *
   * See https://pytorch.org/docs/stable/generated/torch.nan_to_num.html
   *
   * @param options see {@link NanToNumOptions}
   */
  nanToNum(options?: NanToNumOptions): Tensor {
    return reduction.nanToNum(this, options);
  }

  /**
   * The element below which a share `q` of the others lies: of all, or along one axis. NaN wins.
   *
   * The rank `q · (n − 1)` may lie between two elements; `interpolation` says what stands for it:
   * `"linear"` weighs both, `"midpoint"` takes their mean, and the others choose one. Gradients flow
   * to the elements that are used.
   *
   * See https://pytorch.org/docs/stable/generated/torch.quantile.html
   *
   * @param q from 0 to 1; several give a first axis
   * @param options `axis`, `keepDims`, `interpolation`
   * @throws {ValueError} if `q` is out of range, or there is no such interpolation
   * @throws {DTypeError} if the tensor is of integers
   * @throws {ShapeError} if there is no such axis, or nothing along it
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 9, 3, 5, 7]);
   * assert.equal(x.quantile(0.25).item(), 3);
   * assert.deepEqual(x.quantile([0, 0.5, 0.625]).toArray(), [1, 5, 6]);
   * ```
   */
  quantile(q: number | readonly number[], options?: QuantileOptions): Tensor {
    return reduction.quantile(this, q, options);
  }

  /**
   * Covariances of variables, each of which is a row: `Σ (x − x̄) (y − ȳ) / (N − correction)` with N
   * observations. With weights `w = f · a`, means and sums are weighted, and the denominator is
   * `Σ w − correction · Σ w a / Σ w`.
   *
   * See https://pytorch.org/docs/stable/generated/torch.cov.html
   *
   * @param options see {@link CovOptions}
   * @returns `[variables, variables]`; a scalar for a single variable `[observations]`
   * @throws {ShapeError} if there are more than two axes, or weights are not one for each observation
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[0, 2], [3, 1]]);
   * assert.deepEqual(x.cov().toArray(), [[2, -2], [-2, 2]]);
   * assert.deepEqual(x.cov({ correction: 0 }).toArray(), [[1, -1], [-1, 1]]);
   * ```
   */
  cov(options?: CovOptions): Tensor {
    return reduction.cov(this, options);
  }

  /**
   * The sum of the diagonal of a matrix.
   *
   * @throws {ShapeError} if the tensor is not a matrix
   */
  trace(): Tensor {
    return reduction.trace(this);
  }

  /**
   * Running sums along an axis; small integers add up in int32
   *
   * @param axis along which the sums run
   * @throws {ShapeError} if there is no such axis
   */
  cumsum(axis: number): Tensor {
    return run(ops.cumsum, [this], normalizeAxis(axis, this.shape, "cumsum"));
  }

  /**
   * Running products along an axis; the gradient is right at zeros too
   *
   * @param axis along which the products run
   * @throws {ShapeError} if there is no such axis
   */
  cumprod(axis: number): Tensor {
    return run(ops.cumprod, [this], normalizeAxis(axis, this.shape, "cumprod"));
  }

  /**
   * Differences of neighbours along an axis: `y[i] = x[i + 1] − x[i]`, `n` times over; of booleans,
   * whether they differ.
   *
   * See https://pytorch.org/docs/stable/generated/torch.diff.html
   *
   * @param options see {@link DiffOptions}; or the axis alone
   * @returns `n` entries fewer along the axis, 0 at least
   * @throws {ShapeError} if this is a scalar, or there is no such axis
   * @throws {ValueError} if `n` is not a whole number ≥ 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 4, 9, 16]);
   * assert.deepEqual(x.diff().toArray(), [3, 5, 7]);
   * assert.deepEqual(x.diff({ n: 2 }).toArray(), [2, 2]);
   * assert.deepEqual(x.diff({ prepend: tensor([0]) }).toArray(), [1, 3, 5, 7]);
   * ```
   */
  diff(options?: DiffOptions | number): Tensor {
    return reduction.diff(this, options);
  }

  // Comparison

  /**
   * `this = other`, as booleans; NaN equals nothing
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  eq(other: TensorLike): Tensor {
    return run(ops.eq, [this, other]);
  }

  /**
   * `this ≠ other`, as booleans; true where either is NaN
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  ne(other: TensorLike): Tensor {
    return run(ops.ne, [this, other]);
  }

  /**
   * `this < other`, as booleans; NaN is less than nothing
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  lt(other: TensorLike): Tensor {
    return run(ops.lt, [this, other]);
  }

  /**
   * `this ≤ other`, as booleans; false where either is NaN
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  le(other: TensorLike): Tensor {
    return run(ops.le, [this, other]);
  }

  /**
   * `this > other`, as booleans; false where either is NaN
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  gt(other: TensorLike): Tensor {
    return run(ops.gt, [this, other]);
  }

  /**
   * `this ≥ other`, as booleans; false where either is NaN
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  ge(other: TensorLike): Tensor {
    return run(ops.ge, [this, other]);
  }

  /**
   * `|this − other| ≤ atol + rtol · |other|`, as booleans; infinities are close to themselves only
   *
   * @param other a tensor whose shape broadcasts with this one
   * @param options `rtol`, `atol`, `equalNan`
   * @throws {ShapeError} if the shapes do not broadcast
   * @throws {ValueError} if a tolerance is below 0, or NaN
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 1e10, Infinity]);
   * assert.deepEqual(x.isclose(tensor([1.0001, 1.000001e10, Infinity])).toArray(), [0, 1, 1]);
   * ```
   */
  isclose(other: Tensor, options?: CloseOptions): Tensor {
    return comparison.isclose(this, other, options);
  }

  /**
   * Whether all elements are close; see `isclose`.
   *
   * @param other a tensor whose shape broadcasts with this one
   * @param options `rtol`, `atol`, `equalNan`
   * @returns a plain boolean; true where there are no elements
   * @throws {ShapeError} if the shapes do not broadcast
   * @throws {ValueError} if a tolerance is below 0, or NaN
   */
  allclose(other: Tensor, options?: CloseOptions): boolean {
    return comparison.allclose(this, other, options);
  }

  /**
   * Whether both have the same shape and equal elements, whatever their dtypes; for single elements,
   * see `eq`.
   *
   * @param other any tensor
   * @returns a plain boolean; false if there is a NaN
   */
  equal(other: Tensor): boolean {
    return comparison.equal(this, other);
  }

  /**
   * Whether each element is among `values`, as booleans; NaN is not.
   *
   * See https://pytorch.org/docs/stable/generated/torch.isin.html
   *
   * @param values a tensor of any shape
   * @returns the shape of this
   */
  isin(values: Tensor): Tensor {
    return comparison.isin(this, values);
  }

  /** Is NaN, as booleans */
  isnan(): Tensor {
    return run(ops.isnan, [this]);
  }

  /** Is ∞ or −∞, as booleans */
  isinf(): Tensor {
    return run(ops.isinf, [this]);
  }

  /** Is neither NaN nor infinite, as booleans */
  isfinite(): Tensor {
    return run(ops.isfinite, [this]);
  }

  /**
   * Both are non-zero, as booleans
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  logicalAnd(other: TensorLike): Tensor {
    return run(ops.logicalAnd, [this, other]);
  }

  /**
   * One or both are non-zero, as booleans
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  logicalOr(other: TensorLike): Tensor {
    return run(ops.logicalOr, [this, other]);
  }

  /**
   * Exactly one is non-zero, as booleans
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   */
  logicalXor(other: TensorLike): Tensor {
    return run(ops.logicalXor, [this, other]);
  }

  /** Is zero, as booleans */
  logicalNot(): Tensor {
    return run(ops.logicalNot, [this]);
  }

  /**
   * Where this (a condition) is true `a`, elsewhere `b`; only what is chosen gets a gradient.
   *
   * @param a a tensor or a number, broadcast
   * @param b a tensor or a number, broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-1, 4], { requiresGrad: true });
   * const y = x.gt(0).where(x, 0);
   * y.sum().backward();
   * assert.deepEqual(y.toArray(), [0, 4]);
   * assert.deepEqual(x.grad!.toArray(), [0, 1]);
   * ```
   */
  where(a: TensorLike, b: TensorLike): Tensor {
    return run(ops.where, [this, a, b]);
  }

  /**
   * `value` where the boolean `mask` is true, the own elements elsewhere.
   *
   * @param mask booleans, broadcast
   * @param value a tensor or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const scores = tensor([1, 2, 3]).maskedFill(tensor([false, true, false]), -Infinity);
   * assert.equal(scores.softmax(0).at(1).item(), 0);
   * ```
   */
  maskedFill(mask: Tensor, value: TensorLike): Tensor {
    return run(ops.where, [mask, value, this]);
  }

  // Sorting

  /**
   * The elements sorted along an axis; equal ones keep their order.
   *
   * @param options see {@link SortOptions}
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, indices } = tensor([30, 10, 20]).sort();
   * assert.deepEqual(values.toArray(), [10, 20, 30]);
   * assert.deepEqual(indices.toArray(), [1, 2, 0]);
   * ```
   */
  sort(options?: SortOptions): Sorted {
    return sorting.sort(this, options);
  }

  /**
   * The int32 indices that sort along an axis; equal elements keep their order.
   *
   * @param options see {@link SortOptions}
   * @throws {ShapeError} if there is no such axis
   */
  argsort(options?: SortOptions): Tensor {
    return sorting.argsort(this, options);
  }

  /**
   * The `k` largest elements along an axis, the largest first; or the smallest.
   *
   * @param k how many
   * @param options see {@link TopkOptions}
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis, or it has fewer than `k` elements
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, indices } = tensor([[1, 9, 3], [7, 2, 5]]).topk(2);
   * assert.deepEqual(values.toArray(), [[9, 3], [7, 5]]);
   * assert.deepEqual(indices.toArray(), [[1, 2], [0, 2]]);
   * ```
   */
  topk(k: number, options?: TopkOptions): Sorted {
    return sorting.topk(this, k, options);
  }

  /**
   * The `k`-th smallest element along an axis, and where it is; NaN counts as larger than ∞. Of equal
   * elements, the first ones have the lower ranks.
   *
   * See https://pytorch.org/docs/stable/generated/torch.kthvalue.html
   *
   * @param k from 1, the smallest, to the size of the axis
   * @param options see {@link KthvalueOptions}
   * @returns `values` and their `indices`, without the axis
   * @throws {ShapeError} if there is no such axis, or it has fewer than `k` elements
   */
  kthvalue(k: number, options?: KthvalueOptions): Sorted {
    return sorting.kthvalue(this, k, options);
  }

  /**
   * The middle element, the lower one of two: of all, where ties share the gradient, or along one
   * axis. NaN wins.
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @throws {ShapeError} if there is no such axis
   */
  median(options?: AxisOptions | number): Tensor {
    return sorting.median(this, options);
  }

  /**
   * The largest element from the beginning of an axis to each place, and the index of its last
   * occurrence there. From a NaN on, NaN.
   *
   * See https://pytorch.org/docs/stable/generated/torch.cummax.html
   *
   * @param axis along which it runs
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, indices } = tensor([1, 3, 2, 5]).cummax(0);
   * assert.deepEqual(values.toArray(), [1, 3, 3, 5]);
   * assert.deepEqual(indices.toArray(), [0, 1, 1, 3]);
   * ```
   */
  cummax(axis: number): Sorted {
    return sorting.cummax(this, axis);
  }

  /**
   * The smallest element from the beginning of an axis to each place, as `cummax` the largest.
   *
   * See https://pytorch.org/docs/stable/generated/torch.cummin.html
   *
   * @param axis along which it runs
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis
   */
  cummin(axis: number): Sorted {
    return sorting.cummin(this, axis);
  }

  /**
   * The different values of the flattened tensor, with where and how often they occur.
   *
   * @returns see {@link Unique}
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, counts } = tensor([3, 1, 3]).unique();
   * assert.deepEqual(values.toArray(), [1, 3]);
   * assert.deepEqual(counts.toArray(), [1, 2]);
   * ```
   */
  unique(): Unique {
    return sorting.unique(this);
  }

  /**
   * How often each of the numbers 0, 1, 2, … occurs, as int32; or the sum of the weights that stand
   * beside it.
   *
   * @param options see {@link BincountOptions}
   * @throws {DTypeError} if the tensor is not of an integer type
   */
  bincount(options?: BincountOptions): Tensor {
    return sorting.bincount(this, options);
  }

  /**
   * How many elements lie in each of `bins` intervals of equal width. What lies outside is not
   * counted, nor is NaN.
   *
   * @param options see {@link HistogramOptions}
   * @returns `counts` and `edges`
   * @throws {ValueError} if `bins` is not a whole number above 0, or the ends are not finite and
   *   in order
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { counts, edges } = tensor([0, 1, 1, 4]).histogram({ bins: 2 });
   * assert.deepEqual(counts.toArray(), [3, 1]);
   * assert.deepEqual(edges.toArray(), [0, 2, 4]);
   * ```
   */
  histogram(options?: HistogramOptions): Histogram {
    return sorting.histogram(this, options);
  }

  /**
   * The counts of `histogram`.
   *
   * @param options see {@link HistogramOptions}
   * @returns `[bins]`
   * @throws {ValueError} if `bins` is not a whole number above 0, or the ends are not finite and
   *   in order
   * @throws {DTypeError} if the tensor is of integers
   */
  histc(options?: HistogramOptions): Tensor {
    return sorting.histc(this, options);
  }

  /**
   * The number of the bucket in which each element lies: bucket `i` goes from `boundaries[i − 1]` to
   * `boundaries[i]`, which belongs to it. NaN lies in the last.
   *
   * See https://pytorch.org/docs/stable/generated/torch.bucketize.html
   *
   * @param boundaries a vector in rising order
   * @param options `right`
   * @returns int32, from 0 to the number of boundaries
   * @throws {ShapeError} if the boundaries are no vector
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const ages = tensor([7, 18, 40]);
   * assert.deepEqual(ages.bucketize(tensor([17, 65])).toArray(), [0, 1, 1]);
   * ```
   */
  bucketize(boundaries: Tensor, options?: BucketizeOptions): Tensor {
    return sorting.bucketize(this, boundaries, options);
  }

  // Matrix products

  /**
   * The matrix product `this · other`, `[…, m, k] · […, k, n] → […, m, n]`; batches broadcast.
   *
   * A vector counts as a row on the left and as a column on the right, and that axis goes again.
   *
   * @param other the right operand
   * @throws {ShapeError} if inner sizes differ, batches do not broadcast, or one is a scalar
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assert.deepEqual(x.matmul(x).toArray(), [[7, 10], [15, 22]]);
   * assert.deepEqual(x.matmul(tensor([1, 1])).toArray(), [3, 7]);
   * assert.deepEqual(zeros([5, 1, 2, 3]).matmul(zeros([4, 3, 6])).shape, [5, 4, 2, 6]);
   * ```
   */
  matmul(other: Tensor): Tensor {
    return matmul.matmul(this, other);
  }

  /**
   * The product of two matrices, `[m, k] · [k, n]`, without broadcasting.
   *
   * See https://pytorch.org/docs/stable/generated/torch.mm.html
   *
   * @param other `[k, n]`
   * @throws {ShapeError} if the shapes do not fit
   */
  mm(other: Tensor): Tensor {
    return matmul.mm(this, other);
  }

  /**
   * The product of a matrix and a vector, `[m, k] · [k]`.
   *
   * See https://pytorch.org/docs/stable/generated/torch.mv.html
   *
   * @param other `[k]`
   * @throws {ShapeError} if the shapes do not fit
   */
  mv(other: Tensor): Tensor {
    return matmul.mv(this, other);
  }

  /**
   * The product of two batches of matrices, `[b, m, k] · [b, k, n]`, without broadcasting.
   *
   * @param other `[b, k, n]`
   * @throws {ShapeError} if the shapes do not fit
   */
  bmm(other: Tensor): Tensor {
    return matmul.bmm(this, other);
  }

  /**
   * `beta · this + alpha · (a · b)` with matrices `a` and `b`, in which this broadcasts.
   *
   * See https://pytorch.org/docs/stable/generated/torch.addmm.html
   *
   * @param a `[m, k]`
   * @param b `[k, n]`
   * @param options `beta`, `alpha`
   * @returns `[m, n]`
   * @throws {ShapeError} if the shapes do not fit
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const [bias, a, b] = [tensor([1, 2]), tensor([[1], [10]]), tensor([[3, 4]])];
   * assert.deepEqual(bias.addmm(a, b, { alpha: 2 }).toArray(), [[7, 10], [61, 82]]);
   * ```
   */
  addmm(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor {
    return matmul.addmm(this, a, b, options);
  }

  /**
   * `Σ this · other` of two vectors.
   *
   * @param other a vector of the same length
   * @throws {ShapeError} if they are not vectors of one length
   */
  dot(other: Tensor): Tensor {
    return matmul.dot(this, other);
  }

  /**
   * Every product of an element of one vector and one of another: `[m], [n] → [m, n]`.
   *
   * @param other a vector
   * @throws {ShapeError} if they are not vectors
   */
  outer(other: Tensor): Tensor {
    return matmul.outer(this, other);
  }

  /**
   * The cross product of vectors of three elements, which is perpendicular to both; other axes
   * broadcast.
   *
   * PyTorch's `torch.cross` takes the first axis of size 3 by default; this, as
   * https://pytorch.org/docs/stable/generated/torch.linalg.cross.html, the last one.
   *
   * @param other with as many axes
   * @param axis that of the vectors; default −1
   * @throws {ShapeError} if there is no such axis, or its size is not 3, or the shapes do not broadcast
   */
  cross(other: Tensor, axis = -1): Tensor {
    return matmul.cross(this, other, axis);
  }

  // In place

  /**
   * Writes `value`, broadcast, into a part of the tensor; see {@link Index}.
   *
   * @param index the part, in brackets: `x.set([0, [1, 3]], 5)`
   * @param value a tensor or a number
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = zeros([2, 3]).set([0, [1, 3]], 5);
   * x.set([":", 0], tensor([7, 8]));
   * assert.deepEqual(x.toArray(), [[7, 5, 5], [8, 0, 0]]);
   * ```
   */
  set(index: Index[], value: TensorLike): this {
    indexing.assign("set", this, index, value);
    return this;
  }

  /**
   * `this += other`; the shape and the dtype stay
   *
   * @param other a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   * @throws {ShapeError} if the result would have another shape
   * @throws {DTypeError} if it would have another dtype
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * x.add_(tensor([10, 20])).mul_(2);
   * assert.deepEqual(x.toArray(), [[22, 44], [26, 48]]);
   * ```
   */
  add_(other: TensorLike): this {
    return applyInPlace(ops.add, [this, other]);
  }

  /**
   * `this -= other`, as `add_`
   *
   * @param other a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   */
  sub_(other: TensorLike): this {
    return applyInPlace(ops.sub, [this, other]);
  }

  /**
   * `this *= other`, as `add_`
   *
   * @param other a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   */
  mul_(other: TensorLike): this {
    return applyInPlace(ops.mul, [this, other]);
  }

  /**
   * `this /= other`, as `add_`
   *
   * @param other a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   * @throws {DTypeError} if this tensor holds integers, since quotients are not integers
   */
  div_(other: TensorLike): this {
    return applyInPlace(ops.div, [this, other]);
  }

  /**
   * Limits every element to `[min, max]`; `null` leaves a side open. See `clamp`.
   *
   * @param min the lower bound
   * @param max the upper bound, which wins where it is below the lower
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   */
  clamp_(min: TensorLike | null, max: TensorLike | null = null): this {
    return applyInPlace(ops.clamp, [this, ...arithmetic.clampBounds(this, min, max)]);
  }

  /**
   * Takes over the elements of `source`, broadcast and converted.
   *
   * @param source a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   * @throws {ShapeError} if it does not
   */
  copy_(source: TensorLike): this {
    indexing.copyInto(this, source);
    return this;
  }

  /**
   * Sets every element to `value`.
   *
   * @param value rounded to the dtype
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   */
  fill_(value: number): this {
    return this.set([], value);
  }

  /**
   * Sets every element to 0.
   *
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   */
  zero_(): this {
    return this.set([], 0);
  }
}

setWrapper((array, node) => new Tensor(array, node));
