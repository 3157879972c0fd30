/**
 * Folders of pictures, from the layout to a network that has learned them.
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { encode } from "fast-png";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import {
  FileAccessError,
  FileFormatError,
  manualSeed,
  noGrad,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as optim from "../../../src/optim/mod.ts";
import { DataLoader, randomSplit } from "../../../src/utils/data/mod.ts";
import { datasets, transforms } from "../../../vision/mod.ts";

const fixture = new URL("../../fixtures/images.json", import.meta.url);
const files: { name: string; file: string }[] = JSON.parse(readFileSync(fixture, "utf8"));
const fileOf = (name: string): Uint8Array =>
  Uint8Array.from(atob(files.find((each) => each.name === name)!.file), (c) => c.charCodeAt(0));

/** A gray picture of `side` by `side` pixels whose value `pixel` tells. */
function picture(side: number, pixel: (y: number, x: number) => number): Uint8Array {
  const data = Uint8Array.from(
    { length: side * side },
    (_, i) => pixel(Math.floor(i / side), i % side),
  );
  return encode({ width: side, height: side, channels: 1, data });
}

/** Runs a test in a folder with `contents`, by path. */
async function inFolder(
  contents: Readonly<Record<string, Uint8Array | string>>,
  run: (root: string) => Promise<void>,
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "gradus-pictures-"));
  try {
    for (const [path, content] of Object.entries(contents)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    await run(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const dot = picture(2, (y, x) => 10 * y + x);

test("a folder of 1,000 pictures is learned from end to end", async () => {
  manualSeed(0);
  const contents: Record<string, Uint8Array> = {};
  for (let i = 0; i < 1000; i++) {
    // Stripes along the rows or the columns, of any width, phase and brightness, with noise.
    const [name, along] = i % 2 === 0 ? ["rows", 1] : ["columns", 0];
    const width = 2 + i % 3;
    contents[`${name}/${i}.png`] = picture(20, (y, x) => {
      const isLight = Math.floor(((along === 1 ? y : x) + i % 5) / width) % 2 === 0;
      return (isLight ? 120 + i % 100 : 20) + (y * 7 + x * 13 + i) % 30;
    });
  }
  await inFolder(contents, async (root) => {
    const transform = new transforms.Compose([
      new transforms.ToTensor(),
      new transforms.Grayscale(),
      new transforms.RandomCrop(16),
      new transforms.Normalize([0.4], [0.25]),
    ]);
    const set = await datasets.ImageFolder.load(root, { transform });
    assertEquals([set.length, set.classes], [1000, ["columns", "rows"]]);
    const [train, validation] = randomSplit(set, [0.8, 0.2]);
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3),
      new nn.ReLU(),
      new nn.AdaptiveAvgPool2d(4),
      new nn.Flatten(),
      new nn.Linear(64, 2),
    );
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.02 });
    const criterion = new nn.CrossEntropyLoss();
    for (let epoch = 0; epoch < 3; epoch++) {
      for (const [images, targets] of new DataLoader(train, { batchSize: 32, shuffle: true })) {
        optimizer.zeroGrad();
        criterion(model(images), targets).backward();
        optimizer.step();
      }
    }
    const right = noGrad(() => {
      const [[images, targets]] = new DataLoader(validation, { batchSize: 200 });
      return model(images).argmax(1).eq(targets).sum().item();
    });
    assert(right > 190, `${right} of 200 are right`);
  });
});

test("classes, folders and files are sorted, others passed over, and formats mixed", async () => {
  await inFolder({
    "b/2.png": dot,
    "b/10.PNG": dot,
    "b/sub/deep/1.png": dot,
    "b/sub-a/1.png": dot,
    "a/photo.jpg": fileOf("JPEG, gray"),
    "a/photo.jpeg": fileOf("JPEG, 4:4:4"),
    "a/notes.txt": "not a picture",
    "readme.md": "not a class",
    "c/wrong_ending.jpg": dot,
  }, async (root) => {
    const set = await datasets.ImageFolder.load(root);
    assertEquals(
      set.samples.map(([path]) => path.slice(root.length + 1).replaceAll("\\", "/")),
      [
        "a/photo.jpeg",
        "a/photo.jpg",
        "b/10.PNG",
        "b/2.png",
        // As Python sorts the folders: "-" comes before "/".
        "b/sub-a/1.png",
        "b/sub/deep/1.png",
        "c/wrong_ending.jpg",
      ],
    );
    assertEquals(set.targets.toArray(), [0, 0, 1, 1, 1, 1, 2]);
    assertEquals([...set.classToIdx], [["a", 0], ["b", 1], ["c", 2]]);
    const [image, target] = set.get(3);
    assertEquals([image.dtype, target.item()], ["uint8", 1]);
    assertEquals(image.toArray(), [[[0, 0, 0], [1, 1, 1]], [[10, 10, 10], [11, 11, 11]]]);
    // The content decides, as with Pillow.
    assertEquals(set.get(6)[0].data, image.data);
    assertEquals(set.getBatch([3, 6, 3])[0].shape, [3, 2, 2, 3]);
    assertEquals(set.getBatch([3, 6])[1].toArray(), [1, 2]);
    assertThrows(() => set.getBatch([0, 3]), ShapeError);
    assertThrows(() => set.get(7), ValueError, "Cannot get sample 7 of 7");
  });
});

