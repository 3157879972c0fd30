// Written by `deno task book`: the code of 11_names.md.

import type { Tensor } from "@gradus/gradus";
import * as nn from "@gradus/gradus/nn";

/** Scores for the next letter, from the last three: `[n, 3]` → `[n, 27]`. */
export class NameModel extends nn.Module {
  embedding = new nn.Embedding(27, 10);
  hidden = new nn.Linear(3 * 10, 100);
  out = new nn.Linear(100, 27);

  override forward(context: Tensor): Tensor {
    const vectors = this.embedding(context).flatten(1); // [n, 3, 10] → [n, 30]
    return this.out(this.hidden(vectors).tanh());
  }
}
