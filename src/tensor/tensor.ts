/**
 * The class `Tensor`: an n-dimensional array that remembers how it was computed.
 *
 * The class holds the state, and each method is one line, grouped by topic. The line runs an op of
 * the table, or calls a function in the module of the topic, which reads and checks arguments.
 *
 * @module
 */

import { applyInPlace } from "../autograd/apply.ts";
import { backward } from "../autograd/engine.ts";
import {
  type GradientCollector,
  type GradientHook,
  type Node,
  setWrapper,
} from "../autograd/node.ts";
import { guardMembers, operandError, readAxis, TENSOR } from "../checks.ts";
import type { DType, TypedArray } from "../dtype.ts";
import { ops } from "../ops/table.ts";
import type { GeneratorOptions } from "../random.ts";
import type { AlongOptions, Axes, AxesOptions, Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import * as arithmetic from "./arithmetic.ts";
import type { DivOptions, ScaledOptions } from "./arithmetic.ts";
import * as autograd from "./autograd.ts";
import type { RemovableHandle } from "./autograd.ts";
import * as comparison from "./comparison.ts";
import type { CloseOptions } from "./comparison.ts";
import * as create from "./create.ts";
import type { TensorData, TensorOptions } from "./create.ts";
import * as indexing from "./indexing.ts";
import type { Index, ScatterReduceOptions, SliceOptions } from "./indexing.ts";
import * as math from "./math.ts";
import type { RoundOptions } from "./math.ts";
import * as matmul from "./matmul.ts";
import type { AddmmOptions } from "./matmul.ts";
import * as random from "./random.ts";
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
  ExtremeOptions,
  Histogram,
  HistogramOptions,
  KthvalueOptions,
  Sorted,
  SortOptions,
  TopkOptions,
  Unique,
} from "./sorting.ts";

/** An operand: a tensor, or a number, which broadcasts to any shape and widens no dtype. */
export type TensorLike = Tensor | number;

/**
 * An n-dimensional array of numbers with automatic differentiation.
 *
 * `tensor`, `zeros`, `randn` and others create tensors. Methods return new tensors, but those whose
 * names end in `_` change the tensor itself and return it. If `requiresGrad` is set, operations are
 * recorded, and `backward()` of a result computes the gradients.
 *
 * Operands broadcast: shapes are aligned at the last axis, and axes of size 1 stretch. Results have
 * the wider dtype of the operands. Axes count from 0, negative ones from the end. Shapes that do not
 * broadcast and axes that do not exist cause a `ShapeError`. `x.sum(1)` is short for
 * `x.sum({ axis: 1 })`. In equations, `x` is this tensor and `y` the result.
 *
 * Methods have PyTorch's names, in camelCase: https://pytorch.org/docs/stable/tensors.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3], { requiresGrad: true });
 * x.square().sum().backward();
 * assertEquals(x.grad!.toArray(), [2, 4, 6]);
 * ```
 */
export class Tensor {
  /**
   * The elements; replaced only when a leaf is converted to another dtype in place.
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
   * The gradient that `backward` accumulated here; users read it as `grad`.
   *
   * @internal
   */
  gradient: Tensor | null = null;
  /**
   * The hooks of a leaf, called in order with its gradient; the node of a result holds its hooks.
   *
   * @internal
   */
  hooks: GradientHook[] | null = null;
  /**
   * Takes the gradients of a leaf to other processes; `null` if there are none.
   *
   * @internal
   */
  collector: GradientCollector | null = null;
  /**
   * True for a view of another tensor.
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
   * Wraps an array; users call `tensor`, `zeros` and others instead.
   *
   * @internal
   * @param array the elements
   * @param node the recorded op that computed them; `null` for a leaf
   */
  constructor(array: NDArray, node: Node | null = null) {
    if (array?.storage === undefined) {
      throw operandError("make Tensor", array, "an NDArray");
    }
    this.array = array;
    this.node = node;
    this.version = array.storage.version;
  }

  /** @internal */
  get [TENSOR](): boolean {
    return #leafRequiresGrad in this; // not so of a proxy, or of Object.create(x)
  }

  // State

  /**
   * The size along each axis; `[]` for a scalar. Each reading makes a new list, so that what is
   * written into it does not change the tensor; `reshape` does.
   */
  get shape(): Shape {
    return this.array.shape.slice();
  }

  /** The element type. */
  get dtype(): DType {
    return this.array.dtype;
  }

  /** The number of axes. */
  get ndim(): number {
    return this.array.shape.length;
  }

  /**
   * Returns the shape, as `shape`: `const [n, c] = x.size()`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.size.html
   */
  size(): Shape;
  /**
   * Returns the size along an axis: `x.size(-1)`. The number of elements is `numel()`.
   *
   * @param axis the axis; negative axes count from the end
   * @throws {ShapeError} if there is no such axis
   */
  size(axis: number): number;
  size(axis?: number): Shape | number {
    return axis === undefined ? this.shape : shapes.sizeAlong(this, axis);
  }

  /**
   * Returns the strides: for each axis, the number of elements in memory from one index to the next.
   * A transposed view has its strides swapped, an expanded axis has 0.
   *
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(zeros([2, 3]).stride(), [3, 1]);
   * assertEquals(zeros([2, 3]).T.stride(), [1, 3]);
   * assertEquals(zeros([3]).expand([2, 3]).stride(0), 0);
   * ```
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.stride.html
   */
  stride(): number[];
  /**
   * Returns the stride of an axis.
   *
   * @param axis the axis; negative axes count from the end
   * @throws {ShapeError} if there is no such axis
   */
  stride(axis: number): number;
  stride(axis?: number): number | number[] {
    return axis === undefined ? [...this.array.strides] : shapes.strideAlong(this, axis);
  }

  /**
   * Returns the number of axes, as `ndim`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.dim.html
   */
  dim(): number {
    return this.ndim;
  }

  /**
   * Returns the number of elements.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.numel.html
   */
  numel(): number {
    return this.array.size;
  }

  /**
   * True if the elements lie in memory in row-major order without gaps.
   *
   * Not so after `permute`, `T` and their like, nor in what elementwise functions make of such a tensor,
   * which keeps the order of its axes in memory, as in PyTorch.
   */
  get isContiguous(): boolean {
    return this.array.contiguous;
  }

  /** True if no recorded operation made the tensor. */
  get isLeaf(): boolean {
    return this.node === null;
  }

  /** True if operations on the tensor are recorded; set it on leaves, results inherit it. */
  get requiresGrad(): boolean {
    return this.#leafRequiresGrad || this.node !== null;
  }

  set requiresGrad(value: boolean) {
    autograd.checkRequiresGrad(this, value);
    if (this.node === null) this.#leafRequiresGrad = value;
  }

  /**
   * The gradient that `backward` accumulated here, or `null`.
   *
   * `zeroGrad` frees it; call `clone()` or `retain()` on it to keep it longer.
   */
  get grad(): Tensor | null {
    return this.gradient;
  }

  set grad(value: Tensor | null) {
    autograd.setGrad(this, value);
  }

  // Reading

  /**
   * Returns the value of a tensor with one element; 1 or 0 for a boolean.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.item.html
   *
   * @returns a plain number, rounded to the dtype
   * @throws {ShapeError} if the tensor does not have exactly one element
   */
  item(): number {
    return reading.item(this);
  }

  /**
   * A copy of the elements in row-major order, as a typed array of the dtype.
   *
   * Changing the copy does not change the tensor; to write to the tensor, use `set` or `copy_`.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const { data } = tensor([[1, 2], [3, 4]]).T;
   * assert(data instanceof Float32Array);
   * assertEquals([...data], [1, 3, 2, 4]);
   * ```
   */
  get data(): TypedArray {
    return reading.data(this);
  }

  /**
   * Returns the elements as nested arrays; a plain number for a scalar, 1 and 0 for booleans.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.tolist.html
   *
   * @returns arrays nested as deep as the tensor has axes
   */
  toArray(): NestedArray {
    return reading.toArray(this);
  }

  /**
   * Refuses `JSON.stringify`, which would write the addresses of the elements.
   *
   * @param _key the name that `JSON.stringify` passes
   * @throws {ValueError} always; write `toArray()` or `data` instead
   */
  toJSON(_key?: string): never {
    return reading.refuseJSON();
  }

  /** Returns the tensor as text; long axes are abridged. */
  toString(): string {
    return reading.toText(this);
  }

  /**
   * Returns `item()` where a number is wanted, as in `loss < best`, and `toString()` in a template.
   *
   * @param hint the type that is wanted
   * @throws {ShapeError} if a number is wanted, and there are more elements than one, or none
   * @throws {ValueError} for `+` and `==`, which would work on texts
   */
  [Symbol.toPrimitive](hint: string): string | number {
    return reading.toPrimitive(this, hint);
  }

  /** Returns the text that `console.log` shows in Deno, Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return reading.inspect(this);
  }

  /** Returns the text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return reading.inspect(this);
  }

  /** Returns the text and the table of which a notebook shows one. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return reading.display(this);
  }

  // Gradients

  /**
   * Computes the gradient for each leaf that requires one, and adds it to the `grad` of the leaf.
   *
   * The call frees the graph; intermediate results stay readable until the next graph is freed.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
   *
   * @param start `∂L/∂x`, in the shape of this tensor; 1 by default for a single element
   * @param options `retainGraph` keeps the graph, `createGraph` records the gradients, `onStep` is
   *   called with the gradients that arrive at each op and leave it
   * @throws {GradientError} if the tensor has no graph, its graph was freed, or a value that a
   *   gradient needs was overwritten; no gradient has changed then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1, 2, 3], { requiresGrad: true });
   * x.pow(3).sum().backward();
   * assertEquals(x.grad!.toArray(), [3, 12, 27]);
   * x.mul(2).backward(tensor([1, 0, 1])); // adds to the gradient that is there
   * assertEquals(x.grad!.toArray(), [5, 12, 29]);
   *
   * const flow: string[] = [];
   * const y = tensor(3, { requiresGrad: true });
   * y.square().mul(2).backward({
   *   onStep: ({ op, gradient, gradients }) =>
   *     flow.push(`${gradient.item()} → ${op} → ${gradients.map((g) => g && g.item())}`),
   * });
   * assertEquals(flow, ["1 → mul → 2,", "2 → square → 12"]);
   * ```
   */
  backward(
    start?: Tensor | autograd.BackwardOptions | null,
    options?: autograd.BackwardOptions,
  ): void {
    backward(this, ...autograd.readBackward(start, options));
  }

  /**
   * Sets `requiresGrad`: turns recording of operations on this leaf on or off.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.requires_grad_.html
   *
   * @param value default true
   * @throws {DTypeError} if the tensor holds integers or booleans
   * @throws {GradientError} if the tensor is not a leaf and `value` is false
   */
  requiresGrad_(value = true): this {
    this.requiresGrad = value;
    return this;
  }

