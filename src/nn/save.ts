/**
 * Saves models to safetensors files, and loads them.
 *
 * @module
 */

import { checkArguments, readOptions } from "../checks.ts";
import {
  type Conversions,
  load as loadTensors,
  save as saveTensors,
  type SaveOptions,
} from "../utils/safetensors/mod.ts";
import { checkModule, type Module } from "./module.ts";
import type { LoadStateOptions, LoadStateResult } from "./state_dict.ts";

export type { SaveOptions } from "../utils/safetensors/mod.ts";

/** Options of `load`. */
export interface LoadOptions extends LoadStateOptions {
  /** As in `load` of `@gradus/gradus/safetensors`; default false. */
  readonly convert?: boolean | Conversions;
}

/**
 * Writes the parameters and buffers of `model` to a safetensors file.
 *
 * If saving fails, the old file stays as it was. PyTorch reads the file:
 * `model.load_state_dict(safetensors.torch.load_file(path))`.
 *
 * @param model any module
 * @param path the file to create or replace, or its `file:` URL; its folder must exist
 * @param options `dtype: "float16"` or `"bfloat16"` rounds floating-point elements, for a file of
 *   half the size, which `load` reads with `convert: true`; `metadata` is text about the file
 * @throws {DTypeError} if `dtype` is neither
 * @throws {FileAccessError} naming `path` if it cannot be written
 * @example
 * ```ts
 * import { rmSync } from "node:fs";
 * import * as nn from "@gradus/gradus/nn";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const [model, other] = [new nn.Linear(2, 3), new nn.Linear(2, 3)];
 * nn.save(model, "example.safetensors");
 * nn.load(other, "example.safetensors");
 * assertEquals(other.weight.toArray(), model.weight.toArray());
 *
 * nn.save(model, "example.safetensors", { dtype: "bfloat16" });
 * nn.load(other, "example.safetensors", { convert: true });
 * assert(other.weight.sub(model.weight).abs().max().item() <= 2 ** -9); // 8 bits of numbers < 1
 * rmSync("example.safetensors");
 * ```
 */
export function save(
  model: Module,
  path: string | URL,
  options: SaveOptions = {},
): void {
  checkArguments("save", arguments, 3);
  checkModule("save", model);
  saveTensors(model.stateDict(), path, options);
}

/**
 * Reads the parameters and buffers of `model` from a safetensors file: one that `save` wrote, or
 * PyTorch's `safetensors.torch.save_file(model.state_dict(), path)`.
 *
 * Everything is checked first: if an error is thrown, the model is as it was.
 *
 * @param model a module of the same structure
 * @param path the file, or its `file:` URL
 * @param options `strict: false` ignores names that are missing or unexpected; `convert`
 * @returns the names that were missing and unexpected
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} if it is damaged, or no safetensors file
 * @throws {StateDictError} naming every missing, unexpected and mis-shaped entry
 * @throws {DTypeError} if an element type of the file needs `convert: true`
 * @example
 * ```ts
 * import { rmSync } from "node:fs";
 * import * as nn from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const [model, copy] = [new nn.Linear(2, 3), new nn.Linear(2, 3)];
 * nn.save(model, "loaded.safetensors");
 * nn.load(copy, "loaded.safetensors");
 * assertEquals(copy.weight.toArray(), model.weight.toArray());
 * rmSync("loaded.safetensors");
 * ```
 */
export function load(
  model: Module,
  path: string | URL,
  options: LoadOptions = {},
): LoadStateResult {
  checkArguments("load", arguments, 3);
  checkModule("load", model);
  const { strict, ...convert } = readOptions("load a model", options, {
    strict: true,
    convert: undefined,
  });
  return model.loadStateDict(loadTensors(path, convert), { strict });
}
