/**
 * Folders of pictures as data sets.
 *
 * @module
 */

import { checkKind, guardMembers, readOptions } from "../../src/checks.ts";
import { FileAccessError, ValueError } from "../../src/errors.ts";
import { tensor } from "../../src/tensor/create.ts";
import { scope } from "../../src/tensor/scope.ts";
import { stack } from "../../src/tensor/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import {
  checkIndex,
  type Dataset,
  type Indices,
  readIndices,
} from "../../src/utils/data/dataset.ts";
import { builtin, readError } from "../../src/utils/files.ts";
import { toTransform, type Transform } from "../transforms/transform.ts";
import { checkFiles } from "./dataset_options.ts";
import { decodeLoaded, type ImageFormat, loadDecoder } from "./decode_image.ts";
import { NO_TRANSFORMS, type TransformOptions } from "./image_dataset.ts";

/** Options of {@link ImageFolder.load}. */
export interface ImageFolderOptions extends TransformOptions {
  /** Reads the image at a path; by default PNG and JPEG are decoded, as uint8 `[H, W, 3]`. */
  readonly loader?: (path: string) => Tensor;
  /** Returns true for the files that are images; by default those with a usual ending. */
  readonly isValidFile?: (path: string) => boolean;
}

/** The endings of image files, as in torchvision, and the formats that are decoded here. */
const ENDINGS: ReadonlyMap<string, ImageFormat | null> = new Map([
  [".jpg", "JPEG"],
  [".jpeg", "JPEG"],
  [".png", "PNG"],
  [".ppm", null],
  [".bmp", null],
  [".pgm", null],
  [".tif", null],
  [".tiff", null],
  [".webp", null],
]);

/**
 * Pictures in folders, one for each class: `root/cat/1.png`, `root/dog/2.jpg`, … As in torchvision
 * (`datasets.ImageFolder`), folders may hold further folders, classes and files are sorted by name, and
 * other files are passed over.
 *
 * Sample `i` is the pair `[image, target]`. Images are read when they are asked for: uint8
 * `[H, W, 3]`, as {@link decodeImage} makes them, then transformed. Those of a batch must have one size,
 * so put `Resize` and `CenterCrop`, or `RandomResizedCrop`, into the transform.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html
 *
 * @example
 * ```ts
 * import { encode } from "fast-png";
 * import { mkdirSync, rmSync, writeFileSync } from "node:fs";
 * import { datasets, transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const black = encode({ width: 6, height: 4, channels: 1, data: new Uint8Array(24) });
 * for (const name of ["cat", "dog"]) {
 *   mkdirSync(`pictures/${name}`, { recursive: true });
 *   writeFileSync(`pictures/${name}/1.png`, black);
 * }
 * const transform = new transforms.Compose([new transforms.ToTensor(), new transforms.Resize([8, 8])]);
 * const set = await datasets.ImageFolder.load("pictures", { transform });
 * assertEquals([set.length, set.classes], [2, ["cat", "dog"]]);
 * const [image, target] = set.get(1);
 * assertEquals([image.shape, target.item()], [[3, 8, 8], 1]);
 * rmSync("pictures", { recursive: true });
 * ```
 */
export class ImageFolder implements Dataset<[Tensor, Tensor]> {
  /** The folder. */
  readonly root: string;
  /** The names of the classes, which are those of the folders. */
  readonly classes: readonly string[];
  /** The number of each class. */
  readonly classToIdx: ReadonlyMap<string, number>;
  /** The path of each image, and the number of its class. */
  readonly samples: readonly (readonly [path: string, target: number])[];
  /** The class of each image, int32 `[n]`. */
  readonly targets: Tensor;
  /** Transforms images. */
  readonly transform: Transform | null;
  /** Transforms targets. */
  readonly targetTransform: Transform | null;
  /** Reads the image at a path. */
  readonly loader: (path: string) => Tensor;

  /**
   * Finds the images below a folder, and loads what decodes them.
   *
   * In Deno this needs `--allow-read`.
   *
   * @param root the folder
   * @param options `transform`, `targetTransform`, `loader`, `isValidFile`
   * @throws {FileAccessError} if the folder cannot be read, has no folders, or one of them no image
   * @throws {ValueError} if there are images that cannot be decoded without a `loader`
   * @example
   * ```ts
   * import { FileAccessError } from "@gradus/gradus";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertRejects } from "@std/assert";
   *
   * await assertRejects(() => datasets.ImageFolder.load("no_folder"), FileAccessError);
   * ```
   */
  static async load(root: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
    const known = { ...NO_TRANSFORMS, loader: undefined, isValidFile: undefined };
    const read = readOptions("load ImageFolder", options, known);
    checkKind("load ImageFolder", root, typeof root === "string", "a path, as its first argument");
    checkFiles();
    const isValid = read.isValidFile ?? ((path) => endingOf(path) !== undefined);
    const classes = foldersIn(root);
    const samples = classes.flatMap((name, target) => {
      const paths = filesBelow(pathOf(root, name)).filter(isValid);
      if (paths.length > 0) return paths.map((path) => [path, target] as const);
      throw new FileAccessError(
        `Cannot load ${root}: there is no image in the folder of class ${JSON.stringify(name)}; ` +
          `put some there, or remove the folder`,
        { path: pathOf(root, name) },
      );
    });
    if (read.loader === undefined) await loadDecoders(samples.map(([path]) => path));
    return new ImageFolder(root, classes, samples, read);
  }

