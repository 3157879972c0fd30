import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { DTypeError, ShapeError, tensor, ValueError, zeros } from "../../../mod.ts";
import { transforms } from "../../../vision/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { Normalize } = transforms;

test("each channel is moved and scaled by numbers of its own", () => {
  const x = tensor([[[1, 3]], [[10, 14]]]);
  const normalize = new Normalize([1, 10], [2, 4]);
  assertSame(normalize(x).toArray(), [[[0, 1]], [[0, 1]]]);
  assertSame(normalize.forwardBatch(x.unsqueeze(0)).toArray(), [[[[0, 1]], [[0, 1]]]]);
  assertEquals(x.toArray(), [[[1, 3]], [[10, 14]]]);
});

test("one number serves all channels, in brackets or not", () => {
  const x = tensor([[[1, 3]], [[5, 7]]]);
  const expected = [[[0, 1]], [[2, 3]]];
  assertSame(new Normalize(1, 2)(x).toArray(), expected);
  assertSame(new Normalize([1], [2])(x).toArray(), expected);
});

test("images that lie in memory otherwise are normalized alike", () => {
  const x = tensor([[[1, 3], [5, 7]], [[9, 11], [13, 15]]]).permute(2, 0, 1);
  assertSame(new Normalize([1, 3], [2, 4])(x).toArray(), [
    [[0, 2], [4, 6]],
    [[0, 1], [2, 3]],
  ]);
});

test("images and numbers that do not fit are refused", () => {
  assertThrowsMessage(
    () => new Normalize([0.5, 0.5], [0.5]),
    ValueError,
    "Cannot normalize with 2 means and 1 deviations: give one of each for every channel, " +
      "or one for all",
  );
  for (const [mean, std] of [[0, 0], [NaN, 1], [0, Infinity]]) {
    assertThrowsMessage(
      () => new Normalize(mean, std),
      ValueError,
      `Cannot normalize with means [${mean}] and deviations [${std}]: they must be ` +
        `finite, and no deviation 0`,
    );
  }
  assertThrowsMessage(
    () => new Normalize(0, 1)(zeros([1, 2, 2], { dtype: "uint8" })),
    DTypeError,
    "Cannot normalize an image of uint8: it must be floating-point; put ToTensor first",
  );
  assertThrowsMessage(
    () => new Normalize([1, 2, 3], [1, 1, 1])(zeros([1, 4, 4])),
    ShapeError,
    "Cannot normalize an image of shape [1, 4, 4]: it must be [3, height, width]",
  );
  assertThrowsMessage(
    () => new Normalize(0, 1)(zeros([4, 4])),
    Error,
    "Cannot normalize an image of shape [4, 4]: it must be [channels, height, width]",
  );
});
