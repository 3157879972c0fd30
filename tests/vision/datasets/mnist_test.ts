import {
  DownloadError,
  FileAccessError,
  FileFormatError,
  Generator,
  memory,
  ValueError,
} from "../../../mod.ts";
import { kernelNames, setKernels } from "../../support/kernels.ts";
import { DataLoader } from "../../../src/utils/data/mod.ts";
import { idxFile } from "../../support/idx_file.ts";
import { type Handler, send, withServer } from "../../support/local_server.ts";
import { MNIST_FILES } from "../../../vision/datasets/mnist_files.ts";
import { readMnistSample } from "../../../vision/datasets/mnist_sample.ts";
import { datasets, transforms } from "../../../vision/mod.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { assertSame } from "../../support/assert.ts";

const transform = new transforms.Compose([
  new transforms.ToTensor(),
  new transforms.Normalize([0.1307], [0.3081]),
]);

test("the sample has the bytes, the labels and the classes of the files", async () => {
  for (const [train, split, n] of [[true, "train", 8000], [false, "test", 2000]] as const) {
    const set = await datasets.MNISTSample.load({ train });
    const { images, labels } = await readMnistSample(split);
    assertStrictEquals(set.length, n);
    assertEquals([set.data.dtype, set.data.shape], ["uint8", [n, 28, 28]]);
    assertEquals([set.targets.dtype, set.targets.shape], ["int32", [n]]);
    assertSame(set.data.data, images.data.slice());
    assertSame(Array.from(set.targets.data), Array.from(labels));
    assertEquals(set.classes[set.targets.at(0).item()], `${labels[0]} - ${DIGITS[labels[0]]}`);
  }
});

const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

test("the first batch is (byte / 255 − mean) / deviation, on every backend", async () => {
  const set = await datasets.MNISTSample.load({ transform });
  const { images, labels } = await readMnistSample("train");
  for (const name of kernelNames()) {
    setKernels(name);
    const [[x, y]] = new DataLoader(set, { batchSize: 64 });
    assertEquals([x.dtype, x.shape], ["float32", [64, 1, 28, 28]]);
    assertSame(Array.from(y.data), Array.from(labels.subarray(0, 64)));
    const got = x.data;
    for (let i = 0; i < got.length; i++) {
      const expected = (images.data[i] / 255 - 0.1307) / 0.3081;
      assert(Math.abs(got[i] - expected) < 1e-6, `${name}: ${got[i]} at ${i}, not ${expected}`);
    }
  }
  setKernels(kernelNames()[0]);
});

test("an epoch shows every image once, with its own label", async () => {
  const set = await datasets.MNISTSample.load({ train: false, transform });
  const counts = new Array<number>(10).fill(0);
  let mean = 0;
  const loader = new DataLoader(set, {
    batchSize: 300,
    shuffle: true,
    generator: new Generator(0),
  });
  for (const [x, y] of loader) {
    mean += x.sum().item() / set.data.numel();
    for (const label of y.data) counts[label]++;
  }
  assertEquals(counts, [185, 232, 198, 212, 185, 165, 213, 217, 174, 219]);
  const expected = (set.data.sum().item() / set.data.numel() / 255 - 0.1307) / 0.3081;
  assert(Math.abs(mean - expected) < 1e-5, `${mean}, not ${expected}`);
});

test("a batch takes two storages, for images and labels, and an epoch no more than two batches", async () => {
  const set = await datasets.MNISTSample.load({ transform });
  const before = memory.stats();
  set.getBatch([0, 1, 2]);
  assertStrictEquals(memory.stats().storages, before.storages + 2);
  const loader = new DataLoader(set, { batchSize: 64, shuffle: true });
  for (const _ of loader) assert(memory.stats().storages <= before.storages + 2 + 4);
});

test("MNIST and its kin are read from folders like torchvision's, and downloaded on request", async () => {
  const pixels = Uint8Array.from({ length: 2 * 784 }, (_, i) => i % 251);
  const images = gzipSync(idxFile([2, 28, 28], pixels));
  const labels = gzipSync(idxFile([2], [8, 1]));
  await withServer((request, response) => {
    send(response, request.url!.includes("images") ? images : labels);
  }, async (base, root) => {
    const kin = [[datasets.MNIST, "MNIST"], [datasets.FashionMNIST, "FashionMNIST"], [
      datasets.KMNIST,
      "KMNIST",
    ]] as const;
    const options = { root, mirrors: [base], checksum: false, progress: false };
    for (const [Kin, folder] of kin) {
      await assertRejects(() => Kin.load(options), FileAccessError, "download: true");
      const set = await Kin.load({ ...options, download: true });
      assert(set instanceof Kin);
      assertSame(set.data.data, pixels);
      assertEquals(set.targets.toArray(), [8, 1]);
      assertEquals(set.classes.length, 10);
      assertEquals(set.classes, Kin.classes);
      assertEquals(readdirSync(join(root, folder, "raw")).length, 4);
      const test = await Kin.load({ ...options, download: true, train: false, transform });
      assertEquals(test.get(0)[0].shape, [1, 28, 28]);
      assertEquals(readdirSync(join(root, folder, "raw")).length, 8);
      // Now that the files are there, no network is needed.
      assertEquals((await Kin.load({ root, checksum: false })).length, 2);
    }
  });
});

