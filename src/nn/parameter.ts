/**
 * Defines parameters and buffers, the tensors that belong to the state of a module, and converts them.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { clearGradient, setGradient, type Variable, wrap } from "../autograd/node.ts";
import { checkArguments, checkTensors } from "../checks.ts";
import { type FloatDType, isFloat } from "../dtype.ts";
import { ops } from "../ops/table.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * A tensor that training changes. In a field of a module, `parameters()` finds it.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Parameter } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Parameter(zeros([3])).requiresGrad, true);
 * ```
 */
export class Parameter extends Tensor {
  /** Tells the types apart: a tensor in the place of a parameter is an error when types are checked. */
  declare private readonly isParameter: true;

  /**
   * Makes a parameter.
   *
   * @param data its first value; the storage is shared
   * @param requiresGrad false to freeze it; default true
   */
  constructor(data: Tensor, requiresGrad = true) {
    checkArguments("make Parameter", arguments, 2);
    checkTensors("make Parameter", data);
    super(data.detach().array);
    this.array.storage.origin = "a parameter";
    this.requiresGrad = requiresGrad;
  }
}

/**
 * A tensor that belongs to the state of a module but is not trained, such as a running mean. In a
 * field of a module, it is part of the state dict. Write to it in place, with `copy_` and its like, or
 * assign a tensor to the field: it becomes the buffer. Its history ends with the call of the module.
 *
 * @example
 * ```ts
 * import { type Tensor, zeros } from "@gradus/gradus";
 * import * as nn from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * class Counter extends nn.Module {
 *   count: nn.Buffer = new nn.Buffer(zeros([]));
 *   override forward(): Tensor {
 *     return this.count.add_(1);
 *   }
 * }
 * const counter = new Counter();
 * assertEquals(counter().item(), 1);
 * assertEquals(counter.stateDict().get("count")!.item(), 1);
 * ```
 */
export class Buffer extends Tensor {
  /**
   * Makes a buffer.
   *
   * @param data its first value; the storage is shared
   */
  constructor(data: Tensor) {
    checkArguments("make Buffer", arguments, 1);
    checkTensors("make Buffer", data);
    super(data.detach().array);
    this.array.storage.origin = "a buffer";
  }
}

/**
 * Converts floating-point leaves and their gradients to `dtype`, in place; other leaves stay.
 *
 * Optimizers keep working with the leaves. A graph or a state dict that holds the old elements
 * keeps them; gradients of such a graph are converted when they arrive. If memory runs out, nothing
 * changes.
 *
 * @param leaves each leaf once
 * @param dtype the new dtype
 */
export function convertLeaves(leaves: Iterable<Variable>, dtype: FloatDType): void {
  const cast = (x: Variable): NDArray => apply(ops.cast, [wrap(x.array)], dtype).array;
  const conversions = [...leaves]
    .filter((leaf) => isFloat(leaf.dtype) && leaf.dtype !== dtype)
    .map((leaf) => ({ leaf, array: cast(leaf), gradient: leaf.gradient && cast(leaf.gradient) }));
  for (const { leaf, array, gradient } of conversions) {
    const { origin } = leaf.array.storage;
    Object.assign(array.storage, { origin, retained: true });
    leaf.array = array;
    leaf.version = array.storage.version;
    clearGradient(leaf);
    if (gradient !== null) setGradient(leaf, wrap(gradient));
  }
}
