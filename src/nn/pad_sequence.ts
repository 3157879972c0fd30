/**
 * One batch of sequences of different lengths.
 *
 * @module
 */

import { requireOptions, requireTensors } from "../autograd/operands.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape, sameShape } from "../shape.ts";
import { stack } from "../tensor/functions.ts";
import { pass } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Options of `padSequence`. */
export interface PadSequenceOptions {
  /** Whether the sequences are the first axis of the result, rather than the second; default false. */
  readonly batchFirst?: boolean;
  /** What fills the end of shorter sequences; default 0. */
  readonly paddingValue?: number;
}

/**
 * Sequences of different lengths, filled up to the longest and stacked: what a `collate` of texts
 * needs.
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
 * import assert from "node:assert/strict";
 *
 * const batch = padSequence([tensor([1, 2, 3]), tensor([4])], { batchFirst: true });
 * assert.deepEqual(batch.toArray(), [[1, 2, 3], [4, 0, 0]]);
 * ```
 */
export function padSequence(
  sequences: readonly Tensor[],
  options: PadSequenceOptions = {},
): Tensor {
  requireOptions("pad sequences", options);
  const { batchFirst = false, paddingValue: value = 0 } = options;
  if (sequences.length === 0) throw new ValueError("Cannot pad no sequences: give at least one");
  requireTensors("pad sequences", ...sequences);
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
  return pass(() =>
    stack(
      sequences.map((x) => x.pad([...untouched, 0, longest - x.shape[0]], { value })),
      batchFirst ? 0 : 1,
    )
  );
}
