/**
 * Data sets of images, and of points in the plane.
 *
 * @module
 */

export { CIFAR10, CIFAR100 } from "./cifar.ts";
export type { DatasetOptions, SplitOptions } from "./dataset_options.ts";
export { decodeImage } from "./decode_image.ts";
export { EMNIST, type EMNISTOptions, type EMNISTSplit } from "./emnist.ts";
export { FakeData, type FakeDataOptions } from "./fake_data.ts";
export { ImageFolder, type ImageFolderOptions } from "./image_folder.ts";
export { ImageDataset, type ImageDatasetOptions, type TransformOptions } from "./image_dataset.ts";
export { FashionMNIST, KMNIST, MNIST, MNISTSample, type MNISTSampleOptions } from "./mnist.ts";
export type { Checksums } from "./packed_files.ts";
export {
  makeMoons,
  type MakeMoonsOptions,
  makeSpirals,
  type MakeSpiralsOptions,
} from "./points.ts";
export { QMNIST, type QMNISTOptions, type QMNISTPart } from "./qmnist.ts";
