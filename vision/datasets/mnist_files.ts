/**
 * Finds, checks and unpacks the files of the MNIST family, and downloads those that are missing.
 *
 * The layout is torchvision's, so folders are shared with PyTorch:
 * `root/MNIST/raw/train-images-idx3-ubyte`, with the `.gz` it was unpacked from beside it.
 *
 * @module
 */

import { checkKind, checkList } from "../../src/checks.ts";
import { FileAccessError, FileFormatError, ValueError } from "../../src/errors.ts";
import { checksumName, download, type DownloadOptions, newHash } from "../../src/utils/download.ts";
import { builtin, writeAtomic } from "../../src/utils/files.ts";
import { gunzipIdx } from "./idx.ts";
import { type MnistSplit, pairMnist, parseMnistImages, parseMnistLabels } from "./mnist_format.ts";

const ACTION = "read data sets from files";

/** Options of {@link readMnistFiles}. */
export interface MnistFilesOptions {
  /** The folder that holds `MNIST/raw`, `FashionMNIST/raw` and so on. */
  readonly root: string;
  /** The data set. */
  readonly folder: MnistFolder;
  /** The part of it. */
  readonly split: MnistSplitName;
  /** True to download files that are missing or damaged. */
  readonly download: boolean;
  /** Addresses of folders that hold the `.gz` files, best first; the publishers' by default. */
  readonly mirrors?: readonly string[];
  /** Checksums of the `.gz` files, SHA-256 or MD5; the official ones by default. */
  readonly checksums?: MnistChecksums;
  /** True to compare checksums, which is the default; pass `false` for files of your own. */
  readonly checksum?: boolean;
  /** Called while a file is downloaded, with its name and the bytes so far. */
  readonly onProgress?: (file: string, received: number, total: number | undefined) => void;
  /** Time-outs and retries of the download. */
  readonly network?: Pick<
    DownloadOptions,
    "idleTimeout" | "totalTimeout" | "retries" | "backoff"
  >;
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
  const { mirrors, checksums } = lookUp(MNIST_SOURCES, options.folder, "data set");
  const files = lookUp(MNIST_FILES, options.split, "split");
  checkKind(ACTION, options.root, typeof options.root === "string", "a path, as the option root");
  if (options.mirrors !== undefined) {
    checkList("download data sets from mirrors", options.mirrors);
  }
  const directory = builtin("node:path", ACTION).join(options.root, options.folder, "raw");
  const source = {
    directory,
    mirrors: options.mirrors ?? mirrors,
    checksums: options.checksum === false ? {} : options.checksums ?? checksums,
  };
  const images = await load(files.images, parseMnistImages, source, options);
  const labels = await load(files.labels, parseMnistLabels, source, options);
  return pairMnist(images, labels, directory);
}

/**
 * Reads one split of the sample: 8,000 images for training, 2,000 for the test, all from the
 * training set of MNIST.
 *
 * In Deno this needs `--allow-read` for `data/`, or `--allow-net` where the library itself was
 * imported from the network.
 *
 * @param split the part
 * @returns the images and their labels
 * @throws {FileFormatError} if a file is damaged
 */
export async function readMnistSample(split: MnistSplitName): Promise<MnistSplit> {
  const files = MNIST_FILES[split];
  const [images, labels] = await Promise.all([readGzip(files.images), readGzip(files.labels)]);
  return pairMnist(
    parseMnistImages(images, files.images),
    parseMnistLabels(labels, files.labels),
    `the MNIST sample (${split})`,
  );
}

/** Returns the unpacked bytes of a file in `data/`; `fetch` reaches it on disk and on a server. */
async function readGzip(file: string): Promise<Uint8Array> {
  const url = new URL(`../../data/${file}.gz`, import.meta.url);
  const response = await fetch(url);
  return gunzipIdx(new Uint8Array(await response.arrayBuffer()), url.href);
}

interface Source {
  readonly mirrors: readonly string[];
  readonly checksums: MnistChecksums;
}

/** Returns the content of a file as `parse` makes it of its bytes, or throws if it is damaged. */
async function load<T>(
  file: MnistFileName,
  parse: (bytes: Uint8Array, name: string) => T,
  { directory, mirrors, checksums }: Source & { readonly directory: string },
  options: MnistFilesOptions,
): Promise<T> {
  const raw = builtin("node:path", ACTION).join(directory, file);
  const gz = `${raw}.gz`;
  const checksum = checksums[file];
  const problems: FileFormatError[] = [];
  /** Reads a file if it is there and sound. */
  const attempt = (path: string, read: (bytes: Uint8Array) => T): T | undefined => {
    const bytes = readIfPresent(path);
    try {
      return bytes && read(bytes);
    } catch (error) {
      if (!(error instanceof FileFormatError)) throw error;
      problems.push(error);
    }
  };
  const fromGzip = (): T | undefined =>
    attempt(gz, (bytes) => {
      const unpacked = gunzipIdx(bytes, gz);
      const content = parse(unpacked, gz);
      checkPacked(bytes, checksum, gz);
      keepUnpacked(raw, unpacked);
      return content;
    });
  const fromUnpacked = (): T | undefined =>
    attempt(raw, (bytes) => {
      const content = parse(bytes, raw);
      if (options.checksum !== false) checkUnpacked(bytes, raw, gz);
      return content;
    });
  const found = fromUnpacked() ?? fromGzip();
  if (found !== undefined) return found;
  if (!options.download) throw unavailable(raw, problems);

  await download(mirrors.map((mirror) => `${mirror.replace(/\/$/, "")}/${file}.gz`), gz, {
    ...options.network,
    checksum,
    verify: (path) => void parse(gunzipIdx(readIfPresent(path)!, gz), gz),
    onProgress: (received, total) => options.onProgress?.(`${file}.gz`, received, total),
  });
  const arrived = fromGzip();
  if (arrived === undefined) throw unavailable(raw, problems);
  return arrived;
}

