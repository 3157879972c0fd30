import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readMnistSample } from "../../../vision/datasets/mnist_sample.ts";
import { MNIST_FILES } from "../../../vision/datasets/mnist_files.ts";

function histogram(labels: Uint8Array): number[] {
  const counts = Array(10).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

test("the sample has 8,000 and 2,000 digits with every class in both splits", async () => {
  const train = await readMnistSample("train");
  const { count, height, width, data } = train.images;
  assert.deepEqual([count, height, width, data.length], [8000, 28, 28, 8000 * 784]);
  assert.deepEqual(histogram(train.labels), [816, 895, 793, 820, 795, 698, 801, 853, 770, 759]);
  const test = await readMnistSample("test");
  assert.equal(test.images.data.length, 2000 * 784);
  assert.deepEqual(histogram(test.labels), [185, 232, 198, 212, 185, 165, 213, 217, 174, 219]);
});

test("the sample's pixels are MNIST's: their mean is 0.13, and ones have the least ink", async () => {
  const { images, labels } = await readMnistSample("train");
  const ink = Array(10).fill(0);
  images.data.forEach((value, i) => ink[labels[Math.floor(i / 784)]] += value / 255);
  const mean = ink.reduce((a, b) => a + b) / images.data.length;
  assert.ok(Math.abs(mean - 0.1307) < 0.002, String(mean));
  const perDigit = histogram(labels).map((count, label) => ink[label] / count);
  assert.equal(perDigit.indexOf(Math.min(...perDigit)), 1);
  assert.equal(perDigit.indexOf(Math.max(...perDigit)), 0);
});

test("the checksums in data/README.md are those of the files", () => {
  const data = new URL("../../../data/", import.meta.url);
  const readme = readFileSync(new URL("README.md", data), "utf8");
  for (const name of Object.values(MNIST_FILES).flatMap(Object.values)) {
    const md5 = createHash("md5").update(readFileSync(new URL(`${name}.gz`, data))).digest("hex");
    assert.match(readme, new RegExp(`\`${name}\\.gz\` .*\`${md5}\``));
  }
});