  /**
   * Keeps the gradient of a result of operations in `grad`; without it, only leaves keep theirs.
   *
   * If the tensor is written in place later, the gradient is that of its new value.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.retain_grad.html
   *
   * @throws {GradientError} if the tensor does not require a gradient
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const y = x.mul(3).retainGrad();
   * y.square().sum().backward();
   * assertEquals(y.grad!.toArray(), [6, 12]);
   * ```
   */
  retainGrad(): this {
    autograd.retainGrad(this);
    return this;
  }

  /**
   * Registers a hook that `backward` calls with the complete gradient of this tensor; a tensor that
   * the hook returns replaces the gradient.
   *
   * If the tensor is written in place later, the hook gets the gradient of the value before that,
   * as in PyTorch since version 2.0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html
   *
   * @param hook called in the order of registration
   * @returns a handle that removes the hook
   * @throws {GradientError} if the tensor does not require a gradient
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const handle = x.registerHook((gradient) => gradient.clamp(-1, 1));
   * x.mul(5).sum().backward();
   * assertEquals(x.grad!.toArray(), [1, 1]);
   * handle.remove();
   * ```
   */
  registerHook(hook: (gradient: Tensor) => Tensor | void): RemovableHandle {
    return autograd.registerHook(this, hook);
  }

  /**
   * Returns a view without a graph: no gradient flows from it back to this tensor.
   *
   * Both share one storage, which lives as long as either can be reached.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.detach.html
   *
   * @returns a view that does not require a gradient
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor(3, { requiresGrad: true });
   * x.mul(x.detach()).backward(); // the second factor is a constant
   * assertEquals(x.grad!.item(), 3);
   * ```
   */
  detach(): Tensor {
    return autograd.detach(this);
  }

  /**
   * Exempts the tensor from the rules that free memory after a call, a step or a batch.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const y = x.mul(10).retain();
   * y.sum().backward();
   * x.mul(2).sum().backward(); // frees what the first graph left, but not y
   * assertEquals(y.toArray(), [10, 20]);
   * ```
   */
  retain(): this {
    this.array.storage.retained = true;
    return this;
  }

  /** Frees the memory at once, for `using`. You never need to: the rules of the arena free it. */
  [Symbol.dispose](): void {
    arena.free(this.array.storage, "disposed");
  }

  // Creation

  /**
   * Returns a new tensor of the dtype of this one, filled with 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.new_zeros.html
   *
   * @param shape the sizes
   * @param options `dtype`, `requiresGrad`
   * @throws {ShapeError} if the shape is not a list of whole numbers ≥ 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1.5], { dtype: "float64" });
   * assertEquals(x.newZeros([2, 3]).dtype, "float64");
   * assertEquals(x.newFull([2], 7).toArray(), [7, 7]);
   * assertEquals(x.newTensor([1, 2]).dtype, "float64");
   * ```
   */
  newZeros(shape: Shape, options?: TensorOptions): Tensor {
    return create.filled("newZeros", shape, 0, options, this.dtype);
  }

  /**
   * As `newZeros`, filled with 1.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.new_ones.html
   *
   * @param shape the sizes
   * @param options `dtype`, `requiresGrad`
   */
  newOnes(shape: Shape, options?: TensorOptions): Tensor {
    return create.filled("newOnes", shape, 1, options, this.dtype);
  }

  /**
   * As `newZeros`, filled with `value`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.new_full.html
   *
   * @param shape the sizes
   * @param value a number
   * @param options `dtype`, `requiresGrad`
   * @throws {ValueError} if the dtype cannot hold the value
   */
  newFull(shape: Shape, value: number, options?: TensorOptions): Tensor {
    return create.filled("newFull", shape, value, options, this.dtype);
  }

  /**
   * As `newZeros`: the elements of `empty` are 0 too.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.new_empty.html
   *
   * @param shape the sizes
   * @param options `dtype`, `requiresGrad`
   */
  newEmpty(shape: Shape, options?: TensorOptions): Tensor {
    return create.filled("newEmpty", shape, 0, options, this.dtype);
  }

  /**
   * As `tensor(data)`, of the dtype of this tensor.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.new_tensor.html
   *
   * @param data nested arrays of numbers or booleans, or a typed array
   * @param options `dtype`, `requiresGrad`
   */
  newTensor(data: TensorData, options?: TensorOptions): Tensor {
    return create.tensor(data, { ...options, dtype: options?.dtype ?? this.dtype });
  }

  // Shape

  /**
   * Returns the elements in another shape; a view where the strides allow it.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.reshape.html
   *
   * @param shape the sizes, as arguments or in one array; one may be −1, which the others determine
   * @throws {ShapeError} if the number of elements differs
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = arange(6);
   * assertEquals(x.reshape(2, -1).toArray(), [[0, 1, 2], [3, 4, 5]]);
   * assertEquals(x.reshape([3, 2]).shape, [3, 2]);
   * ```
   */
  reshape(...shape: number[] | [Shape]): Tensor {
    return shapes.reshape(this, shape);
  }

  /**
   * As `reshape`, to the shape of another tensor.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.reshape_as.html
   *
   * @param other the tensor whose shape the result has
   */
  reshapeAs(other: Tensor): Tensor {
    return shapes.reshapeAs(this, other);
  }

  /**
   * As `reshape`, but always returns a view.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.view.html
   *
   * @param shape the sizes, as arguments or in one array; one may be −1
   * @throws {ShapeError} if the number of elements differs, or the strides need a copy
   * @example
   * ```ts
   * import { ShapeError, zeros } from "@gradus/gradus";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * const x = zeros([2, 3]);
   * x.view(6).fill_(1);
   * assertEquals(x.sum().item(), 6);
   * assertThrows(() => x.T.view(6), ShapeError);
   * ```
   */
  view(...shape: number[] | [Shape]): Tensor {
    return shapes.view(this, shape);
  }

  /**
   * As `view`, with the shape of another tensor.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.view_as.html
   *
   * @param other the tensor whose shape the result has
   * @throws {ShapeError} if the number of elements differs, or the strides need a copy
   */
  viewAs(other: Tensor): Tensor {
    return shapes.viewAs(this, other);
  }

  /**
   * Joins the axes from `start` to `end` (inclusive) into one; all axes by default.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.flatten.html
   *
   * @param start the first axis; negative axes count from the end
   * @param end the last axis
   * @throws {ShapeError} if there is no such axis, or `start` comes after `end`
   */
  flatten(start = 0, end = -1): Tensor {
    return shapes.flatten(this, start, end);
  }

  /**
   * Splits one axis into several, the inverse of `flatten`.
   * See https://pytorch.org/docs/stable/generated/torch.unflatten.html
   *
   * @param axis the axis to split
   * @param sizes the sizes of the new axes; one may be −1
   * @throws {ShapeError} if there is no such axis, or the product of the sizes is not its size
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(zeros([8, 12]).unflatten(1, [3, -1]).shape, [8, 3, 4]);
   * ```
   */
  unflatten(axis: number, sizes: Shape): Tensor {
    return shapes.unflatten(this, axis, sizes);
  }

  /**
   * Removes axes of size 1; axes of another size stay.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.squeeze.html
   *
   * @param options `axis`, one or several, all by default; or the axis or axes alone
   */
  squeeze(options?: AxesOptions | Axes): Tensor {
    return shapes.squeeze(this, options);
  }

  /**
   * Inserts an axis of size 1.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.unsqueeze.html
   *
   * @param options `axis`, its index in the result, from `−ndim − 1` to `ndim`; or the axis alone
   * @throws {ShapeError} if the index is out of range
   */
  unsqueeze(options: AlongOptions | number): Tensor {
    return shapes.unsqueeze(this, options);
  }

  /**
   * Repeats axes of size 1 and adds axes in front, without a copy; returns a view.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.expand.html
   *
   * @param shape the sizes, as arguments or in one array; −1 keeps a size
   * @throws {ShapeError} if the size of an axis would change that is not 1
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const column = tensor([[1], [2]]);
   * assertEquals(column.expand(-1, 3).toArray(), [[1, 1, 1], [2, 2, 2]]);
   * ```
   */
  expand(...shape: number[] | [Shape]): Tensor {
    return shapes.expand(this, shape);
  }

  /**
   * As `expand`, to the shape of another tensor.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.expand_as.html
   *
   * @param other the tensor whose shape the result has
   */
  expandAs(other: Tensor): Tensor {
    return shapes.expandAs(this, other);
  }

  /**
   * As `expand`, by NumPy's name.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.broadcast_to.html
   *
   * @param shape the sizes; −1 keeps a size
   */
  broadcastTo(shape: Shape): Tensor {
    return this.expand(shape);
  }

  /**
   * Reorders the axes: `x.permute(2, 0, 1)`; returns a view.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.permute.html
   *
   * @param order each axis once, as arguments or in one array
   * @throws {ShapeError} if an axis is missing or occurs twice
   */
  permute(...order: number[] | [readonly number[]]): Tensor {
    return shapes.permute(this, order);
  }

  /**
   * Swaps two axes, by default the last two; returns a view.
   *
   * Unlike PyTorch's, it can be called without arguments, as `mT`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.transpose.html
   *
   * @param first one axis
   * @param second the other axis
   */
  transpose(first = -2, second = -1): Tensor {
    return shapes.transpose(this, first, second);
  }

  /**
   * As `transpose`, by NumPy's name.
   * See https://pytorch.org/docs/stable/generated/torch.swapaxes.html
   *
   * @param first one axis
   * @param second the other axis
   */
  swapaxes(first: number, second: number): Tensor {
    return shapes.transpose(this, first, second, "swapaxes");
  }

  /**
   * Moves axes to other positions, while the others keep their order; returns a view.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.movedim.html
   *
   * @param from the axis or axes to move
   * @param to the index of each in the result
   * @throws {ShapeError} if `from` and `to` differ in length, or an axis occurs twice
   */
  movedim(from: Axes, to: Axes): Tensor {
    return shapes.movedim(this, from, to);
  }

  /** The axes in reverse order, `[a, …, z] → [z, …, a]`, as a view: the transpose of a matrix. */
  get T(): Tensor {
    return run(ops.permute, [this], this.shape.map((_, axis) => this.ndim - 1 - axis));
  }

  /**
   * Transposes a matrix; returns a view. Vectors and scalars stay as they are.
   * See https://pytorch.org/docs/stable/generated/torch.t.html
   *
   * @throws {ShapeError} if there are more than two axes
   */
  t(): Tensor {
    return shapes.t(this);
  }

  /**
   * The transposes of matrices, `[…, m, n] → […, n, m]`, as a view.
   * See https://pytorch.org/docs/stable/tensors.html#torch.Tensor.mT
   *
   * @throws {ShapeError} if there are fewer than two axes
   */
  get mT(): Tensor {
    return shapes.mT(this);
  }

  /**
   * Returns the tensor itself if it is contiguous, otherwise a contiguous copy.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html
   */
  contiguous(): Tensor {
    return shapes.contiguous(this);
  }

  /**
   * Returns a copy with its own storage; gradients flow through it.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.clone.html
   */
  clone(): Tensor {
    return run(ops.clone, [this]);
  }

