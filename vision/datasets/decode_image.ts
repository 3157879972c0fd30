/**
 * Decodes PNG and JPEG images, with packages that are loaded when the first image needs them.
 *
 * @module
 */

import { checkArguments, checkKind } from "../../src/checks.ts";
import { FileFormatError } from "../../src/errors.ts";
import { tensor } from "../../src/tensor/create.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { builtin } from "../../src/utils/files.ts";
import { loadPackage } from "../../src/utils/package.ts";
import { refuseStandIn } from "../../src/utils/stand_in.ts";

/** A format of image files. */
export type ImageFormat = "PNG" | "JPEG";

/** The colours of an image, three bytes for each pixel. */
interface Colors {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Decodes images of a format, or throws for a reason that is no sentence. */
type Decoder = (bytes: Uint8Array) => Colors;

/**
 * Decodes a PNG or JPEG image, as the bytes of a file.
 *
 * Gray images get three equal channels, and transparency is left out, as `Image.convert("RGB")` of
 * Pillow does; JPEG gives its very bytes. Of 16 bits, PNG keeps the upper 8.
 *
 * Each format needs a package, which is loaded at the first image: `fast-png`, `@jsquash/jpeg`. In Deno
 * the second needs `--allow-read` for its own folder.
 *
 * @param bytes the file
 * @returns uint8 `[height, width, 3]`, which `ToTensor` takes
 * @throws {FileFormatError} if the file is of another format, cut short or damaged, or larger than 179
 *   million pixels
 * @example
 * ```ts
 * import { encode } from "fast-png";
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const file = encode({ width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 255) });
 * const image = await datasets.decodeImage(file); // or new Uint8Array(await response.arrayBuffer())
 * assertEquals(image.toArray(), [[[7, 7, 7], [255, 255, 255]]]);
 * ```
 */
export async function decodeImage(bytes: Uint8Array): Promise<Tensor> {
  checkArguments("decodeImage", arguments, 1);
  checkKind("decode an image", bytes, bytes instanceof Uint8Array, "the bytes of a file");
  const format = formatOf(bytes);
  if (format !== undefined) await loadDecoder(format);
  return decodeLoaded(bytes, "the image");
}

/** The decoders that were loaded. */
const decoders = new Map<ImageFormat, Decoder>();

/** Loads the package that decodes a format. */
export async function loadDecoder(format: ImageFormat): Promise<void> {
  if (!decoders.has(format)) decoders.set(format, await LOADERS[format]());
}

/**
 * Decodes an image whose format has been loaded.
 *
 * @param bytes the file
 * @param name the name of the file in error messages
 * @returns uint8 `[height, width, 3]`
 * @throws {FileFormatError} if that fails
 */
export function decodeLoaded(bytes: Uint8Array, name: string): Tensor {
  const format = formatOf(bytes);
  const decode = format && decoders.get(format);
  if (decode === undefined) {
    refuseStandIn(bytes, (state, wayOut) => {
      throw failed(name, `${state}; ${wayOut}`);
    });
    throw failed(
      name,
      format === undefined
        ? "it is neither PNG nor JPEG; convert it, or pass a loader of your own"
        : `its content is ${format}; give it that name, or load the package by decodeImage() first`,
    );
  }
  checkSize(SIZES[format!](bytes), format!, name);
  let colors: Colors;
  try {
    colors = decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const state = /color conversion/.test(reason)
      ? "its colours are CMYK, of printing; convert it to RGB"
      : `it is cut short or damaged (${reason}); get the file again`;
    throw failed(name, state, cause);
  }
  return scope(() => tensor(colors.data).reshape(colors.height, colors.width, 3));
}

/** The most pixels of an image, twice those at which Pillow warns: more are made to fill the memory. */
const MOST_PIXELS = 178_956_970;

/** Width and height of an image. */
type Size = readonly [width: number, height: number];

function checkSize(size: Size | undefined, format: ImageFormat, name: string): void {
  if (size === undefined) throw failed(name, `it is cut short: as ${format} it has no size`);
  const [width, height] = size;
  if (width > 0 && height > 0 && width * height <= MOST_PIXELS) return;
  throw failed(
    name,
    `it claims ${width} by ${height} pixels, and must have from 1 to ${MOST_PIXELS}`,
  );
}

function failed(name: string, reason: string, cause?: unknown): FileFormatError {
  return new FileFormatError(`Cannot decode ${name}: ${reason}`, { cause });
}

/** The first bytes of a file of each format. */
const STARTS: Readonly<Record<ImageFormat, readonly number[]>> = {
  PNG: [0x89, 0x50, 0x4e, 0x47],
  JPEG: [0xff, 0xd8, 0xff],
};

function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  const formats: ImageFormat[] = ["PNG", "JPEG"];
  return formats.find((format) => STARTS[format].every((byte, i) => bytes[i] === byte));
}

