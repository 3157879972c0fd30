/**
 * Transforms of images for networks.
 *
 * @module
 */

export type { Affine, SampleKind } from "./affine.ts";
export * from "./color.ts";
export * from "./compose.ts";
export * from "./crop.ts";
export * from "./flatten.ts";
export * from "./gaussian_blur.ts";
export * from "./mix.ts";
export * from "./normalize.ts";
export { type Border, Pad, type PaddingMode, type PadOptions } from "./pad.ts";
export * from "./random_affine.ts";
export * from "./random_apply.ts";
export * from "./random_erasing.ts";
export * from "./random_flip.ts";
export * from "./random_resized_crop.ts";
export * from "./random_rotation.ts";
export * from "./resize.ts";
export type { Range } from "./planes.ts";
export type { PixelData } from "./pixel_data.ts";
export * from "./to_tensor.ts";
export {
  BatchTransform,
  Lambda,
  type LambdaOptions,
  Transform,
  type TransformLike,
} from "./transform.ts";
export type { Interpolation } from "./warp.ts";
