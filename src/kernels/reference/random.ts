/**
 * Random words, and normal numbers.
 *
 * @module
 */

import { type Kernels, MAX_RANDOM_BLOCKS } from "../kernels.ts";
import { cos, log, sin } from "../../math/mod.ts";
import { bounded, philox4x32, unit53 } from "../../math/philox.ts";

const WORD = 2 ** 32;
const buffer = new Uint32Array(4 * MAX_RANDOM_BLOCKS);
const normals = new Float64Array(2 * MAX_RANDOM_BLOCKS);

/** The reference source of random numbers. */
export const randomness: Pick<Kernels, "randomBlocks" | "boundedBlocks" | "normalBlocks"> = {
  randomBlocks(seed, first, count): Uint32Array {
    for (let i = 0; i < count; i++) {
      const [n, out] = [first + i, buffer.subarray(4 * i)];
      philox4x32(out, n | 0, (n / WORD) | 0, 0, 0, seed | 0, (seed / WORD) | 0);
    }
    return buffer.subarray(0, 4 * count);
  },

  boundedBlocks(seed, first, count, range): Uint32Array {
    const words = randomness.randomBlocks(seed, first, count);
    // Each is written where its words were.
    for (let i = 0; i < words.length / 2; i++) {
      words[i] = bounded(words[2 * i], words[2 * i + 1], range);
    }
    return words.subarray(0, 2 * count);
  },

  normalBlocks(seed, first, count): Float64Array {
    const words = randomness.randomBlocks(seed, first, count);
    for (let i = 0; i < words.length; i += 4) {
      // u is in (0, 1]: its logarithm is finite.
      const radius = Math.sqrt(-2 * log(1 - unit53(words[i], words[i + 1])));
      const angle = 2 * Math.PI * unit53(words[i + 2], words[i + 3]);
      normals[i / 2] = radius * cos(angle);
      normals[i / 2 + 1] = radius * sin(angle);
    }
    return normals.subarray(0, 2 * count);
  },
};
