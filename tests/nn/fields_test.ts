/** Parameters and buffers that are replaced, layers that no field shows, and what a call takes. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { noGrad, ones, randn, type Tensor, tensor, ValueError, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { SGD } from "../../src/optim/mod.ts";
import { assertThrowsMessage } from "../support/assert.ts";

class Scale extends nn.Module {
  factor = new nn.Parameter(tensor([2]));
  // The setter takes any tensor, where programs without types assign one.
  set(value: unknown): void {
    this.factor = value as nn.Parameter;
  }
  override forward(x: Tensor): Tensor {
    return x.mul(this.factor);
  }
}

const LOST = "the parameter there would no longer train; copy values into it with noGrad(() => " +
  "factor.copy_(values)), or assign new Parameter(values)";

test("a tensor over a parameter is refused, and the parameter stays", () => {
  for (const know of [(m: Scale) => m(ones([1])), (m: Scale) => [...m.parameters()]]) {
    const scale = new Scale();
    know(scale);
    const { factor } = scale;
    const message = `Cannot assign a tensor to Scale.factor: ${LOST}`;
    assertThrowsMessage(() => scale.set(factor.mul(0.1)), ValueError, message);
    assertThrowsMessage(() => noGrad(() => scale.set(factor.mul(0.1))), ValueError, message);
    assertThrowsMessage(() => scale.set(new nn.Buffer(factor)), ValueError, message);
    assertThrowsMessage(
      () => scale.set(3),
      ValueError,
      `Cannot assign a value of type number to Scale.factor: ${LOST}`,
    );
    assertStrictEquals(scale.factor, factor);
    // @ts-expect-error a tensor is not a parameter
    assertThrowsMessage(() => scale.factor = factor.mul(2), ValueError, message);
    scale.set(new nn.Parameter(tensor([5])));
    assertEquals(scale(ones([1])).item(), 5);
    assertEquals([...scale.parameters()], [scale.factor]);
    scale.set(null);
    assertEquals([...scale.parameters()], []);
    assertThrowsMessage(() => scale.set(ones([1])), ValueError, message);
    assertEquals(Object.keys(scale), ["training", "factor"]);
  }
});

test("the parameters of the library's layers are guarded from the start", () => {
  const layers: [nn.Module, string][] = [
    [new nn.Linear(2, 2), "weight"],
    [new nn.Bilinear(2, 2, 2), "weight"],
    [new nn.Conv2d(1, 1, 3), "bias"],
    [new nn.ConvTranspose1d(1, 1, 3), "weight"],
    [new nn.Embedding(2, 2), "weight"],
    [new nn.LayerNorm(2), "bias"],
    [new nn.RMSNorm(2), "weight"],
    [new nn.GroupNorm(1, 2), "bias"],
    [new nn.BatchNorm1d(2), "weight"],
    [new nn.PReLU(), "weight"],
    [new nn.GRU(2, 2), "weight_hh_l0"],
    [new nn.GRUCell(2, 2), "weight_hh"],
    [new nn.MultiheadAttention(2, 1), "in_proj_weight"],
    [new nn.ParameterList([new nn.Parameter(ones([1]))]), "0"],
    [new nn.ParameterDict({ left: new nn.Parameter(ones([1])) }), "left"],
  ];
  for (const [layer, name] of layers) {
    const assign = () => noGrad(() => void Object.assign(layer, { [name]: ones([1]) }));
    assertThrowsMessage(
      assign,
      ValueError,
      /^Cannot assign a tensor to \w+\.\w+: the parameter there/,
      name,
    );
  }
});

test("a tensor that requires a gradient is not a parameter, and says so at the first use", () => {
  class Wrong extends nn.Module {
    parts = { gains: [tensor([1], { requiresGrad: true })] };
    override forward(x: Tensor): Tensor {
      return x.mul(this.parts.gains[0]);
    }
  }
  const message = 'Cannot use a Wrong with a tensor that requires a gradient as its field "' +
    'parts.gains.0": it is not a parameter, so nothing trains it; make it one, new Parameter(tensor), ' +
    "or compute it in forward()";
  assertThrowsMessage(() => new Wrong()(ones([1])), ValueError, message);
  assertThrowsMessage(() => [...new nn.Sequential(new Wrong()).parameters()], ValueError, message);
  const scale = new Scale();
  scale.set(scale.factor.mul(0.1));
  assertThrowsMessage(
    () => scale(ones([1])),
    ValueError,
    /^Cannot use a Scale .* its field "factor"/,
  );
});

class Holder extends nn.Module {
  fc: unknown = new nn.Linear(2, 2);
  extra: unknown = null;
  parts: Record<string, unknown> = {
    scale: new nn.Parameter(ones([2])),
    mean: new nn.Buffer(zeros([2])),
    mask: ones([2]),
  };
  layers: unknown[] = [new nn.Linear(2, 2), new nn.Linear(2, 2, { bias: false })];
  map: Map<string, unknown> = new Map([["w", new nn.Parameter(ones([2]))]]);
  list: nn.ModuleList = new nn.ModuleList(new nn.Linear(1, 1));
  change: (model: Holder) => void = () => {};
  override forward(x: Tensor): Tensor {
    this.change(this);
    return x.mul(2);
  }
}

/** Asserts that a change of a module is refused by calls and walks, and after each of them. */
function refuseChange(change: (model: Holder) => void, message: string): void {
  const x = ones([2]);
  const uses: ((model: Holder) => unknown)[] = [
    (model) => model(x),
    (model) => new nn.Sequential(model)(x),
    (model) => [...model.parameters()],
    (model) => [...model.buffers()],
    (model) => model.stateDict(),
    (model) => model.loadStateDict({}, { strict: false }),
    (model) => model.to("float64"),
    (model) => model.clone(),
    (model) => nn.functionalCall(model, {}, [x]),
  ];
  for (const use of uses) {
    const model = new Holder();
    model(x);
    change(model);
    for (let i = 0; i < 2; i++) {
      assertThrowsMessage(() => use(model), ValueError, message, `${use}`);
    }
    const early = new Holder();
    use(early);
    change(early);
    assertThrowsMessage(() => early.stateDict(), ValueError, message, `after ${use}`);
  }
  const model = new Holder();
  model.change = change;
  assertThrowsMessage(() => model(x), ValueError, message);
}

