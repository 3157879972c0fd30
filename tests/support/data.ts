import { Generator, randn, type Tensor, tensor } from "../../mod.ts";

/** Returns float64 numbers of the standard normal distribution, which depend on `seed` alone. */
export function data(shape: number[], seed = 1): Tensor {
  return randn(shape, { dtype: "float64", generator: new Generator(seed) });
}

/** Returns classes as int32. */
export function classes(...values: number[]): Tensor {
  return tensor(values, { dtype: "int32" });
}
