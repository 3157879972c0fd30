/**
 * Reads the `.pt` and `.pth` files of PyTorch, without executing anything in them.
 *
 * To write weights that PyTorch reads, use `@gradus/gradus/safetensors`.
 *
 * @example
 * ```ts
 * import * as torch from "@gradus/gradus/torch";
 * import { assertEquals } from "@std/assert";
 *
 * const state = torch.load("tests/fixtures/torch/linear.pt");
 * assertEquals(state.get("weight")!.shape, [3, 2]);
 * ```
 *
 * @module
 */

export { deserialize, load, type TorchLoadOptions } from "./load.ts";
