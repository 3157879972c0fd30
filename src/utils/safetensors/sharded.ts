/**
 * Reads tensors that are spread over several safetensors files, with an index of their names.
 *
 * @module
 */

import { checkArguments, checkList, readOptions } from "../../checks.ts";
import { tensorMap } from "../../tensor/reading.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { builtin, readFile, type Source } from "../files.ts";
import { refuseStandIn } from "../stand_in.ts";
import type { LoadOptions } from "./convert.ts";
import { decode } from "./decode.ts";
import { quote, refuse } from "./format.ts";
import { parseHeader } from "./header.ts";
import { checkNames, LOAD_DEFAULTS, read } from "./serialize.ts";

/** The files of tensors by the names of these. */
type WeightMap = ReadonlyMap<string, string>;

/**
 * Reads the tensors of sharded safetensors, as large models come: an index such as
 * `model.safetensors.index.json`, and beside it the files that it names.
 *
 * Only files with tensors that are wanted are read. Each of them must hold exactly the tensors that the
 * index says.
 *
 * See https://huggingface.co/docs/huggingface_hub/package_reference/serialization
 *
 * @param path the index, or its `file:` URL
 * @param options `convert` lets element types that tensors lack become others; `names` chooses
 *   tensors; `skip` leaves out those that cannot be loaded
 * @returns tensors by name, in the order of the index
 * @throws {FileAccessError} if a file cannot be read
 * @throws {FileFormatError} if a file breaks a rule of its format, or does not fit the index
 * @throws {DTypeError} if a dtype needs `convert`, or is unknown
 * @throws {ValueError} if an element does not fit the dtype to which it is converted, or there is no
 *   tensor of a name
 * @example
 * ```ts
 * import { loadSharded } from "@gradus/gradus/safetensors";
 * import { assertEquals } from "@std/assert";
 *
 * const index = "tests/fixtures/sharded/model.safetensors.index.json";
 * const state = loadSharded(index, { names: ["encoder.bias", "decoder.weight"] });
 * assertEquals([...state.keys()], ["decoder.weight", "encoder.bias"]);
 * ```
 */
export function loadSharded(path: string | URL, options: LoadOptions = {}): Map<string, Tensor> {
  checkArguments("loadSharded", arguments, 2);
  const { convert, names, skip } = readOptions("load safetensors", options, LOAD_DEFAULTS);
  const files = readFile(path, readIndex);
  if (names !== undefined) checkList("load safetensors by names", names);
  checkNames(names, [...files.keys()]);
  const wanted = [...files.keys()].filter((name) => names?.includes(name) ?? true);
  // If one cannot be loaded, those before it are freed.
  return scope(() => {
    const loaded = tensorMap();
    for (const [file, chosen] of Map.groupBy(wanted, (name) => files.get(name)!)) {
      const tensors = readFile(besides(path, file), (source) => {
        checkShard(source, file, files);
        return read(source, { convert, names: chosen, skip });
      });
      for (const [name, x] of tensors) loaded.set(name, x);
    }
    const found = wanted.filter((name) => loaded.has(name));
    return new Map(found.map((name) => [name, loaded.get(name)!]));
  });
}

/** Reads `{"metadata": …, "weight_map": {"a.weight": "model-00001-of-00002.safetensors", …}}`. */
function readIndex(source: Source): WeightMap {
  refuseStandIn(source.read(0, Math.min(source.size, 64)), refuse);
  const index = parseHeader(source.read(0, source.size), (_, value) => value);
  const weights = index.get("weight_map");
  if (!(weights instanceof Map)) {
    refuse('it is no index: its "weight_map" is not an object', "check that it is the right file");
  }
  for (const [name, file] of weights) {
    // A name alone: an index cannot lead to files elsewhere.
    if (typeof file === "string" && /^(?!\.+$)[^/\\]+$/.test(file) && !file.includes("\0")) {
      continue;
    }
    refuse(`its file of ${quote(name)} is not the name of one beside it`);
  }
  return weights as WeightMap;
}

/** Returns the path of a file in the folder of `path`. */
function besides(path: string | URL, file: string): string | URL {
  if (path instanceof URL) return new URL(encodeURIComponent(file), path);
  const { dirname, join } = builtin("node:path", `read ${path}`);
  return join(dirname(path), file);
}

/** Rejects a file that lacks tensors of the index, or has others. */
function checkShard(source: Source, file: string, files: WeightMap): void {
  const { entries, unknown } = decode(source);
  const listed = [...files].flatMap(([name, of]) => of === file ? [name] : []);
  const missing = listed.find((name) => !entries.has(name) && !unknown.has(name));
  if (missing !== undefined) refuse(`it lacks ${quote(missing)}, which the index lists there`);
  const extra = [...entries.keys(), ...unknown.keys()].find((name) => files.get(name) !== file);
  if (extra !== undefined) refuse(`it holds ${quote(extra)}, which the index does not list there`);
}
