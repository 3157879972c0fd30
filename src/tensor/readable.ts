/**
 * What a tensor is and holds: its state, its gradient, its elements.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { backward, type BackwardOptions } from "../autograd/engine.ts";
import { type GradientHook, type Node, type Variable, wrap } from "../autograd/node.ts";
import { isTensor, TENSOR } from "../checks.ts";
import { type DType, DTYPES, isFloat, type TypedArray } from "../dtype.ts";
import { DTypeError, GradientError, ShapeError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { formatShape, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { type NDArray, touch } from "../storage/ndarray.ts";
import { formatTensor } from "./format.ts";
import type { Tensor } from "./tensor.ts";

/** Nested arrays of numbers, as deep as a tensor has axes. */
export type NestedArray = number | NestedArray[];

/** Undoes a registration. */
export interface RemovableHandle {
  /** Removes the hook. */
  remove(): void;
}

/**
 * The part of {@link Tensor} that reads: state, gradients, elements.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * assert.deepEqual([x.ndim, x.size, x.isContiguous], [2, 6, true]);
 * assert.equal(x.T.isContiguous, false);
 * assert.equal(x.at(1, 2).item(), 6);
 * ```
 */
export abstract class ReadableTensor implements Variable {
  /** @internal */
  get [TENSOR](): true {
    return true;
  }

  /**
   * The elements. Replaced only where a leaf is converted in place; see `convertLeaves`.
   *
   * @internal
   */
  array: NDArray;
  /**
   * The op that made it, if that was recorded.
   *
   * @internal
   */
  node: Node | null;
  /**
   * Where `backward` leaves the gradient; read it as `grad`.
   *
   * @internal
   */
  gradient: Variable | null = null;
  /**
   * Called with the gradient of a leaf, in order; for results see {@link Node}.
   *
   * @internal
   */
  hooks: GradientHook[] | null = null;
  /**
   * Whether it is a view of another tensor's elements.
   *
   * @internal
   */
  isView = false;
  /**
   * Version of the storage when this was made or last written through.
   *
   * @internal
   */
  version: number;
  #leafRequiresGrad = false;

  /**
   * Wraps an array.
   *
   * @internal
   * @param array the elements
   * @param node the recorded op that made them
   */
  constructor(array: NDArray, node: Node | null = null) {
    this.array = array;
    this.node = node;
    this.version = array.storage.version;
  }

  /** Size along each axis. */
  get shape(): Shape {
    return this.array.shape;
  }

  /** Element type. */
  get dtype(): DType {
    return this.array.dtype;
  }

  /** Whether operations on it are recorded: it is a leaf that was asked for, or made from one. */
  get requiresGrad(): boolean {
    return this.#leafRequiresGrad || this.node !== null;
  }

