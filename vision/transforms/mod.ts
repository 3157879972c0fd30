/**
 * Transforms of images for networks.
 *
 * @module
 */

export type { Affine, SampleKind } from "./affine.ts";
export { CenterCrop } from "./crop.ts";
export { Compose } from "./compose.ts";
export { Flatten } from "./flatten.ts";
export { Lambda, type LambdaOptions } from "./transform.ts";
export { Normalize } from "./normalize.ts";
export { RandomCrop, type RandomCropOptions } from "./crop.ts";
export {
  RandomHorizontalFlip,
  type RandomHorizontalFlipOptions,
} from "./random_horizontal_flip.ts";
export {
  type Interpolation,
  RandomRotation,
  type RandomRotationOptions,
} from "./random_rotation.ts";
export { Resize, type ResizeOptions } from "./resize.ts";
export { ToTensor } from "./to_tensor.ts";
export { BatchTransform, Transform, type TransformLike } from "./transform.ts";