test("a tensor that requires a gradient is refused in a field that it gets later", () => {
  const leaf = ones([2]).requiresGrad_();
  const changes: Record<string, (model: Holder) => void> = {
    extra: (model) => model.extra = leaf,
    "parts.new": (model) => model.parts.new = leaf,
    "layers.2": (model) => model.layers[2] = leaf,
    "map.new": (model) => model.map.set("new", leaf),
  };
  for (const [name, change] of Object.entries(changes)) {
    refuseChange(
      change,
      `Cannot use a Holder with a tensor that requires a gradient as its field "${name}": it is not ` +
        "a parameter, so nothing trains it; make it one, new Parameter(tensor), or compute it in forward()",
    );
  }
  class Lazy extends nn.Module {
    fc = new nn.Linear(2, 2);
    w: Tensor | null = null;
    override forward(x: Tensor): Tensor {
      this.w ??= ones([2, 2]).requiresGrad_();
      return this.fc(x).matmul(this.w);
    }
  }
  const message = /^Cannot use a Lazy with a tensor that requires a gradient as its field "w"/;
  assertThrowsMessage(() => new nn.Sequential(new Lazy())(ones([1, 2])), ValueError, message);
  const model = new Lazy().eval();
  assertEquals(model(ones([1, 2])).shape, [1, 2]);
  noGrad(() => model.train()(ones([1, 2])));
  assertThrowsMessage(() => model(ones([1, 2])), ValueError, message);
});

