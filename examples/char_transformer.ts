/**
 * Teaches a transformer to add: it reads sums such as `12+7=19.` character by character, and is
 * tested with sums that it has never seen.
 *
 *     deno run examples/char_transformer.ts --help
 *     bun examples/char_transformer.ts --steps 500
 *
 * @module
 */

import {
  arange,
  manualSeed,
  noGrad,
  ones,
  randint,
  randperm,
  setKernels,
  type Tensor,
  tensor,
} from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { TerminalCurve } from "../src/utils/terminal_curve.ts";
import { KERNELS, type Options, PLOT, runProgram } from "./support/program.ts";

/** All characters; the first one fills the rest of a line. */
const CHARACTERS = " 0123456789+=.";
const PADDING = 0;

/** Every sum of two numbers below this one is a sentence. */
const LIMIT = 100;

/** The length of the longest sentence, `99+99=198.`. */
const LENGTH = 10;

/** The sizes of a {@link CharTransformer}. */
export interface CharTransformerOptions {
  /** Number of different characters. */
  readonly characters: number;
  /** Longest line, in characters. */
  readonly length: number;
  /** Size of the vectors. */
  readonly size: number;
  /** Heads of the attention. */
  readonly heads: number;
  /** Layers of the transformer. */
  readonly layers: number;
}

/** Predicts each character of a line from those before: `[n, l]` → logits `[n, l, characters]`. */
export class CharTransformer extends nn.Module {
  character: nn.Embedding;
  position: nn.Embedding;
  encoder: nn.TransformerEncoder;
  head: nn.Linear;

  constructor({ characters, length, size, heads, layers }: CharTransformerOptions) {
    super();
    this.character = new nn.Embedding(characters, size);
    this.position = new nn.Embedding(length, size);
    const layer = new nn.TransformerEncoderLayer(size, heads, {
      dimFeedforward: 4 * size,
      dropout: 0,
      activation: "gelu",
      batchFirst: true,
      normFirst: true,
    });
    this.encoder = new nn.TransformerEncoder(layer, layers, { norm: new nn.LayerNorm(size) });
    this.head = new nn.Linear(size, characters);
  }

  override forward(text: Tensor): Tensor {
    const length = text.shape[1];
    const places = arange(length, { dtype: "int32" });
    // True above the diagonal: no place may attend to a later one.
    const mask = ones([length, length], { dtype: "bool" }).triu(1);
    const x = this.character(text).add(this.position(places));
    return this.head(this.encoder(x, { mask }));
  }
}

/** Returns the mean loss of predicting each character of the lines `[n, l]`, without the padding. */
export function lossOf(model: CharTransformer, lines: Tensor): Tensor {
  const logits = model(lines.at(":", [0, -1]));
  const next = lines.at(":", [1, null]);
  return nn.functional.crossEntropy(logits.flatten(0, 1), next.flatten(), {
    ignoreIndex: PADDING,
  });
}

/** The numbers of the characters of each sentence, int32 `[n, LENGTH]`. */
function encode(sentences: readonly string[]): Tensor {
  const lines = sentences.map((s) => Array.from(s.padEnd(LENGTH), (c) => CHARACTERS.indexOf(c)));
  return tensor(lines, { dtype: "int32" });
}

/** Returns all sentences, in random order. */
function makeSentences(): string[] {
  return Array.from(randperm(LIMIT * LIMIT).data, (i) => {
    const [a, b] = [Math.floor(Number(i) / LIMIT), Number(i) % LIMIT];
    return `${a}+${b}=${a + b}.`;
  });
}

/** Continues `start` to the end of the sentence, always with the likeliest character. */
function complete(model: CharTransformer, start: string): string {
  let text = start;
  while (!text.endsWith(".") && text.length < LENGTH) {
    const logits = noGrad(() => model(encode([text]).at(":", [0, text.length])));
    text += CHARACTERS[logits.at(0, -1).argmax().item()];
  }
  return text;
}

/** `12+7=` of `12+7=19.` */
function questionOf(sentence: string): string {
  return sentence.slice(0, sentence.indexOf("=") + 1);
}

/** Returns the share of sentences that the model completes correctly, character by character. */
function evaluate(model: CharTransformer, sentences: readonly string[]): number {
  const lines = encode(sentences);
  const next = lines.at(":", [1, null]);
  // Only characters after the question count; those of the question and the padding are given.
  const known = tensor(sentences.map((s) => [questionOf(s).length - 1]), { dtype: "int32" });
  const given = arange(LENGTH - 1, { dtype: "int32" }).lt(known).logicalOr(next.eq(PADDING));
  const likeliest = noGrad(() => model(lines.at(":", [0, -1])).argmax(-1));
  const right = likeliest.eq(next).logicalOr(given);
  return right.all(1).sum().item() / sentences.length;
}

const FLAGS = {
  steps: [1500, "steps of training"],
  "batch-size": [128, "sentences in a step"],
  lr: [0.005, "the highest learning rate"],
  size: [64, "size of the vectors"],
  layers: [2, "layers of the transformer"],
  seed: [0, "where random numbers start"],
  kernels: KERNELS,
  plot: PLOT,
} as const;

function main(
  { steps, lr, size, layers, seed, kernels, plot, ...options }: Options<typeof FLAGS>,
): void {
  setKernels(kernels);
  manualSeed(seed);

  const sentences = makeSentences();
  const [test, train] = [sentences.slice(0, 500), encode(sentences.slice(500))];

  const model = new CharTransformer({
    characters: CHARACTERS.length,
    length: LENGTH,
    size,
    heads: 4,
    layers,
  });
  const optimizer = new optim.AdamW(model.parameters(), { weightDecay: 0.1 });
  const schedule = new optim.OneCycleLR(optimizer, { maxLr: lr, totalSteps: steps });

  const every = Math.max(1, Math.round(steps / 10));
  const curve = new TerminalCurve();
  let loss = 0;
  for (let step = 1; step <= steps; step++) {
    const rows = randint(0, train.shape[0], { shape: [options["batch-size"]], dtype: "int32" });
    optimizer.zeroGrad();
    const error = lossOf(model, train.indexSelect(0, rows));
    error.backward();
    optimizer.step();
    if (step < steps) schedule.step();
    loss += error.item();
    curve.add(error.item());
    if (step % every !== 0) continue;
    const share = (100 * evaluate(model, test)).toFixed(1);
    const samples = test.slice(0, 3).map((s) => complete(model, questionOf(s)));
    console.log(
      `step ${step}/${steps}  loss ${(loss / every).toFixed(4)}  new sums right ${share} %  ` +
        samples.join("  "),
    );
    loss = 0;
  }
  if (plot) console.log(`\n${curve}`);
}

if (import.meta.main) await runProgram("Trains a small transformer to add.", FLAGS, main);
