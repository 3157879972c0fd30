/**
 * Counts the parameters of a model layer by layer and, by running it once, its multiplications.
 *
 * @module
 */

import { checkArguments, checkKind, guardMembers } from "../checks.ts";
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
import { escapeMarkup } from "../names.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
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

/** A parameter in a summary. */
export interface SummaryWeight {
  /** Its name in the module that has it. */
  readonly name: string;
  /** Its shape. */
  readonly shape: Shape;
  /** True if it requires no gradient. */
  readonly isFrozen: boolean;
  /** True if a module before has it, too, and counts it. */
  readonly isShared: boolean;
}

/** A module in a summary. */
export interface SummaryLayer {
  /** Dotted name of the module; empty for the model itself. */
  readonly name: string;
  /** Name of its class. */
  readonly type: string;
  /** Its options, as they are printed. */
  readonly options: string;
  /** Shapes of the results of its last call; none if it was not called. */
  readonly outputShapes: readonly Shape[];
  /** Its own parameters, without those of modules inside. */
  readonly weights: readonly SummaryWeight[];
  /** Number of elements of its own parameters that are not shared. */
  readonly parameters: number;
  /**
   * Number of multiplications, each with an addition, in all its calls, without modules inside; NaN
   * without an input.
   */
  readonly multiplyAdds: number;
}

/**
 * Result of `summary`; it prints as a table, and notebooks show one with more columns.
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
  /**
   * Number of multiplications, each with an addition, of weights and of attention; NaN without an
   * input.
   */
  readonly multiplyAdds: number;

  /**
   * Adds up the numbers of the layers.
   *
   * @internal
   * @param layers the modules
   * @param trainableParameters number of elements of the parameters that require a gradient
   */
  constructor(layers: readonly SummaryLayer[], trainableParameters: number) {
    checkKind("make Summary", layers, Array.isArray(layers), "a list; summary(model) makes one");
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
    const columns = this.#columns((layer) => layer.type).filter(({ isShort }) => isShort);
    const widths = columns.map(({ cells }) => Math.max(...cells.map((cell) => cell.length)));
    const lines = columns[0].cells.map((_, row) =>
      columns.map(({ cells, isNumber }, i) =>
        isNumber ? cells[row].padStart(widths[i]) : cells[row].padEnd(widths[i])
      ).join("  ").trimEnd()
    );
    const rule = "─".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
    lines.splice(1, 0, rule);
    lines.splice(-1, 0, rule);
    return [...lines, ...this.#notes()].join("\n");
  }

  #toHTML(): string {
    const columns = this.#columns(({ type, options }) => `${type}(${options})`);
    const rows = columns[0].cells.map((_, row) => {
      const tag = row === 0 ? "th" : "td";
      const cells = columns.map(({ cells, isNumber }) =>
        `<${tag} style="text-align: ${isNumber ? "right" : "left"}">${textOf(cells[row])}</${tag}>`
      );
      return `<tr>${cells.join("")}</tr>`;
    });
    return [`<table>`, ...rows, `</table>`, ...this.#notes()].join("\n");
  }

  /** Returns the columns; `describe` says what a module is. */
  #columns(describe: (layer: SummaryLayer) => string): Column[] {
    const column = (
      title: string,
      isShort: boolean,
      cellOf: (layer: SummaryLayer) => string | number,
      total?: number,
    ): Column => {
      const written = (value: string | number | undefined): string =>
        typeof value !== "number" ? value ?? "" : value === 0 ? "" : grouped(value);
      const cells = [title, ...this.layers.map(cellOf), total].map(written);
      return { cells, isShort, isNumber: total !== undefined };
    };
    const { parameters, multiplyAdds } = this;
    const isRun = !Number.isNaN(multiplyAdds);
    const outputs = [
      column("output", true, (layer) => layer.outputShapes.map(formatShape).join(" ")),
    ];
    const work = [column("multiply-adds", true, (layer) => layer.multiplyAdds, multiplyAdds)];
    const layers = column("layer", true, (layer) => labelOf(layer.name, describe(layer)));
    layers.cells[layers.cells.length - 1] = "total";
    return [
      layers,
      ...isRun ? outputs : [],
      column("weights", !isRun, (layer) => layer.weights.map(weightOf).join(", ")),
      column("parameters", true, (layer) => layer.parameters, parameters),
      ...isRun ? work : [],
    ];
  }

  /** Returns the line below the table, if there is one. */
  #notes(): string[] {
    const frozen = this.parameters - this.trainableParameters;
    return frozen === 0 ? [] : [`${grouped(frozen)} parameters are frozen`];
  }

  /** Returns the text that `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Returns the text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** Returns the text and the table of which a notebook shows one. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/plain": this.toString(), "text/html": this.#toHTML() };
  }
}

/** A column of a table: the title, a cell for each module, and one for the total. */
interface Column {
  readonly cells: string[];
  readonly isNumber: boolean;
  /** True if it is shown in texts, too, which have less room than notebooks. */
  readonly isShort: boolean;
}