/**
 * Rejects an unpacked file that differs from the `.gz` beside it, if that is there and sound: a byte
 * has changed, or it is somebody's own, and must not be overwritten.
 */
function checkUnpacked(bytes: Uint8Array, raw: string, gz: string): void {
  const packed = readIfPresent(gz);
  if (packed === undefined || packed.length < 8) return;
  const { crc32 } = builtin("node:zlib", ACTION);
  // Gzip files end with a checksum and the length of what is in them.
  const trailer = new DataView(packed.buffer, packed.byteOffset + packed.length - 8);
  const [crc, length] = [trailer.getUint32(0, true), trailer.getUint32(4, true)];
  if (crc32?.(bytes) === crc && bytes.length % 2 ** 32 === length) return;
  // A file of several parts has more than one, so that only a comparison can tell.
  let unpacked: Uint8Array;
  try {
    unpacked = gunzipIdx(packed, gz);
  } catch {
    return;
  }
  if (unpacked.length === bytes.length && unpacked.every((byte, i) => byte === bytes[i])) return;
  throw new ValueError(
    `Cannot use ${raw}: it differs from ${gz}, from which it was unpacked; delete it to unpack it ` +
      `again, or pass { checksum: false } to use it as it is`,
  );
}

/**
 * Rejects a sound file that differs from the published one. That is an error even when the file could
 * be downloaded: it is not damaged but somebody's own, and must not be overwritten.
 */
function checkPacked(bytes: Uint8Array, checksum: string | undefined, path: string): void {
  if (checksum === undefined) return;
  const found = newHash(checksum).update(bytes).digest("hex");
  if (found === checksum) return;
  throw new ValueError(
    `Cannot use ${path} as the published file: found ${
      checksumName(checksum)
    } ${found}, expected ` +
      `${checksum}; pass ` +
      `{ checksum: false } to use it as it is, or delete it`,
  );
}

/** Saves the work of unpacking for the next run, if the folder may be written. */
function keepUnpacked(raw: string, bytes: Uint8Array): void {
  try {
    writeAtomic(raw, bytes);
  } catch (error) {
    if (!isRefusal((error as Error).cause)) throw error;
  }
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // NotCapable is Deno's answer to a program that runs without --allow-write.
  return error.name === "NotCapable" ||
    ["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function readIfPresent(path: string): Uint8Array | undefined {
  try {
    return builtin("node:fs", ACTION).readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new FileAccessError(
      `Cannot read ${path}: ${message}; check that it is a file that may be read, in a folder`,
      { path, cause: error },
    );
  }
}

function unavailable(raw: string, problems: readonly FileFormatError[]): Error {
  const wayOut = "pass { download: true } to download it, or put a sound file there";
  if (problems.length === 0) {
    const message = `Cannot read ${raw}: neither it nor its .gz is there; ${wayOut}`;
    return new FileAccessError(message, { path: raw });
  }
  const reasons = problems.map((problem) => `\n  ${problem.message}`).join("");
  return new FileFormatError(`Cannot read ${raw}:${reasons}\n${wayOut}`);
}

function lookUp<K extends string, V>(table: Readonly<Record<K, V>>, key: K, what: string): V {
  if (Object.hasOwn(table, key)) return table[key];
  const known = Object.keys(table).map((name) => JSON.stringify(name)).join(", ");
  throw new ValueError(
    `Cannot read ${what} ${JSON.stringify(key)}: it is unknown; choose one of ${known}`,
  );
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

/** Checksums of the `.gz` files, SHA-256 or MD5, in lower-case hexadecimal. */
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
  Record<MnistFolder, Source>
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
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ],
    checksums: {
      "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
      "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
      "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
      "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    },
  },
  KMNIST: {
    mirrors: [
      "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
      "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ],
    checksums: {
      "train-images-idx3-ubyte": "bdb82020997e1d708af4cf47b453dcf7",
      "train-labels-idx1-ubyte": "e144d726b3acfaa3e44228e80efcd344",
      "t10k-images-idx3-ubyte": "5c965bf0a639b31b8f53240b1b52f4d7",
      "t10k-labels-idx1-ubyte": "7320c461ea6c1c855c0b718fb2a4b134",
    },
  },
};
