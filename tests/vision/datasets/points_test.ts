import { test } from "node:test";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { Generator, type Tensor, ValueError } from "../../../mod.ts";
import { datasets } from "../../../vision/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

const { makeMoons, makeSpirals } = datasets;

function assertPoints(actual: Tensor, expected: readonly (readonly number[])[]): void {
  assertEquals(actual.shape, [expected.length, 2]);
  (actual.toArray() as number[][]).flat().forEach((x, i) =>
    assertAlmostEquals(x, expected.flat()[i], 1e-6)
  );
}

test("moons without order and noise are those of scikit-learn", () => {
  // sklearn.datasets.make_moons(7, shuffle=False)
  const [points, labels] = makeMoons(7, { shuffle: false });
  assertPoints(points, [
    ...[[1, 0], [0, 1], [-1, 0]],
    ...[[0, 0.5], [0.5, -0.3660254], [1.5, -0.3660254], [2, 0.5]],
  ]);
  assertEquals(labels.toArray(), [0, 0, 0, 1, 1, 1, 1]);
  assertEquals([points.dtype, labels.dtype], ["float32", "int32"]);
});

test("spirals are arms from the origin to radius 1, evenly turned", () => {
  const [points, labels] = makeSpirals(7, { numClasses: 3, turns: 0.5, shuffle: false });
  assertEquals(labels.toArray(), [0, 0, 0, 1, 1, 2, 2]);
  const end = (turn: number) => [Math.cos(2 * Math.PI * turn), Math.sin(2 * Math.PI * turn)];
  assertPoints(points, [
    ...[[0, 0], end(0.25).map((x) => x / 2), end(0.5)],
    ...[[0, 0], end(1 / 3 + 0.5)],
    ...[[0, 0], end(2 / 3 + 0.5)],
  ]);
});

for (const make of [makeMoons, makeSpirals]) {
  test(`${make.name} shuffles points with their classes, as the seed says`, () => {
    const draw = (seed: number) =>
      make(60, { generator: new Generator(seed) }).map((x) => x.toArray());
    assertEquals(draw(3), draw(3));
    assertNotEquals(draw(3), draw(4));
    const keyOf = ([points, labels]: Tensor[]) =>
      (points.toArray() as number[][]).map((point, i) =>
        `${point} ${(labels.toArray() as number[])[i]}`
      );
    const [ordered, shuffled] = [make(60, { shuffle: false }), make(60)].map(keyOf);
    assertNotEquals(shuffled, ordered);
    assertEquals(shuffled.sort(), ordered.sort());
  });

  test(`${make.name} adds normal noise of the given deviation`, () => {
    const generator = new Generator(1);
    const [clean] = make(4000, { shuffle: false });
    const [noisy] = make(4000, { shuffle: false, noise: 0.3, generator });
    const noise = noisy.sub(clean);
    assertAlmostEquals(noise.std().item(), 0.3, 0.01);
    assert(Math.abs(noise.mean().item()) < 0.01);
  });

  test(`${make.name} makes any number of points, also none, and refuses what is no number`, () => {
    for (const samples of [0, 1, 2]) {
      const [points, labels] = make(samples);
      assertEquals([points.shape, labels.shape], [[samples, 2], [samples]]);
    }
    assertThrowsMessage(
      () => make(2.5),
      ValueError,
      "Cannot make 2.5 points: use a whole number, 0 or more",
    );
    assertThrowsMessage(
      () => make(5, { noise: -1 }),
      ValueError,
      "Cannot make points with noise -1: use a number, 0 or more",
    );
  });
}

test("spirals refuse classes and turns that are no numbers", () => {
  assertThrowsMessage(
    () => makeSpirals(5, { numClasses: 0 }),
    ValueError,
    "Cannot make spirals of 0 classes: use a whole number, 1 or more",
  );
  assertThrowsMessage(
    () => makeSpirals(5, { turns: "2" as unknown as number }),
    ValueError,
    "Cannot call makeSpirals() with turns of type string: pass a number",
  );
});
