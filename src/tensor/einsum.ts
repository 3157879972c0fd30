/**
 * Sums of products in Einstein's notation: names the axes, then multiplies two operands at a time.
 *
 * @module
 */

import { checkKind, checkTensors } from "../checks.ts";
import { isFloat, promote } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** A tensor with named axes. */
interface Named {
  readonly x: Tensor;
  readonly axes: readonly string[];
}

/** The sizes of axes by name. */
type Sizes = ReadonlyMap<string, number>;

/**
 * Computes the sum of products that `equation` describes in Einstein's notation.
 *
 * The equation names the axes of each operand by letters: `"ij,jk->ik"` is a product of matrices.
 * The result has the axes right of `->`, in that order, and sums over all others. A letter that
 * occurs twice in one operand takes its diagonal. `...` stands for axes that broadcast. Without
 * `->`, the result has the letters that occur once, in alphabetical order.
 *
 * The operands are multiplied from left to right, with one matrix product for each pair.
 *
 * See https://pytorch.org/docs/stable/generated/torch.einsum.html
 *
 * @param equation letters for each operand, separated by commas, and for the result
 * @param operands one tensor for each group of letters
 * @throws {ValueError} if the equation does not fit the operands, or holds other characters
 * @throws {ShapeError} if axes with the same letter differ in size
 * @example
 * ```ts
 * import { einsum, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const a = tensor([[1, 2], [3, 4]]);
 * assertEquals(einsum("ij,kj->ik", a, a).toArray(), [[5, 11], [11, 25]]);
 * assertEquals(einsum("ii", a).item(), 5);
 * ```
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  checkKind("einsum", equation, typeof equation === "string", 'an equation, such as "ij,jk->ik"');
  const { inputs, output } = parse(equation, operands);
  return scope(() => {
    const sizes = sizesOf(equation, operands, inputs);
    const named = operands.map((x, i) => distinct(widened({ x, axes: inputs[i] }, sizes)));
    let left = named[0];
    for (let i = 1; i < named.length; i++) {
      const later = new Set([...output, ...named.slice(i + 1).flatMap(({ axes }) => axes)]);
      left = multiply(left, named[i], later, sizes);
    }
    const { x, axes } = summed(left, new Set(output));
    return x.permute(output.map((name) => axes.indexOf(name)));
  });
}

/** Parses the names of the axes of each operand and of the result. */
function parse(
  equation: string,
  operands: readonly Tensor[],
): { inputs: string[][]; output: string[] } {
  const fail = (reason: string): never => {
    throw new ValueError(`Cannot einsum "${equation}": ${reason}`);
  };
  const [left, right, ...more] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  if (more.length > 0) fail(`"->" can stand only once`);
  if (terms.length !== operands.length || operands.length === 0) {
    fail(`it names ${terms.length} operands, and ${operands.length} are given`);
  }
  checkTensors("einsum", ...operands);
  const hidden = terms.map((term, i) => {
    const letters = term.replace("...", "");
    if (!/^[a-zA-Z]*$/.test(letters)) fail(`"${term}" has more than letters and one "..."`);
    const rest = operands[i].ndim - letters.length;
    if (rest < 0 || (rest > 0 && letters === term)) {
      fail(`"${term}" has ${letters.length} letters for shape ${formatShape(operands[i].shape)}`);
    }
    return rest;
  });
  const rank = Math.max(...hidden);
  // Axes without letters are aligned at the last one, and named by numbers.
  const spread = (term: string, count: number): string[] => {
    const [before, after] = term.split("...");
    const numbers = Array.from({ length: count }, (_, i) => `${rank - count + i}`);
    return after === undefined ? [...term] : [...before, ...numbers, ...after];
  };
  const inputs = terms.map((term, i) => spread(term, hidden[i]));
  const all = inputs.flat();
  const once = [...new Set(all)].filter((name) => {
    return /\D/.test(name) && all.indexOf(name) === all.lastIndexOf(name);
  });
  const output = spread(right ?? `...${once.sort().join("")}`, rank);
  for (const name of output) {
    if (!all.includes(name)) fail(`"${name}" of the result is in no operand`);
    if (output.indexOf(name) !== output.lastIndexOf(name)) fail(`the result has "${name}" twice`);
  }
  return { inputs, output };
}

