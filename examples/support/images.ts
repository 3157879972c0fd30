/**
 * Loads images to learn from, with or without a network, and tests what was learned.
 *
 * @module
 */

import { DownloadError, FileAccessError, noGrad, type Tensor } from "../../mod.ts";
import { Accuracy } from "../../src/metrics/mod.ts";
import type * as nn from "../../src/nn/mod.ts";
import type { DataLoader } from "../../src/utils/data/mod.ts";
import { datasets, type transforms } from "../../vision/mod.ts";

/** Images to train on, and others for the test. */
type Parts = [train: datasets.ImageDataset, test: datasets.ImageDataset];

/** Returns the transform of the images to train on, and that of the others. */
type TransformOf = (train: boolean) => transforms.Transform;

/**
 * Loads a data set, downloaded if need be. Where that cannot be had, says so, and loads the sample of
 * MNIST.
 *
 * @param set the data set
 * @param transformOf the transforms
 * @param options `root` and `download` of the data set
 */
export async function loadImages(
  set: typeof datasets.MNIST,
  transformOf: TransformOf,
  options: { readonly root: string; readonly download: boolean },
): Promise<Parts> {
  const load = (train: boolean): Promise<datasets.ImageDataset> =>
    set.load({ ...options, train, transform: transformOf(train) });
  try {
    return [await load(true), await load(false)];
  } catch (error) {
    // Damaged files are an error, not a reason to take the sample.
    const isMissing = error instanceof DownloadError || error instanceof FileAccessError;
    if (!isMissing) throw error;
    console.log(error.message);
    console.log("Training on the sample of 8,000 digits instead.\n");
    return await loadSample(transformOf);
  }
}

/** Loads the sample of MNIST that comes with the library. */
export async function loadSample(transformOf: TransformOf): Promise<Parts> {
  const load = (train: boolean): Promise<datasets.ImageDataset> =>
    datasets.MNISTSample.load({ train, transform: transformOf(train) });
  return [await load(true), await load(false)];
}

/** Returns the accuracy of the model over all batches, to compute, or to add up over ranks. */
export function evaluate(model: nn.Layer, loader: DataLoader<[Tensor, Tensor]>): Accuracy {
  const accuracy = new Accuracy();
  model.eval();
  noGrad(() => {
    for (const [x, y] of loader) accuracy.update(model(x), y);
  });
  return accuracy;
}
