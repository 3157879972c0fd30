/**
 * Differences from PyTorch that Gradus chooses.
 *
 * @module
 */

import { build, type Case } from "./replay.ts";

/** A difference that we choose. */
export interface Choice {
  /** The ops that it concerns. */
  readonly ops: readonly string[];
  /** Matches the mismatch. */
  readonly mismatch: RegExp;
  /** Condition on the case; all cases of these ops if left out. */
  readonly when?: (test: Case) => boolean;
  /** The reason. */
  readonly reason: string;
}

const hasDtype = (...dtypes: string[]) => ({ inputs }: Case): boolean =>
  inputs.some((x) => dtypes.includes(x.dtype));

const has = (test: (v: number) => boolean) => ({ inputs }: Case): boolean =>
  inputs.some((x) => x.values.some(test));

const hasNaN = has(Number.isNaN);
/** NaN or ±∞. */
const hasNonFinite = has((v) => !Number.isFinite(v));
/** Squares overflow in float32, and swallow their neighbours in float64 too. */
const hasHuge = has((v) => Math.abs(v) > 1e19);

/** Some input has no elements. */
const isEmpty = ({ inputs }: Case): boolean =>
  inputs.some((x) => build(x, "float32").numel() === 0);

const isScalar = ({ inputs }: Case): boolean => inputs[0].shape.length === 0;

const option = (test: Case, name: string): unknown => {
  const last = test.args.at(-1);
  return typeof last === "object" && last !== null ? (last as Record<string, unknown>)[name] : null;
};

const NORMALIZATIONS = [
  "functional.batchNorm",
  "functional.groupNorm",
  "functional.instanceNorm",
  "functional.layerNorm",
  "functional.rmsNorm",
];

/** Ops that add up products. */
const PRODUCTS = [
  "bmm",
  "dot",
  "function.einsum",
  "functional.bilinear",
  "functional.conv1d",
  "functional.conv2d",
  "functional.convTranspose1d",
  "functional.convTranspose2d",
  "functional.linear",
  "functional.scaledDotProductAttention",
  "matmul",
];

/** Answers in the place of errors, or types of answers. */
const ACCEPTED: readonly Choice[] = [
  {
    ops: ["any", "all"],
    mismatch: /bool, not uint8/,
    reason: "any and all answer with booleans; PyTorch keeps uint8, which once were its booleans",
  },
  {
    ops: ["sub", "abs", "atan2"],
    mismatch: /no error.*(bool tensor|Bool)/,
    when: hasDtype("bool"),
    reason: "booleans among other numbers are 0 and 1, in these ops as everywhere",
  },
  {
    ops: ["roll"],
    mismatch: /no error.*has no dimensions/,
    when: isScalar,
    reason: "a scalar can be treated as if it had one axis, in roll as in sum",
  },
  {
    ops: ["diag"],
    mismatch: /no error.*numel: integer multiplication overflow/,
    reason: "a diagonal outside of the matrix is empty, in diag as in diagonal",
  },
  {
    ops: [
      "functional.groupNorm",
      "functional.instanceNorm",
      "functional.bilinear",
      "functional.pixelShuffle",
      "pad",
    ],
    mismatch: /no error|NaN/,
    when: isEmpty,
    reason: "what is computed of nothing is nothing; PyTorch 1.13 fails on the way in these layers",
  },
  {
    ops: ["functional.groupNorm"],
    mismatch: /no error.*Expected more than 1 value per channel/,
    reason: "a group of one value is normalized to 0",
  },
  {
    ops: ["functional.adaptiveAvgPool1d", "functional.adaptiveAvgPool2d"],
    mismatch: /the image is empty/,
    reason: "an empty image has no mean; PyTorch 1.13 answers with nothing, or whatever there is",
  },
  {
    ops: ["function.cat"],
    mismatch: /an error that PyTorch does not give: Cannot cat over axis/,
    when: isEmpty,
    reason: "an axis that is not there is refused, also where PyTorch skips tensors of shape [0]",
  },
  {
    ops: ["median", "median.values"],
    mismatch: /an error that PyTorch does not give: Cannot take the median of no integers/,
    when: isEmpty,
    reason: "no integers have no median; PyTorch converts NaN to an integer, to 0 or the least",
  },
  {
    ops: ["norm"],
    mismatch: /no error.*this dimension is empty/,
    reason:
      "the norm of nothing is what its formula gives of 0: ∞ or 0, as the norms of positive order",
  },
  {
    ops: ["pad"],
    mismatch: /no error.*resulted in a negative output size/,
    reason: "an image may be cut to nothing, as by a slice; PyTorch 1.13 takes 0 for negative",
  },
  {
    ops: ["functional.convTranspose2d"],
    mismatch: /an error that PyTorch does not give/,
    when: isEmpty,
    reason: "windows that do not fit are refused for empty batches as well",
  },
  {
    ops: ["std", "var"],
    mismatch: /Function (Std|Var)Backward0 returned an invalid gradient/,
    reason: "PyTorch 1.13 gives a gradient of the wrong shape here and refuses it",
  },
];

