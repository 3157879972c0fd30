/**
 * A program that needs several threads for a while, and then just ends.
 *
 * @module
 */

import { getNumThreads, randn, setNumThreads } from "../../mod.ts";
import { readyThreads } from "../../src/kernels/wasm/threads/pool.ts";

setNumThreads(3);
const [a, b] = [randn([256, 256]), randn([256, 256])];
const end = performance.now() + 20_000;
while (readyThreads() < 3 && performance.now() < end) a.matmul(b);
console.log(`${readyThreads()} of ${getNumThreads()} threads, ${a.matmul(b).shape}`);
