import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { arange, Generator, manualSeed, tensor, zeros } from "../../../mod.ts";
import { transforms } from "../../../vision/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const {
  BatchTransform,
  GaussianBlur,
  RandomAffine,
  RandomApply,
  RandomChoice,
  RandomCrop,
  RandomHorizontalFlip,
  RandomResizedCrop,
  RandomRotation,
  RandomVerticalFlip,
} = transforms;

/** Fresh copies of a transform that draw the same lots. */
const makers: [string, (generator?: Generator) => transforms.Transform][] = [
  ["crop", (generator) => new RandomCrop(4, { padding: 2, fill: 9, generator })],
  ["flip", (generator) => new RandomHorizontalFlip({ generator })],
  ["rotation", (generator) => new RandomRotation(90, { generator })],
  [
    "smooth rotation",
    (generator) => new RandomRotation([10, 80], { interpolation: "bilinear", fill: 3, generator }),
  ],
  ["vertical flip", (generator) => new RandomVerticalFlip({ generator })],
  [
    "affine",
    (generator) =>
      new RandomAffine(30, { translate: [0.4, 0.4], scale: [0.5, 2], shear: 20, generator }),
  ],
  ["resized crop", (generator) => new RandomResizedCrop([6, 5], { generator })],
  ["blur", (generator) => new GaussianBlur(3, { generator })],
  ["sometimes", (generator) => new RandomApply([(x) => x.flip(-1)], { generator })],
  [
    "one of two",
    (generator) => new RandomChoice([(x) => x.flip(-1), (x) => x.flip(-2)], { generator }),
  ],
];

test("each sample of a batch gets the lot that it would get alone", () => {
  for (const [name, make] of makers) {
    for (const dtype of ["uint8", "float32"] as const) {
      for (const shape of [[12, 6, 5], [12, 3, 6, 5]]) {
        const size = shape.reduce((a, b) => a * b);
        const x = arange(size, { dtype: "int32" }).to(dtype).reshape(shape);
        const batch = make(new Generator(3)).forwardBatch(x);
        const alone = make(new Generator(3));
        assertStrictEquals(batch.dtype, dtype);
        for (let i = 0; i < 12; i++) {
          assertSame(alone(x.at(i)).toArray(), batch.at(i).toArray(), `${name} ${i}`);
        }
      }
    }
  }
});

test("samples of a batch get lots of their own, another each time, decided by the seed", () => {
  for (const [name, make] of makers) {
    const image = arange(30).reshape(1, 6, 5).expand(16, -1, -1);
    manualSeed(4);
    const transform = make();
    const first = transform.forwardBatch(image);
    const distinct = new Set(Array.from(first, (x) => String(x.data)));
    assert(distinct.size > 1, name);
    assertNotEquals(transform.forwardBatch(image).data, first.data, name);
    manualSeed(4);
    assertSame(make().forwardBatch(image).data, first.data, name);
  }
});

test("all channels of a sample share its lot, and the input is left as it was", () => {
  for (const [name, make] of makers) {
    const plane = arange(30).reshape(1, 1, 6, 5);
    const x = plane.expand(8, 2, -1, -1).clone();
    const y = make(new Generator(0)).forwardBatch(x);
    assertSame(y.at(":", 0).toArray(), y.at(":", 1).toArray(), name);
    assertSame(x.data, plane.expand(8, 2, -1, -1).data, name);
  }
});

test("a crop is a window of the padded image, and every window comes up", () => {
  const image = tensor([[1, 2], [3, 4]], { dtype: "uint8" });
  const padded = [[7, 7, 7, 7], [7, 1, 2, 7], [7, 3, 4, 7], [7, 7, 7, 7]];
  const windows = new Set<string>();
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 2; column++) {
      const window = padded.slice(row, row + 2).map((line) => line.slice(column, column + 3));
      windows.add(JSON.stringify(window));
    }
  }
  const crop = new RandomCrop([2, 3], { padding: 1, fill: 7, generator: new Generator(0) });
  const batch = crop.forwardBatch(image.unsqueeze(0).expand(200, -1, -1));
  assertEquals(batch.shape, [200, 2, 3]);
  assertEquals(new Set(Array.from(batch, (x) => JSON.stringify(x.toArray()))), windows);
});

test("padding goes to the sides that it names", () => {
  const image = tensor([[5]]);
  const padded = (padding: number | number[], size: [number, number]): unknown =>
    new RandomCrop(size, { padding })(image).toArray();
  assertEquals(padded(0, [1, 1]), [[5]]);
  assertSame(padded([1, 0], [1, 3]), [[0, 5, 0]]);
  assertSame(padded([0, 1], [3, 1]), [[0], [5], [0]]);
  assertSame(padded([2, 1, 0, 0], [2, 3]), [[0, 0, 0], [0, 0, 5]]);
});

test("a flip mirrors rows left to right, with the probability asked for", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  assertEquals(new RandomHorizontalFlip({ p: 1 })(x).toArray(), [[3, 2, 1], [6, 5, 4]]);
  assertEquals(new RandomHorizontalFlip({ p: 0 })(x).toArray(), [[1, 2, 3], [4, 5, 6]]);
  const flip = new RandomHorizontalFlip({ p: 0.25, generator: new Generator(0) });
  const batch = flip.forwardBatch(x.unsqueeze(0).expand(2000, -1, -1));
  const share = batch.at(":", 0, 0).eq(3).sum().item() / 2000;
  assert(Math.abs(share - 0.25) < 0.04, String(share));
});