test("a field may keep an input that requires a gradient", () => {
  class Keep extends nn.Module {
    fc = new nn.Linear(2, 2);
    seen: readonly Tensor[] = [];
    override forward({ x }: { readonly x: Tensor }): Tensor {
      this.seen = [x];
      return this.fc(x).mul([...this.parameters()].length);
    }
  }
  const model = new Keep();
  for (let i = 0; i < 2; i++) {
    const x = ones([1, 2]).requiresGrad_();
    model({ x }).sum().backward();
    assertStrictEquals(model.seen[0], x);
    assertEquals([...model.stateDict().keys()], ["fc.weight", "fc.bias"]);
  }
});

test("a tensor in the place of a parameter, a buffer or a module is refused", () => {
  const start = "Cannot use a Holder with a tensor as its field";
  const parameter = "the parameter that was there no longer trains; copy values into it with " +
    "noGrad(() => parameter.copy_(values)), or assign new Parameter(values)";
  const buffer = "the buffer that was there is no longer saved; copy values into it with " +
    "noGrad(() => buffer.copy_(values)), or assign new Buffer(values)";
  const module =
    "the module that was there is lost; assign a module, or give the tensor another name";
  const tenth = (x: unknown) => (x as Tensor).mul(0.1);
  const changes: [name: string, change: (model: Holder) => void, why: string][] = [
    ["parts.scale", ({ parts }) => parts.scale = tenth(parts.scale), parameter],
    ["parts.scale", ({ parts }) => noGrad(() => parts.scale = tenth(parts.scale)), parameter],
    [
      "parts.scale",
      ({ parts }) => parts.scale = tenth(parts.scale).detach().requiresGrad_(),
      parameter,
    ],
    ["parts.scale", (model) => model.parts = { scale: ones([2]) }, parameter],
    ["map.w", ({ map }) => map.set("w", tenth(map.get("w"))), parameter],
    ["parts.mean", ({ parts }) => parts.mean = tenth(parts.mean), buffer],
    ["layers.1", ({ layers }) => layers[1] = ones([2]), module],
    ["fc", (model) => model.fc = ones([2]), module],
  ];
  for (const [name, change, why] of changes) refuseChange(change, `${start} "${name}": ${why}`);
  refuseChange(
    ({ list }) => Object.assign(list, { 0: ones([1]) }),
    `Cannot use a ModuleList with a tensor as its field "0": ${module}`,
  );
});

test("containers may change otherwise", () => {
  const changes: ((model: Holder) => void)[] = [
    ({ parts }) => parts.mask = ones([3]),
    ({ parts }) => parts.mask = ones([2]).requiresGrad_().mul(2),
    ({ parts }) => parts.mask = new nn.Parameter(ones([2])),
    ({ parts }) => parts.scale = new nn.Parameter(ones([3])),
    ({ parts }) => parts.scale = null,
    ({ parts }) => parts.scale = new nn.Linear(2, 2),
    ({ parts }) => parts.mean = new nn.Buffer(ones([3])),
    ({ layers }) => layers[1] = new nn.ReLU(),
    ({ layers }) => layers[1] = (x: Tensor) => x,
    ({ layers }) => layers.length = 1,
    ({ layers }) => layers.unshift(new nn.Parameter(ones([2]))),
    ({ list }) => list.push(new nn.Linear(1, 1)),
    ({ map }) => map.clear(),
    (model) => model.fc = null,
  ];
  for (const change of changes) {
    const model = new Holder();
    model(ones([2]));
    change(model);
    assertEquals(model(ones([2])).toArray(), [2, 2], `${change}`);
    model.clone().loadStateDict(model.stateDict());
  }
});

