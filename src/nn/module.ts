/**
 * The base of all layers and models.
 *
 * Its methods are in files by what they do, each class on top of the one before:
 * `callable_module.ts`, `nested_module.ts` (what a module consists of), `stateful_module.ts`, and here
 * what looks at calls.
 *
 * @module
 */

import type { RemovableHandle } from "../tensor/readable.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  addAfter,
  addAfterGradients,
  addBefore,
  addBeforeGradients,
  type Gradients,
} from "./hooks.ts";
import { StatefulModule } from "./stateful_module.ts";

/** A module is called like a function, which runs its `forward`. */
export interface Module<I extends readonly unknown[] = [Tensor], O = Tensor> {
  /** Runs the module. */
  (...inputs: I): O;
}

/** Any module, whatever it takes and returns: good for looking at, not for calling. */
export type AnyModule = Module<never, unknown>;

/** Sees the inputs before each call; what it returns, if anything, takes their place. */
export type ForwardPreHook<I> = (module: AnyModule, inputs: I) => readonly unknown[] | void;

/** Sees inputs and result of each call; what it returns, if anything, takes the result's place. */
export type ForwardHook<I, O> = (module: AnyModule, inputs: I, output: O) => NoInfer<O> | void;

/** Sees the gradients of the results of a call; what it returns, if anything, takes their place. */
export type FullBackwardPreHook = (module: AnyModule, gradOutput: Gradients) => Gradients | void;

/**
 * Sees the gradients of the inputs and of the results of a call; what it returns, if anything, takes
 * the place of those of the inputs.
 */
export type FullBackwardHook = (
  module: AnyModule,
  gradInput: Gradients,
  gradOutput: Gradients,
) => Gradients | void;

/**
 * The base of all layers and models: define `forward`, and call the module.
 *
 * Fields are the registry. A field that holds a {@link Parameter}, a {@link Buffer} or a module, or
 * an array of them, is part of the module under the field's name; nothing has to be registered.
 *
 * When the outermost call returns, the memory of what was made inside and is not part of a recorded
 * graph is used again, except for what the call returns and what fields of modules hold.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 *
 * @typeParam I what `forward` takes
 * @typeParam O what `forward` returns
 * @example
 * ```ts
 * import { type Tensor, zeros } from "@gradus/gradus";
 * import { Linear, Module, ReLU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * class Net extends Module {
 *   fc1 = new Linear(4, 8);
 *   relu = new ReLU();
 *   fc2 = new Linear(8, 2);
 *
 *   override forward(x: Tensor): Tensor {
 *     return this.fc2(this.relu(this.fc1(x)));
 *   }
 * }
 *
 * const model = new Net();
 * assert.deepEqual(model(zeros([5, 4])).shape, [5, 2]);
 * assert.equal([...model.parameters()].length, 4);
 * ```
 */
export abstract class Module<I extends readonly unknown[] = [Tensor], O = Tensor>
  extends StatefulModule<I, O> {
  /**
   * Registers a function that sees the inputs before each call of this module; if it returns an
   * array, that takes their place. What it sees is kept, as by `retain()`.
   *
   * @param hook the function
   * @returns a handle that removes it
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { Identity } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const double = new Identity();
   * const handle = double.registerForwardPreHook((_, [x]) => [x.mul(2)]);
   * assert.equal(double(tensor(3)).item(), 6);
   * handle.remove();
   * assert.equal(double(tensor(3)).item(), 3);
   * ```
   */
  registerForwardPreHook<J extends readonly unknown[] = I>(
    hook: ForwardPreHook<J>,
  ): RemovableHandle {
    return addBefore(this, (inputs) => hook(this, inputs as unknown as J));
  }

  /**
   * Registers a function that sees the inputs and the result of each call of this module; if it
   * returns something, that takes the place of the result. What it sees is kept, as by `retain()`.
   *
   * @param hook the function
   * @returns a handle that removes it
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
   * const shapes: (readonly number[])[] = [];
   * const handle = model.at(0).registerForwardHook((_, __, y) => void shapes.push(y.shape));
   * model(ones([3, 4]));
   * handle.remove();
   * model(ones([3, 4]));
   * assert.deepEqual(shapes, [[3, 8]]);
   * ```
   */
  registerForwardHook<J extends readonly unknown[] = I, P = O>(
    hook: ForwardHook<J, P>,
  ): RemovableHandle {
    return addAfter(this, (inputs, output) => hook(this, inputs as unknown as J, output as P));
  }

  /**
   * Registers a function that sees the gradients of the results of each call of this module before
   * they go into it; if it returns an array, that takes their place.
   *
   * @param hook the function; it gets one gradient for each result (a tensor, or the elements of an
   *   array), `null` for what is no tensor or got no gradient
   * @returns a handle that removes it
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const layer = new Linear(2, 1, { bias: false });
   * const handle = layer.registerFullBackwardPreHook((_, [gradient]) => [gradient!.mul(10)]);
   * layer(ones([1, 2])).sum().backward();
   * assert.deepEqual(layer.weight.grad!.toArray(), [[10, 10]]);
   * handle.remove();
   * ```
   */
  registerFullBackwardPreHook(hook: FullBackwardPreHook): RemovableHandle {
    return addBeforeGradients(this, (gradOutput) => hook(this, gradOutput));
  }

  /**
   * Registers a function that sees the gradients of the inputs and results of each call of this
   * module, once both are complete; if it returns an array, that takes the place of those of the
   * inputs.
   *
   * It is not called where no gradient arrives at the inputs, except if none of them requires one:
   * then it is called with `null` for each. Inputs and results pass through views, which cannot be
   * written in place. As in PyTorch
   * (https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook),
   * but inputs that require no gradient, or are not used, have `null` rather than zeros.
   *
   * @param hook the function; it gets one gradient for each input and each result, `null` for what is
   *   no tensor or got no gradient
   * @returns a handle that removes it
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(2, 2), new Linear(2, 1));
   * const handle = model.at(1).registerFullBackwardHook((_, [gradInput], [gradOutput]) => {
   *   assert.deepEqual(gradOutput!.toArray(), [[1]]);
   *   return [gradInput!.mul(0)];
   * });
   * model(ones([1, 2])).sum().backward();
   * const [first] = model.parameters();
   * assert.deepEqual(first.grad!.toArray(), [[0, 0], [0, 0]]);
   * handle.remove();
   * ```
   */
  registerFullBackwardHook(hook: FullBackwardHook): RemovableHandle {
    return addAfterGradients(
      this,
      (gradInput, gradOutput) => hook(this, gradInput, gradOutput),
    );
  }
}
