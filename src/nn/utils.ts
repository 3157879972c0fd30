/**
 * Clips gradients, flattens parameters, pads sequences, and makes one-hot vectors.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import {
  checkArguments,
  checkKind,
  checkList,
  checkTensors,
  checkType,
  checkWhole,
  readOptions,
} from "../checks.ts";
import { getDefaultDtype } from "../dtype.ts";
import { GradientError, ShapeError, ValueError } from "../errors.ts";
import { pow } from "../math/mod.ts";
import { ops } from "../ops/table.ts";
import { formatShape, sameShape } from "../shape.ts";
import { arange, tensor } from "../tensor/create.ts";
import { wholeNumbers } from "../tensor/indexing.ts";
import { cat, stack } from "../tensor/shape.ts";
import { applyInPlace } from "../autograd/apply.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Options of {@link clipGradNorm_}. */
export interface ClipGradNormOptions {
  /** Order of the norm, above 0; `Infinity` takes the largest element; default 2. */
  readonly p?: number;
  /** True to throw if the norm is NaN or infinite; default false. */
  readonly errorIfNonfinite?: boolean;
}

/**
 * Scales all gradients, in place, by the same factor `min(1, maxNorm / (norm + 10⁻⁶))`. The norm is
 * that of all gradients in one vector, and is at most `maxNorm` afterwards (Pascanu et al., 2013).
 *
 * Parameters without a gradient are skipped. See
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 *
 * @param parameters the owners of the gradients: `model.parameters()`, or one tensor
 * @param maxNorm the largest norm, 0 or more
 * @param options `p`, `errorIfNonfinite`
 * @returns the norm before scaling, a scalar; 0 if there are no gradients
 * @throws {ValueError} if `maxNorm` is below 0, or `p` not above 0
 * @throws {GradientError} if `errorIfNonfinite` and the norm is not finite; nothing is scaled then
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { clipGradNorm_ } from "@gradus/gradus/nn";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const x = tensor([3, 4], { requiresGrad: true });
 * x.square().sum().backward();
 * assertEquals(clipGradNorm_([x], 5).item(), 10);
 * assert(Math.abs(x.grad!.norm().item() - 5) < 1e-5);
 * ```
 */
export function clipGradNorm_(
  parameters: Iterable<Tensor> | Tensor,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  checkArguments("clipGradNorm_", arguments, 3);
  const { p, errorIfNonfinite } = readOptions("clip gradients", options, {
    p: 2,
    errorIfNonfinite: false,
  });
  checkType("clip gradients", "maxNorm", maxNorm, "number");
  if (!(maxNorm >= 0)) {
    throw new ValueError(`Cannot clip gradients to norm ${maxNorm}: use 0 or more`);
  }
  checkType("clip gradients", "p", p, "number");
  if (!(p > 0)) {
    throw new ValueError(`Cannot clip gradients by a norm of order ${p}: use one above 0`);
  }
  const gradients = gradientsOf(parameters);
  const norm = noGrad(() => scope(() => totalNorm(gradients, p)));
  if (errorIfNonfinite && !Number.isFinite(norm)) {
    throw new GradientError(
      `Cannot clip gradients of norm ${norm}: lower the learning rate, look for the operation that ` +
        `overflows, or leave errorIfNonfinite out`,
    );
  }
  const factor = maxNorm / (norm + 1e-6);
  // A factor of NaN spreads: the gradients are lost already.
  if (!(factor >= 1)) noGrad(() => gradients.forEach((gradient) => gradient.mul_(factor)));
  return tensor(norm, { dtype: gradients[0]?.dtype ?? getDefaultDtype() });
}

/**
 * Limits every element of the gradients, in place, to `[-clipValue, clipValue]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 *
 * @param parameters the owners of the gradients: `model.parameters()`, or one tensor
 * @param clipValue the largest absolute value, 0 or more
 * @throws {ValueError} if `clipValue` is below 0
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { clipGradValue_ } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([3, -4, 0.25], { requiresGrad: true });
 * x.square().sum().backward();
 * clipGradValue_([x], 1);
 * assertEquals(x.grad!.toArray(), [1, -1, 0.5]);
 * ```
 */
