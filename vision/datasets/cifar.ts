/**
 * CIFAR-10 and CIFAR-100: small photographs of things and animals.
 *
 * The files are the binary version of the publisher: the archive lies in the root, and its files in a
 * folder beside it, as torchvision lays out the version for Python, whose folder is read as well.
 *
 * ```text
 * label (CIFAR-100: coarse label, fine label) | 1024 red, 1024 green, 1024 blue    (a byte each)
 * ```
 *
 * @module
 */

import { guardMembers, readOptions } from "../../src/checks.ts";
import { FileFormatError } from "../../src/errors.ts";
import { tensor } from "../../src/tensor/create.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { download, newHash } from "../../src/utils/download.ts";
import { builtin } from "../../src/utils/files.ts";
import { gunzip } from "../../src/utils/gunzip.ts";
import { parsePickledBatch } from "./cifar_python.ts";
import { DATASET_DEFAULTS, type DatasetOptions, withProgress } from "./dataset_options.ts";
import { ImageDataset, type ImageDatasetOptions } from "./image_dataset.ts";
import {
  addressesOf,
  attempt,
  checkPacked,
  datasetSource,
  type FilesOptions,
  keepUnpacked,
  readIfPresent,
  unavailable,
} from "./packed_files.ts";
import { readTar, tarBytes } from "./tar.ts";

/** The files of a data set. */
interface Layout {
  /** The archive. */
  readonly archive: string;
  /** MD5 of the archive, as torchvision has it. */
  readonly checksum: string;
  /** The folder in the archive and beside it. */
  readonly folder: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Images in each file. */
  readonly counts: Readonly<Record<string, number>>;
  /** Labels of an image, of which the last counts. */
  readonly labels: number;
  /** The version for Python. */
  readonly python: PythonLayout;
}

/** The files that torchvision unpacks. */
interface PythonLayout {
  readonly folder: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** MD5 of each file, as torchvision has it. */
  readonly checksums: Readonly<Record<string, string>>;
  /** The labels in a file. */
  readonly key: string;
}

const MIRRORS = ["https://www.cs.toronto.edu/~kriz/", "http://www.cs.toronto.edu/~kriz/"];

const BATCHES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);