  /**
   * Converts the elements to another dtype; returns the tensor itself if it already has that dtype.
   *
   * Floats become integers by dropping the fraction and clipping to the range of the dtype; NaN
   * becomes 0. Everything but 0 becomes true in `bool`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.to.html
   *
   * @param dtype the new dtype
   * @throws {DTypeError} if there is no such dtype
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(tensor([1.9, -1.9, 0]).to("int32").toArray(), [1, -1, 0]);
   * assertEquals(tensor([0.5, 0]).to("bool").toArray(), [1, 0]);
   * ```
   */
  to(dtype: DType): Tensor {
    return shapes.to(this, dtype);
  }

  /**
   * Converts to float32: `to("float32")`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.float.html
   */
  float(): Tensor {
    return this.to("float32");
  }

  /**
   * Converts to float64: `to("float64")`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.double.html
   */
  double(): Tensor {
    return this.to("float64");
  }

  /**
   * Converts to int32: `to("int32")`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.int.html
   */
  int(): Tensor {
    return this.to("int32");
  }

  /**
   * Converts to booleans: `to("bool")`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.bool.html
   */
  bool(): Tensor {
    return this.to("bool");
  }

  /**
   * Splits an axis into views of equal size (the last may be smaller), or of given sizes.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.split.html
   *
   * @param size the size of every part, or a list with the size of each
   * @param options `axis`, default 0; or the axis alone
   * @throws {ShapeError} if there is no such axis, or listed sizes do not add up to its size
   * @throws {ValueError} if the size is not a whole number above 0
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(arange(5).split(2).map((part) => part.numel()), [2, 2, 1]);
   * const [head, tail] = arange(5).split([1, 4]);
   * assertEquals([head.toArray(), tail.toArray()], [[0], [1, 2, 3, 4]]);
   * ```
   */
  split(size: number | readonly number[], options?: AlongOptions | number): Tensor[] {
    return shapes.split(this, size, options);
  }

  /**
   * Splits an axis into at most `parts` views of equal size (the last may be smaller).
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.chunk.html
   *
   * @param parts the largest number of parts
   * @param options `axis`, default 0; or the axis alone
   * @throws {ValueError} if `parts` is not a whole number above 0
   */
  chunk(parts: number, options?: AlongOptions | number): Tensor[] {
    return shapes.chunk(this, parts, options);
  }

  /**
   * Splits an axis into `parts` views, whose sizes differ by at most 1, or at given positions.
   * See https://pytorch.org/docs/stable/generated/torch.tensor_split.html
   *
   * @param parts the number of parts, or the positions of the cuts, as those of `slice`
   * @param options `axis`, default 0; or the axis alone
   * @throws {ValueError} if the number is not a whole number above 0, or a position is not whole
   */
  tensorSplit(parts: number | readonly number[], options?: AlongOptions | number): Tensor[] {
    return shapes.tensorSplit(this, parts, options);
  }

  /**
   * Returns all entries of an axis, without that axis, as views.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.unbind.html
   *
   * @param options `axis`, default 0; or the axis alone
   * @throws {ShapeError} if there is no such axis; a scalar has none
   */
  unbind(options?: AlongOptions | number): Tensor[] {
    return shapes.unbind(this, options);
  }

  /**
   * Takes windows along an axis, which then counts them; a new last axis holds their elements.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
   *
   * @param axis the axis along which the windows move
   * @param options `size` of a window; `step` between the starts of two windows, default 1
   * @throws {ValueError} if a window does not fit, or the step is not a whole number above 0
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const windows = arange(5).unfold(0, { size: 3, step: 2 });
   * assertEquals(windows.toArray(), [[0, 1, 2], [2, 3, 4]]);
   * ```
   */
  unfold(axis: number, options: UnfoldOptions): Tensor {
    return shapes.unfold(this, axis, options);
  }

  /**
   * Repeats the whole tensor `sizes[i]` times along axis `i`; surplus sizes add axes in front.
   * Unlike `expand`, it copies.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.repeat.html
   *
   * @param sizes at least one whole number ≥ 0 for each axis
   * @throws {ShapeError} if there are fewer sizes than axes, or a size is not a whole number ≥ 0
   */
  repeat(...sizes: number[]): Tensor {
    return shapes.repeat(this, sizes);
  }

  /**
   * As `repeat`, but fewer sizes than axes belong to the last axes.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.tile.html
   *
   * @param sizes whole numbers ≥ 0
   * @throws {ShapeError} if a size is not a whole number ≥ 0
   */
  tile(...sizes: number[]): Tensor {
    return shapes.tile(this, sizes);
  }

  /**
   * Repeats each entry of an axis in its place: `[a, b] → [a, a, b, b]`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.repeat_interleave.html
   *
   * @param repeats one number for all entries, or one for each
   * @param options `axis`, or the axis alone; by default the tensor is flattened
   * @throws {ValueError} if there is not one whole number ≥ 0 for each entry
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(tensor([7, 8]).repeatInterleave(2).toArray(), [7, 7, 8, 8]);
   * assertEquals(tensor([7, 8]).repeatInterleave([1, 3], 0).toArray(), [7, 8, 8, 8]);
   * ```
   */
  repeatInterleave(repeats: number | readonly number[], options?: AlongOptions | number): Tensor {
    return shapes.repeatInterleave(this, repeats, options);
  }

  /**
   * Reverses the order of the entries along axes; returns a view.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.flip.html
   *
   * @param options `axis`, one or several, all by default; or the axis or axes alone
   */
  flip(options?: AxesOptions | Axes): Tensor {
    return shapes.flip(this, options);
  }

  /**
   * Shifts the entries along an axis; those that leave at one end come back at the other.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.roll.html
   *
   * @param shift the number of places; negative numbers shift backwards
   * @param options `axis`, or the axis alone; by default the tensor is flattened, shifted, and gets
   *   its shape back
   * @throws {ValueError} if the shift is not a whole number
   */
  roll(shift: number, options?: AlongOptions | number): Tensor {
    return shapes.roll(this, shift, options);
  }

  /**
   * Adds a border, or cuts one off.
   * See https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
   *
   * @param padding widths before and after the last axis, then those of the axis before it, and so
   *   on; negative widths cut off
   * @param options `mode`: `"constant"` (default), `"reflect"`, `"replicate"` or `"circular"`;
   *   `value` of a constant border, default 0
   * @throws {ValueError} if the number of widths does not fit, or a border is too wide for the mode
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(tensor([1, 2]).pad([1, 2]).toArray(), [0, 1, 2, 0, 0]);
   * ```
   */
  pad(padding: readonly number[], options?: PadOptions): Tensor {
    return shapes.pad(this, padding, options);
  }

  /**
   * Keeps the elements on and below a diagonal of the last two axes; those above become 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.tril.html
   *
   * @param diagonal 0 is the main diagonal, 1 the one above it, −1 the one below it
   * @throws {ShapeError} if there are fewer than two axes
   */
  tril(diagonal = 0): Tensor {
    return run(ops.tril, [this], diagonal);
  }

  /**
   * Keeps the elements on and above a diagonal of the last two axes; those below become 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.triu.html
   *
   * @param diagonal 0 is the main diagonal, 1 the one above it, −1 the one below it
   * @throws {ShapeError} if there are fewer than two axes
   */
  triu(diagonal = 0): Tensor {
    return run(ops.triu, [this], diagonal);
  }

  /**
   * Returns a diagonal of two axes as a view; one axis at the end replaces them: `[n, n, c] → [c, n]`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.diagonal.html
   *
   * @param options `offset` above the main diagonal (default 0), `axis1` (default 0), `axis2` (1)
   * @throws {ShapeError} if the two axes are the same
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([[1, 2, 3], [4, 5, 6]]);
   * assertEquals(x.diagonal().toArray(), [1, 5]);
   * assertEquals(x.diagonal({ offset: 1 }).toArray(), [2, 6]);
   * assertEquals(zeros([2, 3, 3]).diagonal({ axis1: 1, axis2: 2 }).shape, [2, 3]);
   * ```
   */
  diagonal(options?: DiagonalOptions): Tensor {
    return shapes.diagonal(this, options);
  }

  /**
   * Returns a copy of the diagonal of a matrix, or a matrix with the diagonal that a vector holds.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.diag.html
   *
   * @param offset 0 is the main diagonal, 1 the one above it, −1 the one below it
   * @throws {ShapeError} if the tensor is a scalar
   */
  diag(offset = 0): Tensor {
    return shapes.diag(this, offset);
  }

  /**
   * Makes matrices of the vectors in the last axis, with these on a diagonal: `[…, n] → […, n, n]`.
   * See https://pytorch.org/docs/stable/generated/torch.diag_embed.html
   *
   * @param options `offset` above the main diagonal, default 0; `axis1` and `axis2` of the rows and
   *   columns in the result, by default the last two
   * @throws {ShapeError} if the tensor is a scalar, or the two axes are the same
   */
  diagEmbed(options?: DiagonalOptions): Tensor {
    return shapes.diagEmbed(this, options);
  }

  // Indexing

  /**
   * Takes a part of the tensor, axis by axis; returns a view unless a tensor is part of the index.
   *
   * @param index a part for each axis, see {@link Index}; axes left out at the end are taken whole
   * @throws {ShapeError} if there is no such axis or entry
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = arange(12).reshape(3, 4);
   * assertEquals(x.at(-1, [0, 4, 2]).toArray(), [8, 10]);
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
   * Takes the entries from `start` to `stop` (exclusive) of an axis; returns a view.
   *
   * @param start the first entry; negative ones count from the end, `null` begins at the edge
   * @param stop the entry after the last; `null` goes on to the edge
   * @param options `axis` (default 0), `step` (default 1, may be negative)
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = arange(10);
   * assertEquals(x.slice(2, 5).toArray(), [2, 3, 4]);
   * assertEquals(x.slice(-3).toArray(), [7, 8, 9]);
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
   * Takes one entry of an axis and removes the axis; returns a view.
   * See https://pytorch.org/docs/stable/generated/torch.select.html
   *
   * @param axis the axis to remove
   * @param index the entry; negative ones count from the end
   * @throws {ShapeError} if there is no such axis or entry
   */
  select(axis: number, index: number): Tensor {
    return indexing.select(this, axis, index);
  }

  /**
   * Takes `length` entries of an axis from `start` on, never fewer; returns a view.
   * See https://pytorch.org/docs/stable/generated/torch.narrow.html
   *
   * @param axis the axis to shorten
   * @param start the first entry; negative ones count from the end
   * @param length the number of entries
   * @throws {ShapeError} if there is no such axis, or it has fewer entries
   */
  narrow(axis: number, start: number, length: number): Tensor {
    return indexing.narrow(this, axis, start, length);
  }

  /**
   * Takes entries of an axis by a 1-d index; they may repeat, and gradients of repeats add up.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.index_select.html
   *
   * @param axis the axis along which the index counts
   * @param index int32 `[n]`, counted from 0
   * @throws {ShapeError} if the index does not have one axis, or is out of range
   * @throws {DTypeError} if the index is neither int32 nor uint8
   */
  indexSelect(axis: number, index: Tensor): Tensor {
    return indexing.indexSelect(this, axis, index);
  }

