/**
 * Where the data sets of the MNIST family are published, and the checksums of their files.
 *
 * @module
 */

/** The folder of a data set below the root, as torchvision calls it. */
export type MnistFolder = "MNIST" | "FashionMNIST" | "KMNIST";

/** The part of a data set to learn from, or the part to be examined with. */
export type MnistSplitName = "train" | "test";

/** The files of a data set; on disk also with `.gz`. */
export type MnistFileName =
  | "train-images-idx3-ubyte"
  | "train-labels-idx1-ubyte"
  | "t10k-images-idx3-ubyte"
  | "t10k-labels-idx1-ubyte";

/** MD5 checksums of the `.gz` files, in lower-case hexadecimal. */
export type MnistChecksums = Readonly<Partial<Record<MnistFileName, string>>>;

/** The two files of each split. */
export const MNIST_FILES: Readonly<
  Record<MnistSplitName, { readonly images: MnistFileName; readonly labels: MnistFileName }>
> = {
  train: { images: "train-images-idx3-ubyte", labels: "train-labels-idx1-ubyte" },
  test: { images: "t10k-images-idx3-ubyte", labels: "t10k-labels-idx1-ubyte" },
};

/** The publishers of each data set, best first, and the checksums, which are torchvision's. */
export const MNIST_SOURCES: Readonly<
  Record<MnistFolder, { readonly mirrors: readonly string[]; readonly checksums: MnistChecksums }>
> = {
  MNIST: {
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    checksums: {
      "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
      "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
      "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
      "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    },
  },
  FashionMNIST: {
    mirrors: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ],
    checksums: {
      "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
      "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
      "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
      "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    },
  },
  KMNIST: {
    mirrors: ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
    checksums: {
      "train-images-idx3-ubyte": "bdb82020997e1d708af4cf47b453dcf7",
      "train-labels-idx1-ubyte": "e144d726b3acfaa3e44228e80efcd344",
      "t10k-images-idx3-ubyte": "5c965bf0a639b31b8f53240b1b52f4d7",
      "t10k-labels-idx1-ubyte": "7320c461ea6c1c855c0b718fb2a4b134",
    },
  },
};
