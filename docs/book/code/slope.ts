// Written by `deno task book`: the code of 01_derivative.md.

/** Returns the derivative of `f` at `x`, by a small step to either side. */
export function slope(f: (x: number) => number, x: number, h = 1e-5): number {
  return (f(x + h) - f(x - h)) / (2 * h);
}