test("fields are guarded by every walk over modules", () => {
  const walks: ((model: nn.Module, visit: (module: nn.Module) => void) => void)[] = [
    (model, visit) => void model.apply(visit),
    (model, visit) => [...model.modules()].forEach(visit),
    (model, visit) => [...model.namedModules()].forEach(([, module]) => visit(module)),
    (model, visit) => [...model.children()].forEach(visit),
    (model, visit) => [...model.eval().namedChildren()].forEach(([, module]) => visit(module)),
  ];
  for (const walk of walks) {
    const scale = new Scale();
    const assign = (module: nn.Module) => {
      if (module === scale) noGrad(() => scale.set(scale.factor.mul(0.1)));
    };
    assertThrowsMessage(
      () => walk(new nn.Sequential(scale), assign),
      ValueError,
      `Cannot assign a tensor to Scale.factor: ${LOST}`,
      `${walk}`,
    );
    assertEquals([...scale.parameters()], [scale.factor]);
  }
  const scale = new Scale();
  assertThrowsMessage(
    () => scale.apply(() => scale.set(ones([1]))),
    ValueError,
    /^Cannot assign a tensor to Scale.factor/,
  );
});

test("a field may keep a result with its graph, such as a further loss", () => {
  class Penalty extends nn.Module {
    fc = new nn.Linear(2, 1);
    penalty: Tensor | null = null;
    override forward(x: Tensor): Tensor {
      const y = this.fc(x);
      this.penalty = y.square().sum();
      return y;
    }
  }
  const model = new Penalty();
  for (let i = 0; i < 2; i++) {
    const y = model(ones([1, 2]));
    model.zeroGrad();
    y.sum().add(model.penalty!).backward();
    const slope = 1 + 2 * y.item();
    assert(Math.abs(model.fc.bias!.grad!.item() - slope) < 1e-5);
  }
});

class HandNorm extends nn.Module {
  fc = new nn.Linear(2, 2);
  mean: Tensor = new nn.Buffer(zeros([2]));
  override forward(x: Tensor): Tensor {
    const h = this.fc(x);
    this.mean = this.mean.mul(0.9).add(h.mean(0).mul(0.1));
    return h.sub(this.mean);
  }
}

test("a tensor over a buffer becomes the buffer, with its gradient until the call ends", () => {
  const model = new HandNorm();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  let expected = [0, 0];
  for (let step = 0; step < 3; step++) {
    const x = randn([4, 2]);
    const mean = model.fc(x).mean(0).toArray() as number[];
    expected = expected.map((m, i) => 0.9 * m + 0.1 * mean[i]);
    optimizer.zeroGrad();
    model(x).sum().backward();
    // Of each of four rows, a tenth of the mean is taken away.
    assertEquals((model.fc.bias!.grad!.toArray() as number[]).map((g) => g.toFixed(4)), [
      "3.6000",
      "3.6000",
    ]);
    optimizer.step();
    assert(model.mean instanceof nn.Buffer);
    assertEquals(model.mean.requiresGrad, false);
    (model.mean.toArray() as number[]).forEach((m, i) => assert(Math.abs(m - expected[i]) < 1e-5));
  }
  assertEquals([...model.stateDict().keys()], ["mean", "fc.weight", "fc.bias"]);
  noGrad(() => model(ones([1, 2])));
  assertStrictEquals(
    model.mean.toArray().toString(),
    model.stateDict().get("mean")!.toArray().toString(),
  );
  assertThrowsMessage(
    () => model.mean = 3 as unknown as Tensor,
    ValueError,
    "Cannot assign a value of type number to HandNorm.mean: it holds a buffer; assign a " +
      "tensor, or delete it first",
  );
  const layer = new nn.BatchNorm1d(2);
  layer.running_mean = ones([2]);
  assert(layer.running_mean instanceof nn.Buffer);
});

