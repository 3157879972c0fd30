/**
 * The tensor: an n-dimensional array that remembers how it was made.
 *
 * @module
 */

import { apply, applyInPlace } from "../autograd/apply.ts";
import { backward, type BackwardOptions } from "../autograd/engine.ts";
import { type Node, setWrapper, Variable } from "../autograd/variable.ts";
import { type DType, DTYPES, type TypedArray } from "../dtype.ts";
import { GradientError, ShapeError, ValueError } from "../errors.ts";
import type { Op } from "../ops/op.ts";
import { ops } from "../ops/table.ts";
import {
  type Axes,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  resolveReshape,
  type Shape,
  sizeOf,
} from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { type RawArray, touch } from "../storage/raw_array.ts";
import { formatTensor } from "./format.ts";
import { type Index, parseIndex } from "./indexing.ts";
import { matmul } from "./product.ts";

/** A tensor, or a number that stands for a tensor of that value everywhere. */
export type TensorLike = Tensor | number;

/** Nested arrays of numbers, as deep as a tensor has axes. */
export type NestedArray = number | NestedArray[];

/** Options of a reduction. */
export interface ReduceOptions {
  /** The axis or axes to reduce; all of them if left out. */
  readonly axis?: Axes;
  /** Keep reduced axes with size 1; default false. */
  readonly keepDims?: boolean;
}

/** Options of `var` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the denominator; default 1 (the sample variance). */
  readonly correction?: number;
}

/** Options of a reduction along one axis. */
export interface AxisOptions {
  /** The axis; the flattened tensor if left out. */
  readonly axis?: number;
  /** Keep the axis with size 1; default false. */
  readonly keepDims?: boolean;
}

/** Undoes a registration. */
export interface RemovableHandle {
  /** Removes the hook. */
  remove(): void;
}

/** Every tensor that comes out of an op is a `Tensor`: `setWrapper` below sees to that. */
const run = apply as <A>(op: Op<A>, inputs: readonly (Variable | number)[], attrs: A) => Tensor;

const runInPlace = applyInPlace as <A>(
  op: Op<A>,
  inputs: readonly [Variable, ...(Variable | number)[]],
  attrs: A,
) => Tensor;