  private constructor(
    root: string,
    classes: readonly string[],
    samples: readonly (readonly [path: string, target: number])[],
    options: ImageFolderOptions,
  ) {
    const wanted = "read from a folder: await ImageFolder.load(root)";
    checkKind("make ImageFolder", options, Object(options) === options, wanted);
    const { transform, targetTransform, loader } = options;
    this.root = root;
    this.classes = classes;
    this.classToIdx = new Map(classes.map((name, i) => [name, i]));
    this.samples = samples;
    this.targets = tensor(Int32Array.from(samples, ([, target]) => target));
    this.transform = transform ? toTransform(transform) : null;
    this.targetTransform = targetTransform ? toTransform(targetTransform) : null;
    this.loader = loader ?? ((path) => decodeLoaded(readBytes(path), path));
  }

  /** The number of images. */
  get length(): number {
    return this.samples.length;
  }

  /**
   * Reads image number `index`, and returns it and its target, transformed.
   *
   * @param index from 0 to `length - 1`
   * @returns the image, such as `[3, H, W]`, and a scalar
   * @throws {ValueError} if it is anything else
   * @throws {FileFormatError} if the image is damaged; the message names its path
   */
  get(index: number): [Tensor, Tensor] {
    checkIndex(index, this.length);
    return scope(() => {
      const image = this.loader(this.samples[index][0]);
      const target = this.targets.at(index);
      return [this.transform?.(image) ?? image, this.targetTransform?.(target) ?? target];
    });
  }

  /**
   * Reads the images at `indices`, and returns them and their targets, each transformed by itself.
   *
   * @param indices from 0 to `length - 1`, in any order
   * @returns the images along a new first axis, and as many targets
   * @throws {ValueError} if an index is anything else
   * @throws {ShapeError} if images differ in size
   */
  getBatch(indices: Indices): [Tensor, Tensor] {
    const checked = readIndices(indices, this.length);
    return scope(() => {
      const samples = Array.from(checked, (index) => this.get(index));
      return [stack(samples.map(([image]) => image)), stack(samples.map(([, target]) => target))];
    });
  }
}

guardMembers(ImageFolder);

/** Loads the decoders of the files at `paths`. */
async function loadDecoders(paths: readonly string[]): Promise<void> {
  const formats = new Set<ImageFormat>();
  for (const path of paths) {
    const format = endingOf(path);
    if (format != null) formats.add(format);
    else {
      throw new ValueError(
        `Cannot load ${path}: PNG and JPEG can be decoded here; convert it, or pass the option ` +
          `loader, a function from its path to a tensor`,
      );
    }
  }
  for (const format of formats) await loadDecoder(format);
}

/** Returns the format that the ending of a name tells; `null` if it is another one of images. */
function endingOf(path: string): ImageFormat | null | undefined {
  return ENDINGS.get(/\.[^.]*$/.exec(path)?.[0].toLowerCase() ?? "");
}

/** Returns the names of the folders in `root`, sorted. */
function foldersIn(root: string): string[] {
  const folders = onDisk(root, () => {
    const { readdirSync, statSync } = builtin("node:fs", "load ImageFolder");
    return readdirSync(root).filter((name) => statSync(pathOf(root, name)).isDirectory()).sort();
  });
  if (folders.length > 0) return folders;
  throw new FileAccessError(
    `Cannot load ${root}: there are no folders in it; make one for each class`,
    { path: root },
  );
}

/** Returns the paths of all files below `folder`, by folder and then by name. */
function filesBelow(folder: string): string[] {
  const { readdirSync, realpathSync, statSync } = builtin("node:fs", "load ImageFolder");
  const folders = new Map<string, string[]>();
  const visited = new Set<string>();
  const visit = (path: string): void => {
    // Links may lead in a circle.
    const real = realpathSync(path);
    if (visited.has(real)) return;
    visited.add(real);
    const names = readdirSync(path).sort();
    const paths = names.map((name) => pathOf(path, name));
    folders.set(path, paths.filter((each) => !statSync(each).isDirectory()));
    for (const each of paths) if (statSync(each).isDirectory()) visit(each);
  };
  onDisk(folder, () => visit(folder));
  return [...folders.keys()].sort().flatMap((path) => folders.get(path)!);
}

function readBytes(path: string): Uint8Array {
  return onDisk(path, () => builtin("node:fs", "load ImageFolder").readFileSync(path));
}

/** Runs `action`; an error of the system names `path`. */
function onDisk<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw readError(path, cause);
  }
}

function pathOf(folder: string, name: string): string {
  return builtin("node:path", "load ImageFolder").join(folder, name);
}