test("modules and parameters in objects, maps and sets are part of the module", () => {
  const shared = new nn.Linear(1, 1, { bias: false });
  const cyclic: Record<string, unknown> = { layer: shared };
  cyclic.self = cyclic;
  class Net extends nn.Module {
    config = { name: "net", head: new nn.Linear(1, 1), deep: [{ w: new nn.Parameter(ones([1])) }] };
    heads = new Map([["left", shared], ["right", new nn.Linear(1, 1)]]);
    others = new Set<nn.Layer>([new nn.ReLU(), new nn.Linear(1, 1, { bias: false })]);
    cyclic = cyclic;
    words = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`word${i}`, i]));
    override forward(x: Tensor): Tensor {
      for (const layer of this.others) x = layer(x);
      return this.heads.get("left")!(this.config.head(x)).mul(this.config.deep[0].w);
    }
  }
  const net = new Net();
  net(ones([1, 1])).sum().backward();
  assertEquals([...net.namedParameters()].map(([name]) => name), [
    "config.deep.0.w",
    "config.head.weight",
    "config.head.bias",
    "heads.left.weight",
    "heads.right.weight",
    "heads.right.bias",
    "others.1.weight",
  ]);
  assertEquals([...net.eval().modules()].map(({ training }) => training), Array(6).fill(false));
});

test("empty places of a large container may be filled later", () => {
  class Bank extends nn.Module {
    rows: (nn.Parameter | null)[] = new Array(2000).fill(null);
    override forward(row: number): Tensor {
      return (this.rows[row] ??= new nn.Parameter(ones([2]))).sum();
    }
  }
  const bank = new Bank();
  assertEquals([...bank.parameters()], []);
  bank(3);
  assertEquals([...bank.stateDict().keys()], ["rows.3"]);
});

const hidden = new nn.Linear(1, 1);
class Hiding extends nn.Module {
  #own = new nn.Linear(1, 1);
  static shared = new nn.Linear(1, 1);
  place: "private" | "static" | "closure" | "local" = "private";
  get layer(): nn.Layer {
    if (this.place === "private") return this.#own;
    if (this.place === "static") return Hiding.shared;
    return this.place === "closure" ? hidden : new nn.Linear(1, 1);
  }
  override forward(x: Tensor): Tensor {
    return this.layer(x);
  }
}

test("a layer that no field shows is refused in training", () => {
  const x = ones([1, 1]);
  for (const place of ["private", "static", "closure", "local"] as const) {
    const model = new Hiding();
    model.place = place;
    const message =
      "Cannot call a Linear in Hiding: no field shows it, so parameters() leaves its " +
      "parameters out and nothing trains them; hold it in a field that is not #private or static, " +
      "give its own parameters() to an optimizer first, or call it within noGrad()";
    for (const outer of [model, new nn.Sequential(model)]) {
      assertThrowsMessage(() => outer(x), ValueError, message);
      assertThrowsMessage(() => outer(x), ValueError, message);
      noGrad(() => outer(x));
      assertEquals(outer.eval()(x).shape, [1, 1]);
      outer.train();
    }
    if (place === "local") continue;
    model.layer.requiresGrad_(false);
    model(x);
    model.layer.requiresGrad_(true);
  }
});

test("layers from elsewhere are called where they are trained, or have nothing to train", () => {
  const x = ones([1, 1]);
  class Apply extends nn.Module {
    scale = new Scale();
    override forward(x: Tensor, layers: readonly nn.Layer[] = []): Tensor {
      for (const layer of layers) x = layer(x);
      return new nn.ReLU()(this.scale(x));
    }
  }
  assertEquals(new Apply()(x, [new nn.Linear(1, 1)]).shape, [1, 1]);
  const critic = new nn.Linear(1, 1);
  class Adversary extends nn.Module {
    scale = new Scale();
    override forward(x: Tensor): Tensor {
      return critic(this.scale(x));
    }
  }
  assertThrowsMessage(() => new Adversary()(x), ValueError, /^Cannot call a Linear in Adversary/);
  new SGD(critic.parameters(), { lr: 0.1 });
  assertEquals(new Adversary()(x).shape, [1, 1]);
  // A layer that came later is found where it stands now.
  const list = new nn.Sequential(new Scale());
  list(x);
  list.append(new nn.Linear(1, 1));
  assertEquals(list(x).shape, [1, 1]);
  class Lazy extends nn.Module {
    fc: nn.Linear | null = null;
    override forward(x: Tensor): Tensor {
      this.fc ??= new nn.Linear(x.shape[1], 2);
      return this.fc(x);
    }
  }
  assertEquals(new Lazy()(x).shape, [1, 2]);
});

