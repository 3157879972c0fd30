/**
 * Reading a data set of the MNIST family while a person watches.
 *
 * @module
 */

import { ProgressBar } from "../../src/utils/progress.ts";
import type { MNISTOptions } from "./mnist.ts";
import { type MnistFolder, type MnistSplitName, readMnistFiles } from "./mnist_files.ts";
import type { MnistSplit } from "./mnist_format.ts";

/**
 * Reads one split, and shows downloads on the standard error stream.
 *
 * @param folder which data set
 * @param split which part of it
 * @param options where it lies, and whether and how to download it
 */
export async function loadMnist(
  folder: MnistFolder,
  split: MnistSplitName,
  options: MNISTOptions,
): Promise<MnistSplit> {
  const { root = "data", download = false, progress = true } = options;
  const { mirrors, checksums, checksum } = options;
  const bar = new ProgressBar();
  const onProgress = progress ? show(bar, folder) : undefined;
  try {
    return await readMnistFiles({
      root,
      folder,
      split,
      download,
      mirrors,
      checksums,
      checksum,
      onProgress,
    });
  } finally {
    bar.clear();
  }
}

/** Draws on a terminal; elsewhere says once for each file that it is on its way. */
function show(
  bar: ProgressBar,
  folder: MnistFolder,
): (file: string, received: number, total: number | undefined) => void {
  const told = new Set<string>();
  return (file, received, total) => {
    if (globalThis.process?.stderr.isTTY) {
      bar.update(received, total, `${folder}/${file}  ${(received / 1e6).toFixed(1)} MB`);
    } else if (!told.has(file)) {
      told.add(file);
      globalThis.process?.stderr.write(`Downloading ${folder}/${file}\n`);
    }
  };
}
