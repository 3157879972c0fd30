/**
 * Finds, checks and unpacks the files of the MNIST family, and downloads those that are missing.
 *
 * The layout is torchvision's, so folders are shared with PyTorch:
 * `root/MNIST/raw/train-images-idx3-ubyte`, with the `.gz` it was unpacked from beside it.
 *
 * @module
 */

import { type MnistSplit, pairMnist, parseMnistImages, parseMnistLabels } from "./mnist_format.ts";
import {
  datasetSource,
  type FilesOptions,
  lookUp,
  type Publisher,
  readGzipFile,
} from "./packed_files.ts";

/** Options of {@link readMnistFiles}. */
export interface MnistFilesOptions extends FilesOptions {
  /** The data set. */
  readonly folder: MnistFolder;
  /** The part of it. */
  readonly split: MnistSplitName;
}

/**
 * Reads one split of a data set from disk.
 *
 * Each file is taken from the first of these that is sound: the unpacked file; the `.gz`, which is
 * then unpacked beside it; the download, if it is allowed, which also replaces what is damaged. So
 * an interrupted run is healed by the next one. A folder that cannot be written serves as long as
 * its files are sound.
 *
 * In Deno this needs `--allow-read`, and for unpacking `--allow-write`, and for downloads
 * `--allow-net`.
 *
 * @param options the folder, the data set and the split
 * @returns the images and their labels
 * @throws {FileFormatError} if a file is damaged and may not be downloaded, or if the images and
 *   labels do not belong together
 * @throws {DownloadError} if a file could not be downloaded from any mirror
 * @throws {FileAccessError} if a file is missing and may not be downloaded
 * @throws {ValueError} if an option is unknown
 */
export async function readMnistFiles(options: MnistFilesOptions): Promise<MnistSplit> {
  // Only names from these two tables ever become part of a path.
  const publisher = lookUp(MNIST_SOURCES, options.folder, "data set");
  const files = lookUp(MNIST_FILES, options.split, "split");
  const source = datasetSource(options, publisher, [options.folder, "raw"]);
  const images = await readGzipFile(files.images, parseMnistImages, source, options);
  const labels = await readGzipFile(files.labels, parseMnistLabels, source, options);
  return pairMnist(images, labels, source.directory);
}

/** The folder of a data set below the root, as in torchvision. */
export type MnistFolder = "MNIST" | "FashionMNIST" | "KMNIST";

/** The training part of a data set, or the test part. */
export type MnistSplitName = "train" | "test";

/** The files of a data set; on disk also with `.gz`. */
export type MnistFileName =
  | "train-images-idx3-ubyte"
  | "train-labels-idx1-ubyte"
  | "t10k-images-idx3-ubyte"
  | "t10k-labels-idx1-ubyte";

/** The two files of each split. */
export const MNIST_FILES: Readonly<
  Record<MnistSplitName, { readonly images: MnistFileName; readonly labels: MnistFileName }>
> = {
  train: { images: "train-images-idx3-ubyte", labels: "train-labels-idx1-ubyte" },
  test: { images: "t10k-images-idx3-ubyte", labels: "t10k-labels-idx1-ubyte" },
};

/** The publishers of each data set, best first, and the checksums, which are torchvision's. */
export const MNIST_SOURCES: Readonly<Record<MnistFolder, Publisher>> = {
  MNIST: {
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    checksums: {
      "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
      "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
      "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
      "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    },
  },
  FashionMNIST: {
    mirrors: [
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ],
    checksums: {
      "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
      "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
      "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
      "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
  },
  KMNIST: {
    mirrors: [
      "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
      "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ],
    checksums: {
      "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
      "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
      "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
      "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
    },
  },
};
