/**
 * Points in the plane, of classes that no straight line separates.
 *
 * @module
 */

import { checkArguments, checkType, checkWhole, readOptions } from "../../src/checks.ts";
import { ValueError } from "../../src/errors.ts";
import type { GeneratorOptions } from "../../src/random.ts";
import { listOf, OBJECTS } from "../../src/storage/arena.ts";
import { full, linspace, tensor } from "../../src/tensor/create.ts";
import { randnLike, randperm } from "../../src/tensor/random.ts";
import { scope } from "../../src/tensor/scope.ts";
import { cat, stack } from "../../src/tensor/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { quoted } from "../../src/names.ts";

/** Options of {@link makeMoons}. */
export interface MakeMoonsOptions extends GeneratorOptions {
  /** Standard deviation of the normal noise that is added to each coordinate; default 0. */
  readonly noise?: number;
  /** Put the points in random order, rather than class by class; default true. */
  readonly shuffle?: boolean;
}

/** Options of {@link makeSpirals}. */
export interface MakeSpiralsOptions extends MakeMoonsOptions {
  /** The number of classes, each of which is an arm; default 2. */
  readonly numClasses?: number;
  /** Turns of each arm around the origin; default 1. */
  readonly turns?: number;
}

const DEFAULTS = { noise: 0, shuffle: true, generator: undefined };

/**
 * Makes two half circles that reach into each other, a task for a first classifier.
 *
 * Class 0 is the upper half of the circle of radius 1 around (0, 0), class 1 the lower half of that
 * around (1, ½). Without noise and order they are the points of scikit-learn.
 *
 * See https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_moons.html
 *
 * @param samples the number of points; half of them, rounded down, are of class 0
 * @param options `noise`, `shuffle`, `generator`
 * @returns points `[samples, 2]` and their classes `[samples]`, of int32
 * @throws {ValueError} if the number is not whole or 0 or more, or the noise is negative
 * @example
 * ```ts
 * import { Generator } from "@gradus/gradus";
 * import { DataLoader, TensorDataset } from "@gradus/gradus/utils/data";
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const generator = new Generator(0);
 * const [points, labels] = datasets.makeMoons(200, { noise: 0.1, generator });
 * assertEquals([points.shape, labels.shape], [[200, 2], [200]]);
 * const loader = new DataLoader(new TensorDataset(points, labels), { batchSize: 50 });
 * assertEquals([...loader].length, 4);
 * ```
 */
export function makeMoons(samples: number, options?: MakeMoonsOptions): [Tensor, Tensor] {
  checkArguments("makeMoons", arguments, 2);
  checkWhole(`make ${quoted(samples)} points`, samples, 0);
  const read = readOptions("makeMoons", options, DEFAULTS);
  return makePoints([Math.floor(samples / 2), Math.ceil(samples / 2)], read, (label, count) => {
    const angle = linspace(0, Math.PI, { steps: count });
    const upper = stack([angle.cos(), angle.sin()], 1);
    // The lower moon is the upper one, turned by half a circle around (½, ¼).
    return label === 0 ? upper : tensor([1, 0.5]).sub(upper);
  });
}

/**
 * Makes spirals that wind around each other, a harder task than {@link makeMoons}.
 *
 * Each class is an arm from the origin out to radius 1, and the arms are turned evenly.
 *
 * @param samples the number of points; if classes cannot be equal, the first ones have one more
 * @param options `numClasses`, `turns`, `noise`, `shuffle`, `generator`
 * @returns points `[samples, 2]` and their classes `[samples]`, of int32
 * @throws {ValueError} if a number is not whole or too small, or the noise is negative
 * @example
 * ```ts
 * import { Generator } from "@gradus/gradus";
 * import { datasets } from "@gradus/gradus/vision";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const generator = new Generator(0);
 * const [points, labels] = datasets.makeSpirals(300, { numClasses: 3, generator });
 * assertEquals(labels.bincount().toArray(), [100, 100, 100]);
 * assert(points.square().sum(1).max().item() < 1.0001);
 * ```
 */
export function makeSpirals(samples: number, options?: MakeSpiralsOptions): [Tensor, Tensor] {
  checkArguments("makeSpirals", arguments, 2);
  checkWhole(`make ${quoted(samples)} points`, samples, 0);
  const { numClasses, turns, ...read } = readOptions("makeSpirals", options, {
    ...DEFAULTS,
    numClasses: 2,
    turns: 1,
  });
  checkWhole(`make spirals of ${numClasses} classes`, numClasses, 1);
  checkType("makeSpirals", "turns", turns, "number");
  const counts = listOf(numClasses, (label) => Math.ceil((samples - label) / numClasses), OBJECTS);
  return makePoints(counts, read, (label, count) => {
    const radius = linspace(0, 1, { steps: count });
    const angle = radius.mul(2 * Math.PI * turns).add(2 * Math.PI * label / numClasses);
    return stack([angle.cos().mul(radius), angle.sin().mul(radius)], 1);
  });
}

/** Makes `counts[label]` points of each class by `draw`, then adds noise, and shuffles. */
function makePoints(
  counts: readonly number[],
  { noise, shuffle, generator }: Required<Omit<MakeMoonsOptions, "generator">> & GeneratorOptions,
  draw: (label: number, count: number) => Tensor,
): [Tensor, Tensor] {
  if (!(noise >= 0 && noise < Infinity)) {
    throw new ValueError(`Cannot make points with noise ${noise}: use a number, 0 or more`);
  }
  return scope(() => {
    const clean = cat(counts.map((count, label) => draw(label, count)));
    const labels = cat(
      counts.map((count, label) => full([count], label, { dtype: "int32" })),
    );
    const points = noise === 0 ? clean : randnLike(clean, { generator }).mul(noise).add(clean);
    if (!shuffle) return [points, labels];
    const order = randperm(labels.shape[0], { generator });
    return [points.indexSelect(0, order), labels.indexSelect(0, order)];
  });
}
