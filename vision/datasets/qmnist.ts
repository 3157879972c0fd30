/**
 * QMNIST: the digits of MNIST from their sources, with 50,000 more for the test.
 *
 * @module
 */

import { guardMembers, readOptions } from "../../src/checks.ts";
import { DATASET_DEFAULTS, type DatasetOptions, withProgress } from "./dataset_options.ts";
import { ImageDataset } from "./image_dataset.ts";
import { assemble, MNIST } from "./mnist.ts";
import {
  type MnistImages,
  pairMnist,
  parseMnistImages,
  parseQmnistLabels,
  QMNIST_COLUMNS,
} from "./mnist_format.ts";
import { datasetSource, lookUp, readGzipFile } from "./packed_files.ts";

/**
 * A part of QMNIST: the images for training, all for the test, those of the test that MNIST has, or the
 * others.
 */
export type QMNISTPart = "train" | "test" | "test10k" | "test50k";

/** Options of {@link QMNIST.load}. */
export interface QMNISTOptions extends DatasetOptions {
  /** The part; by default `train` decides between `"train"` and `"test"`. */
  readonly what?: QMNISTPart;
  /** True for the digit alone as target, false for all eight numbers about it; default true. */
  readonly compat?: boolean;
}

/** For each part, the middle of its file names, and its first and last image. */
const PARTS: Readonly<Record<QMNISTPart, readonly [files: string, first: number, end: number]>> = {
  train: ["train", 0, Infinity],
  test: ["test", 0, Infinity],
  test10k: ["test", 0, 10_000],
  test50k: ["test", 10_000, Infinity],
};

/** The publisher's addresses, and torchvision's checksums. */
const PUBLISHER = {
  mirrors: [
    "https://raw.githubusercontent.com/facebookresearch/qmnist/master/",
    "https://cdn.jsdelivr.net/gh/facebookresearch/qmnist@master/",
  ],
  checksums: {
    "qmnist-train-images-idx3-ubyte.gz": "ed72d4157d28c017586c42bc6afe6370",
    "qmnist-train-labels-idx2-int.gz": "0058f8dd561b90ffdd0f734c6a30e5e4",
    "qmnist-test-images-idx3-ubyte.gz": "1394631089c404de565df7b7aeaf9412",
    "qmnist-test-labels-idx2-int.gz": "5b5b05890a5e13444e108efe57b788aa",
  },
};

/**
 * 28×28 gray images of handwritten digits, made anew from the sources of MNIST: 60,000 for training, and
 * 60,000 for the test, of which the first 10,000 are those of MNIST.
 *
 * With `compat: false`, targets are eight numbers: the digit, the series of the writers, the writer, the
 * place among the writer's digits, the class and the place in NIST's collection, and two that are spare.
 *
 * Source: Yadav and Bottou, "Cold case: the lost MNIST digits" (2019,
 * https://arxiv.org/abs/1905.10498).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.datasets.QMNIST.html
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(datasets.QMNIST.classes[3], "3 - three");
 * ```
 */
export class QMNIST extends ImageDataset {
  /** The names of the classes. */
  static readonly classes: readonly string[] = MNIST.classes;

  /**
   * Reads the data set from `root/QMNIST/raw`, as {@link MNIST.load} does.
   *
   * @param options as those of {@link MNIST.load}, and `what`, `compat`
   * @throws {FileAccessError} if files are missing and may not be downloaded
   * @throws {FileFormatError} if files are damaged and may not be downloaded
   * @throws {DownloadError} if a file could not be downloaded from any mirror
   * @throws {ValueError} if there is no such part; torchvision's `"nist"` is packed by xz, which no
   *   runtime unpacks
   * @example
   * ```ts
   * import { FileAccessError } from "@gradus/gradus";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertRejects } from "@std/assert";
   *
   * // Nothing is downloaded without `download: true`.
   * const options = { root: "no_folder", what: "test50k" } as const;
   * await assertRejects(() => datasets.QMNIST.load(options), FileAccessError);
   * ```
   */
  static async load(options: QMNISTOptions = {}): Promise<QMNIST> {
    const known = { ...DATASET_DEFAULTS, what: undefined, compat: true };
    const read = readOptions("load QMNIST", options, known);
    const { train, progress, what = train ? "train" : "test", compat } = read;
    const [files, first, end] = lookUp(PARTS, what, "part");
    const source = datasetSource(read, PUBLISHER, ["QMNIST", "raw"]);
    const { images, labels } = await withProgress("QMNIST", progress, async (onProgress) => {
      const name = (rest: string) => `qmnist-${files}-${rest}`;
      const loading = { ...read, onProgress };
      return pairMnist(
        await readGzipFile(name("images-idx3-ubyte"), parseMnistImages, source, loading),
        await readGzipFile(name("labels-idx2-int"), parseQmnistLabels, source, loading),
        source.directory,
        QMNIST_COLUMNS,
      );
    });
    const chosen = slice(images, first, end);
    const numbers = labels.subarray(first * QMNIST_COLUMNS, end * QMNIST_COLUMNS);
    const digits = numbers.filter((_, i) => i % QMNIST_COLUMNS === 0);
    const parts = { images: chosen, labels: compat ? digits : numbers };
    return new QMNIST(assemble(parts, QMNIST.classes, read));
  }
}

guardMembers(QMNIST);

/** Returns images `first <= i < end`. */
function slice({ height, width, data }: MnistImages, first: number, end: number): MnistImages {
  const size = height * width;
  const chosen = data.subarray(first * size, end * size);
  return { count: chosen.length / size, height, width, data: chosen };
}
