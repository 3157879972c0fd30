/**
 * Exchanges tensors in every way and compares each result with what all ranks together must give.
 * Rank 0 prints the world's size and a digest of sums that depend on the order.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  DistributedError,
  type DType,
  DTypeError,
  Generator,
  memory,
  OutOfMemoryError,
  rand,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import {
  allGather,
  allReduce,
  barrier,
  broadcast,
  init,
  localRank,
  localWorldSize,
  rank,
  recv,
  type ReduceOp,
  reduceScatter,
  send,
  worldSize,
} from "../../../src/distributed/mod.ts";

init({ timeout: 100 });
const [own, size] = [rank(), worldSize()];
assertEquals([localRank(), localWorldSize()], [own, size]);
assertThrows(() => init(), DistributedError, "again");

/** Returns the results of `make` on all ranks: tensors are made alike everywhere. */
function everywhere<T>(make: (rank: number) => T): T[] {
  return Array.from({ length: size }, (_, rank) => make(rank));
}

function assertBits(actual: Tensor, expected: Tensor): void {
  assertEquals([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
  // `data` is compared as bytes, for equal bits and for speed.
  const [a, b] = [actual, expected].map(({ data }) => Buffer.from(data.slice().buffer));
  assert(a.equals(b), `${actual} is not ${expected}`);
}

const noise = (dtype: DType, shape: number[]) => (rank: number): Tensor => {
  const generator = new Generator(100 + rank);
  if (dtype === "float32" || dtype === "float64") {
    // Of very different sizes, so that another order gives other bits.
    return randn(shape, { dtype, generator }).mul(randn(shape, { dtype, generator }).mul(9).exp());
  }
  return rand(shape, { generator }).mul(3).floor().to(dtype);
};

const COMBINE: Record<ReduceOp, (a: Tensor, b: Tensor) => Tensor> = {
  sum: (a, b) => a.add(b),
  avg: (a, b) => a.add(b),
  product: (a, b) => a.mul(b),
  min: (a, b) => a.minimum(b),
  max: (a, b) => a.maximum(b),
};

const hash = createHash("sha256");
for (const dtype of ["float32", "float64", "int32", "uint8"] as const) {
  for (const op of ["sum", "avg", "product", "min", "max"] as const) {
    if (op === "avg" && !dtype.startsWith("float")) continue;
    for (const shape of [[], [1], [3, 5], [1000], [0, 2], [257, 129]]) {
      const all = everywhere(noise(dtype, shape));
      let expected = all.reduce(COMBINE[op]);
      if (op === "avg") expected = expected.div(size);
      const x = all[own].clone();
      allReduce(x, { op });
      assertBits(x, expected);
      if (dtype === "float32") hash.update(new Uint8Array(x.data.slice().buffer));
    }
  }
}

// Views of every kind are read and written by their strides.
const columns = zeros([4, 6]);
const view = columns.slice(1, 4, { axis: 0 }).T;
view.copy_(tensor([own + 1]));
allReduce(view, { op: "max" });
assertEquals(columns.sum().item(), 18 * size);

// Booleans, and what integers cannot hold.
const some = tensor([1, Number(own === 0), Number(own === 1)], { dtype: "bool" });
allReduce(some, { op: "min" });
assertEquals(some.to("int32").toArray(), [1, Number(size === 1), 0]);
assertThrows(() => allReduce(zeros([1], { dtype: "bool" })), DTypeError);
assertThrows(() => allReduce(tensor([1], { dtype: "int32" }), { op: "avg" }), DTypeError);
if (size > 1) {
  // The first element is in the part of rank 0, but no rank has a sum of it.
  const large = zeros([100], { dtype: "int32" });
  large.set([0], 2 ** 31 - 1);
  const kept = large.toArray();
  assertThrows(() => allReduce(large), ValueError, "does not fit int32");
  assertEquals(large.toArray(), kept);
}
for (let src = 0; src < size; src++) {
  for (const dtype of ["float32", "bool", "int32"] as const) {
    const all = everywhere((rank) => noise("uint8", [2, 3])(rank).to(dtype));
    const x = all[own].clone();
    broadcast(x.T, src);
    assertBits(x, all[src]);
  }
}

const rows = everywhere(noise("float32", [3, 2]));
const outputs = everywhere(() => zeros([2, 3]));
allGather(outputs.map((x) => x.T), rows[own]);
outputs.forEach((x, i) => assertBits(x.T, rows[i]));

const inputs = (rank: number): Tensor[] =>
  everywhere((to) => noise("float64", [5])(rank * size + to));
const output = zeros([5], { dtype: "float64" });
reduceScatter(output, inputs(own), { op: "sum" });
assertBits(output, everywhere((rank) => inputs(rank)[own]).reduce(COMBINE.sum));

// A ring, and messages that overtake others by their tags.
if (size > 1) {
  const [next, last] = [(own + 1) % size, (own + size - 1) % size];
  const x = zeros([2, 2]);
  if (own === 0) {
    send(tensor([[1, 2], [3, 4]]), next);
    recv(x.T, last);
  } else {
    recv(x, last);
    send(x.T, next);
  }
  // Each rank but the first turns what it sends on, and the first turns what it receives.
  const turns = own === 0 ? size : own - 1;
  assertEquals(x.toArray(), turns % 2 === 1 ? [[1, 3], [2, 4]] : [[1, 2], [3, 4]]);
  if (own === 0) {
    send(tensor([1]), 1, { tag: 1 });
    send(tensor([2]), 1, { tag: 2 });
    send(zeros([3]), 1, { tag: 3 });
    send(tensor([4]), 1, { tag: 3 });
  } else if (own === 1) {
    const [a, b] = [zeros([1]), zeros([1])];
    recv(b, 0, { tag: 2 });
    recv(a, 0, { tag: 1 });
    assertEquals([a.item(), b.item()], [1, 2]);
    assertThrows(() => recv(a, 0, { tag: 3 }), DistributedError, "it sends float32 [3]");
    recv(a, 0, { tag: 3 });
    assertEquals(a.item(), 4);
  }
}

// Tensors without elements are messages, too.
for (const shape of [[0], [2, 0]]) {
  const none = everywhere(() => zeros(shape));
  broadcast(none[0]);
  allReduce(none[0]);
  allGather(none, zeros(shape));
  reduceScatter(zeros(shape), none);
  if (own === 0 && size > 1) send(zeros(shape), 1);
  if (own === 1) recv(zeros(shape), 0);
}

// A call that finds no memory loses none.
const { limit } = memory.stats();
memory.setLimit(2 ** 22);
const much = zeros([2 ** 19], { dtype: "uint8" });
if (size > 1) {
  for (let i = 0; i < 5; i++) {
    assertThrows(() => allReduce(much.to("float32")), OutOfMemoryError);
  }
  allReduce(much);
}
memory.setLimit(limit);

// Mistakes are found on all ranks alike.
barrier();
if (size > 1) {
  assertThrows(
    () => allReduce(zeros([own + 1])),
    DistributedError,
    `rank ${own === 0 ? 1 : 0} has float32 [${own === 0 ? 2 : 1}] by sum`,
  );
  assertThrows(
    () => own === 0 ? barrier() : broadcast(zeros([1])),
    DistributedError,
    own === 0 ? "rank 1 calls broadcast()" : "rank 0 calls barrier()",
  );
  assertThrows(() => send(zeros([1]), own), ValueError, "that is this rank");
}
assertThrows(() => broadcast(zeros([1]), size), ValueError, "src");
if (size > 1) {
  const thin = zeros(new Array<number>(60).fill(1));
  assertThrows(() => allReduce(thin), ShapeError, "60 axes");
  assertThrows(() => send(thin, (own + 1) % size), ShapeError, "60 axes");
}
assertThrows(() => allGather([], zeros([1])), ShapeError);
assertThrows(() => reduceScatter(zeros([2]), everywhere(() => zeros([3]))), ShapeError);
assertThrows(() => allReduce(zeros([1]), { op: "mean" as "avg" }), ValueError, "avg");

if (own === 0) console.log(JSON.stringify({ size, digest: hash.digest("hex").slice(0, 16) }));
