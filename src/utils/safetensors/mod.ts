/**
 * Tensors in safetensors files, as PyTorch, JAX and others read and write them.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { deserialize, serialize } from "@gradus/gradus/safetensors";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = serialize({ w: tensor([1, 2]) });
 * assertEquals(deserialize(bytes).get("w")!.toArray(), [1, 2]);
 * ```
 *
 * @module
 */

export type { Conversions, ConvertibleDType, LoadOptions, NarrowDType } from "./convert.ts";
export {
  deserialize,
  load,
  loadMetadata,
  type NamedTensors,
  save,
  type SaveOptions,
  serialize,
} from "./serialize.ts";
export { loadSharded } from "./sharded.ts";