test("a call refuses more arguments than forward takes", () => {
  const call = (f: unknown, ...values: unknown[]) =>
    (f as (...values: unknown[]) => unknown)(...values);
  const x = ones([1, 1, 2]);
  const end = "; options go into an object, as the last one";
  const cases: [nn.Module, unknown[], string][] = [
    [new nn.ReLU(), [x, 3], `Cannot call a ReLU with 2 arguments: its forward() takes 1${end}`],
    [
      new nn.Sequential(),
      [x, 1, 2],
      `Cannot call a Sequential with 3 arguments: its forward() ` +
      `takes 1${end}`,
    ],
    [
      new nn.MSELoss(),
      [x, x, "sum"],
      `Cannot call an MSELoss with 3 arguments: its forward() takes ` +
      `2${end}`,
    ],
    [
      new nn.TransformerEncoderLayer(2, 1),
      [x, {}, x],
      `Cannot call a TransformerEncoderLayer with 3 arguments: its forward() takes 2${end}`,
    ],
  ];
  for (const [module, values, message] of cases) {
    for (let i = 0; i < 2; i++) {
      assertThrowsMessage(() => call(module, ...values), ValueError, message);
    }
  }
  const encoder = new nn.TransformerEncoderLayer(2, 1, { dimFeedforward: 2 });
  assertThrowsMessage(
    () => call(encoder, x, { src_mask: null }),
    ValueError,
    /with option "src_mask": its name is "mask" here$/,
  );
  assertThrowsMessage(
    () => call(encoder, x, zeros([1, 1])),
    ValueError,
    /with options of type Tensor: /,
  );
  class Many extends nn.Module {
    override forward(...values: number[]): number {
      return values.length;
    }
  }
  assertEquals(new Many()(1, 2, 3), 3);
  class Pair extends nn.Module {
    override forward([a, b]: [number, number], { sign = 1, more = [1, 2] } = {}): number {
      return sign * (a + b) + more.length;
    }
  }
  assertEquals(new Pair()([1, 2], { sign: -1 }), -1);
});

test("a module says what it lacks, and what it does not take", () => {
  class Empty extends (nn.Module as unknown as new () => nn.Layer) {}
  assertThrowsMessage(
    () => new Empty()(ones([1])),
    ValueError,
    "Cannot call an Empty: it has no forward(); define that in the class",
  );
  const make = (name: "ReLU" | "LeakyReLU", ...values: unknown[]) =>
    new (nn[name] as unknown as new (...values: unknown[]) => nn.Module)(...values);
  assertThrowsMessage(
    () => make("ReLU", true),
    ValueError,
    "Cannot make ReLU with arguments: it takes none; leave them out",
  );
  assertThrowsMessage(
    () => make("LeakyReLU", { negativeSlope: 0.2 }),
    ValueError,
    "Cannot make LeakyReLU with an object as negativeSlope: pass the value alone",
  );
});

test("tensors in maps, sets and objects of classes survive the call", () => {
  class Found {
    readonly boxes: Tensor;
    readonly self = this;
    constructor(boxes: Tensor) {
      this.boxes = boxes;
    }
  }
  class Detector extends nn.Module {
    override forward(x: Tensor): Map<string, unknown> {
      const found = new Found(x.mul(2));
      return new Map<string, unknown>([
        ["found", found],
        ["scores", new Set([x.mul(3)])],
        ["bytes", new Uint8Array(4)],
      ]);
    }
  }
  const result = noGrad(() => new Detector()(ones([1])));
  assertEquals((result.get("found") as Found).boxes.item(), 2);
  assertEquals([...(result.get("scores") as Set<Tensor>)].map((x) => x.item()), [3]);
});
