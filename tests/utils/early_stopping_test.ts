import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { StateDictError, ValueError } from "../../mod.ts";
import { EarlyStopping, type EarlyStoppingOptions } from "../../src/utils/mod.ts";

/** Returns the number of values after which a run stops, and the values that were best. */
function stop(values: readonly number[], options?: EarlyStoppingOptions) {
  const stopping = new EarlyStopping(options);
  const best: number[] = [];
  const index = values.findIndex((value) => {
    const isOver = stopping.step(value);
    if (stopping.isBest) best.push(value);
    return isOver;
  });
  return [index + 1, best];
}

test("training stops after values that do not improve", () => {
  assertEquals(stop([3, 2, 2, 2, 2, 1]), [5, [3, 2]]);
  assertEquals(stop([3, 2, 2.5, 1, 1.5, 1.5], { patience: 2 }), [6, [3, 2, 1]]);
  assertEquals(stop([1, 2, 3, 3, 3], { mode: "max", patience: 1 }), [4, [1, 2, 3]]);
  assertEquals(stop([1, 0.95, 0.92, 0.8], { minDelta: 0.1, patience: 3 }), [0, [1, 0.8]]);
  assertEquals(stop([1, 0.9, NaN]), [3, [1, 0.9]]);
  assertEquals(stop([Infinity]), [1, []]);
});

test("a saved state continues", () => {
  const first = new EarlyStopping({ patience: 2 });
  assertEquals(first.stateDict(), { best: null, waitCount: 0 });
  assertEquals(first.isBest, false);
  first.step(1);
  first.step(2);
  const second = new EarlyStopping({ patience: 2 });
  second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
  assertEquals([second.best, second.waitCount, second.step(3)], [1, 1, true]);
  assertThrows(
    () => second.loadStateDict({ best: "1" } as never),
    StateDictError,
    '"best" must be',
  );
  assertThrows(() => second.loadStateDict(null as never), StateDictError);
  assertEquals(second.best, 1);
});

test("options and values that make no sense are refused", () => {
  assertThrows(() => new EarlyStopping({ patience: 0 }), ValueError, "patience 0");
  assertThrows(() => new EarlyStopping({ minDelta: -1 }), ValueError, "minDelta -1");
  assertThrows(() => new EarlyStopping({ mode: "less" as never }), ValueError, 'mode "less"');
  assertThrows(() => new EarlyStopping({ wait: 1 } as never), ValueError, 'option "wait"');
  assertThrows(() => new EarlyStopping().step("1" as never), ValueError, "pass a number");
});
