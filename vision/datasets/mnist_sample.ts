/**
 * The sample of MNIST that travels with the library, in `data/`.
 *
 * @module
 */

import { gunzipIdx } from "./idx.ts";
import { type MnistSplit, pairMnist, parseMnistImages, parseMnistLabels } from "./mnist_format.ts";
import { MNIST_FILES, type MnistSplitName } from "./mnist_files.ts";

/**
 * Reads one split of the sample: 8,000 images for training, 2,000 for the test, all from the
 * training set of MNIST.
 *
 * In Deno this needs `--allow-read` for `data/`, or `--allow-net` where the library itself was
 * imported from the network.
 *
 * @param split which part
 * @returns the images and their labels
 * @throws {FileFormatError} if a file is damaged
 */
export async function readMnistSample(split: MnistSplitName): Promise<MnistSplit> {
  const files = MNIST_FILES[split];
  const [images, labels] = await Promise.all([readGzip(files.images), readGzip(files.labels)]);
  return pairMnist(
    parseMnistImages(images, files.images),
    parseMnistLabels(labels, files.labels),
    `the MNIST sample (${split})`,
  );
}

/** The unpacked bytes of a file in `data/`, which `fetch` reaches on disk and on a server alike. */
async function readGzip(file: string): Promise<Uint8Array> {
  const url = new URL(`../../data/${file}.gz`, import.meta.url);
  const response = await fetch(url);
  return gunzipIdx(new Uint8Array(await response.arrayBuffer()), url.href);
}
