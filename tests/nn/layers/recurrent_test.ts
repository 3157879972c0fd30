import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import { gradCheck, GradientError, manualSeed, ones, randn, type Tensor } from "../../../mod.ts";
import { Node } from "../../../src/autograd/node.ts";
import * as nn from "../../../src/nn/mod.ts";
import { arena } from "../../../src/storage/arena.ts";

test("dropout between recurrent layers falls on all but the last, in training only", () => {
  manualSeed(0);
  const layer = new nn.RNN(2, 8, { numLayers: 2, dropout: 1 });
  const x = randn([3, 1, 2]);
  const noInput = layer(x)[0].toArray();
  assertEquals(layer(x.mul(2))[0].toArray(), noInput);
  layer.eval();
  assertNotEquals(layer(x)[0].toArray(), layer(x.mul(2))[0].toArray());
});

/** The names of the ops that led to `output`, each as often as it was recorded. */
function recorded(output: Tensor): string[] {
  const found = new Set<Node>();
  const visit = (node: unknown) => {
    if (!(node instanceof Node) || found.has(node)) return;
    found.add(node);
    node.edges.forEach(visit);
  };
  visit(output.node);
  return [...found].map(({ op }) => op.name);
}

/** Layers of every kind, by the op that runs them. */
const LAYERS: readonly [name: string, make: () => nn.RNN | nn.LSTM | nn.GRU][] = [
  ["rnnTanh", () => new nn.RNN(2, 3, { bidirectional: true })],
  ["rnnRelu", () => new nn.RNN(2, 3, { numLayers: 2, nonlinearity: "relu" })],
  ["lstm", () => new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true })],
  ["lstm", () => new nn.LSTM(2, 3, { projSize: 2, bidirectional: true })],
  ["gru", () => new nn.GRU(2, 3, { bidirectional: true, bias: false })],
];

for (const [name, make] of LAYERS) {
  const layer = make();
  const { numLayers, bidirectional } = layer;
  const ways = numLayers * (bidirectional ? 2 : 1);
  const run = layer as nn.RNN;
  const kind = `${layer.constructor.name}, ${name}, ${ways}`;
  const pack = (x: Tensor) => nn.packPaddedSequence(x, [x.shape[0], 1]);

  test(`${kind}: one op for a layer and a direction, whatever the lengths`, () => {
    const counts = [3, 9].map((length) => {
      const x = randn([length, 2, 2]);
      const ops = [run(x)[0], run(pack(x))[0].data].map(recorded);
      for (const names of ops) assertEquals(names.filter((each) => each === name).length, ways);
      return ops.map((names) => names.length);
    });
    assertEquals(counts[0], counts[1]);
  });

  test(`${kind}: a packed sequence is each of its sequences alone`, () => {
    const x = randn([6, 2, 2]);
    const [packed, last] = run(nn.packPaddedSequence(x, [6, 2]));
    const [padded] = nn.padPackedSequence(packed);
    [6, 2].forEach((length, i) => {
      const [alone, lastAlone] = run(x.at([0, length], i));
      assert(padded.at([0, length], i).allclose(alone, { atol: 1e-6 }));
      const [all, own] = [last, lastAlone].map((state) => [state].flat()[0]);
      assert(all.narrow(1, i, 1).allclose(own.unsqueeze(1), { atol: 1e-6 }));
    });
  });

  test(`${kind}: second derivatives, also of packed sequences`, () => {
    const double = make().double() as nn.RNN;
    const x = randn([3, 2, 2], { dtype: "float64", requiresGrad: true });
    const check = (f: () => Tensor) =>
      assert(gradCheck(f, [x, ...double.parameters()], { secondOrder: true }));
    check(() => double(x)[0]);
    check(() => {
      const [{ data }, last] = double(pack(x));
      return data.square().sum().add([last].flat()[0].sum());
    });
  });
}

/** The most storages that `use` has at a time, beside those that were there. */
function mostStorages(use: () => void): number {
  const { allocate } = arena;
  const before = arena.stats().storages;
  let most = 0;
  arena.allocate = (...args) => {
    most = Math.max(most, arena.stats().storages);
    return allocate.apply(arena, args);
  };
  try {
    use();
  } finally {
    arena.allocate = allocate;
  }
  return most - before;
}

test("longer sequences take no more storages at a time", () => {
  const layers = [new nn.RNN(2, 3), new nn.LSTM(2, 3, { projSize: 2 }), new nn.GRU(2, 3)];
  for (const layer of layers as nn.RNN[]) {
    const use = (steps: number) => () => {
      const [y] = layer(ones([steps, 2, 2]));
      y.sum().backward();
    };
    use(10)();
    assertStrictEquals(mostStorages(use(20)), mostStorages(use(10)), `${layer}`);
  }
});

/** A step of each kind of layer and cell: takes the state before, and returns the next one. */
const STEPS: Readonly<Record<string, () => (state: Tensor[]) => Tensor[]>> = {
  RNN() {
    const layer = new nn.RNN(1, 1);
    return ([h]) => [layer(ones([2, 1, 1]), h)[1]];
  },
  LSTM() {
    const layer = new nn.LSTM(1, 1);
    return ([h, c]) => [...layer(ones([2, 1, 1]), h && [h, c])[1]];
  },
  GRUCell() {
    const cell = new nn.GRUCell(1, 1);
    return ([h]) => [cell(ones([1, 1]), h)];
  },
};

for (const [name, make] of Object.entries(STEPS)) {
  test(`${name}: a state that a loop carries over backward() must be detached`, () => {
    const step = make();
    const train = (state: Tensor[]): Tensor[] => {
      const next = step(state);
      next[0].sum().backward();
      return next;
    };
    const message = "detach() what a loop carries from step to step, such as the state of an RNN";
    assertThrows(() => train(train([])), GradientError, message);
    const [state] = [1, 2, 3].reduce((state) => train(state.map((x) => x.detach())), train([]));
    assert(Number.isFinite(state.item()));
  });
}
