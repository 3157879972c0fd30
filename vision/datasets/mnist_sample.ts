/**
 * Reads the sample of MNIST from `data/`, from disk or over the network, in every runtime.
 *
 * @module
 */

import { FileAccessError } from "../../src/errors.ts";
import { builtin, hasBuiltins } from "../../src/utils/files.ts";
import { loadGunzip } from "../../src/utils/gunzip.ts";
import { gunzipIdx } from "./idx.ts";
import { MNIST_FILES, type MnistFileName, type MnistSplitName } from "./mnist_files.ts";
import { type MnistSplit, pairMnist, parseMnistImages, parseMnistLabels } from "./mnist_format.ts";

const ACTION = "read the MNIST sample";

/**
 * Reads one split of the sample: 8,000 images for training, 2,000 for the test, all from the
 * training set of MNIST.
 *
 * In Deno this needs `--allow-read` for `data/`, or `--allow-net` where the library itself was
 * imported from the network.
 *
 * @param split the part
 * @param root the folder of the files, a path or an address; `data/` of the library by default
 * @returns the images and their labels
 * @throws {FileAccessError} if the files are not there
 * @throws {FileFormatError} if a file is damaged
 */
export async function readMnistSample(
  split: MnistSplitName,
  root?: string | URL,
): Promise<MnistSplit> {
  await loadGunzip();
  const files = MNIST_FILES[split];
  const [images, labels] = await Promise.all([read(files.images, root), read(files.labels, root)]);
  return pairMnist(
    parseMnistImages(images, files.images),
    parseMnistLabels(labels, files.labels),
    `the MNIST sample (${split})`,
  );
}

/** The files beside the library. Bundlers that copy files find them by these whole expressions. */
const BESIDE: Readonly<Record<MnistFileName, () => URL>> = {
  "train-images-idx3-ubyte": () =>
    new URL("../../data/train-images-idx3-ubyte.gz", import.meta.url),
  "train-labels-idx1-ubyte": () =>
    new URL("../../data/train-labels-idx1-ubyte.gz", import.meta.url),
  "t10k-images-idx3-ubyte": () => new URL("../../data/t10k-images-idx3-ubyte.gz", import.meta.url),
  "t10k-labels-idx1-ubyte": () => new URL("../../data/t10k-labels-idx1-ubyte.gz", import.meta.url),
};

/** Returns the address of this module, or of what it was bundled into. */
function here(): string {
  // A classic script does not know where it is, but where its page is.
  const url = import.meta.url ?? globalThis.location?.href;
  // A program that Bun compiled keeps its modules in a file system of its own.
  if (!/[$~]bun(fs)?\//i.test(url)) return url;
  return builtin("node:url", ACTION).pathToFileURL(globalThis.process.execPath).href;
}

/** Returns the addresses where a file may be, best first. */
function addresses(file: MnistFileName, root: string | URL | undefined): URL[] {
  if (root !== undefined) {
    const path = String(root).replace(/\/*$/, `/${file}.gz`);
    if (URL.canParse(path) || !hasBuiltins()) return [new URL(path, here())];
    return [builtin("node:url", ACTION).pathToFileURL(path)];
  }
  // If the library became part of a bundle, `data/` may lie beside that.
  const beside = import.meta.url === undefined ? [] : [BESIDE[file]()];
  return [...beside, new URL(`data/${file}.gz`, here())];
}

/** Returns the unpacked bytes of a file. */
async function read(file: MnistFileName, root: string | URL | undefined): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const url of addresses(file, root)) {
    const bytes = await fetchBytes(url);
    if (typeof bytes !== "string") {
      // Some servers label the file as an encoding, which browsers undo.
      return isIdx(bytes) ? bytes : gunzipIdx(bytes, url.href);
    }
    failures.push(`\n  ${url.href}: ${bytes}`);
  }
  throw new FileAccessError(
    `Cannot read ${file}.gz of the MNIST sample:${failures.join("")}\n` +
      `copy the folder "data" of the library beside the program, or pass its path or address as the ` +
      `option root`,
  );
}

function isIdx(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0;
}

/** Returns the bytes at `url`, or the reason why there are none. */
async function fetchBytes(url: URL): Promise<Uint8Array | string> {
  try {
    // Node fetches no files.
    if (url.protocol === "file:" && hasBuiltins()) {
      return builtin("node:fs", ACTION).readFileSync(url);
    }
    const response = await fetch(url);
    if (!response.ok) return `HTTP ${response.status} ${response.statusText}`.trimEnd();
    // Servers of applications answer with a page where there is no file.
    if (response.headers.get("content-type")?.startsWith("text/html")) return "a web page";
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name !== "NotCapable") return error.message;
    // Deno's refusal names the flag that grants access, so no other place is tried.
    throw new FileAccessError(`Cannot read ${url.href}: ${error.message}`, { cause: error });
  }
}
