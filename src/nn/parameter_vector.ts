/**
 * All parameters as one long vector, and back: for line searches, averages and studies of the loss.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { cat } from "../tensor/functions.ts";
import { pass } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * All elements of `parameters` in one vector, in their order. It is recorded: gradients flow back.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.parameters_to_vector.html
 *
 * @param parameters `model.parameters()`, or any tensors
 * @returns `[size]`, a copy
 * @throws {ValueError} if there are none
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { parametersToVector } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const vector = parametersToVector([tensor([[1, 2], [3, 4]]), tensor([5])]);
 * assert.deepEqual(vector.toArray(), [1, 2, 3, 4, 5]);
 * ```
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const list = [...parameters];
  if (list.length === 0) {
    throw new ValueError(
      "Cannot make a vector of no parameters: pass model.parameters(), which can be walked only once",
    );
  }
  return pass(() => cat(list.map((parameter) => parameter.reshape(-1))));
}

/**
 * Writes the elements of `vector` into `parameters`, in their order; it is not recorded.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html
 *
 * @param vector `[size]`, such as `parametersToVector` returns
 * @param parameters what is written
 * @throws {ShapeError} if there are more or fewer elements; nothing is written then
 * @example
 * ```ts
 * import { parametersToVector, Linear, vectorToParameters } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const [model, copy] = [new Linear(2, 3), new Linear(2, 3)];
 * vectorToParameters(parametersToVector(model.parameters()), copy.parameters());
 * assert.deepEqual(copy.weight.toArray(), model.weight.toArray());
 * ```
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const list = [...parameters];
  const sizes = list.map(({ size }) => size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (vector.ndim !== 1 || vector.size !== total) {
    throw new ShapeError(
      `Cannot write shape ${formatShape(vector.shape)} into parameters of ${total} elements: it ` +
        `must be [${total}]`,
      vector.shape,
    );
  }
  using _ = noGrad();
  pass(() => {
    vector.split(sizes).forEach((part, i) => list[i].copy_(part.reshape(list[i].shape)));
  });
}