  /**
   * Takes elements of the flattened tensor, in the shape of `index`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.take.html
   *
   * @param index int32, counted in row-major order; negative ones count from the end
   * @throws {ShapeError} if an index is out of range
   */
  take(index: Tensor): Tensor {
    return indexing.take(this, index);
  }

  /**
   * Takes elements along an axis: `y[i, j] = x[i, index[i, j]]` for axis 1.
   * See https://pytorch.org/docs/stable/generated/torch.gather.html
   *
   * @param axis the axis along which the index counts
   * @param index int32, with as many axes as the tensor
   * @returns the shape of the index
   * @throws {ShapeError} if the shapes do not fit, or an index is out of range
   * @throws {DTypeError} if the index is neither int32 nor uint8
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const scores = tensor([[1, 9, 3], [7, 2, 5]]);
   * const labels = tensor([[1], [2]], { dtype: "int32" });
   * assertEquals(scores.gather(1, labels).toArray(), [[9], [5]]);
   * ```
   */
  gather(axis: number, index: Tensor): Tensor {
    return indexing.gather(this, axis, index);
  }

  /**
   * As `gather`, but all axes except `axis` broadcast; takes what `argsort` or `argmax` found.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.take_along_dim.html
   *
   * @param index int32, with as many axes as the tensor
   * @param options `axis`, or the axis alone; by default both tensors are flattened
   * @throws {ShapeError} if there is no such axis, or an index is out of range
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([[3, 1, 2], [6, 5, 4]]);
   * const sorted = x.takeAlongDim(x.argsort({ axis: 1 }), 1);
   * assertEquals(sorted.toArray(), [[1, 2, 3], [4, 5, 6]]);
   * ```
   */
  takeAlongDim(index: Tensor, options?: AlongOptions | number): Tensor {
    return indexing.takeAlongDim(this, index, options);
  }

  /**
   * Takes the elements where `mask` is true, in row-major order.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.masked_select.html
   *
   * @param mask booleans that broadcast with this tensor
   * @returns one axis, as long as there are true elements
   * @throws {DTypeError} if the mask is not boolean
   */
  maskedSelect(mask: Tensor): Tensor {
    return indexing.maskedSelect(this, mask);
  }

  /**
   * Finds the elements that are not 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.nonzero.html
   *
   * @returns their indices, row by row, as int32 `[count, ndim]`
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(tensor([[0, 5], [6, 0]]).nonzero().toArray(), [[0, 1], [1, 0]]);
   * ```
   */
  nonzero(): Tensor {
    return indexing.nonzero(this);
  }

  /**
   * Returns a copy in which `y[i, index[i, j]] = source[i, j]` (for axis 1).
   *
   * If an index repeats, the last write wins, and only that one has a gradient. (PyTorch leaves
   * open which write wins, and gives all of them the gradient.)
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html
   *
   * @param index int32, in the shape of the source
   * @param source a tensor, or a number for all places
   * @param options `axis`, default 0
   * @throws {ShapeError} if the shapes do not fit, or an index is out of range
   * @throws {DTypeError} if the index is neither int32 nor uint8
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const index = tensor([[2], [0]], { dtype: "int32" });
   * const oneHot = zeros([2, 3]).scatter(index, 1, { axis: 1 });
   * assertEquals(oneHot.toArray(), [[0, 0, 1], [1, 0, 0]]);
   * ```
   */
  scatter(index: Tensor, source: TensorLike, options?: AlongOptions | number): Tensor {
    return indexing.scatter(this, index, source, options);
  }

  /**
   * Returns a copy in which `y[i, index[i, j]] += source[i, j]` (for axis 1); repeats add up.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_add_.html
   *
   * @param index int32, in the shape of the source
   * @param source the values to add
   * @param options `axis`, default 0
   */
  scatterAdd(index: Tensor, source: Tensor, options?: AlongOptions | number): Tensor {
    return indexing.scatterAdd(this, index, source, options);
  }

  /**
   * Returns a copy in which `y[i, k]` reduces its old value and all `source[i, j]` with
   * `index[i, j] = k` (for axis 1).
   *
   * Tied largest or smallest elements share the gradient equally; the gradient of products is right
   * at zeros too.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
   *
   * @param index int32
   * @param source the values, in the shape of the index
   * @param options `reduce`: `"sum"`, `"prod"`, `"mean"`, `"amax"` or `"amin"`; `axis`, default 0;
   *   `includeSelf`, default true, counts the old value in
   * @throws {ShapeError} if the shapes do not fit, or an index is out of range
   * @throws {ValueError} if there is no such reduction
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const index = tensor([0, 2, 0], { dtype: "int32" });
   * const source = tensor([5, 7, 9]);
   * const mean = zeros([3]).scatterReduce(index, source, { reduce: "mean", includeSelf: false });
   * assertEquals(mean.toArray(), [7, 0, 7]);
   * const largest = tensor([6, 6, 8]).scatterReduce(index, source, { reduce: "amax" });
   * assertEquals(largest.toArray(), [9, 6, 8]);
   * ```
   */
  scatterReduce(index: Tensor, source: Tensor, options: ScatterReduceOptions): Tensor {
    return indexing.scatterReduce(this, index, source, options);
  }

  /**
   * Returns a copy in which `y[i, index[j]] += source[i, j]` (for axis 1); repeats add up.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.index_add.html
   *
   * @param index int32 `[n]`
   * @param source the values to add, with `n` entries along the axis
   * @param options `axis`, default 0
   * @throws {ShapeError} if the shapes do not fit, or an index is out of range
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const index = tensor([1, 1], { dtype: "int32" });
   * const y = zeros([2, 2]).indexAdd(index, tensor([[1, 2], [3, 4]]));
   * assertEquals(y.toArray(), [[0, 0], [4, 6]]);
   * ```
   */
  indexAdd(index: Tensor, source: Tensor, options?: AlongOptions | number): Tensor {
    return indexing.indexAdd(this, index, source, options);
  }

  /**
   * Returns a copy in which `y[i, index[j]] = source[i, j]` (for axis 1).
   *
   * If an index repeats, the last write wins, and only that one has a gradient.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.index_copy_.html
   *
   * @param index int32 `[n]`
   * @param source the values to write, with `n` entries along the axis
   * @param options `axis`, default 0
   */
  indexCopy(index: Tensor, source: Tensor, options?: AlongOptions | number): Tensor {
    return indexing.indexCopy(this, index, source, options);
  }

  /**
   * Returns a copy in which `y[i, index[j]] = value` (for axis 1).
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.index_fill.html
   *
   * @param index int32 `[n]`
   * @param value a number, rounded to the dtype
   * @param options `axis`, default 0
   */
  indexFill(index: Tensor, value: number, options?: AlongOptions | number): Tensor {
    return indexing.indexFill(this, index, value, options);
  }

  /**
   * Replaces the elements where `mask` is true by `value`; the dtype stays.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill.html
   *
   * @param mask booleans, broadcast
   * @param value a number, or a tensor that is broadcast
   * @throws {DTypeError} if the mask is not boolean, or a tensor would lose its fractions
   * @throws {ValueError} if the dtype cannot hold the number
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const scores = tensor([1, 2, 3]).maskedFill(tensor([false, true, false]), -Infinity);
   * assertEquals(scores.softmax(0).at(1).item(), 0);
   * ```
   */
  maskedFill(mask: Tensor, value: TensorLike): Tensor {
    return indexing.maskedFill(this, mask, value);
  }

  // Arithmetic

  /**
   * Adds element by element: `x + other`.
   *
   * The gradient of an operand is summed over the axes along which that operand was broadcast.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.add.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   * @returns the shape to which both broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const column = tensor([[1], [2]], { requiresGrad: true });
   * const y = column.add(tensor([10, 20, 30]));
   * assertEquals(y.toArray(), [[11, 21, 31], [12, 22, 32]]);
   * y.sum().backward();
   * assertEquals(column.grad!.toArray(), [[3], [3]]);
   * ```
   */
  add(other: TensorLike): Tensor {
    return run(ops.add, [this, other]);
  }

  /**
   * Subtracts element by element: `x − other`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sub.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   * @throws {DTypeError} if both are boolean
   */
  sub(other: TensorLike): Tensor {
    return run(ops.sub, [this, other]);
  }

  /**
   * Multiplies element by element: `x · other`; `matmul` is the product of matrices.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.mul.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  mul(other: TensorLike): Tensor {
    return run(ops.mul, [this, other]);
  }

  /**
   * Divides element by element: `x / other`. Integers give floats; `1 / 0 = ∞`, `0 / 0 = NaN`.
   *
   * With a `roundingMode`, the result is a whole number in the dtype of the operands, and its
   * gradient is 0.
   * See https://pytorch.org/docs/stable/generated/torch.div.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   * @param options `roundingMode`: `"trunc"` rounds toward 0, `"floor"` rounds down; default `null`
   * @throws {ValueError} if there is no such mode, or integers are divided by 0 with a mode
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1, 0, -3], { dtype: "int32" });
   * assertEquals(x.div(2).toArray(), [0.5, 0, -1.5]);
   * assertEquals(x.div(0).toArray(), [Infinity, NaN, -Infinity]);
   * assertEquals(x.div(2, { roundingMode: "trunc" }).toArray(), [0, 0, -1]);
   * assertEquals(x.div(2, { roundingMode: "floor" }).toArray(), [0, 0, -2]);
   * ```
   */
  div(other: TensorLike, options?: DivOptions): Tensor {
    return arithmetic.div(this, other, options);
  }

  /**
   * Divides and rounds down: `⌊x / divisor⌋`, in the dtype of the operands.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.floor_divide.html
   *
   * @param divisor a tensor or a number that broadcasts with this tensor
   * @throws {ValueError} if integers are divided by 0; floats give ±∞ or NaN
   */
  floorDivide(divisor: TensorLike): Tensor {
    return run(ops.floorDivide, [this, divisor]);
  }

  /**
   * Returns the remainder of a division, with the sign of the divisor, as `%` in Python.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.remainder.html
   *
   * @param divisor a tensor or a number that broadcasts with this tensor
   * @throws {ValueError} if integers are divided by 0; floats give NaN
   */
  remainder(divisor: TensorLike): Tensor {
    return run(ops.remainder, [this, divisor]);
  }

  /**
   * As `remainder`, but with the sign of this tensor, as `%` in JavaScript.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.fmod.html
   *
   * @param divisor a tensor or a number that broadcasts with this tensor
   * @throws {ValueError} if integers are divided by 0; floats give NaN
   */
  fmod(divisor: TensorLike): Tensor {
    return run(ops.fmod, [this, divisor]);
  }

  /**
   * Negates each element: `−x`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.neg.html
   */
  neg(): Tensor {
    return run(ops.neg, [this]);
  }

  /**
   * Raises each element to a power: `x^exponent`; `0⁰ = 1`, with gradient 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.pow.html
   *
   * @param exponent a tensor or a number that broadcasts with this tensor
   * @throws {ValueError} if integers have a negative exponent, or their power does not fit
   */
  pow(exponent: TensorLike): Tensor {
    return arithmetic.pow(this, exponent);
  }