function sizesOf(
  equation: string,
  operands: readonly Tensor[],
  inputs: readonly string[][],
): Sizes {
  const sizes = new Map<string, number>();
  operands.forEach(({ shape }, i) =>
    inputs[i].forEach((name, axis) => {
      const known = sizes.get(name) ?? 1;
      if (known !== 1 && shape[axis] !== 1 && known !== shape[axis]) {
        throw new ShapeError(
          `Cannot einsum "${equation}" with ${
            operands.map((x) => formatShape(x.shape)).join(", ")
          }: ` +
            `"${name}" is ${known} and ${shape[axis]}`,
          ...operands.map((x) => x.shape),
        );
      }
      sizes.set(name, known === 1 ? shape[axis] : known);
    })
  );
  return sizes;
}

/** Stretches axes of size 1 to the size that their name has in other operands. */
function widened({ x, axes }: Named, sizes: Sizes): Named {
  return { x: x.expand(axes.map((name) => sizes.get(name)!)), axes };
}

/** Replaces axes of the same name by their diagonal. */
function distinct({ x, axes }: Named): Named {
  const axis2 = axes.findIndex((name, i) => axes.indexOf(name) < i);
  if (axis2 < 0) return { x, axes };
  const name = axes[axis2];
  const rest = axes.filter((_, i) => i !== axis2 && i !== axes.indexOf(name));
  return distinct({ x: x.diagonal({ axis1: axes.indexOf(name), axis2 }), axes: [...rest, name] });
}

/** Sums over the axes that are not in `kept`. */
function summed({ x, axes }: Named, kept: ReadonlySet<string>): Named {
  const gone = axes.flatMap((name, axis) => (kept.has(name) ? [] : [axis]));
  if (gone.length === 0) return { x, axes };
  return { x: x.sum(gone), axes: axes.filter((name) => kept.has(name)) };
}

/** Brings integers to one dtype: the sum of uint8 is int32. */
function ofOneDtype(a: Named, b: Named): [Named, Named] {
  const dtype = promote(a.x.dtype, b.x.dtype);
  if (isFloat(dtype)) return [a, b];
  return [{ ...a, x: a.x.to(dtype) }, { ...b, x: b.x.to(dtype) }];
}

/**
 * Multiplies two operands and sums over the axes that `later` does not contain.
 *
 * An axis is a batch (in both operands, and in `later`), contracted (in both, not in `later`), or
 * in one operand alone. One matrix product, `[batch, rows, inner] · [batch, inner, columns]`,
 * computes this; without contracted axes, or with them alone, elementwise products do.
 */
function multiply(a: Named, b: Named, later: ReadonlySet<string>, sizes: Sizes): Named {
  const [left, right] = ofOneDtype(
    summed(a, new Set([...later, ...b.axes])),
    summed(b, new Set([...later, ...a.axes])),
  );
  const shared = left.axes.filter((name) => right.axes.includes(name));
  const batch = shared.filter((name) => later.has(name));
  const inner = shared.filter((name) => !later.has(name));
  const rows = left.axes.filter((name) => !shared.includes(name));
  const columns = right.axes.filter((name) => !shared.includes(name));
  const size = (names: readonly string[]): number[] => names.map((name) => sizes.get(name)!);
  const length = (names: readonly string[]): number => size(names).reduce((n, m) => n * m, 1);
  const arranged = ({ x, axes }: Named, order: readonly string[]): Tensor =>
    x.permute(order.map((name) => axes.indexOf(name)));
  const p = arranged(left, [...batch, ...rows, ...inner]);
  const q = arranged(right, [...batch, ...inner, ...columns]);
  const axes = [...batch, ...rows, ...columns];
  // A matrix product refuses totals of integers that do not fit, where elementwise products wrap.
  const isElementwise = isFloat(p.dtype) || isFloat(q.dtype);
  if (inner.length === 0 && isElementwise) {
    const tall = p.reshape([...size(batch), ...size(rows), ...columns.map(() => 1)]);
    return {
      x: tall.mul(q.reshape([...size(batch), ...rows.map(() => 1), ...size(columns)])),
      axes,
    };
  }
  if (rows.length === 0 && columns.length === 0 && isElementwise) {
    return { x: p.mul(q).sum(inner.map((_, i) => batch.length + i)), axes };
  }
  const product = p.reshape([...size(batch), length(rows), length(inner)])
    .matmul(q.reshape([...size(batch), length(inner), length(columns)]));
  return { x: product.reshape(size(axes)), axes };
}
