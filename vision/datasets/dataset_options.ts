/**
 * The options of data sets that are downloaded, and the display of their progress.
 *
 * @module
 */

import { ValueError } from "../../src/errors.ts";
import { ProgressBar } from "../../src/utils/progress.ts";
import { NO_TRANSFORMS, type TransformOptions } from "./image_dataset.ts";
import type { Checksums, FilesOptions } from "./packed_files.ts";

/** Options of data sets that have a training and a test part. */
export interface SplitOptions extends TransformOptions {
  /** True for the training images, false for the test images; default true. */
  readonly train?: boolean;
}

/** Options of data sets that can be downloaded. */
export interface DatasetOptions extends SplitOptions {
  /** The folder that holds the folder of the data set, as torchvision lays it out; default `data`. */
  readonly root?: string;
  /** True to download files that are missing or damaged; default false. */
  readonly download?: boolean;
  /** True to show downloads: a bar on a terminal, else a line for each file; default true. */
  readonly progress?: boolean;
  /** Addresses of folders that hold the packed files, best first; the publishers' by default. */
  readonly mirrors?: readonly string[];
  /** Checksums of the packed files by name, SHA-256 or MD5; the official ones by default. */
  readonly checksums?: Checksums;
  /**
   * True to compare checksums and sizes, and unpacked files with what they come from; default true.
   * Pass `false` for files of your own.
   */
  readonly checksum?: boolean;
}

/** The defaults of {@link SplitOptions}. */
export const SPLIT_DEFAULTS = { train: true, ...NO_TRANSFORMS };

/** The defaults of {@link DatasetOptions}. */
export const DATASET_DEFAULTS = {
  ...SPLIT_DEFAULTS,
  root: "data",
  download: false,
  progress: true,
  mirrors: undefined,
  checksums: undefined,
  checksum: true,
};

/**
 * Runs `read`, and shows downloads on the standard error stream if `progress` is true: a bar on a
 * terminal; elsewhere a line when the download of a file starts.
 *
 * @throws {ValueError} where there are no files
 */
export async function withProgress<T>(
  name: string,
  progress: boolean,
  read: (onProgress: FilesOptions["onProgress"]) => Promise<T>,
): Promise<T> {
  checkFiles();
  if (!progress) return await read(undefined);
  const bar = new ProgressBar();
  const printed = new Set<string>();
  try {
    return await read((file, received, total) => {
      if (globalThis.process?.stderr.isTTY) {
        bar.update(received, total, `${name}/${file}  ${(received / 1e6).toFixed(1)} MB`);
      } else if (!printed.has(file)) {
        printed.add(file);
        globalThis.process?.stderr.write(`Downloading ${name}/${file}\n`);
      }
    });
  } finally {
    bar.clear();
  }
}

/** @throws {ValueError} where there are no files */
export function checkFiles(): void {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (process?.versions?.node !== undefined) return;
  throw new ValueError(
    "Cannot read data sets here: there are no files in a browser; fetch the images, make tensors " +
      "of them, and pass these to new ImageDataset({ data, targets, classes })",
  );
}