test("files that differ from the published ones need the word of the caller", async () => {
  const gz = gzipSync(idxFile([1, 28, 28], new Uint8Array(784)));
  await withServer((_, response) => send(response, gz), async (base, root) => {
    const options = { root, mirrors: [base], download: true, progress: false };
    await assertRejects(() => datasets.MNIST.load(options), DownloadError, "MD5");
  });
});

test("downloads are told once for each file where there is no terminal, or not at all", async () => {
  const { stderr } = process;
  const { write, isTTY } = stderr;
  const gz = gzipSync(idxFile([1], [3]));
  const images = gzipSync(idxFile([1, 28, 28], new Uint8Array(784)));
  const told = async (progress: boolean | undefined): Promise<string> => {
    let text = "";
    stderr.isTTY = false;
    stderr.write = (piece: unknown): boolean => (text += piece, true);
    try {
      await withServer(
        (request, response) => send(response, request.url!.includes("images") ? images : gz),
        async (base, root) => {
          const options = { root, mirrors: [base], checksum: false, download: true, progress };
          await datasets.MNIST.load(options);
        },
      );
    } finally {
      stderr.write = write;
      stderr.isTTY = isTTY;
    }
    return text;
  };
  assertEquals(
    await told(undefined),
    "Downloading MNIST/train-images-idx3-ubyte.gz\nDownloading MNIST/train-labels-idx1-ubyte.gz\n",
  );
  assertEquals(await told(false), "");
});

test("where there are no files, as in a browser, the error says what to do instead", async () => {
  const world = globalThis as { process?: unknown };
  const saved = world.process;
  world.process = undefined;
  try {
    await assertRejects(() => datasets.MNIST.load(), ValueError, "new ImageDataset");
  } finally {
    world.process = saved;
  }
});

test("the sample is found by path and by address, packed or unpacked by the server", async () => {
  const { data, targets } = await datasets.MNISTSample.load({ train: false });
  const same = async (root: string | URL): Promise<void> => {
    const set = await datasets.MNISTSample.load({ train: false, root });
    assertSame(set.data.data, data.data);
    assertSame(set.targets.data, targets.data);
  };
  const folder = new URL("../../../data/", import.meta.url);
  await same(folder);
  await same(fileURLToPath(folder));
  const file = (url: string): Uint8Array => readFileSync(new URL(`.${url}`, folder));
  await withServer((request, response) => send(response, file(request.url!)), same);
  await withServer((request, response) => send(response, gunzipSync(file(request.url!))), same);
});

test("where the sample is not, the error names the places and the way out", async () => {
  const load = (root: string) => () => datasets.MNISTSample.load({ root });
  const answers: [handler: Handler, reason: string][] = [
    [(_, response) => send(response, "", 404), "HTTP 404"],
    [
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<"),
      "a web page",
    ],
  ];
  for (const [handler, reason] of answers) {
    await withServer(handler, async (base, folder) => {
      const { message } = await assertRejects(load(base), FileAccessError, reason);
      assert(message.includes(`${base}/train-images-idx3-ubyte.gz`), message);
      assert(message.endsWith("as the option root"), message);
      await assertRejects(load(folder), FileAccessError, "ENOENT");
    });
  }
  await withServer((_, response) => send(response, "no gzip"), async (base) => {
    await assertRejects(load(base), FileFormatError, "gzip starts with 1f 8b");
  });
});

test("a missing folder is named, and stays missing", async () => {
  const root = mkdtempSync(join(tmpdir(), "gradus-"));
  try {
    const error = await assertRejects(() => datasets.KMNIST.load({ root }), Error);
    assert(error.message.includes(join(root, "KMNIST", "raw", "train-images-idx3-ubyte")));
    assertEquals(readdirSync(root), []);
  } finally {
    rmSync(root, { recursive: true });
  }
});

function histogram(labels: Uint8Array): number[] {
  const counts = Array(10).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

test("the sample has 8,000 and 2,000 digits with every class in both splits", async () => {
  const train = await readMnistSample("train");
  const { count, height, width, data } = train.images;
  assertEquals([count, height, width, data.length], [8000, 28, 28, 8000 * 784]);
  assertEquals(histogram(train.labels), [816, 895, 793, 820, 795, 698, 801, 853, 770, 759]);
  const test = await readMnistSample("test");
  assertStrictEquals(test.images.data.length, 2000 * 784);
  assertEquals(histogram(test.labels), [185, 232, 198, 212, 185, 165, 213, 217, 174, 219]);
});

test("the sample's pixels are MNIST's: their mean is 0.13, and ones have the least ink", async () => {
  const { images, labels } = await readMnistSample("train");
  const ink = Array(10).fill(0);
  images.data.forEach((value, i) => ink[labels[Math.floor(i / 784)]] += value / 255);
  const mean = ink.reduce((a, b) => a + b) / images.data.length;
  assert(Math.abs(mean - 0.1307) < 0.002, String(mean));
  const perDigit = histogram(labels).map((count, label) => ink[label] / count);
  assertEquals(perDigit.indexOf(Math.min(...perDigit)), 1);
  assertStrictEquals(perDigit.indexOf(Math.max(...perDigit)), 0);
});

test("the checksums in data/README.md are those of the files", () => {
  const data = new URL("../../../data/", import.meta.url);
  const readme = readFileSync(new URL("README.md", data), "utf8");
  for (const name of Object.values(MNIST_FILES).flatMap(Object.values)) {
    const md5 = createHash("md5").update(readFileSync(new URL(`${name}.gz`, data))).digest("hex");
    assertMatch(readme, new RegExp(`\`${name}\\.gz\` .*\`${md5}\``));
  }
});
