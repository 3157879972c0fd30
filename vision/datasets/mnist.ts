/**
 * MNIST and the data sets that have its form.
 *
 * @module
 */

import { readOptions } from "../../src/checks.ts";
import { ValueError } from "../../src/errors.ts";
import { tensor } from "../../src/tensor/create.ts";
import { ProgressBar } from "../../src/utils/progress.ts";
import {
  ImageDataset,
  type ImageDatasetOptions,
  NO_TRANSFORMS,
  type TransformOptions,
} from "./image_dataset.ts";
import {
  type MnistChecksums,
  type MnistFolder,
  readMnistFiles,
  readMnistSample,
} from "./mnist_files.ts";
import type { MnistSplit } from "./mnist_format.ts";

/** Options of {@link MNISTSample.load}. */
export interface MNISTSampleOptions extends TransformOptions {
  /** True for the training images, false for the test images; default true. */
  readonly train?: boolean;
}

/** Options of {@link MNIST.load} and its like. */
export interface MNISTOptions extends MNISTSampleOptions {
  /** The folder that holds `MNIST/raw`, as torchvision lays it out; default `data`. */
  readonly root?: string;
  /** True to download files that are missing or damaged; default false. */
  readonly download?: boolean;
  /** True to show downloads: a bar on a terminal, else a line for each file; default true. */
  readonly progress?: boolean;
  /** Addresses of folders that hold the `.gz` files, best first; the publishers' by default. */
  readonly mirrors?: readonly string[];
  /** Checksums of the `.gz` files, SHA-256 or MD5; the official ones by default. */
  readonly checksums?: MnistChecksums;
  /** True to compare checksums, and unpacked files with their `.gz`; default true. Pass `false` for files of your own. */
  readonly checksum?: boolean;
}

/**
 * 28×28 gray images of handwritten digits: 60,000 for training, 10,000 for the test.
 *
 * Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
 * recognition" (1998).
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(datasets.MNIST.classes[3], "3 - three");
 * ```
 */
export class MNIST extends ImageDataset {
  /** The names of the classes. */
  static readonly classes: readonly string[] = [
    "0 - zero",
    "1 - one",
    "2 - two",
    "3 - three",
    "4 - four",
    "5 - five",
    "6 - six",
    "7 - seven",
    "8 - eight",
    "9 - nine",
  ];

  /**
   * Reads the data set from `root/MNIST/raw`.
   *
   * In Deno this needs `--allow-read`, and for downloads `--allow-write` and `--allow-net`.
   *
   * @param options `root`, `train`, `transform`, `targetTransform`, `download` and more
   * @throws {FileAccessError} if files are missing and may not be downloaded
   * @throws {FileFormatError} if files are damaged and may not be downloaded
   * @throws {DownloadError} if a file could not be downloaded from any mirror
   * @example
   * ```ts
   * import { cpSync, rmSync } from "node:fs";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertEquals } from "@std/assert";
   *
   * // Files of your own, here those of the sample; `download: true` would get the publishers'.
   * for (const part of ["images-idx3", "labels-idx1"]) {
   *   cpSync(`data/train-${part}-ubyte.gz`, `mnist_example/MNIST/raw/train-${part}-ubyte.gz`);
   * }
   * const set = await datasets.MNIST.load({ root: "mnist_example", checksum: false });
   * assertEquals(set.length, 8000);
   * rmSync("mnist_example", { recursive: true });
   * ```
   */
  static async load(options: MNISTOptions = {}): Promise<MNIST> {
    return new MNIST(await read("MNIST", MNIST.classes, options));
  }
}

/**
 * 28×28 gray images of clothes, by Zalando: 60,000 for training, 10,000 for the test.
 *
 * Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
 * learning algorithms" (2017, https://arxiv.org/abs/1708.07747).
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(datasets.FashionMNIST.classes[9], "Ankle boot");
 * ```
 */
export class FashionMNIST extends ImageDataset {
  /** The names of the classes. */
  static readonly classes: readonly string[] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ];

  /**
   * Reads the data set from `root/FashionMNIST/raw`, as {@link MNIST.load} does.
   *
   * @param options as those of {@link MNIST.load}
   * @throws {FileAccessError} if files are missing and may not be downloaded
   * @throws {FileFormatError} if files are damaged and may not be downloaded
   * @throws {DownloadError} if a file could not be downloaded from any mirror
   * @example
   * ```ts
   * import { FileAccessError } from "@gradus/gradus";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertRejects } from "@std/assert";
   *
   * // Nothing is downloaded without `download: true`.
   * await assertRejects(() => datasets.FashionMNIST.load({ root: "no_folder" }), FileAccessError);
   * ```
   */
  static async load(options: MNISTOptions = {}): Promise<FashionMNIST> {
    return new FashionMNIST(await read("FashionMNIST", FashionMNIST.classes, options));
  }
}

/**
 * 28×28 gray images of handwritten Japanese characters (kuzushiji): 60,000 for training, 10,000 for
 * the test.
 *
 * Source: Clanuwat et al., "Deep learning for classical Japanese literature" (2018,
 * https://arxiv.org/abs/1812.01718).
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(datasets.KMNIST.classes[1], "ki");
 * ```
 */
