/**
 * EMNIST: handwritten letters and digits in the form of MNIST.
 *
 * @module
 */

import { guardMembers, readOptions, REQUIRED } from "../../src/checks.ts";
import { download } from "../../src/utils/download.ts";
import { builtin, sourceOf } from "../../src/utils/files.ts";
import { DATASET_DEFAULTS, type DatasetOptions, withProgress } from "./dataset_options.ts";
import { ImageDataset } from "./image_dataset.ts";
import { assemble } from "./mnist.ts";
import { pairMnist, parseMnistImages, parseMnistLabels } from "./mnist_format.ts";
import {
  addressesOf,
  type Archive,
  checkPacked,
  type DatasetSource,
  datasetSource,
  type FilesOptions,
  lookUp,
  readGzipFile,
  readIfPresent,
} from "./packed_files.ts";

/**
 * A selection of EMNIST: all characters with or without their natural frequencies, with letters that
 * look alike in capitals merged or not, letters, or digits.
 */
export type EMNISTSplit = "byclass" | "bymerge" | "balanced" | "letters" | "digits" | "mnist";

/** Options of {@link EMNIST.load}. */
export interface EMNISTOptions extends DatasetOptions {
  /** The selection. */
  readonly split: EMNISTSplit;
}

const DIGITS = "0123456789";
const CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const MERGED = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"];

/** The archive, with torchvision's addresses and checksum. */
const ARCHIVE = "gzip.zip";
const PUBLISHER = {
  mirrors: [
    "https://biometrics.nist.gov/cs_links/EMNIST/",
    "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
  ],
  checksums: { [ARCHIVE]: "58c8d27c78d21e728a6bc7b3cc06412e" },
};

/**
 * 28×28 gray images of handwritten letters and digits: up to 697,932 for training and 116,323 for the
 * test, in six selections. As in torchvision, rows and columns of the images are swapped, and labels of
 * the letters count from 1.
 *
 * Source: Cohen et al., "EMNIST: an extension of MNIST to handwritten letters" (2017,
 * https://arxiv.org/abs/1702.05373).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.datasets.EMNIST.html
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(datasets.EMNIST.classes.letters[1], "a");
 * assertEquals(datasets.EMNIST.classes.balanced.length, 47);
 * ```
 */
export class EMNIST extends ImageDataset {
  /** The names of the classes of each selection. */
  static readonly classes: Readonly<Record<EMNISTSplit, readonly string[]>> = {
    byclass: [...DIGITS + CAPITALS + CAPITALS.toLowerCase()],
    bymerge: MERGED,
    balanced: MERGED,
    letters: ["N/A", ...CAPITALS.toLowerCase()],
    digits: [...DIGITS],
    mnist: [...DIGITS],
  };

  /**
   * Reads the data set from `root/EMNIST/raw`, as {@link MNIST.load} does. All selections come in one
   * archive of 0.5 GB, `gzip.zip`, which stays in that folder.
   *
   * @param options as those of {@link MNIST.load}, and `split`, which must be given
   * @throws {FileAccessError} if files are missing and may not be downloaded
   * @throws {FileFormatError} if files are damaged and may not be downloaded
   * @throws {DownloadError} if the archive could not be downloaded from any mirror
   * @throws {ValueError} if there is no such selection
   * @example
   * ```ts
   * import { FileAccessError } from "@gradus/gradus";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertRejects } from "@std/assert";
   *
   * // Nothing is downloaded without `download: true`.
   * const options = { root: "no_folder", split: "letters" } as const;
   * await assertRejects(() => datasets.EMNIST.load(options), FileAccessError);
   * ```
   */
  static async load(options: EMNISTOptions): Promise<EMNIST> {
    const known = { ...DATASET_DEFAULTS, split: REQUIRED };
    const read = readOptions("load EMNIST", options, known);
    const { split, train, progress } = read;
    const classes = lookUp(EMNIST.classes, split, "split");
    const source = datasetSource(read, PUBLISHER, ["EMNIST", "raw"]);
    const found = await withProgress("EMNIST", progress, async (onProgress) => {
      const loading = { ...read, onProgress };
      const archive = archiveOf(source, loading);
      const name = (rest: string) => `emnist-${split}-${train ? "train" : "test"}-${rest}`;
      const parseLabels = (bytes: Uint8Array, path: string): Uint8Array =>
        parseMnistLabels(bytes, path, classes.length);
      const images = name("images-idx3-ubyte");
      const labels = name("labels-idx1-ubyte");
      return pairMnist(
        await readGzipFile(images, parseMnistImages, source, loading, archive),
        await readGzipFile(labels, parseLabels, source, loading, archive),
        source.directory,
      );
    });
    return new EMNIST(assemble(found, classes, read));
  }
}

guardMembers(EMNIST);

function archiveOf(source: DatasetSource, options: FilesOptions): Archive {
  const path = builtin("node:path", "read EMNIST").join(source.directory, ARCHIVE);
  const checksum = source.checksums[ARCHIVE];
  let bytes: Uint8Array | undefined;
  let zip: typeof import("../../src/utils/zip.ts");
  let isChecked = false;
  return {
    name: ARCHIVE,
    async open() {
      bytes ??= readIfPresent(path);
      if (bytes !== undefined) zip = await import("../../src/utils/zip.ts");
    },
    member(name) {
      if (bytes === undefined) return undefined;
      const refuse = zip.refusalOf(path);
      const entry = zip.readZip(sourceOf(bytes), refuse).get(`gzip/${name}`);
      return (entry ?? refuse(`it lacks gzip/${name}`, "download it again")).read();
    },
    check() {
      if (!isChecked) checkPacked(bytes!, checksum, path);
      isChecked = true;
    },
    async download(onProgress) {
      const addresses = addressesOf(ARCHIVE, source.mirrors);
      await download(addresses, path, { ...options.network, checksum, onProgress });
      bytes = undefined;
    },
  };
}
