import { test } from "node:test";
import { assert } from "@std/assert";
import type { FloatDType } from "../../../src/dtype.ts";
import type { Convolution } from "../../../src/kernels/kernels.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { outputSize } from "../../../src/kernels/window.ts";
import { arena } from "../../../src/storage/arena.ts";
import { classBytes } from "../../../src/storage/heap.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { wasmMemory } from "../../../src/storage/wasm_memory.ts";
import { backends } from "../../support/kernels.ts";
import { useThreads } from "../../support/threads.ts";
import { noise } from "../arrays.ts";
import { CALLS } from "../calls.ts";

const PATTERN = 0xa5;

/** Classes of blocks up to 160 kB. */
const SIZE_CLASSES = 80;

/**
 * Holes of all sizes between blocks with a pattern, so that the allocations of a kernel lie between
 * them; `check` says whether the blocks still hold it.
 */
function fence(): { check: (what: string) => void; remove: () => void } {
  const blocks: Storage[] = [];
  const holes: Storage[] = [];
  arena.begin();
  for (let size = 1; size <= SIZE_CLASSES; size++) {
    for (let i = 0; i < 4; i++) {
      blocks.push(arena.allocate(64));
      holes.push(arena.allocate(classBytes(size)));
    }
    blocks.push(arena.allocate(64));
  }
  const bytesOf = ({ ptr, bytes }: Storage) => wasmMemory.u8.subarray(ptr, ptr + bytes);
  blocks.forEach((block) => bytesOf(block).fill(PATTERN));
  holes.forEach((hole) => arena.free(hole, "temporary"));
  return {
    check(what) {
      blocks.forEach((block) => {
        assert(bytesOf(block).every((byte) => byte === PATTERN), `${what} wrote out of bounds`);
      });
    },
    remove: () => blocks.forEach((block) => arena.free(block, "temporary")),
  };
}

function run(what: string, results: NDArray[]): string {
  results.forEach((result) => arena.free(result.storage, "temporary"));
  return what;
}

test("products write nothing outside of their results", () => {
  const { check, remove } = fence();
  for (const dtype of ["float32", "float64"] as const) {
    for (let size = 1; size <= 40; size++) {
      const a = noise([size, size + 1], dtype);
      const b = noise([size + 1, size + 2], dtype);
      const [turnedA, turnedB] = [
        noise([size + 1, size], dtype),
        noise([size + 2, size + 1], dtype),
      ]
        .map((x) => viewPermute(x, [1, 0]));
      const results = [wasm.matmul(a, b, null), wasm.matmul(turnedA, turnedB, null)];
      check(run(`matmul of size ${size}, ${dtype},`, results));
    }
  }
  remove();
});

/** The results of all kernels with a window, on two images with so many channels. */
function convolveAndPool(
  from: number,
  to: number,
  size: number,
  window: Convolution,
  dtype: FloatDType,
): NDArray[] {
  const x = noise([2, from, size, size + 1], dtype);
  const weight = noise([to, from, ...window.kernel], dtype);
  const g = noise([2, to, ...outputSize(x.shape, window)], dtype);
  const { output, indices } = wasm.maxPool2d(x, window);
  return [
    wasm.conv2d(x, weight, null, window),
    wasm.conv2dInputGradient(g, weight, x.shape, window),
    wasm.conv2dWeightGradient(g, x, weight.shape, window),
    wasm.avgPool2d(x, window),
    wasm.avgPool2dGradient(output, x.shape, window),
    ...[output, indices],
  ];
}

test("convolutions and pooling write nothing outside of their results", () => {
  const { check, remove } = fence();
  for (const dtype of ["float32", "float64"] as FloatDType[]) {
    for (let size = 3; size <= 20; size++) {
      for (const stride of [[1, 1], [2, 2], [3, 1]] as const) {
        const window: Convolution = {
          ...{ kernel: [3, 2], padding: [1, 1], dilation: [1, 1], groups: 1 },
          stride,
        };
        const what = `window of stride ${stride} on size ${size}, ${dtype},`;
        check(run(what, convolveAndPool(2, 3, size, window, dtype)));
        // More channels are copied, or become tiles; pooling reads in place without a border.
        if (size % 3 > 0) continue;
        const wide = { ...window, padding: [0, 0] } as const;
        check(run(what, convolveAndPool(13, 14, size, wide, dtype)));
        check(run(what, convolveAndPool(9, 14, size, { ...wide, kernel: [3, 3] }, dtype)));
      }
    }
  }
  remove();
});

test("all other kernels write nothing outside of their results, on all backends", async () => {
  const { check, remove } = fence();
  for (const threads of [1, 3]) {
    for (const kernels of backends) {
      for (const [name, call] of Object.entries(CALLS)) {
        await useThreads(threads);
        check(run(`${name} on ${threads} threads of ${kernels.name}`, [...call(kernels)]));
      }
    }
  }
  remove();
});