/**
 * An n-dimensional array of numbers with automatic differentiation.
 *
 * Make one with `tensor`, `zeros`, `randn` and their like. Operations return new tensors; names that
 * end in `_` change the tensor itself. If `requiresGrad` is set, operations are recorded, and
 * `backward()` on a result computes the gradients.
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
export class Tensor extends Variable {
  // ---------------------------------------------------------------- state

  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.array.size;
  }

  /** Whether it was created, rather than computed by recorded operations. */
  get isLeaf(): boolean {
    return this.node === null;
  }

  /** Whether the elements lie in memory in row-major order without gaps. */
  get isContiguous(): boolean {
    return this.array.contiguous;
  }

  /**
   * The gradient that `backward` has left here, or `null`.
   *
   * `zeroGrad` frees it: use `clone()` or `retain()` to keep one for longer.
   */
  get grad(): Tensor | null {
    return this.gradient as Tensor | null;
  }

  set grad(value: Tensor | null) {
    if (value !== null && formatShape(value.shape) !== formatShape(this.shape)) {
      throw new ShapeError(
        `Cannot set a gradient of shape ${formatShape(value.shape)} on a tensor of shape ` +
          `${formatShape(this.shape)}: they must be the same`,
        value.shape,
        this.shape,
      );
    }
    this.gradient = value;
  }

  /**
   * Sets whether operations on this leaf are recorded.
   *
   * @param value default true
   * @returns this tensor
   * @throws {DTypeError} if the tensor is not of a floating-point type
   */
  requiresGrad_(value = true): this {
    this.requiresGrad = value;
    return this;
  }

  /**
   * Keeps the gradient of a result of operations, which only leaves keep otherwise.
   *
   * @returns this tensor
   */
  retainGrad(): this {
    this.retainsGrad = true;
    if (this.node !== null) this.node.result = this;
    return this;
  }

  /**
   * Registers a function that sees the gradient of this tensor when it is complete; if it returns a
   * tensor, that takes the gradient's place.
   *
   * @param hook the function
   * @returns a handle that removes it
   */
  registerHook(hook: (gradient: Tensor) => Tensor | void): RemovableHandle {
    if (!this.requiresGrad) {
      throw new GradientError(
        "Cannot register a hook on a tensor that does not require a gradient; set requiresGrad",
      );
    }
    const registered = hook as (gradient: Variable) => Variable | void;
    (this.hooks ??= []).push(registered);
    if (this.node !== null) this.node.result = this;
    return {
      remove: () => {
        this.hooks = this.hooks?.filter((other) => other !== registered) ?? null;
      },
    };
  }

  /**
   * Computes the gradient of this tensor for every leaf that requires one, and adds it to theirs.
   *
   * The graph is freed; what the forward made stays readable until the next graph is freed.
   *
   * @param start `∂L/∂this`, of the same shape; may be left out for a single element, where it is 1
   * @param options `retainGraph` keeps the graph, `createGraph` records the gradients
   * @throws {GradientError} if nothing was recorded, the graph was freed, or a value that a gradient
   *   needs was overwritten; no gradient is changed then
   */
  backward(start?: Tensor | BackwardOptions | null, options?: BackwardOptions): void {
    if (start instanceof Tensor) backward(this, start, options);
    else backward(this, null, options ?? start ?? {});
  }

  /**
   * The same elements, without history: operations on the result are not recorded back to here.
   *
   * The storage is shared, and is kept for as long as somebody can reach it.
   */
  detach(): Tensor {
    this.array.storage.kept = true;
    const result = new Tensor(this.array);
    result.isView = true;
    return result;
  }

  /**
   * Exempts the tensor from the rules that reuse memory after a pass, a step or a batch.
   *
   * @returns this tensor
   */
  retain(): this {
    this.array.storage.kept = true;
    return this;
  }

  /** Frees the memory now, for `using`; never needed. Reading the tensor afterwards is an error. */
  [Symbol.dispose](): void {
    arena.dispose(this.array.storage, "disposed");
  }

  // ---------------------------------------------------------------- reading

  /**
   * The value of a tensor with a single element; 1 or 0 for a boolean.
   *
   * @throws {ShapeError} if there are more elements, or none
   */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        `Cannot take the item of shape ${formatShape(this.shape)}: it has ${this.size} elements; ` +
          `use toArray(), or reduce it first`,
        this.shape,
      );
    }
    arena.begin();
    touch(this.array);
    return this.array.whole()[this.array.offset];
  }

  /** The elements as nested arrays; a plain number for a scalar, 1 and 0 for booleans. */
  toArray(): NestedArray {
    const flat = this.data;
    let next = 0;
    const nest = (axis: number): NestedArray =>
      axis === this.ndim
        ? flat[next++]
        : Array.from({ length: this.shape[axis] }, () => nest(axis + 1));
    return nest(0);
  }

  /** A copy of the elements in row-major order, as a typed array. */
  get data(): TypedArray {
    const contiguous = this.#contiguousArray();
    arena.begin();
    touch(contiguous);
    const copy = new DTYPES[this.dtype].array(contiguous.values());
    if (contiguous !== this.array) arena.dispose(contiguous.storage, "temporary");
    return copy;
  }

  #contiguousArray(): RawArray {
    if (this.array.contiguous) return this.array;
    return apply(ops.clone, [new Variable(this.array)], undefined).array;
  }

  /** Iterates over the entries of the first axis. */
  *[Symbol.iterator](): IterableIterator<Tensor> {
    if (this.ndim === 0) {
      throw new ShapeError("Cannot iterate over a scalar: it has no axes; use item()", this.shape);
    }
    for (let i = 0; i < this.shape[0]; i++) yield this.at(i);
  }

  /** The tensor as text, long axes abridged. */
  override toString(): string {
    const data = this.data;
    const { shape, dtype, requiresGrad } = this;
    return formatTensor({ shape, dtype, requiresGrad, at: (i) => data[i] });
  }

  /** What `console.log` shows in Deno, Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.#describe();
  }

  /** What `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.#describe();
  }

  /** What a notebook shows. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/plain": this.#describe() };
  }

  /** The text, also where there is nothing left to read: a debugger must not throw. */
  #describe(): string {
    const { fate } = this.array.storage;
    return fate === null ? this.toString() : `tensor(<freed>, shape: ${formatShape(this.shape)})`;
  }

  // ---------------------------------------------------------------- shape

  /** The same elements with another shape; one size may be -1. A view where strides allow it. */
  reshape(...shape: number[] | [Shape]): Tensor {
    const to = resolveReshape(this.shape, sizesOf(shape));
    return run(ops.reshape, [this], to);
  }

  /**
   * As `reshape`, but never copies.
   *
   * @throws {ShapeError} if the strides do not allow it
   */
  view(...shape: number[] | [Shape]): Tensor {
    const result = this.reshape(...shape);
    if (result.array.storage === this.array.storage || this.size === 0) return result;
    throw new ShapeError(
      `Cannot view shape ${formatShape(this.shape)} as ${
        formatShape(result.shape)
      }: the elements ` +
        `do not lie in that order; use reshape()`,
      this.shape,
      result.shape,
    );
  }

  /** Joins the axes from `start` to `end` (both included) into one; all of them by default. */
  flatten(start = 0, end = -1): Tensor {
    if (this.ndim === 0) return this.reshape(1);
    const from = normalizeAxis(start, this.shape, "flatten");
    const to = normalizeAxis(end, this.shape, "flatten");
    if (from > to) {
      throw new ShapeError(
        `Cannot flatten axes ${start} to ${end} of shape ${formatShape(this.shape)}: they run ` +
          `backwards`,
        this.shape,
      );
    }
    const joined = sizeOf(this.shape.slice(from, to + 1));
    return this.reshape(...this.shape.slice(0, from), joined, ...this.shape.slice(to + 1));
  }

  /** The axes in another order, as a view: `x.permute(2, 0, 1)`. */
  permute(...order: number[] | [readonly number[]]): Tensor {
    const axes = sizesOf(order);
    const from = axes.map((axis) => normalizeAxis(axis, this.shape, "permute"));
    if (from.length !== this.ndim || new Set(from).size !== this.ndim) {
      throw new ShapeError(
        `Cannot permute shape ${formatShape(this.shape)} by [${
          axes.join(", ")
        }]: every axis must ` +
          `be named once`,
        this.shape,
      );
    }
    return run(ops.permute, [this], from);
  }

  /** Two axes swapped, as a view; the last two by default. */
  transpose(first = -2, second = -1): Tensor {
    const order = this.shape.map((_, axis) => axis);
    const a = normalizeAxis(first, this.shape, "transpose");
    const b = normalizeAxis(second, this.shape, "transpose");
    [order[a], order[b]] = [b, a];
    return run(ops.permute, [this], order);
  }

  /** All axes in reverse order, as a view: the transpose of a matrix. */
  get T(): Tensor {
    return run(ops.permute, [this], this.shape.map((_, axis) => this.ndim - 1 - axis));
  }

  /** Without axes of size 1: all of them, or those named; others are left as they are. */
  squeeze(axis?: Axes): Tensor {
    const axes = normalizeAxes(axis, this.shape, "squeeze");
    return this.reshape(this.shape.filter((size, i) => size !== 1 || !axes.includes(i)));
  }

  /** With a new axis of size 1 at `axis`. */
  unsqueeze(axis: number): Tensor {
    const at = normalizeAxis(axis, [...this.shape, 1], "unsqueeze");
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }

  /** Axes of size 1 repeated, and new axes in front, as a view; -1 leaves a size as it is. */
  expand(...shape: number[] | [Shape]): Tensor {
    const to = sizesOf(shape);
    const added = to.length - this.ndim;
    return run(ops.expand, [this], to.map((n, i) => (n === -1 ? this.shape[i - added] ?? -1 : n)));
  }

  /** As `expand`. */
  broadcastTo(shape: Shape): Tensor {
    return this.expand(shape);
  }

  /** The tensor itself if it is contiguous, otherwise a copy that is. */
  contiguous(): Tensor {
    return this.isContiguous ? this : this.clone();
  }

  /** A copy with a storage of its own; gradients flow through it. */
  clone(): Tensor {
    return run(ops.clone, [this], undefined);
  }

  /** Converted to `dtype`, or the tensor itself if it has it. */
  to(dtype: DType): Tensor {
    return dtype === this.dtype ? this : run(ops.cast, [this], dtype);
  }

  // ---------------------------------------------------------------- indexing

  /**
   * A part of the tensor, axis by axis; see {@link Index}. A view unless tensors pick entries.
   *
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
    const { spans, shape, pick } = parseIndex(this.shape, index);
    const part = run(ops.slice, [this], spans).reshape(shape);
    if (pick === null) return part;
    const picker = pick.index as Tensor;
    return picker.dtype === "bool"
      ? part.#pickWhere(picker, pick.axis)
      : part.#pickEntries(picker, pick.axis);
  }

  #pickWhere(mask: Tensor, axis: number): Tensor {
    const masked = this.shape.slice(axis, axis + mask.ndim);
    if (formatShape(masked) !== formatShape(mask.shape)) {
      throw new ShapeError(
        `Cannot index with a mask of shape ${
          formatShape(mask.shape)
        }: the axes that it covers have ` +
          `shape ${formatShape(masked)}`,
        this.shape,
        mask.shape,
      );
    }
    const positions = run(ops.nonzero, [mask], undefined);
    const rest = this.shape.slice(axis + mask.ndim);
    const flat = this.reshape([...this.shape.slice(0, axis), sizeOf(masked), ...rest]);
    return flat.indexSelect(axis, positions);
  }

  #pickEntries(index: Tensor, axis: number): Tensor {
    const size = this.shape[axis];
    const positive = index.lt(0).where(index.add(size), index).to("int32");
    const picked = this.indexSelect(axis, positive.reshape(-1));
    const rest = this.shape.slice(axis + 1);
    return picked.reshape([...this.shape.slice(0, axis), ...index.shape, ...rest]);
  }

  /**
   * Writes `value`, broadcast, into a part of the tensor; see {@link Index}.
   *
   * @param index the part, in brackets: `x.set([0, [1, 3]], 5)`
   * @param value a tensor or a number
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   */
  set(index: Index[], value: TensorLike): this {
    const { spans, shape, pick } = parseIndex(this.shape, index);
    if (pick !== null) return this.#setPicked(index, value);
    const full = spans.map((span) => span.length);
    // Axes that the index removed or added are put back, so that the value meets the right ones.
    const fitted = typeof value === "number" ? value : value.expand(shape).reshape(full);
    runInPlace(ops.assign, [this, fitted], spans);
    return this;
  }

  #setPicked(index: Index[], value: TensorLike): this {
    const [mask] = index;
    if (index.length === 1 && mask instanceof Tensor && mask.dtype === "bool") {
      const over = mask.reshape([...mask.shape, ...this.shape.slice(mask.ndim).map(() => 1)]);
      return this.copy_(over.where(value, this));
    }
    throw new ShapeError(
      `Cannot set entries of shape ${formatShape(this.shape)} that an int32 tensor picks: use a ` +
        `boolean mask alone, or set them one by one`,
      this.shape,
    );
  }

  /** Elements `start` to `stop` (not included) of an axis, as a view. */
  slice(
    start: number | null,
    stop: number | null = null,
    options: { readonly axis?: number; readonly step?: number } = {},
  ): Tensor {
    const axis = normalizeAxis(options.axis ?? 0, this.shape, "slice");
    const index: Index[] = new Array<Index>(axis).fill(":");
    return this.at(...index, [start, stop, options.step ?? 1]);
  }

  /** Entries of an axis by a 1-d int32 tensor; they may repeat. Gradients of repeats add up. */
  indexSelect(axis: number, index: Tensor): Tensor {
    const along = normalizeAxis(axis, this.shape, "indexSelect");
    if (index.ndim !== 1 || this.ndim === 0) {
      throw new ShapeError(
        `Cannot indexSelect shape ${formatShape(this.shape)} with an index of shape ` +
          `${formatShape(index.shape)}: the index needs one axis; use at() for others`,
        this.shape,
        index.shape,
      );
    }
    return run(ops.indexSelect, [this, index], along);
  }

  /** `y[i, j] = x[i, index[i, j]]` for axis 1, and so on; `index` has as many axes as the tensor. */
  gather(axis: number, index: Tensor): Tensor {
    return run(ops.gather, [this, index], normalizeAxis(axis, this.shape, "gather"));
  }

  /** The elements where the boolean `mask`, broadcast, is true, in row-major order. */
  maskedSelect(mask: Tensor): Tensor {
    const full = this.mul(0).add(mask.to(this.dtype)).ne(0);
    return this.expand(full.shape).reshape(-1).at(full.reshape(-1));
  }

  /** `value` where the boolean `mask` is true, the own elements elsewhere. */
  maskedFill(mask: Tensor, value: TensorLike): Tensor {
    return run(ops.where, [mask, value, this], undefined);
  }

  /** Where this (a condition) is true `a`, elsewhere `b`. */
  where(a: TensorLike, b: TensorLike): Tensor {
    return run(ops.where, [this, a, b], undefined);
  }

  /** Equal parts of `size` along an axis (the last may be smaller), or parts of given sizes. */
  split(size: number | readonly number[], axis = 0): Tensor[] {
    const along = normalizeAxis(axis, this.shape, "split");
    const total = this.shape[along] ?? 1;
    const sizes = typeof size === "number" ? equalParts(total, size) : size;
    if (sizes.reduce((a, b) => a + b, 0) !== total || sizes.some((n) => n < 0)) {
      throw new ShapeError(
        `Cannot split axis ${axis} of shape ${formatShape(this.shape)} into [${
          sizes.join(", ")
        }]: ` +
          `the parts must add up to ${total}`,
        this.shape,
      );
    }
    let start = 0;
    return sizes.map((n) => this.slice(start, start += n, { axis: along }));
  }

  // ---------------------------------------------------------------- arithmetic

  /** `this + other` */
  add(other: TensorLike): Tensor {
    return run(ops.add, [this, other], undefined);
  }

  /** `this - other` */
  sub(other: TensorLike): Tensor {
    return run(ops.sub, [this, other], undefined);
  }

  /** `this · other`, element by element */
  mul(other: TensorLike): Tensor {
    return run(ops.mul, [this, other], undefined);
  }

  /** `this / other`; integers give floats, `1 / 0 = ∞`, `0 / 0 = NaN` */
  div(other: TensorLike): Tensor {
    return run(ops.div, [this, other], undefined);
  }

  /** `this` to the power `exponent`; `0⁰ = 1` with gradient 0 */
  pow(exponent: TensorLike): Tensor {
    if (exponent === 2) return this.square();
    return run(ops.pow, [this, exponent], undefined);
  }

  /** `this · this` */
  square(): Tensor {
    return run(ops.square, [this], undefined);
  }

  /** `-this` */
  neg(): Tensor {
    return run(ops.neg, [this], undefined);
  }

  /** The smaller of each pair; a tie splits the gradient, NaN wins */
  minimum(other: TensorLike): Tensor {
    return run(ops.minimum, [this, other], undefined);
  }

  /** The larger of each pair; a tie splits the gradient, NaN wins */
  maximum(other: TensorLike): Tensor {
    return run(ops.maximum, [this, other], undefined);
  }

  /** Limited to `[min, max]`; `null` leaves a side open. The gradient at a bound is 1. */
  clamp(min: TensorLike | null, max: TensorLike | null = null): Tensor {
    return run(ops.clamp, [this, min ?? -Infinity, max ?? Infinity], undefined);
  }

  /** `|this|`; the gradient at 0 is 0 */
  abs(): Tensor {
    return run(ops.abs, [this], undefined);
  }

  /** −1, 0 or 1 */
  sign(): Tensor {
    return run(ops.sign, [this], undefined);
  }

  /** `eˣ` */
  exp(): Tensor {
    return run(ops.exp, [this], undefined);
  }

  /** `ln x`; −∞ at 0, NaN below */
  log(): Tensor {
    return run(ops.log, [this], undefined);
  }

  /** `√x`; the gradient at 0 is ∞ */
  sqrt(): Tensor {
    return run(ops.sqrt, [this], undefined);
  }

  /** `tanh x` */
  tanh(): Tensor {
    return run(ops.tanh, [this], undefined);
  }

  /** `1 / (1 + e⁻ˣ)` */
  sigmoid(): Tensor {
    return run(ops.sigmoid, [this], undefined);
  }

  /** `max(x, 0)`; the gradient at 0 is 0 */
  relu(): Tensor {
    return run(ops.relu, [this], undefined);
  }

  /** `x` above 0, `slope · x` elsewhere */
  leakyRelu(slope = 0.01): Tensor {
    return run(ops.leakyRelu, [this, slope], undefined);
  }

  /** `ln(1 + eˣ)`, without overflow */
  softplus(): Tensor {
    return run(ops.softplus, [this], undefined);
  }

  /** The largest integer not above each element */
  floor(): Tensor {
    return run(ops.floor, [this], undefined);
  }

  /** The smallest integer not below each element */
  ceil(): Tensor {
    return run(ops.ceil, [this], undefined);
  }

  /** Each element without its fraction */
  trunc(): Tensor {
    return run(ops.trunc, [this], undefined);
  }

  /** The nearest integer, halves to even */
  round(): Tensor {
    return run(ops.round, [this], undefined);
  }

  /** The matrix product `this · other`; vectors and batches as in NumPy. */
  matmul(other: Tensor): Tensor {
    return matmul(this, other) as Tensor;
  }

  /** `eˣ / Σ eˣ` along `axis` */
  softmax(axis: number): Tensor {
    return run(ops.softmax, [this], normalizeAxis(axis, this.shape, "softmax"));
  }

  /** `x - ln Σ eˣ` along `axis`, without overflow */
  logSoftmax(axis: number): Tensor {
    return run(ops.logSoftmax, [this], normalizeAxis(axis, this.shape, "logSoftmax"));
  }

  // ---------------------------------------------------------------- comparison

  /** `this < other`, as booleans */
  lt(other: TensorLike): Tensor {
    return run(ops.lt, [this, other], undefined);
  }

  /** `this ≤ other`, as booleans */
  le(other: TensorLike): Tensor {
    return run(ops.le, [this, other], undefined);
  }

  /** `this > other`, as booleans */
  gt(other: TensorLike): Tensor {
    return run(ops.gt, [this, other], undefined);
  }

  /** `this ≥ other`, as booleans */
  ge(other: TensorLike): Tensor {
    return run(ops.ge, [this, other], undefined);
  }

  /** `this = other`, as booleans; NaN equals nothing */
  eq(other: TensorLike): Tensor {
    return run(ops.eq, [this, other], undefined);
  }

  /** `this ≠ other`, as booleans */
  ne(other: TensorLike): Tensor {
    return run(ops.ne, [this, other], undefined);
  }

  /** Both are non-zero, as booleans */
  logicalAnd(other: TensorLike): Tensor {
    return run(ops.logicalAnd, [this, other], undefined);
  }

  /** One or both are non-zero, as booleans */
  logicalOr(other: TensorLike): Tensor {
    return run(ops.logicalOr, [this, other], undefined);
  }

  /** Is zero, as booleans */
  logicalNot(): Tensor {
    return run(ops.logicalNot, [this], undefined);
  }

  // ---------------------------------------------------------------- reductions

  /** `Σ x`, over all axes or some; 0 of nothing. Small integers add up in int32. */
  sum(options?: ReduceOptions | Axes): Tensor {
    return run(ops.sum, [this], this.#reduction(options, "sum"));
  }

  /** `Σ x / n`; NaN of nothing */
  mean(options?: ReduceOptions | Axes): Tensor {
    return run(ops.mean, [this], this.#reduction(options, "mean"));
  }

  /** `Π x`; 1 of nothing */
  prod(options?: ReduceOptions | Axes): Tensor {
    return run(ops.prod, [this], this.#reduction(options, "prod"));
  }

  /** `Σ (x - x̄)² / (n - correction)` */
  var(options?: VarianceOptions | Axes): Tensor {
    const { correction = 1 } = optionsOf<VarianceOptions>(options);
    if (!(correction >= 0)) {
      throw new ValueError(
        `Cannot take the variance with correction ${correction}: it must be ≥ 0`,
      );
    }
    return run(ops.variance, [this], { ...this.#reduction(options, "var"), correction });
  }

  /** The square root of `var` */
  std(options?: VarianceOptions | Axes): Tensor {
    return this.var(options).sqrt();
  }

  /** The largest element; elements that tie share the gradient. NaN wins. */
  amax(options?: ReduceOptions | Axes): Tensor {
    return run(ops.amax, [this], this.#reduction(options, "amax"));
  }

  /** The smallest element; elements that tie share the gradient. NaN wins. */
  amin(options?: ReduceOptions | Axes): Tensor {
    return run(ops.amin, [this], this.#reduction(options, "amin"));
  }

  /**
   * The largest element: of all, where ties share the gradient as in `amax`, or along one axis, where
   * the first of equal ones gets it. (PyTorch also returns indices then; `argmax` has them.)
   */
  max(options?: AxisOptions | number): Tensor {
    return this.#extreme(options, "argmax", "amax");
  }

  /** The smallest element, as `max` the largest. */
  min(options?: AxisOptions | number): Tensor {
    return this.#extreme(options, "argmin", "amin");
  }

  #extreme(
    options: AxisOptions | number | undefined,
    arg: "argmax" | "argmin",
    all: "amax" | "amin",
  ): Tensor {
    const { axis, keepDims = false } = optionsOf<AxisOptions>(options);
    if (axis === undefined || this.ndim === 0) return this[all]({ keepDims });
    const along = normalizeAxis(axis, this.shape, arg.slice(3));
    const picked = this.gather(along, this[arg]({ axis: along, keepDims: true }));
    return keepDims ? picked : picked.squeeze(along);
  }

  /** int32 index of the first largest element, along an axis or of the flattened tensor. */
  argmax(options?: AxisOptions | number): Tensor {
    return this.#argExtreme(ops.argmax, options);
  }

  /** int32 index of the first smallest element, along an axis or of the flattened tensor. */
  argmin(options?: AxisOptions | number): Tensor {
    return this.#argExtreme(ops.argmin, options);
  }

  #argExtreme(op: typeof ops.argmax, options?: AxisOptions | number): Tensor {
    const { axis, keepDims = false } = optionsOf<AxisOptions>(options);
    if (axis === undefined || this.ndim === 0) {
      const flat = run(op, [this.detach().reshape(-1)], { axis: 0, keepDims: false });
      return keepDims ? flat.reshape(this.shape.map(() => 1)) : flat;
    }
    return run(op, [this], { axis: normalizeAxis(axis, this.shape, op.name), keepDims });
  }

  /** Whether any element is non-zero */
  any(options?: ReduceOptions | Axes): Tensor {
    return run(ops.any, [this], this.#reduction(options, "any"));
  }

  /** Whether all elements are non-zero; true of nothing */
  all(options?: ReduceOptions | Axes): Tensor {
    return run(ops.all, [this], this.#reduction(options, "all"));
  }

  #reduction(options: ReduceOptions | Axes | undefined, action: string) {
    const { axis, keepDims = false } = optionsOf<ReduceOptions>(options);
    return { axes: normalizeAxes(axis, this.shape, action), keepDims };
  }

  // ---------------------------------------------------------------- in place

  /** `this += other` */
  add_(other: TensorLike): this {
    return this.#inPlace(ops.add, other);
  }

  /** `this -= other` */
  sub_(other: TensorLike): this {
    return this.#inPlace(ops.sub, other);
  }

  /** `this *= other` */
  mul_(other: TensorLike): this {
    return this.#inPlace(ops.mul, other);
  }

  /** `this /= other` */
  div_(other: TensorLike): this {
    return this.#inPlace(ops.div, other);
  }

  /** Takes over the elements of `source`, broadcast and converted. */
  copy_(source: TensorLike): this {
    return this.set([], typeof source === "number" ? source : source.to(this.dtype));
  }

  /** Sets every element to `value`. */
  fill_(value: number): this {
    return this.set([], value);
  }

  /** Sets every element to 0. */
  zero_(): this {
    return this.set([], 0);
  }

  #inPlace(op: Op<void>, other: TensorLike): this {
    runInPlace(op, [this, other], undefined);
    return this;
  }
}

setWrapper((array: RawArray, node: Node | null) => new Tensor(array, node));

/** `(2, 3)` and `([2, 3])` are the same. */
function sizesOf(args: readonly number[] | readonly [readonly number[]]): readonly number[] {
  return Array.isArray(args[0]) ? args[0] : args as readonly number[];
}

/** A bare axis, or axes, stand for options with only that. */
function optionsOf<O extends { readonly axis?: Axes }>(options: O | Axes | undefined): O {
  if (typeof options === "number" || Array.isArray(options)) {
    return { axis: options } as unknown as O;
  }
  return (options ?? {}) as O;
}

function equalParts(total: number, size: number): number[] {
  if (!Number.isInteger(size) || size <= 0) {
    throw new ValueError(
      `Cannot split into parts of ${size}: the size must be a whole number above 0`,
    );
  }
  const parts = Array.from({ length: Math.floor(total / size) }, () => size);
  if (total % size > 0) parts.push(total % size);
  return parts;
}