guardMembers(Summary);

/**
 * Lists for each module inside a model its parameters and, if there is an input, the shapes of its
 * results and the number of its multiplications, each with an addition.
 *
 * With an input, the model runs once, in evaluation mode and without gradients; its mode is restored
 * afterwards.
 *
 * @param model any module
 * @param input the shape of an input of zeros, with the axis of the batch; or the input itself, or a
 *   list of inputs
 * @returns a table to print, or to show in a notebook
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
 * assertEquals(summary(model).layers[1].weights[0].shape, [4, 1, 3, 3]);
 * ```
 */
export function summary(model: Module, input?: Shape | Tensor | readonly Tensor[]): Summary {
  checkArguments("summary", arguments, 2);
  checkModule("summarize", model);
  const calls = input === undefined ? undefined : callsOf(model, input);
  const counted = new Set<Parameter>();
  const layers = [...model.namedModules()].map(([name, module]): SummaryLayer => {
    const weights = weightsIn(module, counted);
    return {
      name,
      type: module.constructor.name,
      options: module.extraRepr(),
      outputShapes: calls?.get(module)?.outputShapes ?? [],
      weights,
      parameters: weights.reduce((sum, w) => w.isShared ? sum : sum + sizeOf(w.shape), 0),
      multiplyAdds: calls === undefined ? NaN : calls.get(module)?.work ?? 0,
    };
  });
  const trainable = [...counted].filter((parameter) => parameter.requiresGrad);
  return new Summary(layers, trainable.reduce((sum, x) => sum + x.numel(), 0));
}

/** The shapes of the results of a module's last call, and the multiplications of all. */
interface Calls {
  readonly outputShapes: Shape[];
  readonly work: number;
}

/** Runs the model once, and returns what each module that was called did. */
function callsOf(model: Module, input: Shape | Tensor | readonly Tensor[]): Map<Module, Calls> {
  const calls = new Map<Module, Calls>();
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
  return calls;
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

/** Lists the parameters of `module` alone; those in `counted` are shared, and the others are added. */
function weightsIn(module: Module, counted: Set<Parameter>): SummaryWeight[] {
  const inside = new Set([...module.children()].flatMap((child) => [...child.parameters()]));
  return [...module.namedParameters()].flatMap(([name, parameter]) => {
    if (inside.has(parameter)) return [];
    const isShared = counted.has(parameter);
    counted.add(parameter);
    const { shape, requiresGrad } = parameter;
    return [{ name, shape, isFrozen: !requiresGrad, isShared }];
  });
}

function labelOf(name: string, description: string): string {
  const path = name === "" ? [] : name.split(".");
  return path.length === 0
    ? description
    : `${"  ".repeat(path.length)}${path.at(-1)}: ${description}`;
}

function weightOf({ name, shape, isFrozen, isShared }: SummaryWeight): string {
  const notes = [...isFrozen ? ["frozen"] : [], ...isShared ? ["shared"] : []];
  return `${name} ${formatShape(shape)}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

/** Returns text for HTML, where blanks at the start of a line would be dropped. */
function textOf(text: string): string {
  return escapeMarkup(text).replace(/^ +/, (blanks) => "&nbsp;".repeat(2 * blanks.length));
}

function grouped(n: number): string {
  return n.toLocaleString("en-US");
}
