/**
 * Differences from PyTorch's own samples that Gradus chooses, beside those of `choices.ts`.
 *
 * @module
 */

import type { Choice } from "./choices.ts";
import type { Case } from "./replay.ts";

const hasIntegers = ({ inputs }: Case): boolean =>
  inputs.every((x) => !x.dtype.startsWith("float"));

/** Answers in the place of errors. */
const ACCEPTED: readonly Choice[] = [
  {
    ops: [
      "atan2",
      "fmod",
      "heaviside",
      "hypot",
      "logicalAnd",
      "logicalOr",
      "logicalXor",
      "maximum",
      "minimum",
    ],
    mismatch: /no error.*(must be Tensor, not int|Dimension out of range)/,
    reason: "a number may stand wherever a tensor is the second operand",
  },
  {
    ops: ["maskedFill"],
    mismatch: /no error.*only supports a 0-dimensional value tensor/,
    reason: "the value of a fill broadcasts as operands do",
  },
  {
    ops: ["function.linspace"],
    mismatch: /no error.*must be int, not float/,
    reason: "JavaScript cannot tell 1 from 1.0",
  },
  {
    ops: ["amax", "amin"],
    mismatch: /no error.*only tensors with up to 64 dims are supported/,
    reason: "shapes may have any number of axes",
  },
  {
    ops: ["gather", "scatterAdd"],
    mismatch: /no error.*Expected dtype int64 for index/,
    reason: "indices are int32, for want of int64",
  },
  {
    ops: ["scatter", "scatterAdd"],
    mismatch: /no error.*Expected self.dtype to be equal to src.dtype/,
    reason: "sources are converted to the dtype of what they go to",
  },
  {
    ops: ["scatter"],
    mismatch: /error that PyTorch does not give: Cannot scatter a source of shape/,
    reason: "a source has the shape of its indices; PyTorch ignores the rest of a larger one",
  },
  {
    ops: ["functional.maxPool1d"],
    mismatch: /no error.*with optional 0 dim batch size for input, but got:\[0, 10\]/,
    reason: "what is computed of nothing is nothing: of no channels, no windows",
  },
];

/** Errors in the place of answers; each names the way out. */
const REFUSED: readonly Choice[] = [
  {
    ops: ["functional.interpolate"],
    mismatch: /PyTorch does not give: Cannot interpolate shape \[2, 3, 4, 4, 4\]/,
    reason: "images have two axes; volumes are left out",
  },
  {
    ops: ["functional.multiMarginLoss"],
    mismatch:
      /PyTorch does not give: Cannot compute multiMarginLoss of shape (\[\]|\[5\] with a target \[1\])/,
    reason:
      "an input has an axis of classes, and of one row the target is a scalar; PyTorch also takes others",
  },
  {
    ops: ["functional.batchNorm"],
    mismatch: /PyTorch does not give: Cannot batchNorm shape \[0\]/,
    reason: "the input has an axis of channels, also where it is empty",
  },
  {
    ops: ["functional.hardtanh"],
    mismatch: /PyTorch does not give: Cannot limit to/,
    reason: "bounds in the wrong order are a mistake",
  },
  {
    ops: ["roll"],
    mismatch: /PyTorch does not give: Cannot call roll\(\) with an axis of type array/,
    reason: "one axis is rolled at a time",
  },
  {
    ops: ["mT"],
    mismatch: /PyTorch does not give: Cannot take mT of shape \[\]/,
    reason: "a scalar is no matrix; PyTorch warns that it will refuse it too",
  },
  {
    ops: ["logsumexp", "functional.pairwiseDistance"],
    mismatch: /PyTorch does not give: .*convert it with .to\("float32"\)/,
    when: hasIntegers,
    reason: "norms and exponentials of integers are asked for in a dtype that can hold them",
  },
  {
    ops: ["addcmul", "addmm", "bmm", "cross", "einsum", "matmul", "mm", "outer", "pow", "square"],
    mismatch: /PyTorch does not give: .* does not fit (uint8|int32)/,
    reason: "a result that an integer dtype cannot hold is refused; PyTorch wraps it",
  },
  {
    ops: ["addmm"],
    mismatch: /PyTorch does not give: Cannot addmm u?int\d+ with the factor/,
    reason: "integers have no fractions; PyTorch truncates the factor",
  },
  {
    ops: ["function.arange", "function.linspace"],
    mismatch:
      /PyTorch does not give: .*(as (int32|uint8): it holds whole numbers|options of type boolean)/,
    reason:
      "elements that the dtype cannot hold are refused; PyTorch wraps or truncates them. A boolean is " +
      "no number",
  },
  {
    ops: [
      "fill_",
      "indexFill",
      "maskedFill",
      "pad",
      "scatter",
      "function.full",
      "function.fullLike",
    ],
    mismatch: /PyTorch does not give: .* as (bool|uint8|int32): it holds/,
    reason: "a number that the dtype cannot hold is refused; PyTorch truncates it",
  },
  {
    ops: ["indexFill", "pad", "function.fullLike"],
    mismatch: /PyTorch does not give: .*value of type boolean/,
    reason: "a boolean is no number",
  },
  {
    ops: ["histogram"],
    mismatch: /PyTorch does not give: Cannot call histogram\(\) with bins of type Tensor/,
    reason: "bins are counted; for chosen edges there is bucketize",
  },
];

