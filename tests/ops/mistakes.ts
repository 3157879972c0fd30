/**
 * Mistakes, and small tensors to make them with.
 *
 * @module
 */

import {
  type DType,
  DTypeError,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";

/** A mistake, the type of the error, and a pattern of its message. */
export interface ErrorInput {
  readonly make: () => unknown;
  readonly type: new (...args: never[]) => Error;
  readonly message: string | RegExp;
}

export function mistake(
  type: ErrorInput["type"],
  message: string | RegExp,
  make: () => unknown,
): ErrorInput {
  return { make, type, message };
}

export const shape = (message: string | RegExp, make: () => unknown): ErrorInput =>
  mistake(ShapeError, message, make);
export const dtype = (message: string | RegExp, make: () => unknown): ErrorInput =>
  mistake(DTypeError, message, make);
export const value = (message: string | RegExp, make: () => unknown): ErrorInput =>
  mistake(ValueError, message, make);

/** Values that are not tensors, as programs without types may pass them. */
export const nothing = undefined as unknown as Tensor;
export const array = [[1, 2, 3]] as unknown as Tensor;
export const text = "2" as unknown as Tensor;

/** Zeros. */
export const z = (...shape: number[]): Tensor => zeros(shape);
export const x = z(2, 3);
export const double = zeros([2, 3], { dtype: "float64" });
export const row = z(4);
export const square = z(3, 3);
export const image = z(1, 2, 4, 4);
export const kernel = z(3, 2, 2, 2);
export const empty = z(0, 3);
/** A tensor of integers. */
export const int = (values: number[] | number[][], type: DType = "int32"): Tensor =>
  tensor(values, { dtype: type });
export const ints = int([[1, 2, 3], [4, 5, 6]]);
