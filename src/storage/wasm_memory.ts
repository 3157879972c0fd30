/**
 * The one WebAssembly memory in which tensors live, so that kernels run on them in place.
 *
 * @module
 */

import { perProcess } from "./process.ts";

const PAGE = 65536;
const INITIAL_PAGES = 256;

/** Growing in steps of a quarter keeps the number of growths, and of stale views, logarithmic. */
const GROWTH = 1.25;

/** Largest first: some systems will not reserve 4 GiB of addresses. */
const MAXIMUM_PAGES = [65536, 32768, 16384, 8192];

function create(): { memory: WebAssembly.Memory; maximum: number; shared: boolean } {
  // Threads need shared memory; a page without cross-origin isolation has none, and runs on one.
  const shared = typeof SharedArrayBuffer === "function";
  let reason: unknown;
  for (const maximum of MAXIMUM_PAGES) {
    try {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared });
      return { memory, maximum: maximum * PAGE, shared };
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}

/** A growing memory with current views of all of it; a view is stale after `reach` grows. */
class WasmMemory {
  /** The memory that kernels import. */
  readonly memory: WebAssembly.Memory;
  /** The most bytes it can ever have. */
  readonly maximum: number;
  /** True if threads can share it. */
  readonly shared: boolean;
  /** The whole memory as bytes. */
  u8!: Uint8Array;
  /** The whole memory as 32-bit integers. */
  i32!: Int32Array;
  /** The whole memory as 32-bit floats. */
  f32!: Float32Array;
  /** The whole memory as 64-bit floats. */
  f64!: Float64Array;

  constructor() {
    const { memory, maximum, shared } = create();
    this.memory = memory;
    this.maximum = maximum;
    this.shared = shared;
    this.#look();
  }

  /** Bytes it has now. */
  get byteLength(): number {
    return this.u8.byteLength;
  }

  /** Grows until addresses below `end` exist; false if the system refuses. */
  reach(end: number): boolean {
    const have = this.u8.byteLength;
    if (end <= have) return true;
    if (end > this.maximum) return false;
    const wanted = Math.min(Math.max(end, have * GROWTH), this.maximum);
    try {
      this.memory.grow(Math.ceil((wanted - have) / PAGE));
    } catch {
      return false;
    }
    this.#look();
    return true;
  }

  #look(): void {
    const buffer = this.memory.buffer;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}

/** The memory of this process. There is one for life: engines do not give memories back. */
export const wasmMemory: WasmMemory = perProcess("memory", () => new WasmMemory());
