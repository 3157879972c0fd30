/**
 * Sequences of different lengths in one tensor, without padding.
 *
 * @module
 */

import {
  checkArguments,
  checkList,
  checkTensors,
  checkWhole,
  guardMembers,
  readOptions,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { listed, quoted } from "../../names.ts";
import { formatShape } from "../../shape.ts";
import { indexTensor } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import { listOf } from "../../storage/arena.ts";
import { inverseOrder } from "../../storage/views.ts";
import { cat } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";

/**
 * Sequences of different lengths, longest first, with the first elements of all before the second ones:
 * what recurrent layers run over without computing anything for padding.
 *
 * `packPaddedSequence` makes one, and `padPackedSequence` makes a tensor of it.
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { packPaddedSequence } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const padded = tensor([[1, 2, 3], [4, 5, 0]]).unsqueeze(2);
 * const packed = packPaddedSequence(padded, [3, 2], { batchFirst: true });
 * assertEquals(packed.data.reshape(-1).toArray(), [1, 4, 2, 5, 3]);
 * assertEquals(packed.batchSizes, [2, 2, 1]);
 * ```
 */
export class PackedSequence {
  /** The elements: `[total length, …]`. */
  readonly data: Tensor;
  /** Number of sequences that have a first element, a second one, …; these fall. */
  readonly batchSizes: readonly number[];
  /** The place in the original batch of each sequence, from the longest to the shortest. */
  readonly sortedIndices: Tensor;
  /** The place among the sorted ones of each sequence of the original batch. */
  readonly unsortedIndices: Tensor;

  /**
   * Makes a packed sequence of its parts; users call `packPaddedSequence`.
   *
   * @param data the elements
   * @param batchSizes numbers of sequences, step by step
   * @param order the place in the original batch of each sequence
   */
  constructor(data: Tensor, batchSizes: readonly number[], order: readonly number[]) {
    const action = "make PackedSequence";
    checkTensors(action, data);
    for (const list of [batchSizes, order]) {
      checkList(action, list);
      for (const n of list) checkWhole(`${action} with ${quoted(n)}`, n, 0);
    }
    this.data = data;
    // The indices are made for these sizes: an edited list would unpack other elements.
    this.batchSizes = Object.freeze([...batchSizes]);
    this.sortedIndices = indexTensor(order).retain();
    const places = inverseOrder(order);
    this.unsortedIndices = indexTensor(places).retain();
  }

  /**
   * Returns the same packing of other elements, such as those that a function has made of `data`.
   *
   * @param data a tensor with as many entries
   * @throws {ShapeError} if it has another number
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { packPaddedSequence, padPackedSequence } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const packed = packPaddedSequence(tensor([[1, 2], [3, 0]]), [2, 1], { batchFirst: true });
   * const [squares] = padPackedSequence(packed.withData(packed.data.square()), { batchFirst: true });
   * assertEquals(squares.toArray(), [[1, 4], [9, 0]]);
   * ```
   */
  withData(data: Tensor): PackedSequence {
    checkTensors("pack", data);
    if (data.shape[0] !== this.data.shape[0]) {
      throw new ShapeError(
        `Cannot pack shape ${formatShape(data.shape)}: the sequences have ${
          this.data.shape[0]
        } elements`,
        data.shape,
      );
    }
    return new PackedSequence(data, this.batchSizes, [...this.sortedIndices.data]);
  }
}

guardMembers(PackedSequence);

/** Options of `packPaddedSequence`. */
export interface PackPaddedSequenceOptions {
  /** True if the input is `[n, l, …]` rather than `[l, n, …]`; default false. */
  readonly batchFirst?: boolean;
  /** False to sort by length what does not fall; default true. */
  readonly enforceSorted?: boolean;
}

/**
 * Packs padded sequences, for recurrent layers: `[l, n, …]` with `n` lengths → elements without the
 * padding.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
 *
 * @param input `[l, n, …]`
 * @param lengths the length of each sequence: whole numbers from 1 to l, in a list or a tensor
 * @param options `batchFirst`, `enforceSorted`
 * @returns the packed sequences; gradients flow through
 * @throws {ShapeError} if the input has fewer than two axes, or another number of sequences
 * @throws {ValueError} if a length is out of range, or they do not fall and must
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { GRU, packPaddedSequence, padPackedSequence, padSequence } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const sequences = [tensor([[1], [2]]), tensor([[3], [4], [5]])];
 * const options = { enforceSorted: false };
 * const packed = packPaddedSequence(padSequence(sequences), [2, 3], options);
 * const [output, last] = new GRU(1, 4, { bidirectional: true })(packed);
 * const [padded, lengths] = padPackedSequence(output);
 * assertEquals([padded.shape, last.shape], [[3, 2, 8], [2, 2, 4]]);
 * assertEquals(lengths.toArray(), [2, 3]);
 * ```
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: readonly number[] | Tensor,
  options: PackPaddedSequenceOptions = {},
): PackedSequence {
  checkArguments("packPaddedSequence", arguments, 3);
  const { batchFirst, enforceSorted } = readOptions("pack sequences", options, {
    batchFirst: false,
    enforceSorted: true,
  });
  checkTensors("pack sequences", input);
  const list: readonly number[] = lengths instanceof Tensor ? [...lengths.data] : lengths;
  checkList("pack sequences of lengths", list);
  const [n, l] = batchFirst ? input.shape : [input.shape[1], input.shape[0]];
  if (input.ndim < 2 || n !== list.length || n === 0) {
    throw new ShapeError(
      `Cannot pack shape ${
        formatShape(input.shape)
      } with ${list.length} lengths: the input must be ` +
        `${batchFirst ? "[n, l, …]" : "[l, n, …]"} with n lengths`,
      input.shape,
    );
  }
  const wrong = list.find((length) => !(Number.isInteger(length) && length > 0 && length <= l));
  if (wrong !== undefined) {
    throw new ValueError(
      `Cannot pack a sequence of length ${wrong}: lengths are whole numbers from 1 to ${l}`,
    );
  }
  const order = list.map((_, i) => i).sort((a, b) => list[b] - list[a] || a - b);
  if (enforceSorted && order.some((place, i) => place !== i)) {
    throw new ValueError(
      `Cannot pack sequences of lengths ${
        listed(list.map(String))
      }: they must fall; sort them, or ` +
        `pass { enforceSorted: false }`,
    );
  }
  const longest = list[order[0]];
  const batchSizes = Array.from(
    { length: longest },
    (_, step) => list.filter((length) => length > step).length,
  );
  const places = batchSizes.flatMap((size, step) =>
    order.slice(0, size).map((i) => batchFirst ? i * l + step : step * n + i)
  );
  const data = scope(() =>
    input.reshape(l * n, ...input.shape.slice(2)).indexSelect(0, indexTensor(places))
  );
  return new PackedSequence(data, batchSizes, order);
}

/** Options of `padPackedSequence`. */
export interface PadPackedSequenceOptions {
  /** True for a result `[n, l, …]` rather than `[l, n, …]`; default false. */
  readonly batchFirst?: boolean;
  /** Number behind the end of shorter sequences; default 0. */
  readonly paddingValue?: number;
  /** Length to which all are padded; default that of the longest. */
  readonly totalLength?: number | null;
}

/**
 * Undoes `packPaddedSequence`: returns the padded sequences in their original order, and their lengths.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html
 *
 * @param packed packed sequences, such as the output of a recurrent layer
 * @param options `batchFirst`, `paddingValue`, `totalLength`
 * @returns `[l, n, …]`, and the lengths as int32
 * @throws {ValueError} if `totalLength` is below that of the longest sequence
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { packPaddedSequence, padPackedSequence } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const packed = packPaddedSequence(tensor([[1, 2], [3, 0]]), [2, 1], { batchFirst: true });
 * const [padded, lengths] = padPackedSequence(packed, { batchFirst: true, paddingValue: -1 });
 * assertEquals(padded.toArray(), [[1, 2], [3, -1]]);
 * assertEquals(lengths.toArray(), [2, 1]);
 * ```
 */
export function padPackedSequence(
  packed: PackedSequence,
  options: PadPackedSequenceOptions = {},
): [padded: Tensor, lengths: Tensor] {
  checkArguments("padPackedSequence", arguments, 2);
  const { batchFirst, paddingValue, totalLength } = readOptions("pad packed sequences", options, {
    batchFirst: false,
    paddingValue: 0,
    totalLength: null,
  });
  if (!(packed instanceof PackedSequence)) {
    throw new ValueError("Cannot pad what is not packed: pass the result of packPaddedSequence");
  }
  const { data, batchSizes } = packed;
  const n = batchSizes[0];
  const l = totalLength ?? batchSizes.length;
  if (!(Number.isInteger(l) && l >= batchSizes.length)) {
    throw new ValueError(
      `Cannot pad sequences of up to ${batchSizes.length} elements to length ${l}: it must be a ` +
        `whole number, at least as large`,
    );
  }
  const ranks = [...packed.unsortedIndices.data];
  const lengths = ranks.map((rank) => batchSizes.filter((size) => size > rank).length);
  const starts = batchSizes.map((_, t) =>
    batchSizes.slice(0, t).reduce((sum, size) => sum + size, 0)
  );
  // The padding is one more element, behind all others.
  const padding = data.shape[0];
  const place = (i: number, t: number) => t < lengths[i] ? starts[t] + ranks[i] : padding;
  const places = listOf(
    l * n,
    (k) => batchFirst ? place(Math.floor(k / l), k % l) : place(k % n, Math.floor(k / n)),
  );
  return scope(() => {
    const extra = data.newFull([1, ...data.shape.slice(1)], paddingValue);
    const padded = cat([data, extra]).indexSelect(0, indexTensor(places));
    const shape = batchFirst ? [n, l] : [l, n];
    return [padded.reshape([...shape, ...data.shape.slice(1)]), indexTensor(lengths)];
  });
}
