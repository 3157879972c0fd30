/**
 * An LSTM learns to write like a text: by default the README of this project.
 *
 *     deno run --allow-read examples/char_lstm.ts --help
 *     bun examples/char_lstm.ts --file shakespeare.txt --steps 2000
 *
 * @module
 */

import { readFileSync } from "node:fs";
import {
  manualSeed,
  noGrad,
  randint,
  setKernels,
  stack,
  type Tensor,
  tensor,
  ValueError,
} from "../mod.ts";
import { Categorical } from "../src/distributions/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { KERNELS, runProgram } from "./support/program.ts";

/** Characters [n, l] and a state → logits of the next ones [n, l, c], and the last state. */
export class CharLSTM extends nn.Module {
  embedding: nn.Embedding;
  lstm = new nn.LSTM(128, 128, { batchFirst: true });
  head: nn.Linear;

  constructor(characters: number) {
    super();
    this.embedding = new nn.Embedding(characters, 128);
    this.head = new nn.Linear(128, characters);
  }

  override forward(x: Tensor, state: nn.LSTMState | null = null): [Tensor, nn.LSTMState] {
    const [y, last] = this.lstm(this.embedding(x), state);
    return [this.head(y), last];
  }
}

/** Trains on `text`, and returns a function that writes. */
export function train(text: string, steps: number, print: (line: string) => void) {
  manualSeed(0);
  const alphabet = [...new Set(text)].sort();
  const places = new Map(alphabet.map((character, i) => [character, i]));
  const encode = (text: string) => tensor(Int32Array.from(text, (c) => places.get(c)!));
  const [data, batch, length] = [encode(text), 32, 64];
  if (data.numel() <= length) throw new ValueError("Cannot train: the text needs 65 characters");
  const model = new CharLSTM(alphabet.length);
  const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-3 });
  for (let step = 1; step <= steps; step++) {
    const starts = [...randint(0, data.numel() - length, { shape: [batch] }).data];
    const rows = stack(starts.map((start) => data.narrow(0, start, length + 1)));
    optimizer.zeroGrad();
    const [logits] = model(rows.narrow(1, 0, length));
    const next = rows.narrow(1, 1, length).flatten();
    const loss = nn.functional.crossEntropy(logits.flatten(0, 1), next);
    loss.backward();
    nn.clipGradNorm_(model.parameters(), 1);
    optimizer.step();
    if (step % Math.max(1, Math.round(steps / 10)) !== 0) continue;
    print(`step ${step}/${steps}  perplexity ${Math.exp(loss.item()).toFixed(2)}`);
  }
  return (start: string, count: number): string =>
    noGrad(() => {
      let [written, next, state] = [start, encode(start), null as nn.LSTMState | null];
      for (let i = 0; i < count; i++) {
        const [logits, last] = model(next.reshape(1, -1), state);
        next = new Categorical({ logits: logits.at(0, -1) }).sample();
        [written, state] = [written + alphabet[next.item()], last];
      }
      return written;
    });
}

if (import.meta.main) {
  await runProgram("An LSTM learns to write like a text.", {
    file: ["README.md", "the text"],
    steps: [300, "steps of training"],
    kernels: KERNELS,
  }, ({ file, steps, kernels }) => {
    setKernels(kernels);
    const text = readFileSync(file, "utf8");
    console.log(train(text, steps, console.log)([...text].slice(0, 4).join(""), 300));
  });
}