/** Other numbers. */
const NUMBERS: readonly Choice[] = [
  {
    ops: ["function.arange", "function.linspace"],
    mismatch: /float(32|64), not int32/,
    reason: "numbers are floating-point unless a dtype is given: JavaScript cannot tell 1 from 1.0",
  },
  {
    ops: ["functional.hingeEmbeddingLoss"],
    mismatch: /^(output|gradient) 0: element \d+ is/,
    when: ({ inputs }) => inputs[1].values.some((y) => Math.abs(y) !== 1),
    reason: "targets are 1 or −1; PyTorch gives others the sum of both losses",
  },
  {
    ops: ["bincount"],
    mismatch: /(int32|uint8), not float64/,
    reason: "counts weighed by integers are integers",
  },
  {
    ops: ["functional.cosineEmbeddingLoss"],
    mismatch: /^output 0: /,
    when: ({ inputs }) => inputs[2].dtype === "uint8",
    reason: "uint8 has no −1, and a target of 255 is none; PyTorch wraps −1 to it",
  },
  {
    ops: ["addcmul"],
    mismatch: /float(32|64), not u?int\d+/,
    reason: "a factor that is a fraction makes the result one; PyTorch truncates it",
  },
  {
    ops: ["functional.hardtanh"],
    mismatch: /float64, not int32/,
    reason: "bounds that are fractions make the result one; PyTorch truncates them",
  },
  {
    ops: ["functional.marginRankingLoss"],
    mismatch: /^output 0: element \d+ is/,
    when: ({ inputs }) => inputs[0].dtype === "uint8",
    reason: "losses of uint8 are computed in a dtype that has negative numbers; PyTorch wraps them",
  },
  {
    ops: ["functional.poissonNllLoss"],
    mismatch: /^output 0: element .*; \d\d\.\d units off/,
    when: hasIntegers,
    reason: "of integers the judge cannot tell by neighbours what terms lose that cancel",
  },
  {
    ops: ["qr"],
    mismatch: /^gradient 0: element .*; \d{1,2}\.\d units off/,
    reason:
      "terms of this gradient cancel, and ours in another order: up to a hundred units are lost",
  },
  {
    ops: ["functional.softMarginLoss"],
    mismatch: /e-1\d \(PyTorch/,
    reason: "ln(1 + x) keeps the digits of a small x; PyTorch rounds 1 + x first",
  },
  {
    ops: ["functional.hardsigmoid"],
    mismatch: /^gradient 0: .*; \d{1,9}\.\d units off/,
    reason: "the slope is 1 / 6 in float64; PyTorch 1.13 rounds it to float32",
  },
  {
    ops: ["norm"],
    mismatch: /^(output|gradient) 0: element .*; \d{1,9}\.\d units off/,
    when: ({ args }) => {
      const { p = 2 } = (args.at(-1) ?? {}) as { readonly p?: number };
      return Math.fround(p) !== p;
    },
    reason: "the order is a float64; PyTorch 1.13 rounds it to float32",
  },
  {
    ops: ["functional.scaledDotProductAttention"],
    mismatch: /^gradient \d+: element .*(; \d\d\.\d units off|is \S+e-\d+, not \S+e-\d+ )/,
    reason:
      "where one key is nearly certain, terms of the gradient of a softmax cancel, and ours in another order",
  },
];

/** Every difference in PyTorch's samples that we choose. */
export const SAMPLE_CHOICES: readonly Choice[] = [...ACCEPTED, ...REFUSED, ...NUMBERS];
