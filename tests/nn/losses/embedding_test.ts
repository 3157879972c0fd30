import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { tensor } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";

const { functional: F } = nn;

test("the cosine of a vector of length 0 is 0, with PyTorch's slope", () => {
  const [x, none] = [tensor([[3, 4]]), tensor([[0, 0]])].map((t) => t.to("float64"));
  const leaf = none.detach().requiresGrad_();
  const loss = F.cosineEmbeddingLoss(x, leaf, tensor([1]));
  loss.backward();
  assertEquals(loss.item(), 1);
  // torch.nn.functional.cosine_embedding_loss; its 1e-12 is a float32.
  const expected = [-600000.0011986, -800000.0015981];
  leaf.grad!.data.forEach((g, i) => assert(Math.abs(g / expected[i] - 1) < 1e-12, `${g}`));
});