  /**
   * Squares each element: `x²`, with gradient `2x`; booleans become integers.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.square.html
   */
  square(): Tensor {
    return arithmetic.square(this);
  }

  /**
   * Returns the absolute value `|x|`; the gradient at 0 is 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.abs.html
   */
  abs(): Tensor {
    return run(ops.abs, [this]);
  }

  /**
   * Returns the smaller of two elements; ties share the gradient equally, and NaN propagates.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.minimum.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  minimum(other: TensorLike): Tensor {
    return run(ops.minimum, [this, other]);
  }

  /**
   * Returns the larger of two elements; ties and NaN are handled as by `minimum`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.maximum.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  maximum(other: TensorLike): Tensor {
    return run(ops.maximum, [this, other]);
  }

  /**
   * Limits each element to `[min, max]`; the gradient at a bound is 1.
   * See https://pytorch.org/docs/stable/generated/torch.clamp.html
   *
   * @param min the lower bound; `null` for none
   * @param max the upper bound, which wins if it is below the lower one; `null` for none
   */
  clamp(min: TensorLike | null, max: TensorLike | null = null): Tensor {
    return arithmetic.clamp(this, min, max);
  }

  /**
   * As `clamp`, by NumPy's name.
   * See https://pytorch.org/docs/stable/generated/torch.clip.html
   *
   * @param min the lower bound; `null` for none
   * @param max the upper bound; `null` for none
   */
  clip(min: TensorLike | null, max: TensorLike | null = null): Tensor {
    return arithmetic.clamp(this, min, max, "clip");
  }

  /**
   * Interpolates linearly: `x + weight · (end − x)`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.lerp.html
   *
   * @param end the result for weight 1
   * @param weight a tensor or a number; 0 gives `x` itself
   */
  lerp(end: TensorLike, weight: TensorLike): Tensor {
    return run(ops.lerp, [this, end, weight]);
  }

  /**
   * Adds a scaled product in one pass: `x + value · a · b`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.addcmul.html
   *
   * @param a one factor
   * @param b the other factor
   * @param options `value`, default 1
   */
  addcmul(a: TensorLike, b: TensorLike, options?: ScaledOptions): Tensor {
    return arithmetic.addcmul(this, a, b, options);
  }

  /**
   * Adds a scaled quotient in one pass: `x + value · a / b`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.addcdiv.html
   *
   * @param a the dividend
   * @param b the divisor
   * @param options `value`, default 1
   */
  addcdiv(a: TensorLike, b: TensorLike, options?: ScaledOptions): Tensor {
    return arithmetic.addcdiv(this, a, b, options);
  }

  // Mathematics

  /**
   * Returns the exponential of each element: `eˣ`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.exp.html
   */
  exp(): Tensor {
    return run(ops.exp, [this]);
  }

  /**
   * Raises 2 to each element: `2ˣ`; exact for whole numbers.
   * See https://pytorch.org/docs/stable/generated/torch.exp2.html
   */
  exp2(): Tensor {
    return run(ops.exp2, [this]);
  }

  /**
   * Returns `eˣ − 1`, precise also near 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.expm1.html
   */
  expm1(): Tensor {
    return run(ops.expm1, [this]);
  }

  /**
   * Returns the natural logarithm of each element: `ln x`; −∞ at 0, NaN below.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.log.html
   */
  log(): Tensor {
    return run(ops.log, [this]);
  }

  /**
   * Returns the logarithm to base 2; −∞ at 0, NaN below.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.log2.html
   */
  log2(): Tensor {
    return run(ops.log2, [this]);
  }

  /**
   * Returns the logarithm to base 10; −∞ at 0, NaN below.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.log10.html
   */
  log10(): Tensor {
    return run(ops.log10, [this]);
  }

  /**
   * Returns `ln(1 + x)`, precise also near 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.log1p.html
   */
  log1p(): Tensor {
    return run(ops.log1p, [this]);
  }

  /**
   * Returns the square root `√x`; NaN below 0. The gradient at 0 is ∞.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sqrt.html
   */
  sqrt(): Tensor {
    return run(ops.sqrt, [this]);
  }

  /**
   * Returns the reciprocal of the square root: `1 / √x`; ∞ at 0, NaN below.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.rsqrt.html
   */
  rsqrt(): Tensor {
    return run(ops.rsqrt, [this]);
  }

  /**
   * Returns the reciprocal `1 / x`; ∞ at 0, −∞ at −0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.reciprocal.html
   */
  reciprocal(): Tensor {
    return run(ops.reciprocal, [this]);
  }

  /**
   * Returns `√(x² + other²)`, without overflow.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.hypot.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  hypot(other: TensorLike): Tensor {
    return run(ops.hypot, [this, other]);
  }

  /**
   * Returns the sine of each element, an angle in radians.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sin.html
   */
  sin(): Tensor {
    return run(ops.sin, [this]);
  }

  /**
   * Returns the cosine of each element, an angle in radians.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.cos.html
   */
  cos(): Tensor {
    return run(ops.cos, [this]);
  }

  /**
   * Returns the tangent of each element, an angle in radians.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.tan.html
   */
  tan(): Tensor {
    return run(ops.tan, [this]);
  }

  /**
   * Returns the arcsine of each element, from −π/2 to π/2; NaN outside of [−1, 1].
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.asin.html
   */
  asin(): Tensor {
    return run(ops.asin, [this]);
  }

  /**
   * Returns the arccosine of each element, from 0 to π; NaN outside of [−1, 1].
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.acos.html
   */
  acos(): Tensor {
    return run(ops.acos, [this]);
  }

  /**
   * Returns the arctangent of each element, from −π/2 to π/2.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.atan.html
   */
  atan(): Tensor {
    return run(ops.atan, [this]);
  }

  /**
   * Returns the angle of the point with ordinate `this` and abscissa `x`, from −π to π.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.atan2.html
   *
   * @param x a tensor or a number that broadcasts with this tensor
   */
  atan2(x: TensorLike): Tensor {
    return run(ops.atan2, [this, x]);
  }

  /**
   * Returns the hyperbolic sine `(eˣ − e⁻ˣ) / 2`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sinh.html
   */
  sinh(): Tensor {
    return run(ops.sinh, [this]);
  }

  /**
   * Returns the hyperbolic cosine `(eˣ + e⁻ˣ) / 2`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.cosh.html
   */
  cosh(): Tensor {
    return run(ops.cosh, [this]);
  }

  /**
   * Returns the inverse of `sinh`: `ln(x + √(x² + 1))`, precise everywhere.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.asinh.html
   */
  asinh(): Tensor {
    return run(ops.asinh, [this]);
  }

  /**
   * Returns the inverse of `cosh`: `ln(x + √(x² − 1))`; NaN below 1.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.acosh.html
   */
  acosh(): Tensor {
    return run(ops.acosh, [this]);
  }

  /**
   * Returns the inverse of `tanh`: `ln((1 + x) / (1 − x)) / 2`; ±∞ at ±1, NaN beyond.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.atanh.html
   */
  atanh(): Tensor {
    return run(ops.atanh, [this]);
  }

  /**
   * Returns the error function `2/√π · ∫₀ˣ e^(−t²) dt`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.erf.html
   */
  erf(): Tensor {
    return run(ops.erf, [this]);
  }

  /**
   * Returns `1 − erf x`, precise also where `erf x` rounds to 1.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.erfc.html
   */
  erfc(): Tensor {
    return run(ops.erfc, [this]);
  }

  /**
   * Returns the inverse of `sigmoid`: `ln(x / (1 − x))`; −∞ at 0, ∞ at 1, NaN beyond.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.logit.html
   */
  logit(): Tensor {
    return run(ops.logit, [this]);
  }

  /**
   * Returns `ln(eˣ + e^other)`, without overflow.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.logaddexp.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  logaddexp(other: TensorLike): Tensor {
    return run(ops.logaddexp, [this, other]);
  }

  /**
   * Returns `x · ln(y)`; 0 where `x` is 0, unless `y` is NaN.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.xlogy.html
   *
   * @param y a tensor or a number that broadcasts with this tensor
   */
  xlogy(y: TensorLike): Tensor {
    return run(ops.xlogy, [this, y]);
  }

  /**
   * Returns the sign of each element: −1, 0 or 1; the gradient is 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sign.html
   */
  sign(): Tensor {
    return run(ops.sign, [this]);
  }

  /**
   * Returns the absolute value of each element with the sign of `sign`, whose gradient is 0.
   * See https://pytorch.org/docs/stable/generated/torch.copysign.html
   *
   * @param sign a tensor or a number that broadcasts with this tensor; −0 is negative
   */
  copysign(sign: TensorLike): Tensor {
    return run(ops.copysign, [this, sign]);
  }

  /**
   * Returns 0 below 0, 1 above 0, `values` at 0, and 0 for NaN; only `values` gets a gradient.
   * See https://pytorch.org/docs/stable/generated/torch.heaviside.html
   *
   * @param values a tensor or a number that broadcasts with this tensor
   */
  heaviside(values: TensorLike): Tensor {
    return run(ops.heaviside, [this, values]);
  }

  /**
   * Rounds each element down; the gradient is 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.floor.html
   */
  floor(): Tensor {
    return run(ops.floor, [this]);
  }

  /**
   * Rounds each element up; the gradient is 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.ceil.html
   */
  ceil(): Tensor {
    return run(ops.ceil, [this]);
  }

  /**
   * Drops the fraction of each element; the gradient is 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.trunc.html
   */
  trunc(): Tensor {
    return run(ops.trunc, [this]);
  }

  /**
   * Rounds each element to the nearest whole number, halves to even; the gradient is 0.
   *
   * With `decimals: d` it computes `round(x · 10ᵈ) / 10ᵈ`, rounded to the dtype.
   * See https://pytorch.org/docs/stable/generated/torch.round.html
   *
   * @param options `decimals`, default 0; −2 rounds to hundreds
   * @throws {ValueError} if `decimals` is not a whole number
   * @throws {DTypeError} if integers are rounded to decimals
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(tensor([0.5, 1.5, 2.4]).round().toArray(), [0, 2, 2]);
   * assertEquals(tensor([1.37, -2.625]).round({ decimals: 2 }).mul(100).toArray(), [137, -262]);
   * assertEquals(tensor([1234]).round({ decimals: -2 }).toArray(), [1200]);
   * ```
   */
  round(options?: RoundOptions): Tensor {
    return math.round(this, options);
  }

  /**
   * Returns the fraction of each element, with its sign: `x − trunc(x)`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.frac.html
   */
  frac(): Tensor {
    return run(ops.frac, [this]);
  }

  /**
   * Applies the logistic function `σ(x) = 1 / (1 + e⁻ˣ)`, with gradient `σ(x) (1 − σ(x))`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sigmoid.html
   */
  sigmoid(): Tensor {
    return run(ops.sigmoid, [this]);
  }

  /**
   * Returns the hyperbolic tangent `tanh x`, with gradient `1 − tanh² x`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.tanh.html
   */
  tanh(): Tensor {
    return run(ops.tanh, [this]);
  }

