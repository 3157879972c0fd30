/**
 * The base of all layers and models: calls, fields, state and hooks.
 *
 * @module
 */

import { isGradEnabled, noGrad } from "../autograd/grad_mode.ts";
import {
  type ModuleCall,
  runningCall,
  setRunningCall,
  shownParameters,
} from "../autograd/module_call.ts";
import { clearGradient, lastNodeId, Node, type Variable } from "../autograd/node.ts";
import {
  checkFunction,
  checkKind,
  checkType,
  countParameters,
  guardMembers,
  isForeign,
} from "../checks.ts";
import { DTYPES, type FloatDType, isFloat } from "../dtype.ts";
import { DTypeError, ValueError } from "../errors.ts";
import { counted, withArticle } from "../names.ts";
import { arena } from "../storage/arena.ts";
import type { RemovableHandle } from "../tensor/autograd.ts";
import { tensorMap } from "../tensor/reading.ts";
import { collect, scope } from "../tensor/scope.ts";
import { formatShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { guardFields, isModule, replacedKind, visitFields } from "./fields.ts";
import { addHook, callHooked, type GradientList, hasHooks, retainTensors } from "./hooks.ts";
import { Buffer, convertLeaves, Parameter } from "./parameter.ts";
import {
  loadInto,
  type LoadStateOptions,
  type LoadStateResult,
  type StateDict,
} from "./state_dict.ts";

/** A module is called like a function. */
export interface Module {
  /** Runs `forward`; the types of inputs and result are those of the class's own `forward`. */
  (...inputs: Parameters<this["forward"]>): ReturnType<this["forward"]>;
}

/** A module that maps one tensor to one tensor, as the entries of a `Sequential` do. */
export interface Layer extends Module {
  /** Computes the result; see {@link Module.forward}. */
  forward(x: Tensor): Tensor;
}

/** Gets the inputs before each call; a returned array replaces them. */
export type ForwardPreHook<I> = (module: Module, inputs: I) => readonly unknown[] | void;

/** Gets the inputs and the result of each call; a returned value replaces the result. */
export type ForwardHook<I, O> = (module: Module, inputs: I, output: O) => NoInfer<O> | void;

/** Gets the gradients of the results of a call; a returned array replaces them. */
export type FullBackwardPreHook = (module: Module, gradOutput: GradientList) => GradientList | void;

/**
 * Gets the gradients of the inputs and of the results of a call; a returned array replaces those of
 * the inputs.
 */
export type FullBackwardHook = (
  module: Module,
  gradInput: GradientList,
  gradOutput: GradientList,
) => GradientList | void;

/**
 * The base of all layers and models: define `forward`, and call the module.
 *
 * Fields are the registry. A field that holds a {@link Parameter}, a {@link Buffer} or a module, or
 * an array, map, set or plain object of them, is part of the module under the field's name; nothing
 * has to be registered. Private fields (`#layer`) and static ones cannot be seen: in training, a call
 * of a layer in them is refused, since no optimizer would get its parameters.
 *
 * A tensor that is assigned to a field with a parameter is refused, since it would not train; one that
 * is assigned to a field with a buffer becomes a buffer. A new module learns which fields those are at
 * its first call or walk, such as `parameters()`; layers of the library know from the start. Every
 * call and walk refuses a tensor in the place of a module or of state in a container, and in training
 * one that requires a gradient but is neither a parameter, nor a result, nor an input of the call.
 *
 * A call has the types of the class's own `forward`, whatever it takes and returns. The bare type
 * `Module` stands for any module, so it cannot be called; a function that calls the model it gets
 * takes a {@link Layer}, or an interface that extends `Module` by another `forward`. TypeScript does
 * not know the types of `this(x)` inside the class, nor those of a call where the module's type is a
 * type parameter: write `this.forward(x)` and `Layer` there. Of an overloaded `forward`, a call has
 * the last signature.
 *
 * When the outermost call returns, it frees the memory of all tensors made inside, except those that
 * belong to a recorded graph, that the call returns, or that fields of modules hold.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 *
 * @example
 * ```ts
 * import { type Tensor, zeros } from "@gradus/gradus";
 * import { Linear, Module, ReLU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * class Encoder extends Module {
 *   hidden = new Linear(4, 8);
 *   relu = new ReLU();
 *   mean = new Linear(8, 2);
 *   logVar = new Linear(8, 2);
 *
 *   override forward(x: Tensor): [Tensor, Tensor] {
 *     const h = this.relu(this.hidden(x));
 *     return [this.mean(h), this.logVar(h)];
 *   }
 * }
 *
 * const model = new Encoder();
 * const [mean, logVar] = model(zeros([5, 4]));
 * assertEquals([mean.shape, logVar.shape], [[5, 2], [5, 2]]);
 * assertEquals([...model.parameters()].length, 6);
 * ```
 */
export abstract class Module {
  /** True in training, false in use: dropout drops in training only. See `train` and `eval`. */
  declare training: boolean;

  /**
   * Makes a module that can be called.
   *
   * @param surplus nothing; classes without a constructor hand their arguments on to here
   * @throws {ValueError} if there are arguments
   */
  constructor(...surplus: never[]) {
    if (surplus.length > 0) {
      throw new ValueError(
        `Cannot make ${new.target.name} with arguments: it takes none; leave them out`,
      );
    }
    const self = makeCallable<this>(new.target.prototype);
    self.training = true;
    return self;
  }

  /**
   * Computes the result. Call the module itself rather than this method, so that hooks run and memory
   * is freed.
   *
   * @param inputs the arguments of the call
   * @returns the result of the call
   * @example
   * ```ts
   * import { type Tensor, tensor } from "@gradus/gradus";
   * import { Module, Parameter } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
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
   * assertEquals(scale(tensor([1, 10])).toArray(), [2, 30]);
   * ```
   */
  abstract forward(...inputs: never): unknown;

  /**
   * Yields the modules in the fields of this one, with the names of the fields.
   *
   * @returns names and modules, in the order of the fields
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU());
   * const found = [...model.namedChildren()].map(([name, child]) => `${name}: ${child}`);
   * assertEquals(found, ["0: Linear(4, 8)", "1: ReLU()"]);
   * ```
   */
  namedChildren(): IterableIterator<[string, Module]> {
    return again(() => {
      const children = fieldsOf(this, Module);
      for (const module of [this, ...valuesOf(children)]) guardFields(module);
      return children;
    });
  }

  /**
   * Yields the modules in the fields of this one, without those further inside.
   *
   * @returns modules in the order of the fields
   */
  children(): IterableIterator<Module> {
    return again(() => valuesOf(this.namedChildren()));
  }

  /**
   * Yields this module and all modules inside, each once, with dotted names.
   *
   * @param prefix the name of this module
   * @param seen modules to leave out; the walk adds those that it meets
   * @returns names and modules, each module before those inside
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Sequential(new Linear(4, 8)), new ReLU());
   * const names = [...model.namedModules()].map(([name]) => name);
   * assertEquals(names, ["", "0", "0.0", "1"]);
   * ```
   */
  namedModules(prefix = "", seen?: Set<unknown>): IterableIterator<[string, Module]> {
    return again(() => modulesIn(this, prefix, seen ?? new Set()));
  }

  /**
   * Yields this module and all modules inside, each once.
   *
   * @returns each module before those inside
   * @example
   * ```ts
   * import { Dropout, Linear, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Linear(4, 8), new Dropout(0.5), new Linear(8, 2));
   * const layers = [...model.modules()].filter((module) => module instanceof Linear);
   * assertEquals(layers.length, 2);
   * ```
   */
  modules(): IterableIterator<Module> {
    return again(() => valuesOf(this.namedModules()));
  }

  /**
   * Yields all parameters, each once, with dotted names such as `fc1.weight`.
   *
   * @returns names and parameters, in the order of the fields
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU());
   * const names = [...model.namedParameters()].map(([name]) => name);
   * assertEquals(names, ["0.weight", "0.bias"]);
   * ```
   */
  namedParameters(): IterableIterator<[string, Parameter]> {
    return again(() => {
      reach(this);
      return unique(tensorsIn(this, Parameter));
    });
  }

  /**
   * Yields all parameters, each once, as an optimizer takes them.
   *
   * @returns the parameters in the order of the fields; every loop over them starts at the first
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
   * let count = 0;
   * for (const parameter of model.parameters()) count += parameter.numel();
   * assertEquals(count, 784 * 128 + 128 + 128 * 10 + 10);
   * ```
   */
  parameters(): IterableIterator<Parameter> {
    return again(() => valuesOf(this.namedParameters()));
  }

  /**
   * Yields all buffers, each once, with dotted names. A buffer is saved with its module, but not
   * trained.
   *
   * @returns names and buffers, in the order of the fields
   * @example
   * ```ts
   * import { BatchNorm1d } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const names = [...new BatchNorm1d(3).namedBuffers()].map(([name]) => name);
   * assertEquals(names, ["running_mean", "running_var", "num_batches_tracked"]);
   * ```
   */
  namedBuffers(): IterableIterator<[string, Buffer]> {
    return again(() => unique(tensorsIn(this, Buffer)));
  }

  /**
   * Yields all buffers, each once.
   *
   * @returns the buffers in the order of the fields
   */
  buffers(): IterableIterator<Buffer> {
    return again(() => valuesOf(this.namedBuffers()));
  }

  /**
   * Calls `visit` with every module inside and then with this one.
   *
   * @param visit a function of a module, such as an initialisation of its weights
   * @returns this module
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const last = new nn.Linear(8, 2);
   * new nn.Sequential(new nn.Linear(4, 8), last).apply((layer) => {
   *   if (layer instanceof nn.Linear) nn.init.zeros_(layer.bias!);
   * });
   * assertEquals(last.bias!.toArray(), [0, 0]);
   * ```
   */
  apply(visit: (module: Module) => void): this {
    checkFunction("apply to modules", "the visitor", visit);
    for (const child of this.children()) child.apply(visit);
    visit(this);
    return this;
  }

  /**
   * Returns the text between the brackets of the printed module: its options. Override it in a layer
   * that has some.
   *
   * @example
   * ```ts
   * import { Conv2d } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new Conv2d(1, 8, 3, { padding: 1 }).extraRepr(), "1, 8, 3, { padding: 1 }");
   * ```
   */
  extraRepr(): string {
    return "";
  }

  /**
   * Prints the module and the modules inside as an indented list.
   *
   * @returns one line for each module, and the closing brackets
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU());
   * assertEquals(`${model}`, "Sequential(\n  (0): Linear(4, 8)\n  (1): ReLU()\n)");
   * ```
   */
  toString(): string {
    const lines = [...this.namedChildren()].map(([name, child]) =>
      `  (${name}): ${child.toString().replaceAll("\n", "\n  ")}`
    );
    const head = `${this.constructor.name}(${this.extraRepr()}`;
    return lines.length === 0 ? `${head})` : [head, ...lines, ")"].join("\n");
  }

  /** Returns the text that `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Returns the text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /**
   * Switches this module and all modules inside to training, or to use.
   *
   * This does not turn gradients off: use `noGrad` for that.
   *
   * @param mode default true
   * @returns this module
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Dropout } from "@gradus/gradus/nn";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const dropout = new Dropout(0.5).train();
   * assertEquals(dropout.training, true);
   * assert([0, 2].includes(dropout(ones([1])).item()));
   * ```
   */
  train(mode = true): this {
    checkType("call train()", "a mode", mode, "boolean");
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /**
   * Switches this module and all modules inside to use: `train(false)`.
   *
   * @returns this module
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Dropout, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Dropout(0.5)).eval();
   * assertEquals(model(ones([3])).toArray(), [1, 1, 1]);
   * ```
   */
  eval(): this {
    return this.train(false);
  }

  /**
   * Clears the gradients of all parameters and frees their memory.
   *
   * Call it before `backward()`, which adds to the gradients that are there.
   *
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Linear(2, 1);
   * model(ones([1, 2])).sum().backward();
   * assertEquals(model.weight.grad!.toArray(), [[1, 1]]);
   * model.zeroGrad();
   * assertEquals(model.weight.grad, null);
   * ```
   */
  zeroGrad(): void {
    for (const parameter of this.parameters()) clearGradient(parameter);
  }

  /**
   * Makes all parameters trainable, or freezes them.
   *
   * @param value default true
   * @returns this module
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * // Train only the last layer of a model.
   * const [features, head] = [new Linear(4, 8), new Linear(8, 2)];
   * features.requiresGrad_(false);
   * head(features(ones([1, 4]))).sum().backward();
   * assertEquals(features.weight.grad, null);
   * assertEquals(head.bias!.grad!.toArray(), [1, 1]);
   * ```
   */
  requiresGrad_(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(value);
    return this;
  }

  /**
   * Converts all floating-point parameters and buffers, and the gradients that are there, in place.
   * Integers and booleans stay as they are.
   *
   * Parameters stay the same tensors: an optimizer that was made before continues in the new dtype
   * with its state (in PyTorch it must be made afterwards), and shared parameters stay shared. A state
   * dict that was taken before keeps the old elements. Inputs are not converted: pass tensors of the
   * same dtype.
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
   * import { assertEquals } from "@std/assert";
   *
   * const model = new nn.Sequential(new nn.Linear(2, 4), new nn.BatchNorm1d(4));
   * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
   * model.to("float64");
   * const dtypes = [...model.stateDict().values()].map(({ dtype }) => dtype);
   * assertEquals(dtypes, [...new Array(6).fill("float64"), "int32"]);
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
   */
  float(): this {
    return this.to("float32");
  }

  /**
   * Converts to float64: `to("float64")`.
   *
   * @returns this module
   */
  double(): this {
    return this.to("float64");
  }

  /**
   * Returns all parameters and buffers by name, without history. They share memory with the module.
   *
   * @returns tensors by dotted name, in the order of the fields
   * @example
   * ```ts
   * import { BatchNorm1d, Linear, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const state = new Sequential(new Linear(4, 8), new BatchNorm1d(8)).stateDict();
   * assertEquals(state.get("0.weight")!.shape, [8, 4]);
   * assertEquals(state.get("1.running_var")!.shape, [8]);
   * ```
   */
  stateDict(): StateDict {
    const own = Array.from(tensorsIn(this, Parameter, Buffer));
    return tensorMap(own.map(([name, tensor]) => [name, tensor.detach()]));
  }

  /**
   * Refuses `JSON.stringify`, which would leave the module out.
   *
   * @param _key the name that `JSON.stringify` passes
   * @throws {ValueError} always; save the state dict instead
   */
  toJSON(_key?: string): never {
    throw new ValueError(
      `Cannot write ${this.constructor.name} as JSON: save() its weights, or serialize() its stateDict()`,
    );
  }

  /**
   * Copies the values of `state` into the parameters and buffers.
   *
   * @param state tensors by name, as `stateDict` returns them
   * @param options `strict: false` ignores names that are missing or unexpected
   * @returns the names that were missing and unexpected
   * @throws {StateDictError} naming every missing, unexpected and mis-shaped entry; nothing is
   *   changed then
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const [model, copy] = [new nn.Linear(2, 3), new nn.Linear(2, 3)];
   * copy.loadStateDict(model.stateDict());
   * assertEquals(copy.weight.toArray(), model.weight.toArray());
   * ```
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
    options: LoadStateOptions = {},
  ): LoadStateResult {
    const own = new Map(tensorsIn(this, Parameter, Buffer));
    return loadInto(this.constructor.name, own, state, options);
  }

  /**
   * Returns a copy of the module, with its own parameters and buffers, which starts where this one is.
   *
   * Tensors, modules and containers in fields are copied, and what is shared within the module is
   * shared within the copy; other values, such as generators, are the same. The copy has neither
   * gradients nor hooks. It is what `copy.deepcopy(model)` makes in PyTorch.
   *
   * @returns a module of the same class
   * @throws {ValueError} if a class has #private members, which cannot be copied
   * @example
   * ```ts
   * import { noGrad } from "@gradus/gradus";
   * import { Linear } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Linear(2, 1);
   * const best = model.clone();
   * const before = model.weight.toArray();
   * noGrad(() => model.weight.add_(1));
   * assertEquals(best.weight.toArray(), before);
   * ```
   */
  clone(): this {
    for (const module of this.modules()) visitFields(module, fieldCheck(module));
    return copyModule(this, new Map());
  }

  /**
   * Registers a function that gets the inputs before each call of this module; an array that it
   * returns replaces them. Tensors that it gets stay in memory, as after `retain()`.
   *
   * @param hook the function
   * @returns a handle that removes it
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { Identity } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const double = new Identity();
   * const handle = double.registerForwardPreHook((_, [x]) => [x.mul(2)]);
   * assertEquals(double(tensor(3)).item(), 6);
   * handle.remove();
   * assertEquals(double(tensor(3)).item(), 3);
   * ```
   */
  registerForwardPreHook<I extends readonly unknown[] = Parameters<this["forward"]>>(
    hook: ForwardPreHook<I>,
  ): RemovableHandle {
    checkFunction("register a hook", "the hook", hook);
    return addHook(this, "forwardPre", (inputs) => {
      retainTensors(inputs);
      return hook(this, inputs as unknown as I);
    });
  }

  /**
   * Registers a function that gets the inputs and the result of each call of this module; a value
   * that it returns replaces the result. Tensors that it gets stay in memory, as after `retain()`.
   *
   * @param hook the function
   * @returns a handle that removes it
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
   * const shapes: (readonly number[])[] = [];
   * const handle = model.at(0).registerForwardHook((_, __, y) => void shapes.push(y.shape));
   * model(ones([3, 4]));
   * handle.remove();
   * model(ones([3, 4]));
   * assertEquals(shapes, [[3, 8]]);
   * ```
   */
  registerForwardHook<
    I extends readonly unknown[] = Parameters<this["forward"]>,
    O = ReturnType<this["forward"]>,
  >(hook: ForwardHook<I, O>): RemovableHandle {
    checkFunction("register a hook", "the hook", hook);
    return addHook(this, "forward", (inputs, output) => {
      retainTensors([inputs, output]);
      return hook(this, inputs as unknown as I, output as O);
    });
  }

  /**
   * Registers a function that gets the gradients of the results of each call of this module before
   * they go into it; an array that it returns replaces them.
   *
   * @param hook the function; it gets one gradient for each result (a tensor, or the elements of an
   *   array), `null` for a value that is not a tensor or got no gradient
   * @returns a handle that removes it
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const layer = new Linear(2, 1, { bias: false });
   * const handle = layer.registerFullBackwardPreHook((_, [gradient]) => [gradient!.mul(10)]);
   * layer(ones([1, 2])).sum().backward();
   * assertEquals(layer.weight.grad!.toArray(), [[10, 10]]);
   * handle.remove();
   * ```
   */
  registerFullBackwardPreHook(hook: FullBackwardPreHook): RemovableHandle {
    checkFunction("register a hook", "the hook", hook);
    return addHook(this, "backwardPre", (gradOutput) => hook(this, gradOutput));
  }

  /**
   * Registers a function that gets the gradients of the inputs and results of each call of this
   * module, once both are complete; an array that it returns replaces those of the inputs.
   *
   * The function is not called if no gradient arrives at the inputs. If none of the inputs requires a
   * gradient, it is called with `null` for each. Inputs and results pass through views, which cannot
   * be written in place. As in PyTorch
   * (https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook),
   * but inputs that require no gradient, or are not used, have `null` rather than zeros.
   *
   * @param hook the function; it gets one gradient for each input and each result, `null` for a value
   *   that is not a tensor or got no gradient
   * @returns a handle that removes it
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Linear(2, 2), new Linear(2, 1));
   * const handle = model.at(1).registerFullBackwardHook((_, [gradInput], [gradOutput]) => {
   *   assertEquals(gradOutput!.toArray(), [[1]]);
   *   return [gradInput!.mul(0)];
   * });
   * model(ones([1, 2])).sum().backward();
   * const [first] = model.parameters();
   * assertEquals(first.grad!.toArray(), [[0, 0], [0, 0]]);
   * handle.remove();
   * ```
   */
  registerFullBackwardHook(hook: FullBackwardHook): RemovableHandle {
    checkFunction("register a hook", "the hook", hook);
    return addHook(this, "backward", (gradInput, gradOutput) => hook(this, gradInput, gradOutput));
  }
}

guardMembers(Module, {
  requiresGrad: "requiresGrad_(value)",
  requires_grad: "requiresGrad_(value)",
  register_parameter: "a field: this.weight = new Parameter(tensor)",
  register_buffer: "a field: this.mean = new Buffer(tensor)",
  add_module: "a field: this.layer = new Linear(2, 2)",
});

/** Makes a function that calls itself as a module, an instance of the class of `prototype`. */
function makeCallable<M extends Module>(prototype: object): M {
  let isKnown = false;
  let isShown = false;
  let maxInputs = 0;
  const self = ((...inputs: readonly unknown[]) => {
    isKnown ||= meet(self);
    if (inputs.length > maxInputs) maxInputs = countInputs(self, inputs.length);
    if (isShown || runningCall !== null || !self.training || !isGradEnabled()) {
      return call(self, inputs);
    }
    const before = lastNodeId();
    const result = call(self, inputs);
    checkShown(self, inputs, result, before);
    isShown = true;
    return result;
  }) as unknown as M;
  // A function with this prototype is an instance of the class that can be called. Its own
  // `name` and `length` would hide fields of these names.
  Object.setPrototypeOf(self, prototype);
  delete (self as { name?: unknown }).name;
  delete (self as { length?: unknown }).length;
  return self;
}

/** Copies a module with all that its fields hold; `copies` has what was copied already. */
function copyModule<M extends Module>(module: M, copies: Map<object, object>): M {
  const prototype: object = Object.getPrototypeOf(module);
  checkCopyable(module.constructor.name, prototype);
  const copy = makeCallable<M>(prototype);
  copies.set(module, copy);
  for (const key of Reflect.ownKeys(module)) {
    const { enumerable } = Object.getOwnPropertyDescriptor(module, key)!;
    const value = copyValue((module as unknown as Record<PropertyKey, unknown>)[key], copies);
    Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true });
  }
  guardFields(copy);
  return copy;
}

