/**
 * The measured cases: the work, its amount, and the ceiling that bounds it.
 *
 * @module
 */

import { noGrad, randn, type Tensor } from "../mod.ts";
import { arena } from "../src/storage/arena.ts";
import type { Ceilings } from "./ceilings.ts";
import type { Repetition } from "./harness.ts";
import { cnnStep, lstmStep, mlpEpoch, transformerStep } from "./models.ts";

/** A case to measure. */
export interface Case extends Repetition {
  readonly name: string;
  /** Unit of the result; "GFLOP/s" is a speed, the others are times. */
  readonly unit: "GFLOP/s" | "s" | "ms" | "µs";
  /** The ceiling that bounds it, and the least operations or bytes that it takes. */
  readonly bound?: { readonly by: Exclude<keyof Ceilings, "threads">; readonly amount: number };
  /** Makes the operands, and returns the function to time. */
  prepare(): () => void;
}

/** Runs without recording, and reuses the memory of the result, as a forward pass does. */
function quietly(work: () => Tensor): () => void {
  return () => {
    const { storage } = noGrad(work).array;
    arena.free(storage, "temporary");
  };
}

function product(m: number, k = m, n = m): Case {
  return {
    name: m === k && k === n ? `matmul ${n}` : `matmul ${m}x${k}x${n}`,
    unit: "GFLOP/s",
    bound: { by: "unfused", amount: 2 * m * k * n },
    prepare() {
      const [a, b] = [randn([m, k]), randn([k, n])];
      return quietly(() => a.matmul(b));
    },
  };
}

/** @param bytes read and written for each of a million elements */
function million(name: string, bytes: number, apply: (x: Tensor, y: Tensor) => Tensor): Case {
  return {
    name,
    unit: "ms",
    bound: { by: "copy", amount: bytes * 1e6 },
    prepare() {
      const [x, y] = [randn([1000, 1000]), randn([1000, 1000])];
      return quietly(() => apply(x, y));
    },
  };
}

/** Multiplications and additions of a training step: the products forward, and twice that back. */
const MLP_FLOPS = 60_000 * 2 * (3 * (784 * 128 + 128 * 64 + 64 * 10) - 784 * 128);
const CNN_FLOPS = 32 * 2 *
  (3 * (784 * 32 * 9 + 196 * 64 * 32 * 9 + 3136 * 128 + 128 * 10) - 784 * 32 * 9);
const TRANSFORMER_FLOPS = 16 * 2 * 2 * 64 * 3 * (12 * 128 * 128 + 2 * 64 * 128);
const LSTM_FLOPS = 32 * 64 * 2 * 512 * 128 * (3 * 4 - 1);

/** All cases. */
export const CASES: readonly Case[] = [
  ...[64, 128, 256, 510, 511, 512, 1024].map((n) => product(n)),
  product(64, 64, 10),
  product(64, 64, 12),
  product(63, 784, 128),
  product(64, 784, 128),
  million("add", 12, (x, y) => x.add(y)),
  million("relu", 8, (x) => x.relu()),
  million("exp", 8, (x) => x.exp()),
  million("tanh", 8, (x) => x.tanh()),
  million("sigmoid", 8, (x) => x.sigmoid()),
  million("softmax", 8, (x) => x.softmax(1)),
  million("sort", 8, (x) => x.reshape(-1).argsort()),
  million("sum", 4, (x) => x.sum()),
  million("sum of rows", 4, (x) => x.sum(1)),
  million("sum of columns", 4, (x) => x.sum(0)),
  {
    name: "eager op",
    unit: "µs",
    prepare() {
      const [x, y] = [randn([10], { requiresGrad: true }), randn([10])];
      return () => x.mul(y);
    },
  },
  {
    name: "MLP epoch",
    unit: "s",
    bound: { by: "unfused", amount: MLP_FLOPS },
    prepare: mlpEpoch,
  },
  {
    name: "CNN step",
    unit: "ms",
    least: 200,
    bound: { by: "unfused", amount: CNN_FLOPS },
    prepare: cnnStep,
  },
  {
    name: "transformer step",
    unit: "ms",
    least: 200,
    bound: { by: "unfused", amount: TRANSFORMER_FLOPS },
    prepare: transformerStep,
  },
  {
    name: "LSTM step",
    unit: "ms",
    least: 200,
    bound: { by: "unfused", amount: LSTM_FLOPS },
    prepare: lstmStep,
  },
];