  // Activation

  /**
   * Applies ReLU, `max(x, 0)`; the gradient at 0 is 0, and NaN propagates.
   * See https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html
   */
  relu(): Tensor {
    return run(ops.relu, [this]);
  }

  /**
   * Makes probabilities along an axis: `eˣ / Σ eˣ`, without overflow.
   *
   * −∞ gives 0; an axis that holds nothing but −∞ gives NaN.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.softmax.html
   *
   * @param options `axis` along which the result adds up to 1; or the axis alone
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(tensor([1000, 1000, -Infinity]).softmax(0).toArray(), [0.5, 0.5, 0]);
   * ```
   */
  softmax(options: AlongOptions | number): Tensor {
    return run(ops.softmax, [this], readAxis("softmax", options, this.shape));
  }

  /**
   * Returns the logarithm of `softmax`: `x − ln Σ eˣ`, without overflow.
   * See https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
   *
   * @param options `axis` of the sum; or the axis alone
   */
  logSoftmax(options: AlongOptions | number): Tensor {
    return run(ops.logSoftmax, [this], readAxis("logSoftmax", options, this.shape));
  }

  // Reduction

  /**
   * Sums the elements, over all axes or `axis`: `Σ x`; an empty sum is 0. Booleans and small
   * integers add up in int32.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sum.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ValueError} if a total of integers does not fit int32; sum `x.to("float64")` then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(x.sum().item(), 10);
   * assertEquals(x.sum(0).toArray(), [4, 6]);
   * assertEquals(x.sum({ axis: 1, keepDims: true }).toArray(), [[3], [7]]);
   * ```
   */
  sum(options?: ReduceOptions | Axes): Tensor {
    return reduction.sum(this, options);
  }

  /**
   * Averages the elements, over all axes or `axis`: `Σ x / n`; NaN if there are none.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.mean.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {DTypeError} if the tensor holds integers or booleans
   */
  mean(options?: ReduceOptions | Axes): Tensor {
    return reduction.mean(this, options);
  }

  /**
   * Multiplies the elements, over all axes or `axis`: `Π x`; an empty product is 1. The gradient is
   * right at zeros too.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.prod.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([2, 0, 5], { requiresGrad: true });
   * x.prod().backward();
   * assertEquals(x.grad!.toArray(), [0, 10, 0]); // the product of the others
   * ```
   */
  prod(options?: ReduceOptions | Axes): Tensor {
    return reduction.prod(this, options);
  }

  /**
   * Returns the variance, over all axes or `axis`: `Σ (x − x̄)² / max(n − correction, 0)`.
   * See https://pytorch.org/docs/stable/generated/torch.var.html
   *
   * @param options `correction` (default 1: one element alone gives NaN), `axis`, `keepDims`; or
   *   axes
   * @throws {ValueError} if the correction is below 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const x = tensor([1, 2, 3, 4]);
   * assert(Math.abs(x.var().item() - 5 / 3) < 1e-6);
   * assertEquals(x.var({ correction: 0 }).item(), 1.25);
   * ```
   */
  var(options?: VarianceOptions | Axes): Tensor {
    return reduction.variance(this, options);
  }

  /**
   * Returns the standard deviation, `√var`; the gradient is 0 where all elements are equal.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.std.html
   *
   * @param options `correction` (default 1), `axis`, `keepDims`; or the axis or axes alone
   */
  std(options?: VarianceOptions | Axes): Tensor {
    return reduction.std(this, options);
  }

  /**
   * Returns the norm `(Σ |x|ᵖ)^(1/p)`, over all axes or `axis`; the gradient at norm 0 is 0.
   * See https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
   *
   * A number alone is refused: in PyTorch it is an order, and elsewhere here an axis.
   *
   * @param options `p` (the order, default 2), `axis`, `keepDims`
   * @throws {DTypeError} if the tensor holds integers or booleans
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([3, -4]);
   * assertEquals(x.norm().item(), 5);
   * assertEquals(x.norm({ p: 1 }).item(), 7);
   * assertEquals(x.norm({ p: Infinity }).item(), 4);
   * ```
   */
  norm(options?: NormOptions): Tensor {
    return reduction.norm(this, options);
  }

  /**
   * Returns `ln Σ eˣ`, over all axes or `axis`, without overflow; −∞ if there are no elements.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.logsumexp.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   */
  logsumexp(options?: ReduceOptions | Axes): Tensor {
    return reduction.logsumexp(this, options);
  }

  /**
   * Returns the largest element, over all axes or `axis`; ties share the gradient, NaN propagates.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.amax.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis, or no element
   */
  amax(options?: ReduceOptions | Axes): Tensor {
    return reduction.amax(this, options);
  }

  /**
   * Returns the smallest element, over all axes or `axis`; ties and NaN are handled as by `amax`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.amin.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   */
  amin(options?: ReduceOptions | Axes): Tensor {
    return reduction.amin(this, options);
  }

  /** Returns the largest element of all; the same as `amax()`. */
  max(): Tensor;
  /**
   * Returns the largest elements along an axis and their indices; the first of tied elements gets
   * the gradient. `amax` returns the elements alone.
   * See https://pytorch.org/docs/stable/generated/torch.max.html
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @returns `values` and their `indices`, by name or in this order
   * @throws {ShapeError} if there is no such axis, or no element
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([[1, 5], [7, 3]]);
   * assertEquals(x.max().item(), 7);
   * const [values, indices] = x.max(1);
   * assertEquals(values.toArray(), [5, 7]);
   * assertEquals(indices.toArray(), [1, 0]);
   * ```
   */
  max(options: ExtremeOptions | number): Sorted;
  max(options?: ExtremeOptions | number): Tensor | Sorted {
    return options === undefined ? this.amax() : reduction.max(this, options);
  }

  /** Returns the smallest element of all; the same as `amin()`. */
  min(): Tensor;
  /**
   * Returns the smallest elements along an axis and their indices; the first of tied elements gets
   * the gradient.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.min.html
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @returns `values` and their `indices`, by name or in this order
   */
  min(options: ExtremeOptions | number): Sorted;
  min(options?: ExtremeOptions | number): Tensor | Sorted {
    return options === undefined ? this.amin() : reduction.min(this, options);
  }

  /**
   * Returns the int32 index of the first largest element, of the flattened tensor or along an axis.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.argmax.html
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @throws {ShapeError} if there is no such axis, or no element
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const scores = tensor([[0.1, 0.7, 0.7], [0.9, 0, 0.1]]);
   * assertEquals(scores.argmax(1).toArray(), [1, 0]);
   * assertEquals(scores.argmax().item(), 3);
   * ```
   */
  argmax(options?: AxisOptions | number): Tensor {
    return reduction.argmax(this, options);
  }

  /**
   * Returns the int32 index of the first smallest element, of the flattened tensor or along an axis.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.argmin.html
   *
   * @param options `axis`, `keepDims`; or the axis alone
   */
  argmin(options?: AxisOptions | number): Tensor {
    return reduction.argmin(this, options);
  }

  /**
   * Tests if any element is not 0, over all axes or `axis`; false if there are none.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.any.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   */
  any(options?: ReduceOptions | Axes): Tensor {
    return reduction.any(this, options);
  }

  /**
   * Tests if all elements are not 0, over all axes or `axis`; true if there are none.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.all.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   */
  all(options?: ReduceOptions | Axes): Tensor {
    return reduction.all(this, options);
  }

  /**
   * Counts the elements that are not 0, over all axes or `axis`, as int32.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.count_nonzero.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   */
  countNonzero(options?: ReduceOptions | Axes): Tensor {
    return reduction.countNonzero(this, options);
  }

  /**
   * As `sum`, but counts NaN as 0.
   * See https://pytorch.org/docs/stable/generated/torch.nansum.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   */
  nansum(options?: ReduceOptions | Axes): Tensor {
    return reduction.nansum(this, options);
  }

  /**
   * As `mean`, but leaves NaN out; NaN where nothing else is left.
   * See https://pytorch.org/docs/stable/generated/torch.nanmean.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   */
  nanmean(options?: ReduceOptions | Axes): Tensor {
    return reduction.nanmean(this, options);
  }

  /**
   * Replaces NaN, ∞ and −∞ by numbers; the gradient is 0 there.
   * See https://pytorch.org/docs/stable/generated/torch.nan_to_num.html
   *
   * @param options `nan`, default 0; `posinf` and `neginf`, by default the largest and the lowest
   *   number of the dtype
   */
  nanToNum(options?: NanToNumOptions): Tensor {
    return reduction.nanToNum(this, options);
  }

  /**
   * Returns the value below which a share `q` of the elements lies, of all or along one axis; NaN
   * propagates.
   *
   * The rank `q · (n − 1)` may lie between two elements: `interpolation` weighs both (`"linear"`,
   * the default), averages them (`"midpoint"`), or chooses one (`"lower"`, `"higher"`,
   * `"nearest"`). Gradients flow to the elements that are used.
   * See https://pytorch.org/docs/stable/generated/torch.quantile.html
   *
   * @param q a share from 0 to 1; a list adds a first axis to the result
   * @param options `axis`, `keepDims`, `interpolation`
   * @throws {ValueError} if `q` is out of range, or there is no such interpolation
   * @throws {DTypeError} if the tensor holds integers or booleans
   * @throws {ShapeError} if there is no such axis, or no element
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1, 9, 3, 5, 7]);
   * assertEquals(x.quantile(0.25).item(), 3);
   * assertEquals(x.quantile([0, 0.5, 0.625]).toArray(), [1, 5, 6]);
   * ```
   */
  quantile(q: number | readonly number[], options?: QuantileOptions | number): Tensor {
    return reduction.quantile(this, q, options);
  }

  /**
   * Returns the covariances of variables, each in a row: `Σ (x − x̄) (y − ȳ) / (N − correction)`
   * over N observations.
   *
   * With weights `w = f · a`, means and sums are weighted, and the denominator is
   * `Σ w − correction · Σ w a / Σ w`.
   * See https://pytorch.org/docs/stable/generated/torch.cov.html
   *
   * @param options `correction`, default 1; `fweights` (f) and `aweights` (a), `[observations]`
   * @returns `[variables, variables]`; a scalar for one variable
   * @throws {ShapeError} if there are more than two axes, or not one weight for each observation
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([[0, 2], [3, 1]]);
   * assertEquals(x.cov().toArray(), [[2, -2], [-2, 2]]);
   * assertEquals(x.cov({ correction: 0 }).toArray(), [[1, -1], [-1, 1]]);
   * ```
   */
  cov(options?: CovOptions): Tensor {
    return reduction.cov(this, options);
  }

  /**
   * Sums the main diagonal of a matrix.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.trace.html
   *
   * @throws {ShapeError} if the tensor is not a matrix
   */
  trace(): Tensor {
    return reduction.trace(this);
  }

  /**
   * Returns the running sums along an axis; booleans and small integers add up in int32.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.cumsum.html
   *
   * @param options `axis`; or the axis alone
   */
  cumsum(options: AlongOptions | number): Tensor {
    return run(ops.cumsum, [this], readAxis("cumsum", options, this.shape));
  }

