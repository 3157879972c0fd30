/**
 * Runs a model once, and counts its parameters and multiplications layer by layer.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { noGrad } from "../autograd/grad_mode.ts";
import type { Variable } from "../autograd/node.ts";
import { addHook } from "./hooks.ts";
import { MultiheadAttention } from "./layers/attention.ts";
import { Conv1d, Conv2d } from "./layers/conv.ts";
import { ConvTranspose1d, ConvTranspose2d } from "./layers/conv_transpose.ts";
import { Bilinear, Linear } from "./layers/linear.ts";
import { Recurrent } from "./layers/recurrent.ts";
import { RecurrentCell } from "./layers/recurrent_cell.ts";
import { checkModule, type Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { formatShape, type Shape } from "../shape.ts";
import { zeros } from "../tensor/create.ts";
import type { RemovableHandle } from "../tensor/autograd.ts";
import { collect, scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * Counts the multiplications, each with an addition, in one call of `module` without the modules
 * inside: those of products with weights, and of attention. Layers that take a few operations for each
 * element, such as activations, normalization and pooling, count as nothing.
 */
function multiplyAdds(module: Module, inputs: readonly Tensor[], output: Tensor): number {
  const [x] = inputs;
  if (module instanceof Linear) return output.numel() * module.inFeatures;
  if (module instanceof Bilinear) {
    const { in1Features, in2Features, outFeatures, weight } = module;
    return x.numel() / in1Features * (weight.numel() + outFeatures * in2Features);
  }
  if (module instanceof Conv2d || module instanceof Conv1d) {
    return output.numel() * module.weight.numel() / module.outChannels;
  }
  if (module instanceof ConvTranspose2d || module instanceof ConvTranspose1d) {
    return x.numel() * module.weight.numel() / module.inChannels;
  }
  if (module instanceof MultiheadAttention) return attention(module, inputs);
  if (module instanceof Recurrent || module instanceof RecurrentCell) {
    // Every weight is used once for each element of each sequence.
    return x.numel() / module.inputSize * weightsOf(module);
  }
  return 0;
}

/** Counts the projections of query, key and value, the scores, and the weighted sums of values. */
function attention(module: MultiheadAttention, [query, key, value]: readonly Tensor[]): number {
  const { embedDim, batchFirst } = module;
  const projections = (query.numel() + key.numel() + value.numel()) * embedDim;
  const keys = key.shape[batchFirst && key.ndim === 3 ? 1 : 0] + module.addedKeys;
  return projections + 2 * query.numel() * keys;
}

function weightsOf(module: Module): number {
  let size = 0;
  for (const parameter of module.parameters()) if (parameter.ndim > 1) size += parameter.numel();
  return size;
}

/** A module in a summary. */
export interface SummaryLayer {
  /** Dotted name of the module; empty for the model itself. */
  readonly name: string;
  /** Name of its class. */
  readonly type: string;
  /** Shapes of the results of its last call; none if it was not called. */
  readonly outputShapes: readonly Shape[];
  /** Number of elements of its own parameters, without those of modules inside. */
  readonly parameters: number;
  /** Number of multiplications, each with an addition, in all its calls, without modules inside. */
  readonly multiplyAdds: number;
}

/**
 * Result of `summary`; it prints as a table.
 *
 * @example
 * ```ts
 * import { Linear, summary } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const { parameters, multiplyAdds } = summary(new Linear(784, 10), [1, 784]);
 * assertEquals([parameters, multiplyAdds], [7850, 7840]);
 * ```
 */
export class Summary {
  /** The model and the modules inside, each once. */
  readonly layers: readonly SummaryLayer[];
  /** Number of elements of all parameters. */
  readonly parameters: number;
  /** Number of elements of the parameters that require a gradient. */
  readonly trainableParameters: number;
  /** Number of multiplications, each with an addition, of weights and of attention. */
  readonly multiplyAdds: number;

