/**
 * MNIST and the data sets that have its form.
 *
 * @module
 */

import { guardMembers, readOptions } from "../../src/checks.ts";
import { tensor } from "../../src/tensor/create.ts";
import {
  DATASET_DEFAULTS,
  type DatasetOptions,
  SPLIT_DEFAULTS,
  type SplitOptions,
  withProgress,
} from "./dataset_options.ts";
import { ImageDataset, type ImageDatasetOptions, type TransformOptions } from "./image_dataset.ts";
import { type MnistFolder, readMnistFiles } from "./mnist_files.ts";
import type { MnistImages } from "./mnist_format.ts";
import { readMnistSample } from "./mnist_sample.ts";

/** Options of {@link MNISTSample.load}. */
export interface MNISTSampleOptions extends SplitOptions {
  /** The folder of the files, a path or an address; by default `data/` beside the library. */
  readonly root?: string | URL;
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
  static async load(options: DatasetOptions = {}): Promise<MNIST> {
    return new MNIST(await read("MNIST", MNIST.classes, options));
  }
}

guardMembers(MNIST);

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
  static async load(options: DatasetOptions = {}): Promise<FashionMNIST> {
    return new FashionMNIST(await read("FashionMNIST", FashionMNIST.classes, options));
  }
}

guardMembers(FashionMNIST);

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
  static async load(options: DatasetOptions = {}): Promise<KMNIST> {
    return new KMNIST(await read("KMNIST", KMNIST.classes, options));
  }
}

guardMembers(KMNIST);

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
   * The files come from the folder `data` of the library, on disk or on the server that the library
   * itself comes from; in a bundle, from a folder `data` beside that. In Deno this needs
   * `--allow-read`, or `--allow-net` where the library was imported from the network.
   *
   * @param options `train`, `root`, `transform`, `targetTransform`
   * @throws {FileAccessError} if the files are not there
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
    const read = readOptions("load MNISTSample", options, { ...SPLIT_DEFAULTS, root: undefined });
    const split = await readMnistSample(read.train ? "train" : "test", read.root);
    return new MNISTSample(assemble(split, MNISTSample.classes, read));
  }
}

guardMembers(MNISTSample);

/** Reads a data set of the family. */
async function read(
  folder: MnistFolder,
  classes: readonly string[],
  options: DatasetOptions,
): Promise<ImageDatasetOptions> {
  const { train, progress, ...read } = readOptions(`load ${folder}`, options, DATASET_DEFAULTS);
  const split = train ? "train" : "test";
  const found = await withProgress(
    folder,
    progress,
    (onProgress) => readMnistFiles({ ...read, folder, split, onProgress }),
  );
  return assemble(found, classes, read);
}

/** Returns images and labels, of one number each or of several, as the parts of a data set. */
export function assemble(
  { images, labels }: { images: MnistImages; labels: Uint8Array | Int32Array },
  classes: readonly string[],
  { transform, targetTransform }: TransformOptions,
): ImageDatasetOptions {
  const { count, height, width } = images;
  const data = tensor(images.data).reshape(count, height, width);
  const targets = tensor(labels, { dtype: "int32" });
  const columns = labels.length / Math.max(count, 1);
  return {
    data,
    targets: columns > 1 ? targets.reshape(count, columns) : targets,
    classes,
    transform,
    targetTransform,
  };
}
