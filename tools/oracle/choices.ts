/**
 * Where Gradus answers differently from PyTorch on purpose.
 *
 * @module
 */

import type { Case } from "./replay.ts";

/** A difference that we choose. */
export interface Choice {
  /** The ops that it concerns. */
  readonly ops: readonly string[];
  /** What the mismatch says. */
  readonly mismatch: RegExp;
  /** In which cases; all of these ops if left out. */
  readonly when?: (test: Case) => boolean;
  /** Why. */
  readonly reason: string;
}

const hasDtype = (...dtypes: string[]) => ({ inputs }: Case): boolean =>
  inputs.some((x) => dtypes.includes(x.dtype));

/** Some floating-point input is not finite, or so large that products of it overflow. */
const isExtreme = ({ inputs }: Case): boolean =>
  inputs.some((x) => x.values.some((v) => !(Math.abs(v) < 1e15)));

/** Some input has no elements: a size or a range of it is empty. */
const isEmpty = ({ inputs }: Case): boolean =>
  inputs.some(({ shape, view = [] }) =>
    shape.includes(0) ||
    view.some(([, parts]) => parts.some((p) => (typeof p === "number" ? p === 0 : p[0] === p[1])))
  );

const isScalar = ({ inputs }: Case): boolean => inputs[0].shape.length === 0;

const option = (test: Case, name: string): unknown => {
  const last = test.args.at(-1);
  return typeof last === "object" && last !== null ? (last as Record<string, unknown>)[name] : null;
};

/** Answers in the place of errors, or types of answers. */
const ACCEPTED: readonly Choice[] = [
  {
    ops: ["any", "all"],
    mismatch: /bool, not uint8/,
    reason: "any and all answer with booleans; PyTorch keeps uint8, which once were its booleans",
  },
  {
    ops: ["sub", "abs"],
    mismatch: /no error.*(bool tensor|Bool)/,
    when: hasDtype("bool"),
    reason: "booleans among other numbers are 0 and 1, in sub and abs as everywhere",
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

/** Other gradients. */
const GRADIENTS: readonly Choice[] = [
  {
    ops: [
      "abs",
      "sign",
      "functional.l1Loss",
      "relu",
      "maximum",
      "minimum",
      "fmod",
      "norm",
      "matrixNorm",
      "softsign",
      "hardswish",
      "hardtanh",
      "amax",
      "amin",
    ],
    mismatch: /./,
    when: isExtreme,
    reason: "what is computed of NaN is NaN, or has no gradient; ∞ has the gradient of the limit",
  },
  {
    ops: ["fmod", "remainder"],
    mismatch: /^gradient 1: .* NaN, not -?Infinity/,
    reason: "NaN, the remainder of a division by 0, has the gradient NaN for the divisor",
  },
  {
    ops: ["prod", "cumprod", "lerp", "functional.conv1d", "functional.conv2d"],
    mismatch: /NaN/,
    when: isExtreme,
    reason: "where intermediate numbers are infinite, NaN depends on the order of operations",
  },
  {
    ops: ["functional.convTranspose2d", "functional.interpolate", "function.einsum", "matmul"],
    mismatch: /NaN/,
    when: isExtreme,
    reason: "0 · ∞ is NaN; PyTorch leaves out some of the products with 0",
  },
  {
    ops: ["functional.maxPool1d", "functional.maxPool2d", "functional.adaptiveMaxPool2d"],
    mismatch: /^gradient 0/,
    when: isExtreme,
    reason: "of several NaN the first has the gradient, as of equal elements; PyTorch has the last",
  },
  {
    ops: ["scatter"],
    mismatch: /^gradient 2/,
    reason: "of several writes to one place only the last, which stays, has a gradient",
  },
  {
    ops: ["topk.values"],
    mismatch: /^gradient 0/,
    reason: "of equal elements the first are taken; PyTorch leaves open which",
  },
  {
    ops: ["trace"],
    mismatch: /^gradient 0.* is 0, not/,
    reason: "PyTorch 1.13 gives a gradient to elements below the diagonal of a tall matrix",
  },
  {
    ops: ["det"],
    mismatch: /^gradient 0.*not 0 /,
    reason: "the gradient of the determinant of a singular matrix is its cofactors; PyTorch has 0",
  },
  {
    ops: ["var", "std"],
    mismatch: /^gradient 0.*NaN/,
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
    ops: ["gelu"],
    mismatch: /^(output|gradient) 0.*e-/,
    when: (test) => option(test, "approximate") === "tanh",
    reason: "PyTorch's 1 + tanh loses digits of float64 where the tangent is near -1",
  },
  {
    ops: ["hardsigmoid", "celu"],
    mismatch: /^gradient 0/,
    reason: "PyTorch 1.13 rounds constants of the gradient to float32",
  },
  {
    ops: ["pow"],
    mismatch: /^gradient 1/,
    when: hasDtype("int32", "uint8", "float32"),
    reason: "PyTorch takes the logarithm of a float32 base in float32 for a float64 exponent",
  },
];

/** Rounding in float32. */
const ROUNDING: readonly Choice[] = [
  {
    ops: ["add", "sub", "mul", "div", "minimum", "maximum"],
    mismatch: /^gradient/,
    when: hasDtype("float32", "float64"),
    reason: "beside a float32 tensor, the gradient of a float64 scalar is summed in float32",
  },
  {
    ops: ["tanh"],
    mismatch: /^gradient 0.*units off/,
    reason:
      "tanh is right to 1.5 units in float32, PyTorch's to 1, and near ±1 its gradient has no " +
      "more digits than that leaves",
  },
  {
    ops: ["dot"],
    mismatch: /^output 0.*units off/,
    reason:
      "matmul adds up to its block size in one chain, PyTorch's dot in eight: three times the " +
      "error for some dozens of elements, and less for many",
  },
];

/** Every difference that we choose. */
export const CHOICES: readonly Choice[] = [...ACCEPTED, ...GRADIENTS, ...ROUNDING];

/** The choice that explains a mismatch, if there is one. */
export function choiceFor(test: Case, mismatch: string): Choice | undefined {
  return CHOICES.find((choice) =>
    choice.ops.includes(test.op) && choice.mismatch.test(mismatch) && (choice.when?.(test) ?? true)
  );
}