test("rotations by right angles move pixels, counter-clockwise for positive ones", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
  const turned = (degrees: number, interpolation: transforms.Interpolation): number[][] =>
    new RandomRotation([degrees, degrees], { interpolation })(x).round().toArray() as number[][];
  for (const interpolation of ["nearest", "bilinear"] as const) {
    assertEquals(turned(0, interpolation), [[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
    assertEquals(turned(90, interpolation), [[3, 6, 9], [2, 5, 8], [1, 4, 7]]);
    assertEquals(turned(180, interpolation), [[9, 8, 7], [6, 5, 4], [3, 2, 1]]);
    assertEquals(turned(-90, interpolation), [[7, 4, 1], [8, 5, 2], [9, 6, 3]]);
  }
});

test("a turn by 45° brings the fill into the corners and blends in between", () => {
  const options = { fill: 100, interpolation: "bilinear" } as const;
  const x = tensor([[0, 0, 0], [0, 8, 0], [0, 0, 0]]);
  const y = new RandomRotation([45, 45], options)(x).toArray() as number[][];
  assertEquals(y[1][1], 8);
  // The corner (−1, −1) comes from (0, −√2): 0.4142 of the row above the image, 0.5858 of row 0.
  assert(Math.abs(y[0][0] - 100 * (Math.SQRT2 - 1)) < 1e-4, String(y[0][0]));
  // The edge (0, −1) comes from (√½, −√½), 0.7071 of the way from the centre on both axes.
  assert(Math.abs(y[0][1] - 8 * (1 - Math.SQRT1_2) ** 2) < 1e-4, String(y[0][1]));
  const bytes = new RandomRotation([45, 45], options)(x.to("uint8")).toArray() as number[][];
  assertEquals(bytes, y.map((row) => row.map(Math.round)));
  const corner = new RandomRotation([45, 45], { fill: 100 })(zeros([5, 5])).at(0, 0).item();
  assertEquals(corner, 100);
});

test("angles are spread over the bounds", () => {
  // A far pixel tells the angle: it stays in its quadrant for angles from 0 to 90.
  const image = zeros([21, 21]).set([10, 20], 1);
  const batch = new RandomRotation([0, 90], {
    interpolation: "bilinear",
    generator: new Generator(0),
  })
    .forwardBatch(image.unsqueeze(0).expand(50, -1, -1));
  assertStrictEquals(batch.at(":", [12, null]).sum().item(), 0);
  assertStrictEquals(batch.at(":", ":", [null, 9]).sum().item(), 0);
});

test("impossible options and images are refused", () => {
  const refused: [() => unknown, string, RegExp][] = [
    [() => new RandomCrop(0), "ValueError", /^Cannot crop to \[0, 0\]: give a whole number/],
    [() => new RandomCrop([2, 1.5]), "ValueError", /^Cannot crop to \[2, 1.5\]/],
    [() => new RandomCrop(1, { padding: [1, 2, 3] }), "ValueError", /^Cannot pad with \[1, 2, 3\]/],
    [() => new RandomCrop(1, { padding: -1 }), "ValueError", /^Cannot pad with \[-1\]/],
    [() => new RandomHorizontalFlip({ p: 1.5 }), "ValueError", /^Cannot flip with probability 1.5/],
    [
      () => new RandomHorizontalFlip({ p: NaN }),
      "ValueError",
      /probability NaN: it must be from 0/,
    ],
    [() => new RandomRotation(-5), "ValueError", /^Cannot rotate by 5 to -5 degrees: give one/],
    [() => new RandomRotation(Infinity), "ValueError", /^Cannot rotate by -Infinity to Infinity/],
    [
      () => new RandomRotation(5, { interpolation: "cubic" as "nearest" }),
      "ValueError",
      /^Cannot rotate with interpolation "cubic": there are "nearest" and "bilinear"$/,
    ],
    [
      () => new RandomCrop(4, { padding: [0, 1] })(zeros([3, 3])),
      "ShapeError",
      /^Cannot crop images of shape \[3, 3\] to \[4, 4\]: with the padding they are 5 by 3; /,
    ],
    [
      () => new RandomRotation(5)(zeros([3])),
      "ShapeError",
      /^Cannot rotate an image of shape \[3\]: it must be \[height, width\] or/,
    ],
    [
      () => new RandomHorizontalFlip()(zeros([2, 2], { requiresGrad: true })),
      "GradientError",
      /^Cannot flip images that require a gradient: none flows through; detach\(\) them first$/,
    ],
  ];
  for (const [action, name, message] of refused) assertThrowsMessage(action, name, message);
});

test("a batch of no images stays one", () => {
  for (const [name, make] of makers) {
    // Of no samples, a transform of single ones cannot tell the shape.
    if (!(make() instanceof BatchTransform)) continue;
    const size = name === "crop" ? [4, 4] : [6, 5];
    assertSame(make().forwardBatch(zeros([0, 1, 6, 5])).shape, [0, 1, ...size], name);
  }
});