/** NaN, infinities and overflow. */
const EXTREMES: readonly Choice[] = [
  {
    ops: [
      "abs",
      "sign",
      "functional.l1Loss",
      "functional.softshrink",
      "elu",
      "selu",
      "celu",
      "hardswish",
    ],
    mismatch: /is NaN, not/,
    when: hasNaN,
    reason: "what is computed of NaN is NaN, its gradient too",
  },
  {
    ops: ["hardtanh", "relu6"],
    mismatch: /^gradient 0: element \d+ is 0, not/,
    when: hasNaN,
    reason:
      "NaN is not between the bounds; in one of PyTorch's loops it is, in the other it is not",
  },
  {
    ops: ["functional.hardshrink"],
    mismatch: /^gradient 0: .* not -?0 /,
    when: hasNaN,
    reason: "nor is NaN near 0; in the other one of PyTorch's loops it is",
  },
  {
    ops: ["matrixNorm", "norm", "functional.normalize", "functional.pairwiseDistance"],
    mismatch: /^gradient \d: .*NaN/,
    when: hasNonFinite,
    reason:
      "the gradient of a norm that is NaN or ∞ is NaN, or 0 for elements that had no part in it",
  },
  {
    ops: ["amax", "amin", "max", "min", "max.values", "min.values"],
    mismatch: /^gradient 0: .* not NaN/,
    when: hasNaN,
    reason:
      "NaN as a maximum has no gradient; PyTorch finds no place of it, and divides by their number",
  },
  {
    ops: ["norm", "functional.normalize", "functional.pairwiseDistance"],
    mismatch: /^gradient \d: .*PyTorch in this dtype NaN/,
    when: hasHuge,
    reason: "where the norm overflows float32, its gradient is 0; PyTorch divides ∞ by ∞",
  },
  {
    ops: ["softsign", "mish"],
    mismatch: /^gradient 0: .* not (NaN|-?0) /,
    when: hasHuge,
    reason:
      "at ±∞ the gradient is that of the limit, and far out what it is; PyTorch has ∞ − ∞ and 0",
  },
  {
    ops: ["copysign"],
    mismatch: /^gradient 0: .*not NaN/,
    when: hasNonFinite,
    reason: "the slope at ±∞ is ±1, as everywhere; PyTorch divides ∞ by ∞",
  },
  {
    ops: ["logit"],
    mismatch: /^gradient 0: .*Infinity, not -?Infinity/,
    when: has((v) => Object.is(v, -0)),
    reason: "at −0 the gradient is −∞, as 1 / x is; PyTorch has that in one of its loops",
  },
  {
    ops: ["fmod", "remainder"],
    mismatch: /^gradient 1: .* NaN, not -?Infinity/,
    reason: "NaN, the remainder of a division by 0, has the gradient NaN for the divisor",
  },
  {
    ops: ["prod", "cumprod", "lerp"],
    mismatch: /NaN/,
    when: hasNonFinite,
    reason: "where intermediate numbers are infinite, NaN depends on the order of operations",
  },
  {
    ops: ["prod", "functional.scaledDotProductAttention"],
    mismatch: /^gradient \d: element \d+ is -?Infinity, not/,
    when: hasHuge,
    reason:
      "at the end of float32 the order of operations decides which factors overflow on the way",
  },
  {
    ops: ["functional.interpolate", ...PRODUCTS],
    mismatch: /NaN/,
    when: (test) => hasNonFinite(test) || hasHuge(test),
    reason:
      "0 · ∞ and ∞ − ∞ are NaN: zeros of padding, weights that underflow, and the order of sums differ",
  },
  {
    ops: [
      "functional.maxPool1d",
      "functional.maxPool2d",
      "functional.adaptiveMaxPool1d",
      "functional.adaptiveMaxPool2d",
      "median",
      "median.values",
    ],
    mismatch: /^gradient 0/,
    when: hasNaN,
    reason: "of several NaN the first has the gradient, as of equal elements; PyTorch has the last",
  },
  {
    ops: NORMALIZATIONS,
    mismatch: /^(output|gradient) .*\(PyTorch in this dtype NaN\)/,
    when: hasHuge,
    reason:
      "where squares overflow float32, what is divided by their root is 0; PyTorch has ∞ − ∞ or ∞ · 0",
  },
  {
    ops: NORMALIZATIONS,
    mismatch: /^gradient \d: element \d+ is (-?0|\S+e-[2-9]\d), not/,
    when: hasHuge,
    reason: "the gradient of a huge number is what rounding leaves of 1, divided by that number",
  },
];

/** Other gradients. */
const GRADIENTS: readonly Choice[] = [
  {
    ops: ["trace"],
    mismatch: /^gradient 0.* is 0, not/,
    reason: "PyTorch 1.13 gives a gradient to elements below the diagonal of a tall matrix",
  },
  {
    ops: ["var", "std"],
    mismatch: /^gradient 0: .* is NaN, not/,
    when: (test) => Number(option(test, "correction")) > 0,
    reason: "where the variance is NaN for want of elements, its gradient is NaN",
  },
  {
    ops: ["hardswish"],
    mismatch: /^gradient 0/,
    when: ({ inputs }) => inputs[0].values.includes(3),
    reason: "at 3 the gradient is that from the right; PyTorch has it in one of its loops",
  },
  {
    ops: ["atan2"],
    mismatch: /^gradient 1/,
    when: hasDtype("uint8"),
    reason: "PyTorch 1.13 negates the ordinate as uint8, where −1 is 255",
  },
];

/** Every difference that we choose. */
export const CHOICES: readonly Choice[] = [
  ...ACCEPTED,
  ...EXTREMES,
  ...GRADIENTS,
];

/** The choice that explains a mismatch, if there is one. */
export function choiceFor(
  test: Case,
  mismatch: string,
  choices: readonly Choice[] = CHOICES,
): Choice | undefined {
  return choices.find(({ ops, mismatch: pattern, when }) =>
    ops.includes(test.op) && pattern.test(mismatch) && (when?.(test) ?? true)
  );
}
