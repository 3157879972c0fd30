/**
 * Tensors in the files of NumPy: one in a `.npy`, several by name in a `.npz`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { deserialize, serialize } from "@gradus/gradus/numpy";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = serialize(tensor([[1, 2], [3, 4]]));
 * assertEquals(deserialize(bytes).toArray(), [[1, 2], [3, 4]]);
 * ```
 *
 * @module
 */

export {
  deserialize,
  deserializez,
  load,
  loadz,
  type NumpyLoadOptions,
  save,
  savez,
  type SavezOptions,
  serialize,
  serializez,
} from "./files.ts";