export class KMNIST extends ImageDataset {
  /** The names of the classes. */
  static readonly classes: readonly string[] = [
    "o",
    "ki",
    "su",
    "tsu",
    "na",
    "ha",
    "ma",
    "ya",
    "re",
    "wo",
  ];

  /**
   * Reads the data set from `root/KMNIST/raw`, as {@link MNIST.load} does.
   *
   * @param options as those of {@link MNIST.load}
   * @throws {FileAccessError} if files are missing and may not be downloaded
   * @throws {FileFormatError} if files are damaged and may not be downloaded
   * @throws {DownloadError} if a file could not be downloaded from any mirror
   * @example
   * ```ts
   * import { FileAccessError } from "@gradus/gradus";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertRejects } from "@std/assert";
   *
   * // Nothing is downloaded without `download: true`.
   * await assertRejects(() => datasets.KMNIST.load({ root: "no_folder" }), FileAccessError);
   * ```
   */
  static async load(options: MNISTOptions = {}): Promise<KMNIST> {
    return new KMNIST(await read("KMNIST", KMNIST.classes, options));
  }
}

/**
 * The sample of MNIST that comes with the library: 8,000 digits for training and 2,000 for the test,
 * all from the training set of MNIST. It needs no network.
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const set = await datasets.MNISTSample.load({ train: false });
 * assertEquals(set.data.shape, [2000, 28, 28]);
 * const [image, target] = set.get(0);
 * assertEquals([image.dtype, target.dtype], ["uint8", "int32"]);
 * ```
 */
export class MNISTSample extends ImageDataset {
  /** The names of the classes. */
  static readonly classes: readonly string[] = MNIST.classes;

  /**
   * Reads the sample.
   *
   * In Deno this needs `--allow-read` for the folder `data` of the library, or `--allow-net` where
   * the library itself was imported from the network.
   *
   * @param options `train`, `transform`, `targetTransform`
   * @throws {FileFormatError} if a file is damaged
   * @example
   * ```ts
   * import { datasets, transforms } from "@gradus/gradus/vision";
   * import { assertEquals } from "@std/assert";
   *
   * const transform = new transforms.ToTensor();
   * const set = await datasets.MNISTSample.load({ transform });
   * assertEquals(set.length, 8000);
   * const [image] = set.get(0);
   * assertEquals(image.shape, [1, 28, 28]);
   * ```
   */
  static async load(options: MNISTSampleOptions = {}): Promise<MNISTSample> {
    const read = readOptions("load MNISTSample", options, SAMPLE_DEFAULTS);
    checkFiles();
    const split = await readMnistSample(read.train ? "train" : "test");
    return new MNISTSample(assemble(split, MNISTSample.classes, read));
  }
}

const SAMPLE_DEFAULTS = { train: true, ...NO_TRANSFORMS };

const DEFAULTS = {
  ...SAMPLE_DEFAULTS,
  root: "data",
  download: false,
  progress: true,
  mirrors: undefined,
  checksums: undefined,
  checksum: true,
};

/** Reads a data set of the family, and shows downloads on the standard error stream. */
async function read(
  folder: MnistFolder,
  classes: readonly string[],
  options: MNISTOptions,
): Promise<ImageDatasetOptions> {
  const { train, progress, ...read } = readOptions(`load ${folder}`, options, DEFAULTS);
  checkFiles();
  const bar = new ProgressBar();
  try {
    const split = await readMnistFiles({
      ...read,
      folder,
      split: train ? "train" : "test",
      onProgress: progress ? show(bar, folder) : undefined,
    });
    return assemble(split, classes, read);
  } finally {
    bar.clear();
  }
}

/** Draws a bar on a terminal; elsewhere prints a line when the download of a file starts. */
function show(
  bar: ProgressBar,
  folder: MnistFolder,
): (file: string, received: number, total: number | undefined) => void {
  const printed = new Set<string>();
  return (file, received, total) => {
    if (globalThis.process?.stderr.isTTY) {
      bar.update(received, total, `${folder}/${file}  ${(received / 1e6).toFixed(1)} MB`);
    } else if (!printed.has(file)) {
      printed.add(file);
      globalThis.process?.stderr.write(`Downloading ${folder}/${file}\n`);
    }
  };
}

/** @throws {ValueError} where there are no files */
function checkFiles(): void {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (process?.versions?.node !== undefined) return;
  throw new ValueError(
    "Cannot read data sets here: there are no files in a browser; fetch the images, make tensors " +
      "of them, and pass these to new ImageDataset({ data, targets, classes })",
  );
}

function assemble(
  { images, labels }: MnistSplit,
  classes: readonly string[],
  { transform, targetTransform }: TransformOptions,
): ImageDatasetOptions {
  const data = tensor(images.data).reshape(images.count, images.height, images.width);
  return { data, targets: tensor(labels, { dtype: "int32" }), classes, transform, targetTransform };
}
