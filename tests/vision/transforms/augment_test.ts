import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { arange, Generator, memory, ones, rand, type Tensor, tensor, zeros } from "../../../mod.ts";
import { CrossEntropyLoss } from "../../../src/nn/mod.ts";
import { transforms } from "../../../vision/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const {
  ColorJitter,
  CutMix,
  GaussianBlur,
  Grayscale,
  MixUp,
  Pad,
  RandomAffine,
  RandomApply,
  RandomChoice,
  RandomErasing,
  RandomResizedCrop,
  RandomVerticalFlip,
} = transforms;

/** As many copies of `image` as lots are drawn. */
const copies = (image: Tensor, count: number): Tensor =>
  image.unsqueeze(0).expand(count, ...image.shape);

test("colours and holes: a sample gets alone what it gets in a batch", () => {
  const makers: ((generator: Generator) => transforms.Transform)[] = [
    (generator) =>
      new ColorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2, generator }),
    (generator) => new RandomErasing({ p: 0.7, generator }),
    (generator) => new RandomErasing({ p: 0.7, value: "random", generator }),
  ];
  for (const make of makers) {
    const batch = rand([10, 3, 8, 9], { generator: new Generator(1) });
    const together = make(new Generator(2)).forwardBatch(batch);
    const alone = make(new Generator(2));
    for (let i = 0; i < 10; i++) assertSame(alone(batch.at(i)).data, together.at(i).data);
    const distinct = new Set(Array.from(
      make(new Generator(2)).forwardBatch(
        copies(batch.at(0), 10),
      ),
      (x) => String(x.data),
    ));
    assert(distinct.size > 5, `${distinct.size} of 10 differ`);
  }
});

test("colours that do not change leave the very bits, and gray images have no hue", () => {
  const image = rand([3, 5, 5]);
  assertSame(new ColorJitter()(image).data, image.data);
  const gray = rand([1, 5, 5]);
  assertSame(new ColorJitter({ hue: 0.5, saturation: 0.9 })(gray).data, gray.data);
});

test("the steps of ColorJitter come in any order", () => {
  // Brightness 2 then contrast 0 is the mean of what was cut off; the other way round, twice the mean.
  const image = tensor([[[0.2, 0.8]]]);
  const jitter = new ColorJitter({
    brightness: [2, 2],
    contrast: [0, 0],
    generator: new Generator(0),
  });
  const results = jitter.forwardBatch(copies(image, 40)).at(":", 0, 0, 0).toArray() as number[];
  const found = new Set(results.map((x) => x.toFixed(2)));
  assertEquals([...found].sort(), ["0.70", "1.00"]);
});

test("a hole is one rectangle of the area and the ratio asked for", () => {
  const erase = new RandomErasing({
    p: 1,
    scale: [0.1, 0.3],
    ratio: [0.5, 2],
    generator: new Generator(0),
  });
  for (const image of erase.forwardBatch(ones([200, 2, 12, 16]))) {
    const hole = image.at(0).eq(0);
    assertSame(image.at(1).eq(0).toArray(), hole.toArray(), "all channels lose the same");
    const [rows, columns] = [1, 0].map((axis) => hole.any({ axis }).sum().item());
    assertStrictEquals(hole.sum().item(), rows * columns);
    assert(rows * columns > 0.1 * 192 - 12 && rows * columns < 0.3 * 192 + 12);
    assert(rows / columns > 0.35 && rows / columns < 3, `${rows} by ${columns}`);
  }
});

test("holes take values for each channel, noise, or nothing if none fits", () => {
  const options = { p: 1, scale: [0.25, 0.25], ratio: [1, 1] } as const;
  const image = zeros([3, 8, 8]);
  const colored = new RandomErasing({ ...options, value: [1, 2, 3] })(image);
  assertEquals(colored.amax([1, 2]).toArray(), [1, 2, 3]);
  assertEquals(colored.sum([1, 2]).toArray(), [16, 32, 48]);
  const noise = new RandomErasing({ ...options, value: "random" })(image);
  assertEquals(noise.ne(0).sum().item(), 48);
  assertSame(new RandomErasing({ ...options, scale: [1, 1] })(image).data, image.data);
  const bytes = ones([1, 8, 8], { dtype: "uint8" });
  assertEquals(new RandomErasing({ ...options, value: 200 })(bytes).max().item(), 200);
});

