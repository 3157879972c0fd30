/**
 * Transforms of images for networks.
 *
 * @module
 */

export type { Affine, SampleKind } from "./affine.ts";
export * from "./compose.ts";
export * from "./crop.ts";
export * from "./flatten.ts";
export * from "./normalize.ts";
export * from "./random_horizontal_flip.ts";
export * from "./random_rotation.ts";
export * from "./resize.ts";
export * from "./to_tensor.ts";
export {
  BatchTransform,
  Lambda,
  type LambdaOptions,
  Transform,
  type TransformLike,
} from "./transform.ts";