/** Rejects modules whose class keeps something that no copy can have. */
function checkCopyable(name: string, prototype: object): void {
  for (let each = prototype; each !== Module.prototype; each = Object.getPrototypeOf(each)) {
    const { constructor } = each;
    if (!/\bthis\.#/.test(Function.prototype.toString.call(constructor))) continue;
    throw new ValueError(
      `Cannot clone ${
        withArticle(name)
      }: its class ${constructor.name} has #private members, which only a ` +
        `constructor makes; make a second one, and load the state dict of the first`,
    );
  }
}

/** Copies tensors, modules and containers; other values are shared. */
function copyValue(value: unknown, copies: Map<object, object>): unknown {
  if (Object(value) !== value) return value;
  const original = value as object;
  const known = copies.get(original);
  if (known !== undefined) return known;
  if (original instanceof Module) return copyModule(original, copies);
  if (original instanceof Tensor) {
    const copy = copyTensor(original);
    copies.set(original, copy);
    return copy;
  }
  const keep = <C extends object>(copy: C): C => {
    copies.set(original, copy);
    return copy;
  };
  if (Array.isArray(original)) {
    const copy: unknown[] = keep([]);
    for (const item of original) copy.push(copyValue(item, copies));
    return copy;
  }
  if (original instanceof Map) {
    const copy: Map<unknown, unknown> = keep(new Map());
    for (const [key, item] of original) copy.set(copyValue(key, copies), copyValue(item, copies));
    return copy;
  }
  if (original instanceof Set) {
    const copy: Set<unknown> = keep(new Set());
    for (const item of original) copy.add(copyValue(item, copies));
    return copy;
  }
  const prototype: unknown = Object.getPrototypeOf(original);
  if (prototype !== Object.prototype && prototype !== null) return original;
  const copy: Record<string, unknown> = keep(Object.create(prototype));
  for (const [key, item] of Object.entries(original)) copy[key] = copyValue(item, copies);
  return copy;
}

function copyTensor(x: Tensor): Tensor {
  const data = noGrad(() => x.clone());
  if (x instanceof Parameter) return new Parameter(data, x.requiresGrad);
  return x instanceof Buffer ? new Buffer(data) : data.retain();
}

/** A call has no inputs after its end. */
const NO_INPUTS: readonly unknown[] = [];

/** Modules whose parameters users can get: in the fields of a model that was called or walked over. */
const reached = new WeakSet<Module>();

function call(module: Module, inputs: readonly unknown[]): unknown {
  const outer = runningCall;
  const own: ModuleCall = { module, since: arena.serial, inputs, outer };
  setRunningCall(own);
  try {
    // Only the outermost call frees memory: inner modules hand their results on.
    if (outer !== null) return forward(module, inputs);
    return scope(() => forward(module, inputs), (found) => addHeld(module, found));
  } finally {
    setRunningCall(outer);
    own.inputs = NO_INPUTS; // nodes remember the call
  }
}

function forward(module: Module, inputs: readonly unknown[]): unknown {
  return hasHooks() ? callHooked(module, inputs) : module.forward(...inputs as never);
}

/**
 * Checks a module before its first call, and guards its fields. Returns true if there is no need to
 * look again.
 */
function meet(module: Module): boolean {
  if (typeof module.forward !== "function") {
    throw new ValueError(
      `Cannot call ${
        withArticle(module.constructor.name)
      }: it has no forward(); define that in the class`,
    );
  }
  if (runningCall === null) reach(module);
  else guardFields(module);
  if (reached.has(module)) return true;
  // Without training, nothing is missed: a teacher or a frozen part may be anywhere.
  const caller = runningCall!.module as Module;
  if (!isGradEnabled() || !caller.training) return false;
  if (Array.from(tensorsIn(module, Parameter)).every(([, { requiresGrad }]) => !requiresGrad)) {
    return false;
  }
  for (let call = runningCall; call !== null; call = call.outer) {
    reach(call.module as Module);
    visitFields(call.inputs, (value) => void (value instanceof Module && reach(value)));
  }
  if (reached.has(module)) return true;
  throw new ValueError(
    `Cannot call ${withArticle(module.constructor.name)} in ${caller.constructor.name}: ` +
      `no field shows it, so parameters() leaves its parameters out and nothing trains them; hold it ` +
      `in a field that is not #private or static, give its own parameters() to an optimizer first, ` +
      `or call it within noGrad()`,
  );
}

/** Guards the fields of `root` and of modules inside, and notes that users can get them. */
function reach(root: Module): void {
  for (const module of root.modules()) {
    if (!reached.has(module)) {
      visitFields(module, fieldCheck(module, (x) => x.requiresGrad && !isInput(x)));
      for (const [, parameter] of fieldsOf(module, Parameter)) shownParameters.add(parameter);
    }
    reached.add(module);
  }
}

/** Rejects parameters in the graph of a call, recorded after node `before`, that no one can train. */
function checkShown(
  root: Module,
  inputs: readonly unknown[],
  result: unknown,
  before: number,
): void {
  const known = new Set<unknown>(root.parameters());
  visitFields(inputs, (value) => {
    const own = value instanceof Module ? value.parameters() : [value];
    for (const each of own) known.add(each);
  });
  const found: Variable[] = [];
  collect(result, found);
  const nodes = new Set(found.map(({ node }) => node));
  // A set that grows is walked to its end.
  for (const node of nodes) {
    if (node === null || node.id <= before) continue;
    for (const edge of node.edges) {
      if (edge instanceof Node) nodes.add(edge);
      else if (edge instanceof Parameter && edge.requiresGrad) {
        if (known.has(edge) || shownParameters.has(edge)) continue;
        const { name } = (node.moduleCall?.module ?? root).constructor;
        throw new ValueError(
          `Cannot use a parameter of shape ${
            formatShape(edge.shape)
          } in ${name}: no field shows it, so ` +
            `parameters() leaves it out and nothing trains it; hold it in a field that is not ` +
            `#private or static, or give it to an optimizer first`,
        );
      }
    }
  }
}

/** Makes a check that rejects what `owner` cannot hold; see {@link faultOf}. */
function fieldCheck(
  owner: Module,
  isLost?: typeof isLostLeaf,
): (value: object, name: string) => void {
  return (value, name) => {
    const fault = faultOf(owner, value, name, isLost);
    if (fault !== null) throw fault;
  };
}

/** Ways out for a tensor in the place of something else. */
const REPLACED = {
  parameter: "the parameter that was there no longer trains; copy values into it with " +
    "noGrad(() => parameter.copy_(values)), or assign new Parameter(values)",
  buffer: "the buffer that was there is no longer saved; copy values into it with " +
    "noGrad(() => buffer.copy_(values)), or assign new Buffer(values)",
  module: "the module that was there is lost; assign a module, or give the tensor another name",
};

/**
 * Makes the error for a value in a field of `owner` that is of another copy of the library, replaced
 * state, or is `isLost`; `null` if it is none of them.
 */
function faultOf(
  owner: Module,
  value: object,
  name: string,
  isLost = isLostLeaf,
): ValueError | null {
  if (value instanceof Parameter || value instanceof Module) return null;
  const refuse = (what: string, why: string) =>
    new ValueError(
      `Cannot use ${
        withArticle(owner.constructor.name)
      } with ${what} as its field "${name}": ${why}`,
    );
  if (!(value instanceof Tensor)) {
    if (!isForeign(value) && !isModule(value)) return null;
    return refuse(
      `a ${isForeign(value) ? "tensor" : "module"} of another copy of Gradus`,
      "the copies share nothing, so nothing trains it; import one copy everywhere",
    );
  }
  const replaced = value instanceof Buffer ? undefined : replacedKind(owner, name);
  if (replaced !== undefined) return refuse("a tensor", REPLACED[replaced]);
  if (!isLost(value, owner)) return null;
  return refuse(
    "a tensor that requires a gradient",
    "it is not a parameter, so nothing trains it; make it one, new Parameter(tensor), or compute it " +
      "in forward()",
  );
}

/** Returns true for a tensor that should be trained and is not. Results may stay, as states and caches. */
function isLostLeaf(x: Tensor, { training }: Module): boolean {
  return x.requiresGrad && x.node === null && training && isGradEnabled() && !isInput(x);
}

/** Leaves that were inputs of calls. Modules may keep them; they belong to the caller. */
const inputLeaves = new WeakSet<Variable>();

/** Returns true for an input of a running call, or a leaf that was once found to be one. */
function isInput(x: Variable): boolean {
  for (let call = runningCall; call !== null && !inputLeaves.has(x); call = call.outer) {
    const found: Variable[] = [];
    collect(call.inputs, found);
    if (found.includes(x)) inputLeaves.add(x);
  }
  return inputLeaves.has(x);
}

/** Rejects more inputs than `forward` takes, and returns how many it takes, if its text says so. */
function countInputs({ forward, constructor: { name } }: Module, given: number): number {
  const count = countParameters(forward);
  if (given <= count) return count;
  throw new ValueError(
    `Cannot call ${withArticle(name)} with ${
      counted(given, "argument")
    }: its forward() takes ${count}; options go into ` +
      `an object, as the last one`,
  );
}

/**
 * Adds the tensors that the fields of `root` and of modules inside carry from call to call, and rejects
 * those that they cannot.
 */
function addHeld(root: Module, found: Variable[]): void {
  let seen: Set<unknown> | undefined;
  let owner = root;
  let fault: ValueError | null = null;
  const visit = (value: object, name: string) => {
    if (value instanceof Parameter) return;
    if (value instanceof Module) {
      seen ??= new Set([root]);
      if (!seen.has(value)) {
        seen.add(value);
        const outer = owner;
        owner = value;
        visitFields(value, visit);
        owner = outer;
      }
      return;
    }
    if (value instanceof Tensor) {
      if (value instanceof Buffer) value.node = null;
      found.push(value);
    }
    fault ??= faultOf(owner, value, name);
  };
  visitFields(root, visit);
  if (fault !== null) throw fault;
}

/** Rejects what is not a module. */
export function checkModule(action: string, value: unknown): void {
  checkKind(action, value, value instanceof Module, "a module, such as new Linear(2, 3)");
}

/** Lists the values of some classes in the fields of a module, with their names. */
function fieldsOf<T>(owner: object, ...kinds: Kind<T>[]): [name: string, value: T][] {
  const fields: [string, T][] = [];
  visitFields(owner, (value, name) => {
    if (kinds.some((kind) => value instanceof kind)) fields.push([name, value as T]);
  });
  return fields;
}

type Kind<T> = abstract new (...values: never) => T;

/**
 * Returns an iterator over what `start` returns. When it is used up, another loop over it starts anew:
 * parameters that were given to an optimizer can be clipped, too.
 */
function again<V>(start: () => Iterable<V>): IterableIterator<V> {
  let isUsedUp = false;
  const walk = (function* (): IterableIterator<V> {
    try {
      yield* start();
    } finally {
      isUsedUp = true;
    }
  })();
  const value = (): IterableIterator<V> => isUsedUp ? again(start) : walk;
  return Object.defineProperty(walk, Symbol.iterator, { value });
}

function* valuesOf<V>(named: Iterable<[string, V]>): IterableIterator<V> {
  for (const [, value] of named) yield value;
}

/** Yields `root` and the modules inside that are not in `seen`, and adds them to it. */
function* modulesIn(
  root: Module,
  prefix: string,
  seen: Set<unknown>,
): IterableIterator<[string, Module]> {
  if (seen.has(root)) return;
  seen.add(root);
  guardFields(root);
  yield [prefix, root];
  for (const [name, child] of fieldsOf(root, Module)) {
    yield* child.namedModules(join(prefix, name), seen);
  }
}

/**
 * Yields the tensors of some classes in `root` and in modules inside, under all their names, and rejects
 * fields in which tensors are lost.
 */
export function* tensorsIn<T extends Tensor>(
  root: Module,
  ...kinds: Kind<T>[]
): IterableIterator<[string, T]> {
  for (const [prefix, module] of root.namedModules()) {
    visitFields(module, fieldCheck(module));
    for (const [name, value] of fieldsOf(module, ...kinds)) yield [join(prefix, name), value];
  }
}

/** Yields each value once, under the first of its names. */
function* unique<T>(named: Iterable<[string, T]>): IterableIterator<[string, T]> {
  const seen = new Set<T>();
  for (const [name, value] of named) {
    if (seen.has(value)) continue;
    seen.add(value);
    yield [name, value];
  }
}

function join(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}.${name}`;
}