test("a resized crop of a ramp keeps its slope: a window, magnified", () => {
  const crop = new RandomResizedCrop(8, {
    scale: [0.25, 0.25],
    ratio: [1, 1],
    generator: new Generator(0),
  });
  const ramp = arange(16).expand(16, -1);
  const windows = new Set<number>();
  for (const image of crop.forwardBatch(copies(ramp, 50))) {
    // 8 of 16 columns, at their own size: a piece of the ramp.
    const [first] = image.at(0).toArray() as number[];
    assertSame(image.at(3).toArray(), arange(first, first + 8).toArray());
    windows.add(first);
  }
  assertSame([...windows].sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("an affine move shifts by whole pixels, right and down, at most as far as asked", () => {
  const move = new RandomAffine(0, { translate: [0.25, 0.5], generator: new Generator(0) });
  const image = zeros([1, 9, 9]).set([0, 4, 4], 1);
  const found = new Set<string>();
  for (const moved of move.forwardBatch(copies(image, 400))) {
    assertEquals(moved.sum().item(), 1);
    const place = moved.argmax().item();
    found.add(`${Math.floor(place / 9) - 4},${place % 9 - 4}`);
  }
  const [rows, columns] = [0, 1].map((i) =>
    [...new Set([...found].map((place) => Number(place.split(",")[i])))].sort((a, b) => a - b)
  );
  assertSame(rows, [-4, -3, -2, -1, 0, 1, 2, 3, 4]);
  assertSame(columns, [-2, -1, 0, 1, 2]);
});

test("positive angles of RandomAffine turn clockwise, those of RandomRotation the other way", () => {
  const image = tensor([[1, 2], [3, 4]]);
  assertEquals(new RandomAffine([90, 90])(image).toArray(), [[3, 1], [4, 2]]);
  assertEquals(new transforms.RandomRotation([90, 90])(image).toArray(), [[2, 4], [1, 3]]);
});

test("a vertical flip turns the order of the rows", () => {
  const image = arange(6).reshape(3, 2);
  assertSame(new RandomVerticalFlip({ p: 1 })(image).toArray(), [[4, 5], [2, 3], [0, 1]]);
});

test("RandomApply and RandomChoice draw with the odds asked for", () => {
  const batch = ones([1000, 1]);
  const apply = new RandomApply([(x) => x.mul(2), (x) => x.add(1)], {
    p: 0.3,
    generator: new Generator(0),
  });
  const applied = apply.forwardBatch(batch);
  assertSame(new Set(applied.data), new Set([1, 3]));
  assert(Math.abs(applied.eq(3).sum().item() - 300) < 50);
  const choice = new RandomChoice([(x) => x.mul(2), (x) => x.mul(3), (x) => x.mul(5)], {
    p: [1, 3, 0],
    generator: new Generator(0),
  });
  const chosen = choice.forwardBatch(batch);
  assertSame(new Set(chosen.data), new Set([2, 3]));
  assert(Math.abs(chosen.eq(3).sum().item() - 750) < 50);
});

test("gradients flow through Grayscale and Pad", () => {
  const x = ones([3, 1, 2]).requiresGrad_();
  new transforms.Compose([new Grayscale(), new Pad(1, { paddingMode: "symmetric" })])(x)
    .sum().backward();
  // Each pixel is seen six times: in three rows, and twice in each.
  assert(x.grad!.at(1, 0).sub(6 * 0.587).abs().amax().item() < 1e-5);
});

const images = arange(12).reshape(3, 1, 2, 2);
const labels = tensor([0, 2, 1], { dtype: "int32" });

test("MixUp blends neighbours and labels by one share", () => {
  for (const alpha of [0.05, 0.4, 1, 5]) {
    const mixUp = new MixUp({ alpha, numClasses: 3, generator: new Generator(7) });
    const shares = Array.from({ length: 300 }, () => {
      const [mixed, chances] = mixUp(images, labels);
      const share = chances.at(0, 0).item();
      const expected = images.mul(share).add(images.roll(1, 0).mul(1 - share));
      assert(mixed.sub(expected).abs().amax().item() < 1e-5);
      assert(Math.abs(chances.at(1, 0).item() - (1 - share)) < 1e-6);
      assertSame(chances.at(1, 1).item(), 0);
      return share;
    });
    const mean = shares.reduce((a, b) => a + b) / 300;
    const variance = shares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 300;
    // The moments of Beta(α, α).
    assert(Math.abs(mean - 0.5) < 0.08, `mean ${mean} for alpha ${alpha}`);
    assert(Math.abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.03, `variance ${variance}`);
  }
});

test("CutMix pastes a rectangle, and the labels tell its area", () => {
  const cutMix = new CutMix({ numClasses: 3, generator: new Generator(3) });
  const batch = tensor([1, 2, 3]).reshape(3, 1, 1, 1).expand(3, 2, 10, 14);
  const areas = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const [mixed, chances] = cutMix(batch, labels);
    const pasted = mixed.at(0, 0).eq(3);
    const area = pasted.sum().item();
    const [rows, columns] = [1, 0].map((axis) => pasted.any({ axis }).sum().item());
    assertStrictEquals(area, rows * columns, "one rectangle");
    assert(Math.abs(chances.at(0, 0).item() - (1 - area / 140)) < 1e-6);
    assert(Math.abs(chances.at(0, 1).item() - area / 140) < 1e-6);
    assertEquals(batch.at(0).sum().item(), 280, "the batch stays as it was");
    areas.add(area);
  }
  assert(areas.has(0) && Math.max(...areas) > 60 && areas.size > 20);
});

test("mixed labels go into the loss, and may be mixed again", () => {
  const [mixed, chances] = new MixUp({ numClasses: 3 })(images, labels);
  const [, again] = new CutMix()(mixed, chances);
  assert(again.sum(1).sub(1).abs().amax().item() < 1e-6);
  const logits = zeros([3, 3]);
  assert(Math.abs(new CrossEntropyLoss()(logits, again).item() - Math.log(3)) < 1e-5);
});

test("what cannot be mixed, changed or erased is refused", () => {
  const refused: [() => unknown, string, RegExp][] = [
    [() => new MixUp({ alpha: 0 }), "ValueError", /^Cannot mix with alpha 0: it must be above 0/],
    [() => new MixUp()(images, labels), "ValueError", /^Cannot mix class indices .* numClasses$/],
    [() => new MixUp()(images.to("uint8"), labels), "DTypeError", /images of uint8: put ToTensor/],
    [() => new MixUp({ numClasses: 3 })(images, zeros([2])), "ShapeError", /one label for each/],
    [() => new MixUp({ numClasses: 2 })(images, labels), "ValueError", /one-hot vector of index 2/],
    [
      () => new ColorJitter({ brightness: -1 }),
      "ValueError",
      /^Cannot change the brightness by \[-1, -1\]/,
    ],
    [
      () => new ColorJitter({ hue: 0.6 }),
      "ValueError",
      /^Cannot shift the hue by \[-0.6, 0.6\]: .*0.5$/,
    ],
    [
      () => new ColorJitter({ contrast: [2, 1] }),
      "ValueError",
      /^Cannot change the contrast by \[2, 1\]/,
    ],
    [() => new ColorJitter()(zeros([2, 4, 4])), "ShapeError", /shape \[2, 4, 4\]: they must be/],
    [() => new Grayscale()(zeros([3, 4, 4], { dtype: "int32" })), "DTypeError", /of int32/],
    [() => new Grayscale({ numOutputChannels: 2 as 1 }), "ValueError", /of 2 channels/],
    [() => new RandomErasing({ p: 2 }), "ValueError", /^Cannot erase with probability 2/],
    [() => new RandomErasing({ value: "noise" as "random" }), "ValueError", /"random"/],
    [() => new RandomErasing({ value: [1, 2] })(zeros([3, 4, 4])), "ShapeError", /\[2, height/],
    [
      () => new RandomErasing({ value: "random" })(zeros([1, 4, 4], { dtype: "uint8" })),
      "ValueError",
      /^Cannot erase parts of images of uint8 with noise/,
    ],
    [() => new GaussianBlur(4), "ValueError", /^Cannot blur with a kernel of 4: give an odd/],
    [
      () => new GaussianBlur(3, { sigma: 0 }),
      "ValueError",
      /^Cannot blur with deviations \[0, 0\]/,
    ],
    [() => new GaussianBlur(9)(zeros([4, 9])), "ShapeError", /half of it must be smaller/],
    [() => new Pad(1, { paddingMode: "wrap" as "edge" }), "ValueError", /paddingMode "wrap"/],
    [() => new Pad(3, { paddingMode: "reflect" })(zeros([3, 9])), "ShapeError", /wider than/],
    [
      () => new RandomAffine(0, { translate: [2, 0] }),
      "ValueError",
      /^Cannot move images by parts/,
    ],
    [
      () => new RandomAffine(0, { scale: [0, 1] }),
      "ValueError",
      /^Cannot scale images by \[0, 1\]/,
    ],
    [() => new RandomAffine(0, { shear: [1, 2, 3] }), "ValueError", /or four, as the option shear/],
    [
      () => new RandomAffine(NaN),
      "ValueError",
      /^Cannot rotate by angles \[NaN, NaN\]: .* each finite$/,
    ],
    [() => new RandomResizedCrop(4, { scale: [0.5, 2] }), "ValueError", /^Cannot cut out parts/],
    [
      () => new RandomResizedCrop(4, { ratio: [0, 1] }),
      "ValueError",
      /parts of ratio \[0, 1\]: .* each above 0$/,
    ],
    [() => new RandomChoice([]), "ValueError", /^Cannot choose among 0 transforms/],
    [() => new RandomChoice([(x) => x], { p: [1, 2] }), "ValueError", /with 2 weights/],
    [() => new RandomChoice([(x) => x], { p: [0] }), "ValueError", /^Cannot draw/],
    [() => new RandomApply([], { p: -1 }), "ValueError", /^Cannot apply transforms with/],
  ];
  for (const [action, name, message] of refused) assertThrowsMessage(action, name, message);
});

test("a day of augmentation leaves no tensor behind", () => {
  const augment = new transforms.Compose([
    new RandomResizedCrop(8),
    new ColorJitter({ brightness: 0.4, hue: 0.1 }),
    new RandomApply([new GaussianBlur(3)]),
    new RandomErasing(),
  ]);
  const mix = new MixUp({ numClasses: 3 });
  const batch = rand([3, 3, 12, 12]);
  const step = (): void => {
    const x = augment.forwardBatch(batch);
    const [mixed, chances] = mix(x, labels);
    mixed[Symbol.dispose]();
    chances[Symbol.dispose]();
    x[Symbol.dispose]();
  };
  step();
  const { storages } = memory.stats();
  for (let i = 0; i < 50; i++) step();
  assertStrictEquals(memory.stats().storages, storages);
});