  /**
   * Returns the running products along an axis; the gradient is right at zeros too.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.cumprod.html
   *
   * @param options `axis`; or the axis alone
   */
  cumprod(options: AlongOptions | number): Tensor {
    return run(ops.cumprod, [this], readAxis("cumprod", options, this.shape));
  }

  /**
   * Returns the differences of neighbours along an axis, `n` times over: `y[i] = x[i + 1] − x[i]`.
   *
   * The differences of booleans are booleans: true where the neighbours differ.
   * See https://pytorch.org/docs/stable/generated/torch.diff.html
   *
   * @param options `n` (default 1), `axis` (default −1), `prepend`, `append`; or the axis alone
   * @returns `n` entries fewer along the axis
   * @throws {ShapeError} if there is no such axis; a scalar has none
   * @throws {ValueError} if `n` is not a whole number ≥ 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1, 4, 9, 16]);
   * assertEquals(x.diff().toArray(), [3, 5, 7]);
   * assertEquals(x.diff({ n: 2 }).toArray(), [2, 2]);
   * assertEquals(x.diff({ prepend: tensor([0]) }).toArray(), [1, 3, 5, 7]);
   * ```
   */
  diff(options?: DiffOptions | number): Tensor {
    return reduction.diff(this, options);
  }

  // Comparison

  /**
   * Tests for equality, element by element: `x = other`. NaN equals nothing.
   *
   * The comparisons return booleans, and have no gradient.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.eq.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   * @returns the shape to which both broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   */
  eq(other: TensorLike): Tensor {
    return run(ops.eq, [this, other]);
  }

  /**
   * As `eq`, tests `x ≠ other`; true where either is NaN.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.ne.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  ne(other: TensorLike): Tensor {
    return run(ops.ne, [this, other]);
  }

  /**
   * As `eq`, tests `x < other`; false where either is NaN.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.lt.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  lt(other: TensorLike): Tensor {
    return run(ops.lt, [this, other]);
  }

  /**
   * As `eq`, tests `x ≤ other`; false where either is NaN.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.le.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  le(other: TensorLike): Tensor {
    return run(ops.le, [this, other]);
  }

  /**
   * As `eq`, tests `x > other`; false where either is NaN.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.gt.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  gt(other: TensorLike): Tensor {
    return run(ops.gt, [this, other]);
  }

  /**
   * As `eq`, tests `x ≥ other`; false where either is NaN.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.ge.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  ge(other: TensorLike): Tensor {
    return run(ops.ge, [this, other]);
  }

  /**
   * Tests `|x − other| ≤ atol + rtol · |other|`; infinities are close only to themselves.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.isclose.html
   *
   * @param other a tensor that broadcasts with this tensor
   * @param options `rtol` (default 1e-5), `atol` (default 1e-8), `equalNan` (default false)
   * @throws {ValueError} if a tolerance is negative or NaN
   */
  isclose(other: Tensor, options?: CloseOptions): Tensor {
    return comparison.isclose(this, other, options);
  }

  /**
   * Returns true if all elements are close, as `isclose` tests them, or there are none.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.allclose.html
   *
   * @param other a tensor that broadcasts with this tensor
   * @param options `rtol`, `atol`, `equalNan`
   * @throws {ValueError} if a tolerance is negative or NaN
   */
  allclose(other: Tensor, options?: CloseOptions): boolean {
    return comparison.allclose(this, other, options);
  }

  /**
   * Returns true if both tensors have the same shape and equal elements, of any dtypes; `eq`
   * compares element by element. NaN equals nothing.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.equal.html
   *
   * @param other any tensor
   */
  equal(other: Tensor): boolean {
    return comparison.equal(this, other);
  }

  /**
   * Tests if each element occurs in `values`; NaN never does.
   * See https://pytorch.org/docs/stable/generated/torch.isin.html
   *
   * @param values a tensor of any shape
   */
  isin(values: Tensor): Tensor {
    return comparison.isin(this, values);
  }

  /**
   * Tests if each element is NaN.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.isnan.html
   */
  isnan(): Tensor {
    return run(ops.isnan, [this]);
  }

  /**
   * Tests if each element is ∞ or −∞.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.isinf.html
   */
  isinf(): Tensor {
    return run(ops.isinf, [this]);
  }

  /**
   * Tests if each element is finite: neither NaN nor ±∞.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.isfinite.html
   */
  isfinite(): Tensor {
    return run(ops.isfinite, [this]);
  }

  /**
   * Tests if both elements are not 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.logical_and.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   * @throws {ShapeError} if the shapes do not broadcast
   */
  logicalAnd(other: TensorLike): Tensor {
    return run(ops.logicalAnd, [this, other]);
  }

  /**
   * As `logicalAnd`, tests if at least one element is not 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.logical_or.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  logicalOr(other: TensorLike): Tensor {
    return run(ops.logicalOr, [this, other]);
  }

  /**
   * As `logicalAnd`, tests if exactly one element is not 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.logical_xor.html
   *
   * @param other a tensor or a number that broadcasts with this tensor
   */
  logicalXor(other: TensorLike): Tensor {
    return run(ops.logicalXor, [this, other]);
  }

  /**
   * Tests if each element is 0.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.logical_not.html
   */
  logicalNot(): Tensor {
    return run(ops.logicalNot, [this]);
  }

  /**
   * Keeps the elements where `condition` is true, and takes those of `other` elsewhere; only what is
   * chosen gets a gradient.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.where.html
   *
   * @param condition booleans, broadcast
   * @param other a tensor or a number, broadcast
   * @throws {DTypeError} if the condition is not boolean
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([-2, 0, 3], { requiresGrad: true });
   * const y = x.where(x.gt(0), 99);
   * y.sum().backward();
   * assertEquals(y.toArray(), [99, 99, 3]);
   * assertEquals(x.grad!.toArray(), [0, 0, 1]);
   * ```
   */
  where(condition: Tensor, other: TensorLike): Tensor {
    return comparison.where(condition, this, other);
  }

  // Sorting

  /**
   * Sorts the elements along an axis; equal elements keep their order, and NaN counts as largest.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sort.html
   *
   * @param options `axis` (default −1), `descending` (default false)
   * @returns `values` and their `indices`
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const { values, indices } = tensor([30, 10, 20]).sort();
   * assertEquals(values.toArray(), [10, 20, 30]);
   * assertEquals(indices.toArray(), [1, 2, 0]);
   * ```
   */
  sort(options?: SortOptions | number): Sorted {
    return sorting.sort(this, options);
  }

  /**
   * Returns the int32 indices that sort along an axis, as `sort` does.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.argsort.html
   *
   * @param options `axis` (default −1), `descending` (default false)
   */
  argsort(options?: SortOptions | number): Tensor {
    return sorting.argsort(this, options);
  }

  /**
   * Returns the `k` largest elements along an axis, the largest first, or the `k` smallest.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.topk.html
   *
   * @param k the number of elements
   * @param options `axis` (default −1), `largest` (default true)
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis, or it has fewer than `k` elements
   */
  topk(k: number, options?: TopkOptions | number): Sorted {
    return sorting.topk(this, k, options);
  }

  /**
   * Returns the `k`-th smallest element along an axis; ranks are those of `sort`.
   * See https://pytorch.org/docs/stable/generated/torch.kthvalue.html
   *
   * @param k the rank, from 1 to the size of the axis
   * @param options `axis` (default −1), `keepDims`
   * @returns `values` and their `indices`, without the axis
   * @throws {ShapeError} if there is no such axis, or it has fewer than `k` elements
   */
  kthvalue(k: number, options?: KthvalueOptions | number): Sorted {
    return sorting.kthvalue(this, k, options);
  }

  /** Returns the middle element of all, the lower of two; ties share the gradient, NaN propagates. */
  median(): Tensor;
  /**
   * Returns the middle elements along an axis, the lower of two, and their indices; NaN propagates.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.median.html
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @returns `values` and their `indices`, by name or in this order
   */
  median(options: ExtremeOptions | number): Sorted;
  median(options?: ExtremeOptions | number): Tensor | Sorted {
    return options === undefined ? run(ops.median, [this]) : sorting.median(this, options);
  }

  /**
   * Returns the running maximum along an axis and its last index so far; from a NaN on, NaN.
   * See https://pytorch.org/docs/stable/generated/torch.cummax.html
   *
   * @param options `axis`; or the axis alone
   * @returns `values` and their `indices`
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const { values, indices } = tensor([1, 3, 2, 5]).cummax(0);
   * assertEquals(values.toArray(), [1, 3, 3, 5]);
   * assertEquals(indices.toArray(), [0, 1, 1, 3]);
   * ```
   */
  cummax(options: AlongOptions | number): Sorted {
    return sorting.cummax(this, options);
  }

  /**
   * Returns the running minimum along an axis and its last index so far; from a NaN on, NaN.
   * See https://pytorch.org/docs/stable/generated/torch.cummin.html
   *
   * @param options `axis`; or the axis alone
   * @returns `values` and their `indices`
   */
  cummin(options: AlongOptions | number): Sorted {
    return sorting.cummin(this, options);
  }

  /**
   * Finds the distinct values, in ascending order, and counts them; each NaN is a value of its own.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.unique.html
   *
   * @returns `values`, `inverse` and `counts`; see {@link Unique}
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const { values, counts } = tensor([3, 1, 3]).unique();
   * assertEquals(values.toArray(), [1, 3]);
   * assertEquals(counts.toArray(), [1, 2]);
   * ```
   */
  unique(): Unique {
    return sorting.unique(this);
  }

  /**
   * Counts the occurrences of each number 0, 1, 2, …, as int32, or sums the weights of each.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.bincount.html
   *
   * @param options `weights` of the elements; `minLength` of the result, default 0
   * @throws {DTypeError} if the tensor holds floats
   * @throws {ShapeError} if the tensor is not a vector, or the weights differ in number
   */
  bincount(options?: BincountOptions): Tensor {
    return sorting.bincount(this, options);
  }

  /**
   * Counts the elements in `bins` intervals of equal width; NaN and elements outside do not count.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.histogram.html
   *
   * @param options `bins` (default 100); `min` and `max`, by default those of the elements
   * @returns `counts` and `edges`
   * @throws {ValueError} if `bins` is not a whole number above 0, or the range is not finite
   * @throws {DTypeError} if the tensor holds integers or booleans
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const { counts, edges } = tensor([0, 1, 1, 4]).histogram({ bins: 2 });
   * assertEquals(counts.toArray(), [3, 1]);
   * assertEquals(edges.toArray(), [0, 2, 4]);
   * ```
   */
  histogram(options?: HistogramOptions): Histogram {
    return sorting.histogram(this, options);
  }

  /**
   * As `histogram`, but returns only the counts, `[bins]`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.histc.html
   *
   * @param options `bins` (default 100); `min` and `max`, by default those of the elements
   */
  histc(options?: HistogramOptions): Tensor {
    return sorting.histc(this, options);
  }

