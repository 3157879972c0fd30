/**
 * Data sets of images.
 *
 * @module
 */

export { ImageDataset, type ImageDatasetOptions, type TransformOptions } from "./image_dataset.ts";
export {
  FashionMNIST,
  KMNIST,
  MNIST,
  type MNISTOptions,
  MNISTSample,
  type MNISTSampleOptions,
} from "./mnist.ts";
export type { MnistChecksums, MnistFileName } from "./mnist_files.ts";