export function clipGradValue_(parameters: Iterable<Tensor> | Tensor, clipValue: number): void {
  checkArguments("clipGradValue_", arguments, 2);
  checkType("clip gradients", "clipValue", clipValue, "number");
  if (!(clipValue >= 0)) {
    throw new ValueError(`Cannot clip gradients to values up to ${clipValue}: use 0 or more`);
  }
  const gradients = gradientsOf(parameters);
  noGrad(() =>
    gradients.forEach((gradient) => applyInPlace(ops.clamp, [gradient, -clipValue, clipValue]))
  );
}

/** Lists the gradients, each once: a shared parameter must not be scaled twice. */
function gradientsOf(parameters: Iterable<Tensor> | Tensor): Tensor[] {
  const list = new Set(parameters instanceof Tensor ? [parameters] : listOf(parameters));
  return [...list].map(({ grad }) => grad).filter((grad) => grad !== null);
}

/** Returns the parameters as a list, if they can be walked and are tensors. */
function listOf(parameters: Iterable<Tensor>): Tensor[] {
  checkKind(
    "use parameters",
    parameters,
    typeof parameters?.[Symbol.iterator] === "function",
    "model.parameters(), or a list of tensors",
  );
  const list = [...parameters];
  if (list.length === 0 && "next" in parameters) {
    throw new ValueError(
      "Cannot use parameters of an iterator that yields none: it is used up after one walk; pass " +
        "model.parameters(), or a list",
    );
  }
  checkTensors("use parameters", ...list);
  return list;
}

/** Computes the norm of all gradients from the norm of each, in float64. */
function totalNorm(gradients: readonly Tensor[], p: number): number {
  const norms = gradients.filter((gradient) => gradient.numel() > 0)
    .map((gradient) => Number(gradient.norm({ p }).item()));
  const largest = norms.reduce((a, b) => Math.max(a, b), 0);
  if (p === Infinity || largest === 0 || !Number.isFinite(largest)) return largest;
  // Scaled by the largest, so that no power overflows.
  const sum = norms.reduce((sum, norm) => sum + pow(norm / largest, p), 0);
  return largest * pow(sum, 1 / p);
}

/**
 * Copies all elements of `parameters` into one vector, in their order. Gradients flow back.
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
 * import { assertEquals } from "@std/assert";
 *
 * const vector = parametersToVector([tensor([[1, 2], [3, 4]]), tensor([5])]);
 * assertEquals(vector.toArray(), [1, 2, 3, 4, 5]);
 * ```
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  checkArguments("parametersToVector", arguments, 1);
  const list = listOf(parameters);
  if (list.length === 0) {
    throw new ValueError(
      "Cannot make a vector of no parameters: pass model.parameters()",
    );
  }
  return scope(() => cat(list.map((parameter) => parameter.reshape(-1))));
}

/**
 * Copies the elements of `vector` into `parameters`, in their order. No gradient flows back.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html
 *
 * @param vector `[size]`, such as `parametersToVector` returns
 * @param parameters the tensors to overwrite
 * @throws {ShapeError} if there are more or fewer elements; nothing is written then
 * @example
 * ```ts
 * import { parametersToVector, Linear, vectorToParameters } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const [model, copy] = [new Linear(2, 3), new Linear(2, 3)];
 * vectorToParameters(parametersToVector(model.parameters()), copy.parameters());
 * assertEquals(copy.weight.toArray(), model.weight.toArray());
 * ```
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  checkArguments("vectorToParameters", arguments, 2);
  checkTensors("write a vector into parameters", vector);
  const list = listOf(parameters);
  const sizes = list.map((parameter) => parameter.numel());
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (vector.ndim !== 1 || vector.numel() !== total) {
    throw new ShapeError(
      `Cannot write shape ${formatShape(vector.shape)} into parameters of ${total} elements: it ` +
        `must be [${total}]`,
      vector.shape,
    );
  }
  noGrad(() =>
    scope(() => {
      vector.split(sizes).forEach((part, i) => list[i].copy_(part.reshape(list[i].shape)));
    })
  );
}

/** Options of `padSequence`. */
export interface PadSequenceOptions {
  /** True for a result `[n, longest, …]` instead of `[longest, n, …]`; default false. */
  readonly batchFirst?: boolean;
  /** Number that fills the end of shorter sequences; default 0. */
  readonly paddingValue?: number;
}

