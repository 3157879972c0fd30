/**
 * Slips that would pass in silence, or end in an error of the runtime: names and positions of PyTorch,
 * parameters that no one trains, states and hooks of the wrong kind.
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  GradientError,
  linalg,
  noGrad,
  ones,
  randint,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { Normal } from "../../src/distributions/mod.ts";
import { Accuracy, Precision } from "../../src/metrics/mod.ts";
import * as nn from "../../src/nn/mod.ts";
import * as optim from "../../src/optim/mod.ts";
import { DataLoader } from "../../src/utils/data/mod.ts";
import { assertThrowsMessage } from "../support/assert.ts";

const { functional: F } = nn;
// Programs without types pass anything.
// deno-lint-ignore no-explicit-any -- stands for the absence of types
const free = (value: unknown): any => value;

function refuse(use: () => unknown, message: RegExp, type: typeof ValueError = ValueError): void {
  assertThrowsMessage(use, type, message, `${use}`);
}

test("names in Python's spelling can neither be read nor assigned", () => {
  const x = free(ones([2]));
  const model = free(new nn.Linear(2, 2));
  const sgd = free(new optim.SGD(model.parameters()));
  const uses: [() => unknown, RegExp][] = [
    [() => x.requires_grad = true, /assign "requires_grad" of a Tensor: use requiresGrad$/],
    [() => x.requires_grad, /read "requires_grad" of a Tensor: use requiresGrad$/],
    [() => model.weight.requires_grad = false, /"requires_grad" of a Tensor/],
    [() => x.is_leaf, /use isLeaf$/],
    [() => x.masked_fill(x, 0), /use maskedFill$/],
    [
      () => x.data = ones([2]),
      /assign "data" of a Tensor: use noGrad\(\(\) => x.copy_\(values\)\)/,
    ],
    [() => x.shape = [1, 2], /assign "shape" of a Tensor: use x.reshape/],
    [() => model.requires_grad = false, /of a Module: use requiresGrad_\(value\)$/],
    [() => model.requiresGrad = false, /of a Module: use requiresGrad_\(value\)$/],
    [() => model.zero_grad(), /use zeroGrad$/],
    [() => model.state_dict(), /use stateDict$/],
    [() => model.register_buffer("mean", x), /use a field: this.mean = new Buffer\(tensor\)$/],
    [() => sgd.zero_grad(), /of an Optimizer: use zeroGrad$/],
    [() => sgd.param_groups[0], /use paramGroups$/],
    [() => sgd.lr = 0.1, /assign "lr" of an Optimizer: use optimizer.paramGroups\[0\].lr/],
    [() => new Normal(0, 1) && free(new Normal(0, 1)).log_prob(x), /use logProb$/],
  ];
  for (const [use, message] of uses) refuse(use, message);
  assertEquals([x.data.length, x.shape, x.isLeaf], [2, [2], true]);

  // Classes of users are free in their names.
  class Own extends nn.Module {
    state_dict = 1;
    zero_grad(): number {
      return 2;
    }
    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  assertEquals([new Own().state_dict, new Own().zero_grad()], [1, 2]);
});

test("a misspelt name in a parameter group is refused at the step, others are the user's", () => {
  const layer = new nn.Linear(2, 2);
  const adam = new optim.Adam(layer.parameters(), { lr: 0.1 });
  layer(ones([1, 2])).sum().backward();
  const before = layer.weight.toArray();
  const [group] = free(adam.paramGroups);
  group.weight_decay = 0.1;
  refuse(() => adam.step(), /with "weight_decay" in a parameter group: its name is "weightDecay"/);
  assertEquals(layer.weight.toArray(), before);
  delete group.weight_decay;
  group.name = "head";
  adam.step();
  adam.loadStateDict(adam.stateDict());
  assertEquals(group.name, "head");
  // Nothing reads what is set beside the groups.
  for (const name of ["lr", "learningRate", "weight_decay"]) {
    const groups = free(adam.paramGroups);
    groups[name] = 5;
    refuse(
      () => adam.step(),
      new RegExp(`with "${name}" of paramGroups, which is a list: set it in`),
    );
    delete groups[name];
  }
  adam.paramGroups[0] = free({ ...group, params: undefined });
  refuse(() => adam.step(), /params is undefined, and must be a list; set it in paramGroups\[0\]/);
  adam.paramGroups[0] = group;
  adam.step();
  for (const name of ["learningRate", "learning_rate"]) {
    refuse(
      () => new optim.Adam(layer.parameters(), free({ [name]: 1 })),
      new RegExp(`option "${name}": its name is "lr" here$`),
    );
  }
});

test("an optimizer refuses tensors that nothing trains", () => {
  const layer = new nn.Linear(2, 2);
  for (const params of [layer.stateDict().values(), [layer.weight.detach()], [ones([2])]]) {
    refuse(() => new optim.SGD(params), /it requires no gradient, as the results of detach\(\)/);
  }
  layer.requiresGrad_(false);
  assertEquals(new optim.SGD(layer.parameters()).paramGroups[0].params.length, 2);
});

test("parameters that no field shows are refused in training, wherever they hide", () => {
  class Private extends nn.Module {
    #weight = new nn.Parameter(ones([2]));
    override forward(x: Tensor): Tensor {
      return x.mul(this.#weight);
    }
    share(): nn.Parameter {
      return this.#weight;
    }
  }
  class Static extends nn.Module {
    static weight = new nn.Parameter(ones([2]));
    override forward(x: Tensor): Tensor {
      return x.mul(Static.weight);
    }
  }
  class Bare extends nn.Module {
    #layer = new nn.Linear(2, 2);
    override forward(x: Tensor): Tensor {
      return F.linear(x, this.#layer.weight);
    }
  }
  const x = ones([1, 2]);
  for (const [name, make] of Object.entries({ Private, Static, Bare })) {
    const message = new RegExp(
      `^Cannot use a parameter of shape \\[2.*\\] in ${name}: no field shows`,
    );
    const model = new make();
    refuse(() => model(x), message);
    refuse(() => model(x), message);
    refuse(() => new nn.Sequential(new make())(x), message);
    assertEquals(noGrad(() => model(x)).shape, [1, 2]);
    assertEquals(model.eval()(x).shape, [1, 2]);
  }
  // An optimizer that has it trains it; so does one of another model, or the caller of an input.
  const trained = new Private();
  new optim.SGD([trained.share()], { lr: 0.1 });
  assertEquals(trained(x).shape, [1, 2]);
  class Scale extends nn.Module {
    override forward(x: Tensor, weight: Tensor): Tensor {
      return x.mul(weight);
    }
  }
  assertEquals(new Scale()(x, new nn.Parameter(ones([2]))).shape, [1, 2]);
});

test("noGrad refuses a generator, whose body runs when recording is on again", () => {
  for (const body of [function* () {}, async function* () {}]) {
    assertThrowsMessage(
      () => noGrad<unknown>(body),
      GradientError,
      /^Cannot use noGrad\(\) with a generator function: its body runs later/,
    );
  }
});

test("wrong states, masks, weights and results of hooks are named", () => {
  const x = ones([2, 3, 4]);
  const row = ones([3, 4]);
  const h = ones([1, 3, 5]);
  const lstm = free(new nn.LSTM(4, 5));
  const gru = free(new nn.GRU(4, 5));
  const cell = free(new nn.LSTMCell(4, 5));
  const attention = free(new nn.MultiheadAttention(4, 2));
  const states: [() => unknown, RegExp][] = [
    [() => lstm(x, h), /start LSTM with a value of type Tensor: it must be the state \[h, c\]/],
    [() => lstm(x, [h]), /start LSTM with .* the state \[h, c\]/],
    [() => cell(row, ones([3, 5])), /start LSTMCell with .* the state \[h, c\]/],
    [() => attention(x), /without a key and a value: pass all three/],
    [
      () => new nn.CrossEntropyLoss(free({ weight: [1, 2] })),
      /with weight of type array: pass a tensor/,
    ],
    [() => attention(x, x, x, { attnMask: 3 }), /with attnMask of type number: pass a tensor/],
  ];
  for (const [use, message] of states) refuse(use, message);
  const kinds: (() => unknown)[] = [
    () => lstm(x, [1, 2]),
    () => gru(x, [h]),
    () => gru(x, "h"),
    () => new nn.TransformerEncoderLayer(4, 2)(free(undefined)),
    () => new nn.Transformer(4, 2, { dimFeedforward: 4 })(x, free(undefined)),
    () => nn.Embedding.fromPretrained(free([1])),
  ];
  for (const use of kinds) assertThrowsMessage(use, DTypeError, /with a value of type/, `${use}`);
  assertEquals(gru(x, null)[0].shape, [2, 3, 5]);

  const layer = new nn.Linear(4, 2);
  const hooked = (add: (layer: ReturnType<typeof free>) => { remove(): void }, message: RegExp) => {
    const handle = add(layer);
    const input = ones([1, 4], { requiresGrad: true });
    assertThrowsMessage(() => layer(input).sum().backward(), Error, message);
    handle.remove();
  };
  hooked((l) => l.registerForwardPreHook(() => row), /pre-hook of Linear returned: it is a tensor/);
  hooked((l) => l.registerForwardPreHook(() => 5), /returned: it is a value of type number/);
  hooked((l) => l.registerForwardHook(async () => {}), /hook of Linear returned: it is a promise/);
  hooked((l) => l.registerFullBackwardHook(() => [5]), /it is no array of tensors/);
  hooked(
    (l) => l.weight.registerHook(() => 5),
    /replace a gradient in a hook with a value of type num/,
  );
});

test("texts are no numbers", () => {
  const images = ones([1, 1, 4, 4]);
  const x = ones([2, 3]);
  const uses: [() => unknown, RegExp][] = [
    [
      () => F.maxPool2d(images, free("2")),
      /Cannot maxPool2d with kernel "2": it must be two whole/,
    ],
    [
      () => F.avgPool1d(x, free("2")),
      /Cannot avgPool1d with kernel "2": it must be a whole number/,
    ],
    [() => F.conv1d(x, ones([1, 2, 1]), free({ stride: [1] })), /Cannot conv1d with stride \[1\]/],
    [() => F.adaptiveAvgPool1d(x, free("2")), /Cannot adaptiveAvgPool1d to size "2"/],
    [() => x.roll(free("1")), /roll by "1" places: use a whole number, not one of type string$/],
    [
      () => new DataLoader({ length: 1, get: () => 1 }, free({ batchSize: "2" })),
      /batchSize 2: use a whole number, 1 or more, not one of type string$/,
    ],
    [() => new nn.MaxPool2d(free("2")), /make MaxPool2d with kernelSize of type string/],
    [
      () => new nn.Conv2d(1, 1, 3, free({ stride: "1" })),
      /with stride of type string: pass a number/,
    ],
    [() => new nn.Conv2d(1, 1, free([3, 3, 3])), /a window with kernelSize \[3, 3, 3\]/],
    [() => new nn.LayerNorm(3, free({ eps: "a" })), /with eps of type string: pass a number/],
    [() => F.rmsNorm(x, 3, free({ eps: "1" })), /with eps of type string: pass a number/],
    [() => x.norm(free({ p: "2" })), /take a norm of order 2: use a number; linalg.matrixNorm/],
    [() => F.dropout(x, free("0.5")), /dropout\(\) with p of type string: pass a number/],
    [
      () => F.dropout(x, free({ p: 0.5 })),
      /with p of type object: pass a number alone, not as an op/,
    ],
    [
      () => F.oneHot(x.to("int32"), free({ num_classes: 3 })),
      /with classes of type object: pass a nu/,
    ],
    [() => new Precision(free({ numClasses: 3 })), /make Precision with numClasses of type object/],
    [
      () => new Accuracy(free({ task: "multiclass" })),
      /option "task": it takes "topK", "ignoreIndex"/,
    ],
    [
      () => new DataLoader({ length: 1, get: () => 1 }, free({ numWorkers: 2 })),
      /name is "prefetch"/,
    ],
    [() => randint(0, 5, free([3])), /an object that names them, such as \{ shape: \[2, 3\] \}$/],
    [() => x.clamp(free({ min: 0 })), /bounds as options: pass them in order, clamp\(min, max\)/],
    [
      () => free(x).scatterAdd(0, zeros([2, 3], { dtype: "int32" }), x),
      /with 0 as the index: if it is the axis, pass it as an option behind the others, \{ axis: 0 \}/,
    ],
    [
      () => tensor([-1], { dtype: "int32" }).bincount(),
      /^Cannot bincount -1: it counts whole numbers/,
    ],
  ];
  for (const [use, message] of uses) refuse(use, message);
  const sizes: [() => unknown, RegExp][] = [
    [() => x.topk(free("1")), /take the top "1" along axis -1/],
    [() => x.kthvalue(free("1")), /take kthvalue "1" along axis -1/],
    [() => zeros(free(["2"])), /with shape \["2"\]: sizes must be whole numbers/],
  ];
  for (const [use, message] of sizes) assertThrowsMessage(use, ShapeError, message);
  assertEquals(new nn.Conv2d(1, 1, 3, { padding: "same" })(images).shape, [1, 1, 4, 4]);
});

test("results with several tensors come apart in PyTorch's order", () => {
  const x = tensor([3, 1, 3]);
  const [values, inverse, counts] = x.unique();
  assertEquals([values, inverse, counts].map((each) => each.toArray()), [[1, 3], [1, 0, 1], [
    1,
    2,
  ]]);
  const [hist, edges] = x.histogram({ bins: 2 });
  assertEquals([hist.toArray(), edges.toArray()], [[1, 2], [1, 2, 3]]);
  const matrix = tensor([[3, 0], [0, 2]]);
  const [u, s, vh] = linalg.svd(matrix);
  assert(u.mul(s).matmul(vh).allclose(matrix));
  const [q, r] = linalg.qr(matrix);
  assert(q.matmul(r).allclose(matrix));
  const [sign, logabsdet] = linalg.slogdet(matrix);
  assertStrictEquals(sign.item(), 1);
  assert(Math.abs(logabsdet.item() - Math.log(6)) < 1e-6);
  assertEquals(Object.keys(x.unique()), ["values", "inverse", "counts"]);
});
