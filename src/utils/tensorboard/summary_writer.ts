/**
 * Writes logs of training, as `torch.utils.tensorboard` does.
 *
 * @module
 */

import { setGradEnabled } from "../../autograd/grad_mode.ts";
import type { Variable } from "../../autograd/node.ts";
import {
  checkArguments,
  checkNamed,
  checkTensors,
  checkType,
  checkWhole,
  guardMembers,
  isTensor,
  readOptions,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { checkModule, type Module } from "../../nn/module.ts";
import { formatShape } from "../../shape.ts";
import { collect } from "../../tensor/scope.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { explain } from "../explain/mod.ts";
import { builtin, hostName } from "../files.ts";
import { toPNG } from "../images/png.ts";
import { EventFile } from "./event_file.ts";
import { graphDef } from "./graph.ts";
import { bytes, double, message, whole } from "./protobuf.ts";
import {
  histogramSummary,
  hparamsSummaries,
  type HparamValue,
  imageSummary,
  scalarSummary,
  type Summary,
  textSummary,
} from "./summary.ts";

export type { HparamValue } from "./summary.ts";

/** Options of `SummaryWriter`. */
export interface SummaryWriterOptions {
  /** Text behind the name of the default folder, such as `"_lr_0.1"`. */
  readonly comment?: string;
}

/** Options of an event. */
export interface EventOptions {
  /** Number of the step; default 0. */
  readonly globalStep?: number;
  /** Seconds since 1970; default now. */
  readonly walltime?: number;
}

/** Options of `addHparams`. */
export interface HparamsOptions {
  /** Name of the folder of the run, below that of the writer; default the time in seconds. */
  readonly runName?: string;
}

/**
 * Writes logs that TensorBoard shows: `tensorboard --logdir runs`.
 *
 * Each event is handed to the system at once. If the process dies, at most the event that it is writing
 * is lost: TensorBoard drops a record that was cut. A writer never continues an old file.
 *
 * See https://pytorch.org/docs/stable/tensorboard.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { SummaryWriter } from "@gradus/gradus/utils/tensorboard";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new SummaryWriter("example_log");
 * writer.addScalar("loss", 0.5, { globalStep: 1 });
 * writer.addHistogram("weights", randn([1000]), { globalStep: 1 });
 * writer.addText("notes", "A **first** run");
 * writer.close();
 * assertEquals(writer.logDir, "example_log");
 * rmSync("example_log", { recursive: true });
 * ```
 */
export class SummaryWriter {
  /** The folder of the event file. */
  readonly logDir: string;
  readonly #file: EventFile;
  /** The files of `addScalars`, one for each of their lines. */
  readonly #lines = new Map<string, EventFile>();

  /**
   * Creates an event file.
   *
   * @param logDir its folder, made if it is not there; default `runs/` and the time
   * @param options `comment`
   * @throws {FileAccessError} if the file cannot be created
   */
  constructor(logDir?: string, options?: SummaryWriterOptions) {
    checkArguments("make SummaryWriter", arguments, 2);
    const { comment } = readOptions("make SummaryWriter", options, { comment: undefined });
    if (logDir !== undefined) checkType("make SummaryWriter", "logDir", logDir, "string");
    if (logDir === "") {
      throw new ValueError(
        `Cannot make SummaryWriter in a folder without a name: leave it out, or use "." for this one`,
      );
    }
    if (logDir !== undefined && comment !== undefined) {
      throw new ValueError(
        `Cannot make SummaryWriter with logDir and comment: the comment would not be used; put it ` +
          `into logDir`,
      );
    }
    this.logDir = logDir ?? defaultFolder(comment ?? "");
    this.#file = new EventFile(this.logDir);
  }

  /**
   * Adds a number, which is rounded to 32 bits.
   *
   * @param tag name of the curve; `train/loss` stands in the group `train`
   * @param value a number, or a tensor with one element
   * @param options `globalStep`, `walltime`
   */
  addScalar(tag: string, value: number | Tensor, options?: EventOptions): void {
    this.#add("addScalar", tag, () => scalarSummary(tag, numberOf("addScalar", value)), options);
  }

  /**
   * Adds several numbers, which stand in one chart. Each has an event file of its own, in a folder below
   * that of the writer, as in PyTorch.
   *
   * @param mainTag name of the chart
   * @param values numbers, or tensors with one element, by the names of their lines
   * @param options `globalStep`, `walltime`
   */
  addScalars(
    mainTag: string,
    values: Readonly<Record<string, number | Tensor>>,
    options?: EventOptions,
  ): void {
    checkType("addScalars", "the tag", mainTag, "string");
    checkNamed("addScalars", values, "numbers");
    readEvent("addScalars", options);
    this.#file.checkOpen();
    const numbers = Object.entries(values).map(([name, value]) =>
      [name, numberOf("addScalars", value)] as const
    );
    for (const [name, value] of numbers) {
      const folder = this.#below(`${mainTag.replaceAll("/", "_")}_${name}`);
      const file = this.#lines.get(folder) ?? new EventFile(folder);
      this.#lines.set(folder, file);
      this.#add("addScalars", mainTag, () => scalarSummary(mainTag, value), options, file);
    }
  }

  /**
   * Adds the distribution of numbers, in TensorFlow's intervals, each 1.1 times as wide as the last.
   *
   * @param tag name of the histogram
   * @param values a tensor of any shape
   * @param options `globalStep`, `walltime`
   * @throws {ValueError} if there are no elements, or one is not finite
   */
  addHistogram(tag: string, values: Tensor, options?: EventOptions): void {
    checkTensors("addHistogram", values);
    this.#add("addHistogram", tag, () => histogramSummary(tag, finite(tag, values)), options);
  }

  /**
   * Adds an image.
   *
   * @param tag name of the image
   * @param image `[c, h, w]` or `[h, w]`, as for `toPNG`; `makeGrid` makes one of a batch
   * @param options `globalStep`, `walltime`
   */
  addImage(tag: string, image: Tensor, options?: EventOptions): void {
    const png = toPNG(image);
    const shape = image.ndim === 2 ? [1, ...image.shape] : image.shape;
    this.#add("addImage", tag, () => imageSummary(tag, png, shape), options);
  }

  /**
   * Adds a text.
   *
   * @param tag name of the text
   * @param text Markdown
   * @param options `globalStep`, `walltime`
   */
  addText(tag: string, text: string, options?: EventOptions): void {
    checkType("addText", "the text", text, "string");
    this.#add("addText", tag, () => textSummary(`${tag}/text_summary`, text), options);
  }

  /**
   * Adds the graph of a model, whose ops stand below the names of the modules. The model runs
   * once, in its mode.
   *
   * @param model any module whose call returns a tensor that requires a gradient, first or alone
   * @param inputs the input of the call, or a list of them
   * @throws {GradientError} if the result has no graph
   */
  addGraph(model: Module, inputs: Tensor | readonly Tensor[]): void {
    checkModule("addGraph", model);
    checkTensors("addGraph", ...(Array.isArray(inputs) ? inputs : [inputs]));
    this.#file.checkOpen();
    const { nodes } = explain(resultOf(model, inputs), { names: model, depth: DEEPEST });
    this.#file.add(message(double(1, Date.now() / 1000), bytes(4, graphDef(nodes))));
  }

  /**
   * Adds hyperparameters and what came of them, as a run of its own, for the table that compares runs.
   *
   * @param hparams numbers, texts and booleans by name
   * @param metrics numbers, or tensors with one element, by name
   * @param options `runName`
   */
  addHparams(
    hparams: Readonly<Record<string, HparamValue>>,
    metrics: Readonly<Record<string, number | Tensor>>,
    options?: HparamsOptions,
  ): void {
    const { runName } = readOptions("addHparams", options, { runName: undefined });
    if (runName !== undefined) checkType("addHparams", "runName", runName, "string");
    checkNamed("addHparams", hparams, "hyperparameters");
    checkNamed("addHparams", metrics, "numbers, the metrics");
    this.#file.checkOpen();
    for (const [name, value] of Object.entries(hparams)) {
      if (["number", "string", "boolean"].includes(typeof value)) continue;
      throw new ValueError(
        `Cannot add the hyperparameter "${name}" of type ${typeof value}: use a number, a text or a ` +
          `boolean`,
      );
    }
    const results = Object.entries(metrics).map(([name, value]) =>
      [name, numberOf("addHparams", value)] as const
    );
    const run = new SummaryWriter(this.#below(runName ?? String(Date.now() / 1000)));
    try {
      for (const summary of hparamsSummaries(hparams, Object.keys(metrics))) {
        run.#file.add(event(summary, undefined, "addHparams"));
      }
      for (const [name, value] of results) run.addScalar(name, value);
    } finally {
      run.close();
    }
  }

  /** Waits until the system has stored all events, so that not even a power cut loses one. */
  flush(): void {
    for (const file of [this.#file, ...this.#lines.values()]) file.flush();
  }

  /** Closes the files; what is added later is refused. */
  close(): void {
    for (const file of [this.#file, ...this.#lines.values()]) file.close();
  }

  /** Closes the files at the end of a block: `using writer = new SummaryWriter()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns the folder `name` below that of the writer. */
  #below(name: string): string {
    const { join, resolve, sep } = builtin("node:path", "write events");
    const folder = join(this.logDir, name);
    if (resolve(folder).startsWith(resolve(this.logDir) + sep)) return folder;
    throw new ValueError(
      `Cannot write the run "${name}" below ${this.logDir}: the name leads elsewhere; leave out ".."`,
    );
  }

  #add(
    action: string,
    tag: string,
    summary: () => Summary,
    options: EventOptions | undefined,
    file: EventFile = this.#file,
  ): void {
    checkType(action, "the tag", tag, "string");
    file.add(event(summary(), options, action));
  }
}

guardMembers(SummaryWriter);

/** Returns the options of an event, checked. */
function readEvent(action: string, options: EventOptions | undefined): Required<EventOptions> {
  const read = readOptions(action, options, { globalStep: 0, walltime: Date.now() / 1000 });
  checkWhole(`call ${action}() at step ${read.globalStep}`, read.globalStep, 0);
  checkType(action, "walltime", read.walltime, "number");
  if (Number.isFinite(read.walltime) && read.walltime >= 0) return read;
  throw new ValueError(
    `Cannot call ${action}() with walltime ${read.walltime}: use seconds since 1970`,
  );
}

/** Returns an event with a summary. */
function event(summary: Summary, options: EventOptions | undefined, action: string): Uint8Array {
  const { globalStep, walltime } = readEvent(action, options);
  return message(double(1, walltime), whole(2, globalStep), bytes(5, summary));
}

/** Shows all modules with their contents. */
const DEEPEST = Number.MAX_SAFE_INTEGER;

/** Calls `model`, and returns the tensor that the call returns, first or alone, with its graph. */
function resultOf(model: Module, inputs: Tensor | readonly Tensor[]): Tensor {
  const call = model as unknown as (...inputs: readonly Tensor[]) => unknown;
  const found: Variable[] = [];
  const mode = setGradEnabled(true);
  try {
    collect(isTensor<Tensor>(inputs) ? call(inputs) : call(...inputs), found);
  } finally {
    mode[Symbol.dispose]();
  }
  checkTensors("addGraph", found[0]);
  return found[0] as Tensor;
}

/** Returns a value for a curve as a number. */
function numberOf(action: string, value: number | Tensor): number {
  if (value instanceof Tensor) return value.item();
  checkType(action, "a value", value, "number");
  return value;
}

/** Returns the elements of a histogram. */
function finite(tag: string, values: Tensor): ArrayLike<number> {
  if (values.numel() === 0) {
    throw new ShapeError(
      `Cannot add the histogram "${tag}" of shape ${formatShape(values.shape)}: it has no elements`,
      values.shape,
    );
  }
  const { data } = values;
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return data;
  throw new ValueError(
    `Cannot add the histogram "${tag}" with ${
      data[wrong]
    } at place ${wrong}: no interval holds it; ` +
      `use nanToNum(), or leave it out`,
  );
}

/** Returns `runs/`, the time and the name of the machine, as PyTorch does. */
function defaultFolder(comment: string): string {
  const time = new Date().toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
  const { join } = builtin("node:path", "make SummaryWriter");
  return join("runs", [time, hostName()].filter((part) => part !== "").join("_") + comment);
}