/**
 * Pads sequences of different lengths to the longest, and stacks them, as a `collate` of texts does.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html
 *
 * @param sequences at least one; each `[length, …]`, with the same sizes behind the length
 * @param options `batchFirst`, `paddingValue`
 * @returns `[longest, n, …]`, or `[n, longest, …]` with `batchFirst`
 * @throws {ValueError} if there are none
 * @throws {ShapeError} if one is a scalar, or sizes behind the length differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { padSequence } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const batch = padSequence([tensor([1, 2, 3]), tensor([4])], { batchFirst: true });
 * assertEquals(batch.toArray(), [[1, 2, 3], [4, 0, 0]]);
 * ```
 */
export function padSequence(
  sequences: readonly Tensor[],
  options: PadSequenceOptions = {},
): Tensor {
  checkArguments("padSequence", arguments, 2);
  const { batchFirst, paddingValue: value } = readOptions("pad sequences", options, {
    batchFirst: false,
    paddingValue: 0,
  });
  checkList("pad sequences", sequences);
  if (sequences.length === 0) throw new ValueError("Cannot pad no sequences: give at least one");
  checkTensors("pad sequences", ...sequences);
  const entry = sequences[0].shape.slice(1);
  for (const { ndim, shape } of sequences) {
    if (ndim > 0 && sameShape(shape.slice(1), entry)) continue;
    throw new ShapeError(
      `Cannot pad sequences of shapes ${formatShape(sequences[0].shape)} and ${
        formatShape(shape)
      }: only the first size, the length, may differ`,
      sequences[0].shape,
      shape,
    );
  }
  const longest = Math.max(...sequences.map(({ shape }) => shape[0]));
  const untouched = entry.flatMap(() => [0, 0]);
  return scope(() =>
    stack(
      sequences.map((x) => x.pad([...untouched, 0, longest - x.shape[0]], { value })),
      batchFirst ? 0 : 1,
    )
  );
}

/**
 * Makes a vector for each index, 1 at the index and 0 elsewhere: `[…] → […, classes]`, as int32.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 *
 * @param index int32 or uint8
 * @param classes length of the vectors; if left out, one more than the largest index
 * @throws {DTypeError} if the indices are booleans
 * @throws {ValueError} if an index is not whole, negative or not below `classes`, or there is none to count from
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const index = tensor([2, 0], { dtype: "int32" });
 * assertEquals(functional.oneHot(index, 4).toArray(), [[0, 0, 1, 0], [1, 0, 0, 0]]);
 * ```
 */
export function oneHot(index: Tensor, classes?: number): Tensor {
  checkArguments("oneHot", arguments, 2);
  checkTensors("oneHot", index);
  if (classes !== undefined) checkType("oneHot", "classes", classes, "number");
  if (classes !== undefined) checkWhole(`make one-hot vectors of ${classes} classes`, classes, 1);
  const { data } = scope(() => wholeNumbers("make one-hot vectors", index));
  let largest = -1;
  for (let i = 0; i < data.length; i++) {
    if (data[i] > largest) largest = data[i];
    if (data[i] >= 0 && data[i] < (classes ?? Infinity)) continue;
    throw new ValueError(
      `Cannot make a one-hot vector of index ${data[i]}: indices go from 0 to ` +
        (classes === undefined ? "the number of classes" : `${classes - 1}`),
    );
  }
  if (classes === undefined && largest < 0) {
    throw new ValueError("Cannot count the classes of no indices: pass their number to oneHot");
  }
  const all = arange(classes ?? largest + 1, { dtype: "int32" });
  return scope(() => index.unsqueeze(-1).eq(all).to("int32"));
}