  /**
   * Returns the number of the bucket that each element falls into: bucket `i` goes from
   * `boundaries[i − 1]` (exclusive) to `boundaries[i]` (inclusive). NaN falls into the last.
   * See https://pytorch.org/docs/stable/generated/torch.bucketize.html
   *
   * @param boundaries a vector in ascending order
   * @param options `right`: a boundary belongs to the bucket on its right; default false
   * @returns int32, from 0 to the number of boundaries
   * @throws {ShapeError} if the boundaries are not a vector
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const ages = tensor([7, 18, 40]);
   * assertEquals(ages.bucketize(tensor([17, 65])).toArray(), [0, 1, 1]);
   * ```
   */
  bucketize(boundaries: Tensor, options?: BucketizeOptions): Tensor {
    return sorting.bucketize(this, boundaries, options);
  }

  // Matrix products

  /**
   * Multiplies matrices: `[…, m, k] · […, k, n] → […, m, n]`; batches broadcast.
   *
   * A vector is a row on the left and a column on the right, and the result lacks that axis.
   * See https://pytorch.org/docs/stable/generated/torch.matmul.html
   *
   * @param other the right operand
   * @throws {ShapeError} if the inner sizes differ, batches do not broadcast, or one is a scalar
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(x.matmul(x).toArray(), [[7, 10], [15, 22]]);
   * assertEquals(x.matmul(tensor([1, 1])).toArray(), [3, 7]);
   * assertEquals(zeros([5, 1, 2, 3]).matmul(zeros([4, 3, 6])).shape, [5, 4, 2, 6]);
   * ```
   */
  matmul(other: Tensor): Tensor {
    return matmul.matmul(this, other);
  }

  /**
   * Multiplies two matrices: `[m, k] · [k, n] → [m, n]`; nothing broadcasts.
   * See https://pytorch.org/docs/stable/generated/torch.mm.html
   *
   * @param other `[k, n]`
   * @throws {ShapeError} if the operands are not matrices, or the inner sizes differ
   */
  mm(other: Tensor): Tensor {
    return matmul.mm(this, other);
  }

  /**
   * Multiplies a matrix by a vector: `[m, k] · [k] → [m]`.
   * See https://pytorch.org/docs/stable/generated/torch.mv.html
   *
   * @param other `[k]`
   * @throws {ShapeError} if the operands are not a matrix and a vector, or the inner sizes differ
   */
  mv(other: Tensor): Tensor {
    return matmul.mv(this, other);
  }

  /**
   * Multiplies two batches of matrices: `[b, m, k] · [b, k, n] → [b, m, n]`; nothing broadcasts.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.bmm.html
   *
   * @param other `[b, k, n]`
   * @throws {ShapeError} if the operands are not batches of one length, or the inner sizes differ
   */
  bmm(other: Tensor): Tensor {
    return matmul.bmm(this, other);
  }

  /**
   * Adds a matrix product: `beta · x + alpha · (a · b)`, where `x` broadcasts.
   * See https://pytorch.org/docs/stable/generated/torch.addmm.html
   *
   * @param a `[m, k]`
   * @param b `[k, n]`
   * @param options `beta` (default 1; if it is 0, `x` is not read), `alpha` (default 1)
   * @returns `[m, n]`
   * @throws {ShapeError} if the shapes do not fit
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const [bias, a, b] = [tensor([1, 2]), tensor([[1], [10]]), tensor([[3, 4]])];
   * assertEquals(bias.addmm(a, b, { alpha: 2 }).toArray(), [[7, 10], [61, 82]]);
   * ```
   */
  addmm(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor {
    return matmul.addmm(this, a, b, options);
  }

  /**
   * Returns the inner product of two vectors: `Σ x · other`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.dot.html
   *
   * @param other a vector of the same length
   * @throws {ShapeError} if the operands are not vectors of one length
   */
  dot(other: Tensor): Tensor {
    return matmul.dot(this, other);
  }

  /**
   * Returns the outer product of two vectors: `y[i, j] = x[i] · other[j]`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.outer.html
   *
   * @param other a vector
   * @throws {ShapeError} if the operands are not vectors
   */
  outer(other: Tensor): Tensor {
    return matmul.outer(this, other);
  }

  /**
   * Returns the cross product of vectors of three elements; other axes broadcast.
   *
   * Unlike `torch.cross`, which takes the first axis of size 3, it takes the last axis by default,
   * as https://pytorch.org/docs/stable/generated/torch.linalg.cross.html
   *
   * @param other a tensor with as many axes
   * @param options `axis` of the vectors, default −1; or the axis alone
   * @throws {ShapeError} if the size of the axis is not 3, or the shapes do not broadcast
   */
  cross(other: Tensor, options?: AlongOptions | number): Tensor {
    return matmul.cross(this, other, options);
  }

  // In place

  /**
   * Writes `value`, broadcast, into a part of the tensor; see {@link Index}.
   *
   * @param index the part, in brackets: `x.set([0, [1, 3]], 5)`
   * @param value a tensor or a number
   * @throws {ShapeError} if there is no such part, or the value does not broadcast to its shape
   * @throws {GradientError} if recording is on and this is a view, or a leaf that requires
   *   gradients
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = zeros([2, 3]).set([0, [1, 3]], 5);
   * x.set([":", 0], tensor([7, 8]));
   * assertEquals(x.toArray(), [[7, 5, 5], [8, 0, 0]]);
   * ```
   */
  set(index: Index[], value: TensorLike): this {
    indexing.assign("set", this, index, value);
    return this;
  }

  /**
   * Adds in place: `x ← x + other`; shape and dtype stay.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.add_.html
   *
   * @param other a tensor or a number that broadcasts to the shape of this tensor
   * @throws {ShapeError} if the result would have another shape
   * @throws {DTypeError} if the result would be of a higher kind, such as float into int32
   * @throws {GradientError} if recording is on and this is a view, or a leaf that requires
   *   gradients
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * x.add_(tensor([10, 20])).mul_(2);
   * assertEquals(x.toArray(), [[22, 44], [26, 48]]);
   * ```
   */
  add_(other: TensorLike): this {
    return applyInPlace(ops.add, [this, other]);
  }

  /**
   * As `add_`, subtracts: `x ← x − other`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.sub_.html
   *
   * @param other a tensor or a number that broadcasts to the shape of this tensor
   */
  sub_(other: TensorLike): this {
    return applyInPlace(ops.sub, [this, other]);
  }

  /**
   * As `add_`, multiplies: `x ← x · other`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.mul_.html
   *
   * @param other a tensor or a number that broadcasts to the shape of this tensor
   */
  mul_(other: TensorLike): this {
    return applyInPlace(ops.mul, [this, other]);
  }

  /**
   * As `add_`, divides: `x ← x / other`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.div_.html
   *
   * @param other a tensor or a number that broadcasts to the shape of this tensor
   * @throws {DTypeError} if this tensor holds integers, since quotients are not integers
   */
  div_(other: TensorLike): this {
    return applyInPlace(ops.div, [this, other]);
  }

  /**
   * As `add_`, limits each element to `[min, max]`; see `clamp`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.clamp_.html
   *
   * @param min the lower bound; `null` for none
   * @param max the upper bound; `null` for none
   */
  clamp_(min: TensorLike | null, max: TensorLike | null = null): this {
    return applyInPlace(ops.clamp, [this, ...arithmetic.clampBounds(this, min, max)]);
  }

  /**
   * As `add_`, raises to a power: `x ← x ^ exponent`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.pow_.html
   *
   * @param exponent a tensor or a number that broadcasts to the shape of this tensor
   */
  pow_(exponent: TensorLike): this {
    arithmetic.overwrite(ops.pow, [this, exponent]);
    return this;
  }

  /**
   * As `add_`, interpolates: `x ← x + weight · (end − x)`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.lerp_.html
   *
   * @param end the value at weight 1
   * @param weight a tensor or a number that broadcasts to the shape of this tensor
   */
  lerp_(end: TensorLike, weight: TensorLike): this {
    arithmetic.overwrite(ops.lerp, [this, end, weight]);
    return this;
  }

  /**
   * As `add_`, writes `value` where `mask` is true; see `maskedFill`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html
   *
   * @param mask booleans that broadcast to the shape of this tensor
   * @param value a number, or a tensor that broadcasts
   * @throws {DTypeError} if the mask is not boolean
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1, -2, 3]);
   * x.maskedFill_(x.lt(0), 0);
   * assertEquals(x.toArray(), [1, 0, 3]);
   * ```
   */
  maskedFill_(mask: Tensor, value: TensorLike): this {
    indexing.fillMasked(this, mask, value);
    return this;
  }

  /**
   * Fills the tensor with uniformly distributed numbers from `[low, high)`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html
   *
   * @param low the lower bound
   * @param high the upper bound, exclusive
   * @param options `generator`
   * @throws {ValueError} unless `low ≤ high` and both are finite
   * @throws {DTypeError} if the tensor holds integers or booleans
   * @throws {GradientError} if recording is on and this is a view, or a leaf that requires
   *   gradients
   */
  uniform_(low = 0, high = 1, options?: GeneratorOptions): this {
    random.uniformInto(this, low, high, options);
    return this;
  }

  /**
   * Fills the tensor with normally distributed numbers.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.normal_.html
   *
   * @param mean the mean
   * @param std the standard deviation
   * @param options `generator`
   * @throws {ValueError} if `std` is below 0
   * @throws {DTypeError} if the tensor holds integers or booleans
   * @throws {GradientError} if recording is on and this is a view, or a leaf that requires
   *   gradients
   */
  normal_(mean = 0, std = 1, options?: GeneratorOptions): this {
    random.normalInto(this, mean, std, options);
    return this;
  }

  /**
   * Copies the elements of `source`, broadcast and converted to the dtype, into this tensor.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.copy_.html
   *
   * @param source a tensor or a number that broadcasts to the shape of this tensor
   * @throws {ShapeError} if the shapes do not fit
   */
  copy_(source: TensorLike): this {
    indexing.copyInto(this, source);
    return this;
  }

  /**
   * Sets every element to `value`.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.fill_.html
   *
   * @param value a number, rounded to the dtype
   */
  fill_(value: number): this {
    indexing.assign("fill_", this, [], value);
    return this;
  }

  /**
   * Sets every element to 0, as `fill_` does.
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.zero_.html
   */
  zero_(): this {
    return this.set([], 0);
  }
}

guardMembers(Tensor, {
  data: "noGrad(() => x.copy_(values)) to write its elements",
  shape: "x.reshape(shape) for another shape",
  dtype: "x.to(dtype) for another dtype",
  length: "x.shape[0] for the size of an axis, x.numel() for the number of elements",
  // A loop or a slip that indexes as in Python begins at one of these.
  ...Object.fromEntries(
    [-2, -1, 0, 1, 2, 3].map((i) => [i, `x.at(${i}) to read, x.set([${i}], value) to write`]),
  ),
  grad_fn: "explain(x) of @gradus/gradus/explain, which shows how it was computed",
});

setWrapper((array, node) => new Tensor(array, node));