/** The functions that find the size in a file. */
const SIZES: Readonly<Record<ImageFormat, (bytes: Uint8Array) => Size | undefined>> = {
  PNG: (bytes) => {
    if (bytes.length < 24) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return [view.getUint32(16), view.getUint32(20)];
  },
  JPEG: (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let place = 2; place + 9 <= bytes.length;) {
      const marker = bytes[place + 1];
      // C0 to CF start a frame, except three that define tables.
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
        return [view.getUint16(place + 7), view.getUint16(place + 5)];
      }
      place += bytes[place] !== 0xff || marker === 0xff ? 1 : 2 + view.getUint16(place + 2);
    }
  },
};

/** The byte of a PNG file that tells its kind of colours, and its value for places in a palette. */
const COLOR_TYPE = 25;
const INDEXED = 3;

/** The functions that load a package. */
const LOADERS: Readonly<Record<ImageFormat, () => Promise<Decoder>>> = {
  PNG: async () => {
    const { decode } = await loadPackage("fast-png", "decode PNG", () => import("fast-png"));
    return (bytes) => {
      const { width, height, channels, depth, data, palette } = decode(bytes, { checkCrc: true });
      const samples = depth < 8 ? unpacked(data, width * channels, height, depth) : data;
      if (samples.length !== width * height * channels) throw new Error("pixels are missing");
      if (bytes[COLOR_TYPE] === INDEXED && palette === undefined) throw new Error("no palette");
      const value = palette !== undefined || depth === 8
        ? (sample: number) => sample
        : depth === 16
        ? (sample: number) => sample >> 8
        : (sample: number) => sample * 255 / (2 ** depth - 1);
      const colors = new Uint8Array(3 * width * height);
      for (let pixel = 0; pixel < width * height; pixel++) {
        const first = pixel * channels;
        const color = palette?.[samples[first]];
        if (palette !== undefined && color === undefined) throw new Error("a colour is missing");
        for (let i = 0; i < 3; i++) {
          // One channel is gray, two are gray and opacity.
          colors[3 * pixel + i] = color?.[i] ?? value(samples[first + (channels < 3 ? 0 : i)]);
        }
      }
      return { width, height, data: colors };
    };
  },
  JPEG: async () => {
    const { start, url } = await loadPackage("@jsquash/jpeg", "decode JPEG", async () => {
      const { default: start } = await import("@jsquash/jpeg/codec/dec/mozjpeg_dec.js");
      return { start, url: jpegUrl() };
    });
    const warnings: string[] = [];
    const options = { noInitialRun: true, printErr: (line: string) => void warnings.push(line) };
    const module = url && await compiled(url);
    const make = (): JpegMachine => instantiate(start, module!, options);
    let machine: JpegMachine = module === undefined ? await start(options) : make();
    return (bytes) => {
      warnings.length = 0;
      let image: ReturnType<JpegMachine["decode"]> = null;
      try {
        image = machine.decode(bytes, false);
      } catch (error) {
        warnings.push((error as Error).message);
        // An instance that has stopped in the middle never gets its stack back.
        if (module === undefined) decoders.delete("JPEG");
        else machine = make();
      }
      // The library fills what is missing with gray, and only warns.
      if (image === null || warnings.length > 0) throw new Error(warnings[0]);
      const { width, height, data } = image;
      const colors = new Uint8Array(3 * width * height);
      for (let pixel = 0; pixel < width * height; pixel++) {
        for (let i = 0; i < 3; i++) colors[3 * pixel + i] = data[4 * pixel + i];
      }
      return { width, height, data: colors };
    };
  },
};

/** The package's module factory, and what it makes. */
type JpegFactory = typeof import("@jsquash/jpeg/codec/dec/mozjpeg_dec.js")["default"];
type JpegMachine = Pick<Awaited<ReturnType<JpegFactory>>, "decode">;

/** Returns the address of the decoder where there are files; browsers fetch it, Node does not. */
function jpegUrl(): string | undefined {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (process?.versions?.node === undefined) return undefined;
  return import.meta.resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm");
}

/** Returns the decoder, compiled. */
async function compiled(url: string): Promise<WebAssembly.Module> {
  const bytes = builtin("node:fs", "decode JPEG").readFileSync(new URL(url));
  return await WebAssembly.compile(Uint8Array.from(bytes));
}

/** Makes an instance at once, without waiting for the factory's promise. */
function instantiate(start: JpegFactory, module: WebAssembly.Module, options: object): JpegMachine {
  const machine = {
    ...options,
    instantiateWasm: (
      imports: WebAssembly.Imports,
      receive: (instance: WebAssembly.Instance) => void,
    ): WebAssembly.Exports => {
      const instance = new WebAssembly.Instance(module, imports);
      receive(instance);
      return instance.exports;
    },
  };
  start(machine); // adds the functions to the object that it is given
  return machine as unknown as JpegMachine;
}

/** Unpacks samples of less than 8 bits, of which each row begins with a new byte. */
function unpacked(
  packed: ArrayLike<number>,
  rowSamples: number,
  rows: number,
  depth: number,
): Uint8Array {
  const rowBytes = Math.ceil(rowSamples * depth / 8);
  const samples = new Uint8Array(rowSamples * rows);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < rowSamples; i++) {
      const bit = i * depth;
      const byte = packed[row * rowBytes + (bit >> 3)];
      samples[row * rowSamples + i] = (byte >> (8 - depth - bit % 8)) & (2 ** depth - 1);
    }
  }
  return samples;
}
