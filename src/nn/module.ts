/**
 * The base of all layers and models.
 *
 * @module
 */

import { convertLeaves } from "../autograd/convert.ts";
import { clearGradient } from "../autograd/medium.ts";
import type { Variable } from "../autograd/variable.ts";
import { DTYPES, type FloatDType, isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import type { RemovableHandle } from "../tensor/readable.ts";
import { pass } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { entries, join, unique } from "./fields.ts";
import type { Gradients } from "./backward_hooks.ts";
import {
  addAfter,
  addAfterGradients,
  addBefore,
  addBeforeGradients,
  anyHooks,
  callHooked,
} from "./hooks.ts";
import { Buffer, Parameter } from "./parameter.ts";
import {
  loadInto,
  type LoadStateOptions,
  type LoadStateResult,
  type StateDict,
} from "./state_dict.ts";

/** A module is called like a function, which runs its `forward`. */
export interface Module<I extends readonly unknown[] = [Tensor], O = Tensor> {
  /** Runs the module. */
  (...inputs: I): O;
}

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

/** How many module calls are under way, each inside the one before. */
let depth = 0;

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
export abstract class Module<I extends readonly unknown[] = [Tensor], O = Tensor> {
  /** Whether the module behaves as in training (dropout drops) or as in use; see `train`, `eval`. */
  declare training: boolean;

  /** Makes a module that can be called. */
  constructor() {
    const self = ((...inputs: I): O => call(self, inputs)) as Module<I, O>;
    // A function with this prototype is an instance of the class that can be called. Its own
    // `name` and `length` would hide fields of these names.
    Object.setPrototypeOf(self, new.target.prototype);
    delete (self as { name?: unknown }).name;
    delete (self as { length?: unknown }).length;
    self.training = true;
    return self;
  }

  /**
   * Computes the result; call the module itself rather than this, so that hooks run and memory is
   * freed.
   *
   * @param inputs what the module is called with
   * @returns what the call returns
   * @example
   * ```ts
   * import { type Tensor, tensor } from "@gradus/gradus";
   * import { Module, Parameter } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * class Scale extends Module {
   *   factor = new Parameter(tensor([2, 3]));
   *
   *   override forward(x: Tensor): Tensor {
   *     return x.mul(this.factor);
   *   }
   * }
   *
   * const scale = new Scale();
   * assert.deepEqual(scale(tensor([1, 10])).toArray(), [2, 30]);
   * ```
   */
  abstract forward(...inputs: I): O;

  // ---------------------------------------------------------------- what it consists of

  /**
   * The modules in its fields, with the names of the fields.
   *
   * @returns names and modules, in the order of the fields
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU());
   * const found = [...model.namedChildren()].map(([name, child]) => `${name}: ${child}`);
   * assert.deepEqual(found, ["0: Linear(4, 8)", "1: ReLU()"]);
   * ```
   */
  *namedChildren(): IterableIterator<[string, AnyModule]> {
    for (const [name, value] of entries(this)) if (value instanceof Module) yield [name, value];
  }

  /**
   * The modules in its fields, without those further inside.
   *
   * @returns modules in the order of the fields
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new Sequential(new ReLU(), new Linear(8, 2)));
   * assert.equal([...model.children()].length, 2);
   * ```
   */
  *children(): IterableIterator<AnyModule> {
    for (const [, child] of this.namedChildren()) yield child;
  }

  /**
   * This module and all modules inside, each once, with dotted names.
   *
   * @param prefix the name of this module
   * @param seen modules that are left out; those that are met are added
   * @returns names and modules, each module before those inside
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Sequential(new Linear(4, 8)), new ReLU());
   * const names = [...model.namedModules()].map(([name]) => name);
   * assert.deepEqual(names, ["", "0", "0.0", "1"]);
   * ```
   */
  *namedModules(
    prefix = "",
    seen: Set<unknown> = new Set(),
  ): IterableIterator<[string, AnyModule]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(join(prefix, name), seen);
    }
  }

  /**
   * This module and all modules inside, each once.
   *
   * @returns each module before those inside
   * @example
   * ```ts
   * import { Dropout, Linear, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new Dropout(0.5), new Linear(8, 2));
   * const layers = [...model.modules()].filter((module) => module instanceof Linear);
   * assert.equal(layers.length, 2);
   * ```
   */
  *modules(): IterableIterator<AnyModule> {
    for (const [, module] of this.namedModules()) yield module;
  }

  /**
   * All parameters, each once, with dotted names such as `fc1.weight`.
   *
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU());
   * const names = [...model.namedParameters()].map(([name]) => name);
   * assert.deepEqual(names, ["0.weight", "0.bias"]);
   * ```
   */
  *namedParameters(): IterableIterator<[string, Parameter]> {
    yield* unique(tensorsIn(this, Parameter));
  }

  /**
   * All parameters, each once: what an optimizer takes.
   *
   * @returns the parameters in the order of the fields; it can be walked once
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
   * let count = 0;
   * for (const parameter of model.parameters()) count += parameter.size;
   * assert.equal(count, 784 * 128 + 128 + 128 * 10 + 10);
   * ```
   */
  *parameters(): IterableIterator<Parameter> {
    for (const [, parameter] of this.namedParameters()) yield parameter;
  }

  /**
   * All buffers, each once, with dotted names: what is saved with a module but does not learn.
   *
   * @returns names and buffers, in the order of the fields
   * @example
   * ```ts
   * import { BatchNorm1d } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const names = [...new BatchNorm1d(3).namedBuffers()].map(([name]) => name);
   * assert.deepEqual(names, ["running_mean", "running_var", "num_batches_tracked"]);
   * ```
   */
  *namedBuffers(): IterableIterator<[string, Buffer]> {
    yield* unique(tensorsIn(this, Buffer));
  }

  /**
   * All buffers, each once.
   *
   * @returns the buffers in the order of the fields
   * @example
   * ```ts
   * import { BatchNorm1d } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const [mean, variance] = new BatchNorm1d(2).buffers();
   * assert.deepEqual(mean.toArray(), [0, 0]);
   * assert.deepEqual(variance.toArray(), [1, 1]);
   * ```
   */
  *buffers(): IterableIterator<Buffer> {
    for (const [, buffer] of this.namedBuffers()) yield buffer;
  }

  // ---------------------------------------------------------------- changing all of it

  /**
   * Calls `visit` with every module inside and then with this one.
   *
   * @param visit for example a weight initialisation
   * @returns this module
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const last = new nn.Linear(8, 2);
   * new nn.Sequential(new nn.Linear(4, 8), last).apply((layer) => {
   *   if (layer instanceof nn.Linear) nn.init.zeros_(layer.bias!);
   * });
   * assert.deepEqual(last.bias!.toArray(), [0, 0]);
   * ```
   */
  apply(visit: (module: AnyModule) => void): this {
    for (const child of this.children()) child.apply(visit);
    visit(this);
    return this;
  }

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
        `Cannot convert ${nameOf(this)} to ${dtype}: modules compute in "float32" or "float64", and ` +
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

  // ---------------------------------------------------------------- looking at calls

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

  // ---------------------------------------------------------------- state

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
    for (const [name, tensor] of tensorsIn(this, Parameter, Buffer)) {
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
    const own = new Map(tensorsIn(this, Parameter, Buffer));
    return loadInto(nameOf(this), own, state, options);
  }

  // ---------------------------------------------------------------- printing

  /**
   * What a printed form shows in the brackets of this module itself: its options.
   *
   * @returns nothing, unless a layer says more
   * @example
   * ```ts
   * import { Conv2d } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * assert.equal(new Conv2d(1, 8, 3, { padding: 1 }).describe(), "1, 8, 3, { padding: 1 }");
   * ```
   */
  describe(): string {
    return "";
  }

  /**
   * The module and what is inside, as an indented list.
   *
   * @returns one line for each module, and the closing brackets
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU());
   * assert.equal(`${model}`, "Sequential(\n  (0): Linear(4, 8)\n  (1): ReLU()\n)");
   * ```
   */
  toString(): string {
    const lines = [...this.namedChildren()].map(([name, child]) =>
      `  (${name}): ${child.toString().replaceAll("\n", "\n  ")}`
    );
    const options = this.describe();
    if (lines.length === 0) return `${nameOf(this)}(${options})`;
    return [`${nameOf(this)}(${options}`, ...lines, ")"].join("\n");
  }

  /** What `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** What `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/** Any module, whatever it takes and returns: good for looking at, not for calling. */
