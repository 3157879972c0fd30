/** The types of calls, containers and hooks: each wrong use here must stay a compile error. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ones, type Tensor, tensor, ValueError } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";

/** True if the types are the same; a test assigns `true` to it. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

class VAE extends nn.Module {
  mean = new nn.Linear(4, 2);
  logVar = new nn.Linear(4, 2);

  override forward(x: Tensor): [Tensor, Tensor] {
    return [this.mean(x), this.logVar(x)];
  }
}

class Scale extends nn.Module {
  override forward(x: Tensor, factor = 2): Tensor {
    return x.mul(factor);
  }
}

class Counter extends nn.Module {
  count = 0;

  override forward(): number {
    return ++this.count;
  }
}

class Block extends nn.Module {
  fc = new nn.Linear(4, 4);

  override forward(x: Tensor): Tensor {
    return x.add(this.fc(x));
  }
}

class GPT extends nn.Module {
  transformer: nn.ModuleDict<{ wte: nn.Embedding; h: nn.ModuleList<Block> }> = new nn.ModuleDict({
    wte: new nn.Embedding(10, 4),
    h: new nn.ModuleList(...Array.from({ length: 2 }, () => new Block())),
  });

  override forward(index: Tensor): Tensor {
    let x = this.transformer.get("wte")(index);
    for (const block of this.transformer.get("h")) x = block(x);
    return x;
  }
}

test("a call has the types of the class's own forward", () => {
  const vae = new VAE();
  const [mean, logVar] = vae(ones([1, 4]));
  assert.deepEqual([mean.shape, logVar.shape], [[1, 2], [1, 2]]);
  const typed: Same<ReturnType<typeof vae.forward>, [Tensor, Tensor]> = true;
  assert.ok(typed);
  assert.equal(new Scale()(ones([1]), 3).item(), 3);
  assert.equal(new Scale()(ones([1])).item(), 2);
  assert.equal(new Counter()().toFixed(1), "1.0");
  // @ts-expect-error a number is not a tensor
  assert.throws(() => vae(3));
  // @ts-expect-error the input is missing
  assert.throws(() => vae());
  // @ts-expect-error the factor is a number
  assert.throws(() => new Scale()(ones([1]), "three"));
  // @ts-expect-error it takes nothing
  assert.throws(() => new Counter()(ones([1])));
  // @ts-expect-error the result is a pair
  assert.throws(() => vae(ones([1, 4])).sum());
});

test("a bare Module stands for any module, and cannot be called; a Layer can", () => {
  const modules: nn.Module[] = [new VAE(), new Scale(), new Counter(), new nn.Linear(1, 1)];
  assert.equal(modules.flatMap((module) => [...module.parameters()]).length, 6);
  // @ts-expect-error it may take something else
  assert.throws(() => modules[2](ones([1])));
  const layers: nn.Layer[] = [new Scale(), new nn.Linear(1, 1), new nn.Sequential()];
  assert.deepEqual(layers.map((layer) => layer(ones([1])).shape), [[1], [1], [1]]);
  // @ts-expect-error its result is a pair
  layers.push(new VAE());
  // @ts-expect-error it takes two tensors
  layers.push(new nn.MSELoss());
  const loss: nn.Module & { forward(a: Tensor, b: Tensor): Tensor } = new nn.MSELoss();
  assert.equal(loss(ones([1]), ones([1])).item(), 0);
});

test("Sequential chains layers", () => {
  const model = new nn.Sequential(new nn.Linear(4, 4), new Block(), new nn.Sequential(new Scale()));
  const y: Tensor = model(ones([1, 4]));
  assert.deepEqual(y.shape, [1, 4]);
  assert.deepEqual(model.at(0)(ones([1, 4])).shape, [1, 4]);
  // @ts-expect-error a VAE returns a pair, which no layer takes
  assert.equal(new nn.Sequential(new VAE()).length, 1);
  // @ts-expect-error as above
  assert.equal(model.push(new VAE()), 4);
});

test("lists and dicts know the types of their entries", () => {
  const model = new GPT();
  const index = tensor([1, 2], { dtype: "int32" });
  assert.deepEqual(model(index).shape, [2, 4]);
  assert.equal(model.transformer.get("wte").numEmbeddings, 10);
  assert.deepEqual(model.transformer.get("h").at(1).fc.weight.shape, [4, 4]);
  const names: Same<ReturnType<typeof model.transformer.keys>, ("wte" | "h")[]> = true;
  assert.ok(names);
  assert.deepEqual(model.transformer.keys(), ["wte", "h"]);
  // @ts-expect-error there is none of that name
  assert.throws(() => model.transformer.get("wpe"));
  // @ts-expect-error an embedding has no such field
  assert.equal(model.transformer.get("wte").inFeatures, undefined);
  // @ts-expect-error a list is not a function
  assert.throws(() => model.transformer.get("h")(index));
  // @ts-expect-error the entry of that name is an embedding
  model.transformer.set("wte", new nn.Linear(1, 1));
  // @ts-expect-error the list holds blocks
  assert.equal(model.transformer.get("h").push(new nn.Linear(1, 1)), 3);
  interface Heads {
    left: nn.Linear;
  }
  const heads: nn.ModuleDict<Heads> = new nn.ModuleDict({ left: new nn.Linear(3, 1) });
  assert.equal(heads.get("left").inFeatures, 3);
  // @ts-expect-error a number is not a module
  assert.throws(() => new nn.ModuleDict({ left: 3 }), ValueError);
  const open = new nn.ModuleDict<Record<string, nn.Linear>>();
  assert.equal(open.set("any", new nn.Linear(3, 1)).get("any").inFeatures, 3);
});

test("a class calls its own forward, and functions call a Layer", () => {
  class Doubler extends nn.Module {
    override forward(x: Tensor): Tensor {
      return x.mul(2);
    }

    twice(x: Tensor): Tensor {
      return this.forward(this.forward(x));
    }

    called(x: Tensor): unknown {
      // @ts-expect-error the types of forward are open inside the class: call this.forward(x)
      return this(x);
    }
  }
  const generic = <M extends nn.Module>(module: M, x: Tensor): unknown => {
    // @ts-expect-error the types of forward are open for a type parameter: take a Layer
    return module(x);
  };
  const apply = (layer: nn.Layer, x: Tensor): Tensor => layer(x);
  const doubler = new Doubler();
  const results = [doubler.called(ones([1])), generic(doubler, ones([1]))] as Tensor[];
  for (const y of [...results, apply(doubler, ones([1]))]) assert.equal(y.item(), 2);
  assert.equal(doubler.twice(ones([1])).item(), 4);
});

test("hooks see the types of forward", () => {
  const vae = new VAE();
  const shapes: unknown[] = [];
  vae.registerForwardPreHook((_, [x]) => void shapes.push(x.shape));
  vae.registerForwardHook((module, [x], [mean]) => {
    assert.equal(module, vae);
    shapes.push(x.shape, mean.shape);
  });
  // @ts-expect-error the replacement must be a pair
  vae.registerForwardHook((_, __, [mean]) => mean).remove();
  vae(ones([1, 4]));
  assert.deepEqual(shapes, [[1, 4], [1, 4], [1, 2]]);
});
