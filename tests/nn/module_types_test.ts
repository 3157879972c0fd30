/** The types of calls, containers and hooks: each wrong use here must stay a compile error. */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
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
  assertEquals([mean.shape, logVar.shape], [[1, 2], [1, 2]]);
  const typed: Same<ReturnType<typeof vae.forward>, [Tensor, Tensor]> = true;
  assert(typed);
  assertEquals(new Scale()(ones([1]), 3).item(), 3);
  assertEquals(new Scale()(ones([1])).item(), 2);
  assertEquals(new Counter()().toFixed(1), "1.0");
  // @ts-expect-error a number is not a tensor
  assertThrows(() => vae(3));
  // @ts-expect-error the input is missing
  assertThrows(() => vae());
  // @ts-expect-error the factor is a number
  assertThrows(() => new Scale()(ones([1]), "three"));
  // @ts-expect-error it takes nothing
  assertThrows(() => new Counter()(ones([1])));
  // @ts-expect-error the result is a pair
  assertThrows(() => vae(ones([1, 4])).sum());
});

test("a bare Module stands for any module, and cannot be called; a Layer can", () => {
  const modules: nn.Module[] = [new VAE(), new Scale(), new Counter(), new nn.Linear(1, 1)];
  assertEquals(modules.flatMap((module) => [...module.parameters()]).length, 6);
  // @ts-expect-error it may take something else
  assertThrows(() => modules[2](ones([1])));
  const layers: nn.Layer[] = [new Scale(), new nn.Linear(1, 1), new nn.Sequential()];
  assertEquals(layers.map((layer) => layer(ones([1])).shape), [[1], [1], [1]]);
  // @ts-expect-error its result is a pair
  layers.push(new VAE());
  // @ts-expect-error it takes two tensors
  layers.push(new nn.MSELoss());
  const loss: nn.Module & { forward(a: Tensor, b: Tensor): Tensor } = new nn.MSELoss();
  assertStrictEquals(loss(ones([1]), ones([1])).item(), 0);
});

test("Sequential chains layers", () => {
  const model = new nn.Sequential(new nn.Linear(4, 4), new Block(), new nn.Sequential(new Scale()));
  const y: Tensor = model(ones([1, 4]));
  assertEquals(y.shape, [1, 4]);
  assertEquals(model.at(0)(ones([1, 4])).shape, [1, 4]);
  // @ts-expect-error a VAE returns a pair, which no layer takes
  assertEquals(new nn.Sequential(new VAE()).length, 1);
  // @ts-expect-error as above
  assertEquals(model.push(new VAE()), 4);
});

test("lists and dicts know the types of their entries", () => {
  const model = new GPT();
  const index = tensor([1, 2], { dtype: "int32" });
  assertEquals(model(index).shape, [2, 4]);
  assertEquals(model.transformer.get("wte").numEmbeddings, 10);
  assertEquals(model.transformer.get("h").at(1).fc.weight.shape, [4, 4]);
  const names: Same<ReturnType<typeof model.transformer.keys>, ("wte" | "h")[]> = true;
  assert(names);
  assertEquals(model.transformer.keys(), ["wte", "h"]);
  // @ts-expect-error there is none of that name
  assertThrows(() => model.transformer.get("wpe"));
  // @ts-expect-error an embedding has no such field
  assertEquals(model.transformer.get("wte").inFeatures, undefined);
  // @ts-expect-error a list is not a function
  assertThrows(() => model.transformer.get("h")(index));
  // @ts-expect-error the entry of that name is an embedding
  model.transformer.set("wte", new nn.Linear(1, 1));
  // @ts-expect-error the list holds blocks
  assertEquals(model.transformer.get("h").push(new nn.Linear(1, 1)), 3);
  interface Heads {
    left: nn.Linear;
  }
  const heads: nn.ModuleDict<Heads> = new nn.ModuleDict({ left: new nn.Linear(3, 1) });
  assertEquals(heads.get("left").inFeatures, 3);
  // @ts-expect-error a number is not a module
  assertThrows(() => new nn.ModuleDict({ left: 3 }), ValueError);
  const open = new nn.ModuleDict<Record<string, nn.Linear>>();
  assertEquals(open.set("any", new nn.Linear(3, 1)).get("any").inFeatures, 3);
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
  for (const y of [...results, apply(doubler, ones([1]))]) assertEquals(y.item(), 2);
  assertEquals(doubler.twice(ones([1])).item(), 4);
});

test("hooks see the types of forward", () => {
  const vae = new VAE();
  const shapes: unknown[] = [];
  vae.registerForwardPreHook((_, [x]) => void shapes.push(x.shape));
  vae.registerForwardHook((module, [x], [mean]) => {
    assertStrictEquals(module, vae);
    shapes.push(x.shape, mean.shape);
  });
  // @ts-expect-error the replacement must be a pair
  vae.registerForwardHook((_, __, [mean]) => mean).remove();
  vae(ones([1, 4]));
  assertEquals(shapes, [[1, 4], [1, 4], [1, 2]]);
});
