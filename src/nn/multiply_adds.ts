/**
 * How much work layers do.
 *
 * @module
 */

import type { Tensor } from "../tensor/tensor.ts";
import { MultiheadAttention } from "./layers/attention.ts";
import { Bilinear } from "./layers/bilinear.ts";
import { Conv2d } from "./layers/conv.ts";
import { Conv1d } from "./layers/conv1d.ts";
import { ConvTranspose2d } from "./layers/conv_transpose.ts";
import { ConvTranspose1d } from "./layers/conv_transpose1d.ts";
import { Linear } from "./layers/linear.ts";
import type { AnyModule } from "./module.ts";
import { Recurrent } from "./layers/recurrent_base.ts";
import { RecurrentCell } from "./layers/recurrent_cell.ts";

/**
 * Multiplications, each with an addition, in one call of `module` by itself, without the modules
 * inside: those of products with weights, and of attention. What takes a few operations for each
 * element, as activations, normalization and pooling do, counts as nothing.
 */
export function multiplyAdds(
  module: AnyModule,
  inputs: readonly unknown[],
  output: unknown,
): number {
  const x = inputs[0] as Tensor;
  if (module instanceof Linear) return (output as Tensor).size * module.inFeatures;
  if (module instanceof Bilinear) {
    const { in1Features, in2Features, outFeatures, weight } = module;
    return x.size / in1Features * (weight.size + outFeatures * in2Features);
  }
  if (module instanceof Conv2d || module instanceof Conv1d) {
    return (output as Tensor).size * module.weight.size / module.outChannels;
  }
  if (module instanceof ConvTranspose2d || module instanceof ConvTranspose1d) {
    return x.size * module.weight.size / module.inChannels;
  }
  if (module instanceof MultiheadAttention) return attention(module, inputs as Tensor[]);
  if (module instanceof Recurrent || module instanceof RecurrentCell) {
    // Every weight is used once for each element of each sequence.
    return x.size / module.inputSize * weightsOf(module);
  }
  return 0;
}

/** Projections of query, key and value; scores, and sums of values by them. */
function attention(module: MultiheadAttention, [query, key, value]: readonly Tensor[]): number {
  const { embedDim, batchFirst } = module;
  const projections = (query.size + key.size + value.size) * embedDim;
  const keys = key.shape[batchFirst && key.ndim === 3 ? 1 : 0] + module.addedKeys;
  return projections + 2 * query.size * keys;
}

function weightsOf(module: AnyModule): number {
  let size = 0;
  for (const parameter of module.parameters()) if (parameter.ndim > 1) size += parameter.size;
  return size;
}
