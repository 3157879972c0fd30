/**
 * Calls a module with other tensors in the place of its parameters and buffers.
 *
 * @module
 */

import { checkArguments, checkKind, checkList, readOptions } from "../checks.ts";
import { StateDictError } from "../errors.ts";
import { listed } from "../names.ts";
import { ops } from "../ops/table.ts";
import { run } from "../tensor/run.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkModule, type Module, tensorsIn } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";
import { misfits } from "./state_dict.ts";

/** Options of `functionalCall`. */
export interface FunctionalCallOptions {
  /** True to refuse names that are missing; by default the module's own tensors stand for them. */
  readonly strict?: boolean;
}

/**
 * Calls `module` with other tensors in the place of its parameters and buffers, to which gradients flow.
 * The module is the same afterwards; what it writes to buffers goes to those that are given.
 *
 * See https://pytorch.org/docs/stable/generated/torch.func.functional_call.html
 *
 * @param module any module
 * @param state tensors by the names of `stateDict`
 * @param inputs the arguments of the call
 * @param options `strict`
 * @returns the result of the call
 * @throws {StateDictError} naming every unexpected, missing and mis-shaped entry
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functionalCall, Linear } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new Linear(2, 1, { bias: false });
 * const weight = tensor([[3, 4]], { requiresGrad: true });
 * const y = functionalCall(model, { weight }, [tensor([1, 10])]);
 * y.sum().backward();
 * assertEquals([y.item(), weight.grad!.toArray()], [43, [[1, 10]]]);
 * assertEquals(model.weight.grad, null);
 * ```
 */
export function functionalCall<M extends Module>(
  module: M,
  state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  inputs: Parameters<M["forward"]>,
  options: FunctionalCallOptions = {},
): ReturnType<M["forward"]> {
  checkArguments("functionalCall", arguments, 4);
  checkModule("functionalCall", module);
  checkKind("functionalCall", state, Object(state) === state, "tensors by name");
  checkList("functionalCall", inputs);
  const { strict } = readOptions("functionalCall", options, { strict: false });
  const given: ReadonlyMap<string, Tensor> = state instanceof Map
    ? state
    : new Map(Object.entries(state));
  const own = new Map<string, Tensor>(tensorsIn(module, Parameter, Buffer));
  checkState(module.constructor.name, own, given, strict);
  const restorations: (() => void)[] = [];
  try {
    for (const [name, x] of given) restorations.push(replace(own.get(name)!, x));
    const call = module as unknown as (...inputs: unknown[]) => ReturnType<M["forward"]>;
    return call(...inputs);
  } finally {
    restorations.reverse().forEach((restore) => restore());
  }
}

function checkState(
  name: string,
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
  strict: boolean,
): void {
  const quoted = (names: readonly string[]) => listed(names.map((each) => `"${each}"`));
  const unexpected = [...given.keys()].filter((entry) => !own.has(entry));
  const missing = strict ? [...own.keys()].filter((entry) => !given.has(entry)) : [];
  const faults = misfits(own, given);
  if (missing.length > 0) faults.unshift(`missing ${quoted(missing)}`);
  if (unexpected.length > 0) faults.unshift(`unexpected ${quoted(unexpected)}`);
  const replaced = new Map<Tensor, string>();
  for (const [entry, x] of given) {
    const tensor = own.get(entry);
    const other = tensor && replaced.get(tensor);
    if (other !== undefined && given.get(other) !== x) {
      faults.push(`"${entry}" and "${other}" are one tensor of the module, but two here`);
    }
    if (tensor !== undefined) replaced.set(tensor, entry);
  }
  if (faults.length > 0) throw new StateDictError(name, faults);
}

/** Lets `own` stand for `x` until the function that is returned is called. */
function replace(own: Tensor, x: Tensor): () => void {
  const { array, node, version, requiresGrad } = own;
  // The gradient of a leaf goes to the leaf that was used, so it passes through a view instead.
  const source = x.requiresGrad && x.isLeaf ? run(ops.reshape, [x], x.shape) : x;
  own.node = null;
  own.requiresGrad = false;
  Object.assign(own, { array: source.array, node: source.node, version: source.version });
  return () => {
    own.node = null;
    Object.assign(own, { array, version });
    if (node === null) own.requiresGrad = requiresGrad;
    own.node = node;
  };
}
