import { Generator, randn, type Tensor, tensor } from "../../mod.ts";

/** Returns float64 numbers of the standard normal distribution, which depend on `seed` alone. */
export function data(shape: number[], seed = 1): Tensor {
  return randn(shape, { dtype: "float64", generator: new Generator(seed) });
}

/** Returns classes as int32. */
export function classes(...values: number[]): Tensor {
  return tensor(values, { dtype: "int32" });
}

/** Returns irregular numbers that do not repeat. */
export function numbers(...shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from(
    { length: size },
    (_, i) => (((i + 1) * 0.618034) % 1) * 4 - 2 + 0.3 * (i % 3),
  );
  return tensor(values, { dtype: "float64" }).reshape(shape);
}
