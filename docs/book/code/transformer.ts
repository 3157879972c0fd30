// Written by `deno task book`: the code of 12_attention.md.

import { arange, cat, ones, type Tensor } from "@gradus/gradus";
import * as nn from "@gradus/gradus/nn";

/** Lets each place take from itself and earlier places: `[n, length, size]` → `[n, length, width]`. */
export class Head extends nn.Module {
  query: nn.Linear;
  key: nn.Linear;
  value: nn.Linear;

  constructor(size: number, width: number) {
    super();
    this.query = new nn.Linear(size, width, { bias: false });
    this.key = new nn.Linear(size, width, { bias: false });
    this.value = new nn.Linear(size, width, { bias: false });
  }

  /** Returns how much each place takes from each other: `[n, length, length]`. */
  shares(x: Tensor): Tensor {
    const length = x.shape[1];
    const future = ones([length, length], { dtype: "bool" }).triu(1);
    const scores = this.query(x).matmul(this.key(x).transpose(1, 2));
    return scores.div(Math.sqrt(this.key.outFeatures)).maskedFill(future, -Infinity).softmax(2);
  }

  override forward(x: Tensor): Tensor {
    return this.shares(x).matmul(this.value(x));
  }
}

/** Some heads that look, and then a small network that thinks, at each place. */
export class Block extends nn.Module {
  norm1: nn.LayerNorm;
  heads: nn.ModuleList<Head>;
  join: nn.Linear;
  norm2: nn.LayerNorm;
  think: nn.Sequential;

  constructor(size: number, heads: number) {
    super();
    this.norm1 = new nn.LayerNorm(size);
    this.heads = new nn.ModuleList(
      Array.from({ length: heads }, () => new Head(size, size / heads)),
    );
    this.join = new nn.Linear(size, size);
    this.norm2 = new nn.LayerNorm(size);
    this.think = new nn.Sequential(
      new nn.Linear(size, 4 * size),
      new nn.GELU(),
      new nn.Linear(4 * size, size),
    );
  }

  override forward(x: Tensor): Tensor {
    const seen = this.norm1(x);
    const taken = cat(Array.from(this.heads, (head) => head(seen)), 2);
    const looked = x.add(this.join(taken));
    return looked.add(this.think(this.norm2(looked)));
  }
}

/** Scores for the next token, at each place: `[n, length]` → `[n, length, tokens]`. */
export class Transformer extends nn.Module {
  token: nn.Embedding;
  place: nn.Embedding;
  blocks: nn.ModuleList<Block>;
  norm: nn.LayerNorm;
  out: nn.Linear;

  constructor(tokens: number, length: number, size: number, heads: number, blocks: number) {
    super();
    this.token = new nn.Embedding(tokens, size);
    this.place = new nn.Embedding(length, size);
    this.blocks = new nn.ModuleList(
      Array.from({ length: blocks }, () => new Block(size, heads)),
    );
    this.norm = new nn.LayerNorm(size);
    this.out = new nn.Linear(size, tokens);
  }

  /** Returns the embedding of each token and its place: `[n, length, size]`. */
  embed(text: Tensor): Tensor {
    return this.token(text).add(this.place(arange(text.shape[1], { dtype: "int32" })));
  }

  override forward(text: Tensor): Tensor {
    let x = this.embed(text);
    for (const block of this.blocks) x = block(x);
    return this.out(this.norm(x));
  }
}
