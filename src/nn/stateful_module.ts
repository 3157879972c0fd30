/**
 * The state of a module: how it behaves, what it has learnt, and in which dtype.
 *
 * @module
 */

import { clearGradient, convertLeaves } from "../autograd/gradients.ts";
import { DTYPES, type FloatDType, isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensorsIn } from "./fields.ts";
import { NestedModule } from "./nested_module.ts";
import { Buffer, Parameter } from "./parameter.ts";
import {
  loadInto,
  type LoadStateOptions,
  type LoadStateResult,
  type StateDict,
} from "./state_dict.ts";

/**
 * The part of {@link Module} that changes all modules inside at once, and saves and loads them.
 *
 * @typeParam I what `forward` takes
 * @typeParam O what `forward` returns
 * @example
 * ```ts
 * import { Dropout, Linear, Sequential, StatefulModule } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const model = new Sequential(new Linear(4, 8), new Dropout(0.5));
 * assert.ok(model instanceof StatefulModule);
 * model.eval().requiresGrad_(false);
 * assert.ok([...model.modules()].every(({ training }) => !training));
 * assert.deepEqual([...model.stateDict().keys()], ["0.weight", "0.bias"]);
 * ```
 */
export abstract class StatefulModule<I extends readonly unknown[], O> extends NestedModule<I, O> {
  /** Whether the module behaves as in training (dropout drops) or as in use; see `train`, `eval`. */
  training: boolean = true;

  /**
   * Switches to training behaviour, or to that in use.
   *
   * This does not turn gradients off: use `noGrad` for that.
   *
   * @param mode default true
   * @returns this module
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Dropout } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const dropout = new Dropout(0.5).train();
   * assert.equal(dropout.training, true);
   * assert.ok([0, 2].includes(dropout(ones([1])).item()));
   * ```
   */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /**
   * Switches to the behaviour in use: `train(false)`.
   *
   * @returns this module
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Dropout, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Dropout(0.5)).eval();
   * assert.deepEqual(model(ones([3])).toArray(), [1, 1, 1]);
   * ```
   */
  eval(): this {
    return this.train(false);
  }

  /**
   * Takes the gradients of all parameters away; their memory is used again.
   *
   * Call it before `backward()`, which adds to the gradients that are there.
   *
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Linear(2, 1);
   * model(ones([1, 2])).sum().backward();
   * assert.deepEqual(model.weight.grad!.toArray(), [[1, 1]]);
   * model.zeroGrad();
   * assert.equal(model.weight.grad, null);
   * ```
   */
  zeroGrad(): void {
    for (const parameter of this.parameters()) clearGradient(parameter);
  }

  /**
   * Sets whether all parameters learn.
   *
   * @param value default true
   * @returns this module
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * // Train only the last layer of a model.
   * const [features, head] = [new Linear(4, 8), new Linear(8, 2)];
   * features.requiresGrad_(false);
   * head(features(ones([1, 4]))).sum().backward();
   * assert.equal(features.weight.grad, null);
   * assert.deepEqual(head.bias!.grad!.toArray(), [1, 1]);
   * ```
   */
  requiresGrad_(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(value);
    return this;
  }

  /**
   * Converts all floating-point parameters and buffers, and the gradients that are there, in place;
   * those of integers and booleans stay as they are.
   *
   * Parameters stay the same tensors: an optimizer that was made before goes on with them, and with
   * what it remembers of them, in the new dtype (in PyTorch it is to be made afterwards); what is
   * shared stays shared. A state dict that was taken before keeps the old elements. Inputs are not
   * converted: pass tensors of the same dtype.
   *
   * See https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.to
   *
   * @param dtype `"float32"` or `"float64"`
   * @returns this module
   * @throws {DTypeError} if the dtype is neither
   * @throws {OutOfMemoryError} if there is no room for both; nothing is converted then
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import * as nn from "@gradus/gradus/nn";
   * import * as optim from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const model = new nn.Sequential(new nn.Linear(2, 4), new nn.BatchNorm1d(4));
   * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
   * model.to("float64");
   * const dtypes = [...model.stateDict().values()].map(({ dtype }) => dtype);
   * assert.deepEqual(dtypes, [...new Array(6).fill("float64"), "int32"]);
   *
   * model(ones([3, 2], { dtype: "float64" })).sum().backward();
   * optimizer.step();
   * ```
   */
  to(dtype: FloatDType): this {
    if (!Object.hasOwn(DTYPES, dtype) || !isFloat(dtype)) {
      throw new DTypeError(
        `Cannot convert ${this.constructor.name} to ${dtype}: modules compute in "float32" or "float64", and ` +
          `there are no devices to move them to`,
      );
    }
    convertLeaves([...this.parameters(), ...this.buffers()], dtype);
    return this;
  }

  /**
   * Converts to float32: `to("float32")`.
   *
   * @returns this module
   * @example
   * ```ts
   * import { Linear } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * assert.equal(new Linear(2, 3).double().float().weight.dtype, "float32");
   * ```
   */
  float(): this {
    return this.to("float32");
  }

  /**
   * Converts to float64: `to("float64")`.
   *
   * @returns this module
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { init, Linear } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const layer = new Linear(1, 1, { bias: false }).double();
   * init.constant_(layer.weight, 0.1);
   * assert.equal(layer(tensor([1], { dtype: "float64" })).item(), 0.1); // not 0.10000000149…
   * ```
   */
  double(): this {
    return this.to("float64");
  }

  /**
   * All parameters and buffers by name, without history; they share memory with the module.
   *
   * @returns tensors by dotted name, in the order of the fields
   * @example
   * ```ts
   * import { BatchNorm1d, Linear, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const state = new Sequential(new Linear(4, 8), new BatchNorm1d(8)).stateDict();
   * assert.deepEqual(state.get("0.weight")!.shape, [8, 4]);
   * assert.deepEqual(state.get("1.running_var")!.shape, [8]);
   * ```
   */
  stateDict(): StateDict {
    const state: StateDict = new Map();
    for (const [name, tensor] of tensorsIn(this.namedModules(), Parameter, Buffer)) {
      state.set(name, tensor.detach());
    }
    return state;
  }

  /**
   * Takes over the values of `state`.
   *
   * @param state tensors by name, as `stateDict` returns them
   * @param options `strict: false` ignores names that are missing or unexpected
   * @returns the names that were missing and unexpected
   * @throws {StateDictError} naming every missing, unexpected and mis-shaped entry; nothing is
   *   changed then
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const [model, copy] = [new nn.Linear(2, 3), new nn.Linear(2, 3)];
   * copy.loadStateDict(model.stateDict());
   * assert.deepEqual(copy.weight.toArray(), model.weight.toArray());
   * ```
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
    options: LoadStateOptions = {},
  ): LoadStateResult {
    const own = new Map(tensorsIn(this.namedModules(), Parameter, Buffer));
    return loadInto(this.constructor.name, own, state, options);
  }
}