export type AnyModule = Module<never, unknown>;

function call<I extends readonly unknown[], O>(module: Module<I, O>, inputs: I): O {
  // Only the outermost call ends a pass: inner modules hand their results on.
  if (depth > 0) return forward(module, inputs);
  depth++;
  try {
    return pass(() => forward(module, inputs), (found) => addHeld(module, found, new Set()));
  } finally {
    depth--;
  }
}

function forward<I extends readonly unknown[], O>(module: Module<I, O>, inputs: I): O {
  return anyHooks() ? callHooked(module, inputs) : module.forward(...inputs);
}

/**
 * Adds the tensors in the fields of a module and inside, which it carries from call to call.
 *
 * It runs after every outermost call: generators over names would take a tenth of a small step.
 */
function addHeld(value: unknown, found: Variable[], seen: Set<unknown>): void {
  if (typeof value !== "object" && typeof value !== "function") return;
  if (value instanceof Tensor) {
    if (!(value instanceof Parameter)) found.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) addHeld(item, found, seen);
  } else if (value instanceof Module && !seen.has(value)) {
    seen.add(value);
    for (const field of Object.values(value)) addHeld(field, found, seen);
  }
}

/** Tensors of some classes in `root` and inside, under every name that they have. */
function* tensorsIn<I extends readonly unknown[], O, T extends Tensor>(
  root: Module<I, O>,
  ...kinds: (new (data: Tensor) => T)[]
): IterableIterator<[string, T]> {
  for (const [prefix, module] of root.namedModules()) {
    for (const [name, value] of entries(module)) {
      const kind = kinds.find((k) => value instanceof k);
      if (kind !== undefined) yield [join(prefix, name), value as T];
    }
  }
}

function nameOf(module: object): string {
  return module.constructor.name;
}