  /**
   * Adds up the numbers of the layers.
   *
   * @internal
   * @param layers the modules
   * @param trainableParameters number of elements of the parameters that require a gradient
   */
  constructor(layers: readonly SummaryLayer[], trainableParameters: number) {
    this.layers = layers;
    this.parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
    this.trainableParameters = trainableParameters;
    this.multiplyAdds = layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0);
  }

  /**
   * Prints the table.
   *
   * @returns a line for each module, and the total
   */
  toString(): string {
    const rows = [
      ["layer", "output", "parameters", "multiply-adds"],
      ...this.layers.map(rowOf),
      ["total", "", grouped(this.parameters), grouped(this.multiplyAdds)],
    ];
    const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
    const lines = rows.map((row) =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ").trimEnd()
    );
    const rule = "─".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
    lines.splice(1, 0, rule);
    lines.splice(-1, 0, rule);
    if (this.trainableParameters < this.parameters) {
      lines.push(`${grouped(this.parameters - this.trainableParameters)} parameters are frozen`);
    }
    return lines.join("\n");
  }

  /** Returns the text that `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Returns the text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/**
 * Runs a model once, and lists for each module inside the shapes of its results, the number of its
 * parameters, and the number of its multiplications, each with an addition.
 *
 * The model runs in evaluation mode and without gradients; its mode is restored afterwards.
 *
 * @param model any module
 * @param input the shape of an input of zeros, with the axis of the batch; or the input itself, or a
 *   list of inputs
 * @returns a table to print
 * @example
 * ```ts
 * import { Conv2d, Flatten, Linear, ReLU, Sequential, summary } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new Sequential(new Conv2d(1, 4, 3), new ReLU(), new Flatten(), new Linear(16, 2));
 * const { parameters, multiplyAdds, layers } = summary(model, [1, 1, 4, 4]);
 * assertEquals(parameters, 40 + 34);
 * assertEquals(multiplyAdds, 4 * 4 * 9 + 16 * 2);
 * assertEquals(layers[1].outputShapes, [[1, 4, 2, 2]]);
 * ```
 */
export function summary(model: Module, input: Shape | Tensor | readonly Tensor[]): Summary {
  checkArguments("summary", arguments, 2);
  checkModule("summarize", model);
  const calls = new Map<Module, { outputShapes: Shape[]; work: number }>();
  const handles: RemovableHandle[] = [];
  const modes = [...model.modules()].map((module) => [module, module.training] as const);
  try {
    for (const [module] of modes) {
      handles.push(addHook(module, "forward", (inputs, output) => {
        const before = calls.get(module)?.work ?? 0;
        const work = before + multiplyAdds(module, inputs as readonly Tensor[], output as Tensor);
        calls.set(module, { outputShapes: shapesIn(output), work });
      }));
    }
    model.eval();
    noGrad(() => scope(() => void callWith(model, input)));
  } finally {
    for (const handle of handles) handle.remove();
    for (const [module, training] of modes) module.training = training;
  }
  const counted = new Set<Parameter>();
  const layers = [...model.namedModules()].map(([name, module]): SummaryLayer => ({
    name,
    type: module.constructor.name,
    outputShapes: calls.get(module)?.outputShapes ?? [],
    parameters: countOwn(module, counted),
    multiplyAdds: calls.get(module)?.work ?? 0,
  }));
  const trainable = [...counted].filter((parameter) => parameter.requiresGrad);
  return new Summary(layers, trainable.reduce((sum, x) => sum + x.numel(), 0));
}

function callWith(model: Module, input: Shape | Tensor | readonly Tensor[]): unknown {
  const call = model as unknown as (...inputs: readonly Tensor[]) => unknown;
  if (input instanceof Tensor) return call(input);
  const isShape = (list: Shape | readonly Tensor[]): list is Shape =>
    list.every((size) => typeof size === "number");
  return isShape(input) ? call(zeros(input)) : call(...input);
}

function shapesIn(output: unknown): Shape[] {
  const found: Variable[] = [];
  collect(output, found);
  return found.map((x) => x.shape);
}

/** Counts the elements of parameters of `module` alone that are not in `counted`, and adds them. */
function countOwn(module: Module, counted: Set<Parameter>): number {
  const inside = new Set([...module.children()].flatMap((child) => [...child.parameters()]));
  let size = 0;
  for (const parameter of module.parameters()) {
    if (inside.has(parameter) || counted.has(parameter)) continue;
    counted.add(parameter);
    size += parameter.numel();
  }
  return size;
}

function rowOf({ name, type, outputShapes, parameters, multiplyAdds }: SummaryLayer): string[] {
  const path = name === "" ? [] : name.split(".");
  const own = path.length === 0 ? type : `${"  ".repeat(path.length)}${path.at(-1)}: ${type}`;
  const shapes = outputShapes.map(formatShape).join(" ");
  return [own, shapes, ...[parameters, multiplyAdds].map((n) => (n === 0 ? "" : grouped(n)))];
}

function grouped(n: number): string {
  return n.toLocaleString("en-US");
}