const CIFAR_10: Layout = {
  archive: "cifar-10-binary.tar.gz",
  checksum: "c32a1d4ab5d03f1284b67883e8d87530",
  folder: "cifar-10-batches-bin",
  train: BATCHES,
  test: ["test_batch.bin"],
  counts: Object.fromEntries([...BATCHES, "test_batch.bin"].map((file) => [file, 10_000])),
  labels: 1,
  python: {
    folder: "cifar-10-batches-py",
    train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`),
    test: ["test_batch"],
    checksums: {
      data_batch_1: "c99cafc152244af753f735de768cd75f",
      data_batch_2: "d4bba439e000b95fd0a9bffe97cbabec",
      data_batch_3: "54ebc095f3ab1f0389bbae665268c751",
      data_batch_4: "634d18415352ddfa80567beed471001a",
      data_batch_5: "482c414d41f54cd18b22e5b47cb7c3cb",
      test_batch: "40351d587109b95175f43aff81a1287e",
    },
    key: "labels",
  },
};

const CIFAR_100: Layout = {
  archive: "cifar-100-binary.tar.gz",
  checksum: "03b5dce01913d631647c71ecec9e9cb8",
  folder: "cifar-100-binary",
  train: ["train.bin"],
  test: ["test.bin"],
  counts: { "train.bin": 50_000, "test.bin": 10_000 },
  labels: 2,
  python: {
    folder: "cifar-100-python",
    train: ["train"],
    test: ["test"],
    checksums: {
      train: "16019d7e3df5f24257cddd939b257f8d",
      test: "f0ef6b0ae62326f3e7ffdfab6717acfc",
    },
    key: "fine_labels",
  },
};

/** Height and width of every image. */
const SIDE = 32;
const PIXELS = 3 * SIDE * SIDE;

/**
 * 32×32 colour photographs of ten kinds of things and animals: 50,000 for training, 10,000 for the test.
 *
 * Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR10.html
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(datasets.CIFAR10.classes[8], "ship");
 * ```
 */
export class CIFAR10 extends ImageDataset {
  /** The names of the classes. */
  static readonly classes: readonly string[] = [
    ..."airplane automobile bird cat deer dog frog horse ship truck".split(" "),
  ];

  /**
   * Reads the data set from `root/cifar-10-batches-bin`, from `root/cifar-10-batches-py`, as PyTorch's
   * users have it, or from `root/cifar-10-binary.tar.gz`, which is then unpacked. Images are uint8
   * `[32, 32, 3]`.
   *
   * In Deno this needs `--allow-read`, and for downloads `--allow-write` and `--allow-net`.
   *
   * @param options `root`, `train`, `transform`, `targetTransform`, `download` and more
   * @throws {FileAccessError} if files are missing and may not be downloaded
   * @throws {FileFormatError} if files are damaged and may not be downloaded
   * @throws {DownloadError} if the archive could not be downloaded from any mirror
   * @example
   * ```ts
   * import { FileAccessError } from "@gradus/gradus";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertRejects } from "@std/assert";
   *
   * // Nothing is downloaded without `download: true`.
   * await assertRejects(() => datasets.CIFAR10.load({ root: "no_folder" }), FileAccessError);
   * ```
   */
  static async load(options: DatasetOptions = {}): Promise<CIFAR10> {
    return new CIFAR10(await read("CIFAR10", CIFAR_10, CIFAR10.classes, options));
  }
}

guardMembers(CIFAR10);

/**
 * 32×32 colour photographs of a hundred kinds of things, plants and animals: 50,000 for training,
 * 10,000 for the test. The targets are the hundred fine classes, as in torchvision.
 *
 * Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.datasets.CIFAR100.html
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(datasets.CIFAR100.classes.length, 100);
 * assertEquals(datasets.CIFAR100.classes[99], "worm");
 * ```
 */
export class CIFAR100 extends ImageDataset {
  /** The names of the classes. */
  static readonly classes: readonly string[] = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus " +
    "butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch " +
    "crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo " +
    "keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse " +
    "mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy " +
    "porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper " +
    "snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television " +
    "tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
  ).split(" ");

  /**
   * Reads the data set from `root/cifar-100-binary`, from `root/cifar-100-python`, or from
   * `root/cifar-100-binary.tar.gz`, as {@link CIFAR10.load} does.
   *
   * @param options as those of {@link CIFAR10.load}
   * @throws {FileAccessError} if files are missing and may not be downloaded
   * @throws {FileFormatError} if files are damaged and may not be downloaded
   * @throws {DownloadError} if the archive could not be downloaded from any mirror
   * @example
   * ```ts
   * import { FileAccessError } from "@gradus/gradus";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertRejects } from "@std/assert";
   *
   * // Nothing is downloaded without `download: true`.
   * await assertRejects(() => datasets.CIFAR100.load({ root: "no_folder" }), FileAccessError);
   * ```
   */
  static async load(options: DatasetOptions = {}): Promise<CIFAR100> {
    return new CIFAR100(await read("CIFAR100", CIFAR_100, CIFAR100.classes, options));
  }
}

guardMembers(CIFAR100);

/** Images of one part of a data set, each `[3, 32, 32]`, and the class of each. */
interface Records {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

async function read(
  name: string,
  layout: Layout,
  classes: readonly string[],
  options: DatasetOptions,
): Promise<ImageDatasetOptions> {
  const { train, progress, transform, targetTransform, ...rest } = readOptions(
    `load ${name}`,
    options,
    DATASET_DEFAULTS,
  );
  const parts = await withProgress(
    name,
    progress,
    (onProgress) =>
      readFiles(layout, train ? "train" : "test", classes.length, {
        ...rest,
        onProgress,
      }),
  );
  return {
    data: joined(parts.map(({ images }) => images)),
    targets: scope(() => {
      const labels = parts.flatMap((part) => [...part.labels]);
      return tensor(labels, { dtype: "int32" });
    }),
    classes,
    transform,
    targetTransform,
  };
}

/** Returns images whose channels come first as one tensor `[n, 32, 32, 3]`. */
function joined(images: readonly Uint8Array[]): Tensor {
  const bytes = new Uint8Array(images.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of images) {
    bytes.set(part, start);
    start += part.length;
  }
  return scope(() =>
    tensor(bytes).reshape(bytes.length / PIXELS, 3, SIDE, SIDE).permute(0, 2, 3, 1).contiguous()
  );
}

/**
 * Reads files from the folder; if one is missing or damaged, all from the archive, which is downloaded
 * if it may be.
 */
async function readFiles(
  layout: Layout,
  part: "train" | "test",
  classes: number,
  options: FilesOptions,
): Promise<Records[]> {
  const { archive, folder, python, [part]: files } = layout;
  const publisher = { mirrors: MIRRORS, checksums: { [archive]: layout.checksum } };
  const { directory, mirrors, checksums } = datasetSource(options, publisher, []);
  const { join } = builtin("node:path", "read data sets from files");
  const packed = join(directory, archive);
  const problems: FileFormatError[] = [];
  const parse = (bytes: Uint8Array, file: string, path: string): Records =>
    parseRecords(bytes, path, layout, classes, options.checksum === false ? null : file);

  /** Reads files of a folder, if all are there. */
  const fromFolder = (
    names: readonly string[],
    place: string,
    read: (bytes: Uint8Array, file: string, path: string) => Records,
  ): Records[] | undefined =>
    attempt(problems, () => {
      const found = names.map((file) => {
        const path = join(directory, place, file);
        const bytes = readIfPresent(path);
        return bytes && read(bytes, file, path);
      });
      return found.every((records) => records !== undefined) ? found : undefined;
    });
  const parsePython = (bytes: Uint8Array, file: string, path: string): Records => {
    const expected = python.checksums[file];
    const found = options.checksum === false
      ? expected
      : newHash(expected).update(bytes).digest("hex");
    if (found !== expected) {
      throw new FileFormatError(
        `Cannot read ${path}: found MD5 ${found}, expected ${expected}; get the file again`,
      );
    }
    const records = parsePickledBatch(bytes, path, python.key);
    checkLabels(records.labels, path, classes);
    return records;
  };
  const all = [...layout.train, ...layout.test];
  const maxBytes = tarBytes(all.map((file) => layout.counts[file] * (PIXELS + layout.labels)));
  /** Unpacks and checks an archive: its files by their names, and what is in them. */
  const unpack = (bytes: Uint8Array): ReadonlyMap<string, readonly [Uint8Array, Records]> => {
    const paths = all.map((file) => `${folder}/${file}`);
    const members = readTar(gunzip(bytes, { name: packed, maxBytes }), packed, paths);
    return new Map(all.map((file, i) => {
      const content = members.get(paths[i])!;
      return [file, [content, parse(content, file, `${packed}: ${file}`)]];
    }));
  };
  /** Keeps the files of an archive, and returns those that are wanted. */
  const keep = (contents: ReturnType<typeof unpack>): Records[] => {
    contents.forEach(([content], file) => keepUnpacked(join(directory, folder, file), content));
    return files.map((file) => contents.get(file)![1]);
  };
  const fromArchive = (): Records[] | undefined =>
    attempt(problems, () => {
      const bytes = readIfPresent(packed);
      if (bytes === undefined) return undefined;
      const contents = unpack(bytes);
      checkPacked(bytes, checksums[archive], packed);
      return keep(contents);
    });

  const found = fromFolder(files, folder, parse) ??
    fromFolder(python[part], python.folder, parsePython) ?? fromArchive();
  if (found !== undefined) return found;
  if (options.download) {
    let contents: ReturnType<typeof unpack> | undefined;
    await download(addressesOf(archive, mirrors), packed, {
      ...options.network,
      checksum: checksums[archive],
      verify: (path) => void (contents = unpack(readIfPresent(path)!)),
      onProgress: (received, total) => options.onProgress?.(archive, received, total),
    });
    if (contents !== undefined) return keep(contents);
  }
  const absence = `neither its files nor ${packed} are there`;
  throw unavailable(join(directory, folder), absence, problems);
}

/**
 * Cuts a file into images and labels.
 *
 * @param file the published file, whose number of images is known; `null` for files of one's own
 */
function parseRecords(
  bytes: Uint8Array,
  path: string,
  { labels: labelBytes, counts }: Layout,
  classes: number,
  file: string | null,
): Records {
  const recordBytes = labelBytes + PIXELS;
  const count = file === null ? Math.floor(bytes.length / recordBytes) : counts[file];
  if (bytes.length !== count * recordBytes || count === 0) {
    throw new FileFormatError(
      `Cannot read images from ${path}: found ${bytes.length} bytes, expected ` +
        (file === null ? `a multiple of ${recordBytes}` : `${count} images of ${recordBytes}`) +
        `; get the file again`,
    );
  }
  const images = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * recordBytes + labelBytes;
    images.set(bytes.subarray(start, start + PIXELS), i * PIXELS);
    labels[i] = bytes[start - 1];
  }
  checkLabels(labels, path, classes);
  return { images, labels };
}

/** @throws {FileFormatError} if a label is no class */
function checkLabels(labels: Uint8Array, path: string, classes: number): void {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong < 0) return;
  throw new FileFormatError(
    `Cannot read labels from ${path}: label ${wrong} is ${labels[wrong]}, expected 0 to ` +
      `${classes - 1}; get the file again`,
  );
}