test("a damaged picture is named when it is read", async () => {
  await inFolder({ "a/good.png": dot, "a/half.png": dot.subarray(0, 60) }, async (root) => {
    const set = await datasets.ImageFolder.load(root);
    assertEquals(set.get(0)[0].shape, [2, 2, 3]);
    assertThrows(
      () => set.get(1),
      FileFormatError,
      `Cannot decode ${join(root, "a", "half.png")}: it is cut short or damaged`,
    );
    rmSync(join(root, "a", "good.png"));
    assertThrows(() => set.get(0), FileAccessError, `Cannot read ${join(root, "a", "good.png")}`);
  });
});

test("folders without classes or pictures, and formats without a decoder, are refused", async () => {
  const refused = async (
    root: string,
    name: new (message: string) => Error,
    reason: string,
  ): Promise<void> => {
    const error = await assertRejects(() => datasets.ImageFolder.load(root), name);
    assertStringIncludes(error.message, reason);
  };
  await inFolder({ "file.png": dot }, async (root) => {
    await refused(root, FileAccessError, "there are no folders in it; make one for each class");
    await refused(join(root, "none"), FileAccessError, `Cannot read ${join(root, "none")}`);
    await refused(join(root, "file.png"), FileAccessError, "Cannot read");
    await refused(7 as unknown as string, ValueError, "it must be a path");
  });
  await inFolder({ "a/1.png": dot, ".hidden/notes.txt": "" }, async (root) => {
    await refused(root, FileAccessError, 'no image in the folder of class ".hidden"');
  });
  await inFolder({ "a/1.png": dot, "a/2.webp": "RIFF" }, async (root) => {
    await refused(root, ValueError, "PNG and JPEG can be decoded here; convert it, or pass");
    const loader = (path: string): Tensor => zeros([path.endsWith("webp") ? 1 : 2, 3, 3]);
    const set = await datasets.ImageFolder.load(root, { loader });
    assertEquals([set.get(0)[0].shape, set.get(1)[0].shape], [[2, 3, 3], [1, 3, 3]]);
    const only = await datasets.ImageFolder.load(root, {
      isValidFile: (path) => path.endsWith("1.png"),
    });
    assertEquals(only.length, 1);
  });
});

test("links to folders and files are followed, and circles end", async () => {
  await inFolder({ "a/1.png": dot, "b/2.png": dot }, async (root) => {
    symlinkSync(join(root, "a"), join(root, "c"));
    symlinkSync(join(root, "b"), join(root, "b", "again"));
    const set = await datasets.ImageFolder.load(root);
    assertEquals(set.classes, ["a", "b", "c"]);
    assertEquals(set.targets.toArray(), [0, 1, 2]);
  });
});

test("fake images are the same for an index, and others for other offsets", () => {
  const set = new datasets.FakeData({ size: 20, imageSize: [3, 5, 4], numClasses: 4 });
  assertEquals(set.length, 20);
  const [image, target] = set.get(3);
  assertEquals([image.shape, image.dtype, target.shape], [[5, 4, 3], "uint8", []]);
  assertEquals(set.get(3)[0].data, image.data);
  const shifted = new datasets.FakeData({ imageSize: [3, 5, 4], numClasses: 4, randomOffset: 2 });
  assertEquals(shifted.get(1)[0].data, image.data);
  assert(String(set.get(4)[0].data) !== String(image.data));
  const targets = Array.from({ length: 20 }, (_, i) => set.get(i)[1].item());
  assertEquals(new Set(targets), new Set([0, 1, 2, 3]));
  const flat = new datasets.FakeData({
    imageSize: [1, 2, 2],
    transform: new transforms.ToTensor(),
  });
  const [[x, y]] = new DataLoader(flat, { batchSize: 7 });
  assertEquals([x.shape, y.shape, y.dtype], [[7, 1, 2, 2], [7], "int32"]);
  for (const options of [{ size: -1 }, { numClasses: 0 }, { randomOffset: 0.5 }] as const) {
    assertThrows(() => new datasets.FakeData(options), ValueError, "use a whole number");
  }
});
