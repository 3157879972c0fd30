/**
 * Assertions that `@std/assert` lacks.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { Tensor } from "../../mod.ts";

/**
 * Asserts that values are equal as by `assertEquals`, and that zeros have the same signs.
 *
 * @param actual the value
 * @param expected the right value
 * @param detail a text for the assertion's own message
 */
export function assertSame(actual: unknown, expected: unknown, detail?: string): void {
  assertEquals(showSigns(actual), showSigns(expected), detail);
}

/** Returns `value` with a text in place of each −0, also in lists, maps and plain objects. */
function showSigns(value: unknown): unknown {
  if (Object.is(value, -0)) return "-0";
  if (Array.isArray(value)) return value.map(showSigns);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, showSigns(item)]));
  if (value instanceof Float32Array || value instanceof Float64Array) {
    return value.some((x) => Object.is(x, -0)) ? Array.from(value, showSigns) : value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, showSigns(item)]));
}

/** Asserts that tensors have the same shape, and no elements that differ by more than `tolerance`. */
export function assertNear(actual: Tensor, expected: Tensor, tolerance: number): void {
  assertSame(actual.shape, expected.shape);
  const distance = actual.numel() === 0 ? 0 : actual.sub(expected).abs().amax().item();
  assert(distance <= tolerance, `${distance} apart`);
}

/** A class of errors, or the `name` of one. */
type ErrorType = string | { readonly name: string };

/**
 * Asserts that `run` throws an error of this type with this message.
 *
 * @param run the call
 * @param type the class of the error, or its `name`
 * @param message the whole message, or a pattern that it matches
 * @param detail a text for the assertion's own message
 */
export function assertThrowsMessage(
  run: () => unknown,
  type: ErrorType,
  message: string | RegExp,
  detail?: string,
): void {
  assertMessage(assertThrows(run, Error, "", detail), type, message, detail);
}

/** Asserts that `run` rejects with an error of this type with this message. */
export async function assertRejectsMessage(
  run: () => Promise<unknown>,
  type: ErrorType,
  message: string | RegExp,
  detail?: string,
): Promise<void> {
  assertMessage(await assertRejects(run, Error, "", detail), type, message, detail);
}

function assertMessage(
  error: Error,
  type: ErrorType,
  message: string | RegExp,
  detail: string | undefined,
): void {
  if (typeof type === "function") assertInstanceOf(error, type, detail);
  else assertEquals(error.name, typeof type === "string" ? type : type.name, detail);
  if (typeof message === "string") assertEquals(error.message, message, detail);
  else assertMatch(error.message, message, detail);
}
