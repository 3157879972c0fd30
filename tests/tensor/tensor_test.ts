/**
 * The class `Tensor` is whole: documentation shows no inherited members.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { Tensor, zeros } from "../../mod.ts";
import { Parameter } from "../../src/nn/mod.ts";

/** The prototypes above `value`, the nearest first. */
function prototypesOf(value: object): object[] {
  const above = Object.getPrototypeOf(value);
  return above === null ? [] : [above, ...prototypesOf(above)];
}

test("a tensor has its class and Object above it, a parameter one more", () => {
  assertEquals(prototypesOf(zeros([1])), [Tensor.prototype, Object.prototype]);
  assertEquals(prototypesOf(new Parameter(zeros([1]))), [
    Parameter.prototype,
    Tensor.prototype,
    Object.prototype,
  ]);
  const members = Reflect.ownKeys(Tensor.prototype);
  assert(members.length > 200, `${members.length} members`);
});

test("a shape that is edited is a copy", () => {
  const x = zeros([2, 3]).add(1);
  const shape = x.shape as number[];
  shape.push(4);
  shape[0] = 9;
  (x.transpose().shape as number[]).reverse();
  assertEquals(x.shape, [2, 3]);
  assertEquals(x.ndim, 2);
  assertEquals(x.sum(0).toArray(), [2, 2, 2]);
});