  set requiresGrad(value: boolean) {
    if (this.node !== null) {
      if (value) return;
      throw new GradientError(
        "Cannot stop recording for a result of recorded operations; use detach()",
      );
    }
    if (value && !isFloat(this.array.dtype)) {
      throw new DTypeError(
        `Cannot require the gradient of a tensor of ${this.array.dtype}: only floating-point ` +
          `tensors have gradients; convert it with .to("float32")`,
      );
    }
    this.#leafRequiresGrad = value;
  }

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
    if (value !== null && value.dtype !== this.dtype) {
      throw new DTypeError(
        `Cannot set a gradient of ${value.dtype} on a tensor of ${this.dtype}: convert it with ` +
          `.to("${this.dtype}")`,
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
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = arange(3).requiresGrad_();
   * x.square().sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [0, 2, 4]);
   * ```
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
    if (!this.requiresGrad) {
      throw new GradientError(
        "Cannot retain the gradient of a tensor that does not require one; set requiresGrad",
      );
    }
    if (this.node !== null) this.node.keeper = this;
    return this;
  }

  /**
   * Registers a function that sees the gradient of this tensor when it is complete; if it returns a
   * tensor, that takes the gradient's place.
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
    if (!this.requiresGrad) {
      throw new GradientError(
        "Cannot register a hook on a tensor that does not require a gradient; set requiresGrad",
      );
    }
    const place = this.node ?? this;
    const registered = hook as GradientHook;
    (place.hooks ??= []).push(registered);
    return {
      remove: () => {
        place.hooks = place.hooks?.filter((other) => other !== registered) ?? null;
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
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2, 3], { requiresGrad: true });
   * x.pow(3).sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [3, 12, 27]);
   * x.mul(2).backward(tensor([1, 0, 1])); // adds to what is there
   * assert.deepEqual(x.grad!.toArray(), [5, 12, 29]);
   * ```
   */
  backward(start?: Tensor | BackwardOptions | null, options?: BackwardOptions): void {
    if (isTensor(start)) backward(this, start, options);
    else backward(this, null, options ?? start ?? {});
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
    this.array.storage.kept = true;
    const result = wrap(this.array) as Tensor;
    result.isView = true;
    return result;
  }

  /**
   * Exempts the tensor from the rules that reuse memory after a pass, a step or a batch.
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
   * x.mul(2).sum().backward(); // frees what the first graph has left, but not y
   * assert.deepEqual(y.toArray(), [10, 20]);
   * ```
   */
  retain(): this {
    this.array.storage.kept = true;
    return this;
  }

  /** Frees the memory now, for `using`; never needed. Reading the tensor afterwards is an error. */
  [Symbol.dispose](): void {
    arena.dispose(this.array.storage, "disposed");
  }

  /**
   * The value of a tensor with a single element; 1 or 0 for a boolean.
   *
   * @returns a plain number, rounded to the dtype
   * @throws {ShapeError} if there are more elements, or none
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([[2.5]]).item(), 2.5);
   * assert.equal(tensor(2).gt(1).item(), 1);
   * ```
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

  /**
   * Stands for `item()` where a number is wanted, as in `loss < best`; operators on more elements are
   * refused, since they would compare or add texts. Where a text is wanted, it is `toString()`.
   *
   * @param hint what is wanted
   * @throws {ShapeError} if a number is wanted, and there are more elements than one, or none
   */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint !== "number") return this.toString();
    if (this.size === 1) return this.item();
    throw new ShapeError(
      `Cannot use shape ${
        formatShape(this.shape)
      } as a number: use methods such as add(), mul() and ` +
        `lt(), or item() of one element`,
      this.shape,
    );
  }

  /**
   * The elements as nested arrays; a plain number for a scalar, 1 and 0 for booleans.
   *
   * @returns arrays as deep as there are axes
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 2], [3, 4]]).T.toArray(), [[1, 3], [2, 4]]);
   * assert.equal(tensor(5).toArray(), 5);
   * ```
   */
  toArray(): NestedArray {
    const flat = this.data;
    let next = 0;
    const nest = (axis: number): NestedArray =>
      axis === this.ndim
        ? flat[next++]
        : Array.from({ length: this.shape[axis] }, () => nest(axis + 1));
    return nest(0);
  }

  /**
   * A copy of the elements in row-major order, as a typed array.
   *
   * @returns of the array type of the dtype; changing it leaves the tensor as it is
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
    const contiguous = this.#contiguousArray();
    arena.begin();
    touch(contiguous);
    const copy = new DTYPES[this.dtype].array(contiguous.values());
    if (contiguous !== this.array) arena.dispose(contiguous.storage, "temporary");
    return copy;
  }

  #contiguousArray(): NDArray {
    if (this.array.contiguous) return this.array;
    return apply(ops.clone, [wrap(this.array)]).array;
  }

  /** The tensor as text, long axes abridged. */
  toString(): string {
    const data = this.data;
    const { shape, dtype, requiresGrad } = this;
    return formatTensor({ shape, dtype, requiresGrad, at: (i) => data[i] });
  }

  /** What `console.log` shows in Deno, Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.#extraRepr();
  }

  /** What `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.#extraRepr();
  }

  /** What a notebook shows. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/plain": this.#extraRepr() };
  }

  /** The text, also where there is nothing left to read: a debugger must not throw. */
  #extraRepr(): string {
    const { fate } = this.array.storage;
    return fate === null ? this.toString() : `tensor(<freed>, shape: ${formatShape(this.shape)})`;
  }
}
