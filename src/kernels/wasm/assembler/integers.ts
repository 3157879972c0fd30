/**
 * Code on addresses and counts.
 *
 * @module
 */

import type { Code, Local } from "./code.ts";
import { select } from "./control.ts";
import { i32 } from "./scalars.ts";

/** A variable that holds an address, a count or a distance. */
export type I32 = Local<"i32">;

/** `N` parameters of type i32. */
export type Words<N extends number, A extends "i32"[] = []> = A["length"] extends N ? A
  : Words<N, [...A, "i32"]>;

/** The types of `count` parameters of type i32. */
export function words<N extends number>(count: N): Words<N> {
  return new Array(count).fill("i32") as Words<N>;
}

/** The smaller one of two signed integers. */
export function minimum(a: Code<"i32">, b: Code<"i32"> | number): Code<"i32"> {
  const other = typeof b === "number" ? i32.const(b) : b;
  return select(a, other, i32.ltS(a, other));
}
