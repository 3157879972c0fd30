/**
 * Exchanges of tensors among ranks.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import {
  checkArguments,
  checkTensorList,
  checkTensors,
  checkWhole,
  readOptions,
} from "../checks.ts";
import { type DType, DTYPES, isFloat } from "../dtype.ts";
import { DistributedError, DTypeError, ShapeError, ValueError } from "../errors.ts";
import { formatShape, sameShape, sizeOf } from "../shape.ts";
import { fromArray } from "../tensor/run.ts";
import "../tensor/tensor.ts"; // without the class, no tensor can be made
import type { Tensor } from "../tensor/tensor.ts";
import { checkRank, type Connection, groupOf } from "./group.ts";
import type { Request } from "./mpi.ts";
import { Pinned } from "./pinned.ts";
import { REDUCE_OPS, type ReduceOp, Reduction } from "./reduction.ts";

/** Options of {@link allReduce} and {@link reduceScatter}. */
export interface ReduceOptions {
  /** The way in which the tensors of all ranks become one; default `"sum"`. */
  readonly op?: ReduceOp;
}

/** Options of {@link send} and {@link recv}. */
export interface MessageOptions {
  /** A number that tells messages apart, from 0 to 16383; default 0. */
  readonly tag?: number;
}

/** The most characters of a description; with others, it must fit into what ranks exchange. */
const LONGEST = 100;

/** The description of a tensor, which ranks compare. */
function describe(x: Tensor): string {
  const text = `${x.dtype} ${formatShape(x.shape)}`;
  if (text.length <= LONGEST) return text;
  throw new ShapeError(
    `Cannot exchange a tensor of ${x.shape.length} axes with other ranks: its shape takes more than ` +
      `${LONGEST} characters; reshape it`,
    x.shape,
  );
}

/**
 * Calls `use` with a copy of `x` that MPI may read and write. Memory is taken first, so that a rank that
 * has none is at another call than the others, and named.
 */
function withCopy(x: Tensor, use: (copy: Tensor, pinned: Pinned, bytes: number) => void): void {
  const bytes = checkBytes(x.numel(), x.dtype);
  const pinned = new Pinned(x.numel(), x.dtype);
  try {
    const copy = fromArray(pinned.view(0, x.shape));
    noGrad(() => copy.copy_(x.detach()));
    use(copy, pinned, bytes);
  } finally {
    pinned.free();
  }
}

/** Runs a step that may fail on some ranks: then all ranks throw. */
function together(call: string, connection: Connection, step: () => void): void {
  let fault = "";
  try {
    step();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    fault = error.message;
  }
  const first = connection.exchangeTexts(call, fault).find((text) => text !== "");
  if (first !== undefined) throw new ValueError(first);
}

/** Returns the bytes of `count` elements; MPI counts them in int32. */
function checkBytes(count: number, dtype: DType): number {
  const bytes = count * DTYPES[dtype].bytes;
  if (bytes < 2 ** 31) return bytes;
  throw new ValueError(`Cannot send ${bytes} bytes at once: MPI takes up to 2^31 - 1; split them`);
}

/** Runs a reduction to its end. */
function complete(
  steps: Generator<Request, void>,
  connection: Connection | null,
  call: string,
): void {
  for (const request of steps) connection!.wait([request], call);
}

function checkOp(call: string, op: ReduceOp, dtype: DType): void {
  if (!REDUCE_OPS.includes(op)) {
    throw new ValueError(`Cannot ${call} with op ${op}: use one of ${REDUCE_OPS.join(", ")}`);
  }
  if (isFloat(dtype) || op === "min" || op === "max") return;
  if (op === "avg" || dtype === "bool") {
    throw new DTypeError(
      `Cannot ${call} ${dtype} with op "${op}": the result is no ${dtype}; convert it with ` +
        `.to("float64")`,
    );
  }
}

/** Returns true if results may not fit the type of the elements. */
function canFail(op: ReduceOp, dtype: DType): boolean {
  return !isFloat(dtype) && (op === "sum" || op === "product");
}

/**
 * Waits until all ranks have come to this call.
 *
 * See https://pytorch.org/docs/stable/distributed.html#torch.distributed.barrier
 *
 * @throws {DistributedError} if a rank has come to another call, or does not answer
 * @example
 * ```ts
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assert } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * let isReady = distributed.rank() > 0;
 * if (distributed.rank() === 0) isReady = true; // here it downloads data
 * distributed.barrier(); // the others wait
 * assert(isReady);
 * ```
 */
export function barrier(): void {
  checkArguments("barrier", arguments, 0);
  groupOf("barrier").connection?.agree("barrier", "");
}

/**
 * Writes the elements of the tensor of rank `src` to the tensors of all ranks.
 *
 * See https://pytorch.org/docs/stable/distributed.html#torch.distributed.broadcast
 *
 * @param x a tensor of the same shape and dtype on all ranks
 * @param src the rank to copy from; default 0
 * @throws {DistributedError} if the tensors differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * const x = tensor([distributed.rank() + 1, 2]);
 * distributed.broadcast(x);
 * assertEquals(x.toArray(), [1, 2]); // on every rank
 * ```
 */
export function broadcast(x: Tensor, src = 0): void {
  checkArguments("broadcast", arguments, 2);
  checkTensors("broadcast", x);
  const { connection, size } = groupOf("broadcast");
  checkRank("broadcast", "src", src, size);
  if (connection === null) return;
  const description = `${describe(x)} from rank ${src}`;
  withCopy(x, (copy, pinned, bytes) => {
    connection.agree("broadcast", description);
    const { mpi } = connection;
    connection.wait([mpi.broadcast(mpi.world, pinned.address(), bytes, src)], "broadcast");
    if (connection.rank !== src) noGrad(() => x.copy_(copy));
  });
}

/**
 * Writes the sum of the tensors of all ranks, or another combination, to each of them.
 *
 * Elements are combined in the order of ranks, `((x₀ + x₁) + x₂) + …`, so the bits are the same with
 * every MPI, and those of one process that adds up in this order. Sums of integers are exact or refused.
 *
 * See https://pytorch.org/docs/stable/distributed.html#torch.distributed.all_reduce
 *
 * @param x a tensor of the same shape and dtype on all ranks
 * @param options `op`
 * @throws {DistributedError} if the tensors differ
 * @throws {ValueError} if an integer type cannot hold a result
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * const x = tensor([1, 2]);
 * distributed.allReduce(x, { op: "avg" });
 * assertEquals(x.toArray(), [1, 2]);
 * ```
 */
export function allReduce(x: Tensor, options: ReduceOptions = {}): void {
  checkArguments("allReduce", arguments, 2);
  const { op } = readOptions("allReduce", options, { op: "sum" });
  checkTensors("allReduce", x);
  checkOp("allReduce", op, x.dtype);
  const group = groupOf("allReduce");
  const { connection, size } = group;
  if (connection === null) return;
  const description = `${describe(x)} by ${op}`;
  const count = x.numel();
  checkBytes(Math.ceil(count / size), x.dtype);
  const { world } = connection.mpi;
  const reduction = new Reduction(Math.ceil(count / size), x.dtype, op, group, [world, world]);
  try {
    const all = fromArray(reduction.own.view(0, x.shape));
    noGrad(() => all.copy_(x.detach()));
    connection.agree("allReduce", description);
    complete(reduction.add(), connection, "allReduce");
    const finish = () => void reduction.finish("allReduce");
    if (canFail(op, x.dtype)) together("allReduce", connection, finish);
    else finish();
    complete(reduction.share(), connection, "allReduce");
    noGrad(() => x.copy_(all));
  } finally {
    reduction.free();
  }
}

/**
 * Writes the sum of what all ranks have for this rank, or another combination, to `output`.
 *
 * See https://pytorch.org/docs/stable/distributed.html#torch.distributed.reduce_scatter
 *
 * @param output the tensor to write
 * @param inputs one tensor for each rank, of the shape and dtype of `output`
 * @param options `op`
 * @throws {DistributedError} if the tensors of ranks differ
 * @throws {ValueError} if an integer type cannot hold a result
 * @example
 * ```ts
 * import { tensor, zeros } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * const output = zeros([2]);
 * distributed.reduceScatter(output, [tensor([1, 2])]); // of one rank
 * assertEquals(output.toArray(), [1, 2]);
 * ```
 */
export function reduceScatter(
  output: Tensor,
  inputs: readonly Tensor[],
  options: ReduceOptions = {},
): void {
  checkArguments("reduceScatter", arguments, 3);
  const { op } = readOptions("reduceScatter", options, { op: "sum" });
  const group = groupOf("reduceScatter");
  checkOneForEach("reduceScatter", "inputs", inputs, output, group.size);
  checkOp("reduceScatter", op, output.dtype);
  const { connection } = group;
  if (connection === null) {
    noGrad(() => output.copy_(inputs[0].detach()));
    return;
  }
  const description = `${describe(output)} by ${op}`;
  const count = output.numel();
  checkBytes(count, output.dtype);
  const { world } = connection.mpi;
  const reduction = new Reduction(count, output.dtype, op, group, [world, world]);
  try {
    inputs.forEach((x, rank) => {
      const place = fromArray(reduction.own.view(rank * reduction.part, x.shape));
      noGrad(() => place.copy_(x.detach()));
    });
    connection.agree("reduceScatter", description);
    complete(reduction.add(), connection, "reduceScatter");
    const result = reduction.finish("reduceScatter");
    noGrad(() => output.copy_(fromArray(result).narrow(0, 0, count).view(output.shape)));
  } finally {
    reduction.free();
  }
}

/**
 * Writes the tensor of each rank to the output of that number, on all ranks.
 *
 * See https://pytorch.org/docs/stable/distributed.html#torch.distributed.all_gather
 *
 * @param outputs one tensor for each rank, of the shape and dtype of `x`
 * @param x the tensor of this rank
 * @throws {DistributedError} if the tensors of ranks differ
 * @example
 * ```ts
 * import { tensor, zeros } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * const outputs = Array.from({ length: distributed.worldSize() }, () => zeros([2]));
 * distributed.allGather(outputs, tensor([1, 2]));
 * assertEquals(outputs[0].toArray(), [1, 2]);
 * ```
 */
export function allGather(outputs: readonly Tensor[], x: Tensor): void {
  checkArguments("allGather", arguments, 2);
  const { connection, size } = groupOf("allGather");
  checkOneForEach("allGather", "outputs", outputs, x, size);
  if (connection === null) {
    noGrad(() => outputs[0].copy_(x.detach()));
    return;
  }
  const description = describe(x);
  withCopy(x, (_, pinned, bytes) => {
    const count = x.numel();
    const all = new Pinned(count * size, x.dtype);
    try {
      connection.agree("allGather", description);
      const { mpi } = connection;
      const request = mpi.allGather(mpi.world, pinned.address(), all.address(), bytes);
      connection.wait([request], "allGather");
      outputs.forEach((output, rank) => {
        noGrad(() => output.copy_(fromArray(all.view(rank * count, x.shape))));
      });
    } finally {
      all.free();
    }
  });
}

/** Rejects a list that does not have one tensor for each rank, of the shape and dtype of `x`. */
function checkOneForEach(
  call: string,
  name: string,
  list: readonly Tensor[],
  x: Tensor,
  size: number,
): void {
  checkTensors(call, x);
  checkTensorList(call, list);
  if (list.length !== size) {
    throw new ValueError(
      `Cannot ${call} with ${list.length} ${name}: there are ${size} ranks; pass one tensor for each`,
    );
  }
  const other = list.find(({ shape, dtype }) => !sameShape(shape, x.shape) || dtype !== x.dtype);
  if (other === undefined) return;
  throw new ShapeError(
    `Cannot ${call} ${describe(x)} with ${name} of ${describe(other)}: all must be alike`,
    x.shape,
    other.shape,
  );
}

/**
 * Sends a tensor to another rank, which must call {@link recv}; returns when the elements may change.
 *
 * See https://pytorch.org/docs/stable/distributed.html#torch.distributed.send
 *
 * @param x the tensor
 * @param dst the rank to send to
 * @param options `tag`
 * @throws {DistributedError} if that rank does not answer
 * @example
 * ```ts
 * import { tensor, zeros } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assert } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * if (distributed.worldSize() > 1) {
 *   const x = zeros([2]);
 *   if (distributed.rank() === 0) distributed.send(tensor([1, 2]), 1);
 *   if (distributed.rank() === 1) distributed.recv(x, 0);
 * }
 * assert(distributed.worldSize() > 0);
 * ```
 */
export function send(x: Tensor, dst: number, options: MessageOptions = {}): void {
  checkArguments("send", arguments, 3);
  const { connection, tag } = readMessage("send", x, "dst", dst, options);
  const { mpi } = connection;
  const head = describeMessage(x);
  withCopy(x, (_, pinned, bytes) => {
    connection.wait(
      [
        mpi.send(mpi.world, head.address(), HEAD, dst, 2 * tag),
        mpi.send(mpi.world, pinned.address(), bytes, dst, 2 * tag + 1),
      ],
      "send",
      { peer: dst },
    );
  });
  head.free();
}

/**
 * Receives a tensor that another rank has sent by {@link send}, into `x`.
 *
 * See https://pytorch.org/docs/stable/distributed.html#torch.distributed.recv
 *
 * @param x a tensor of the shape and dtype of what was sent
 * @param src the rank that sends
 * @param options `tag`
 * @throws {DistributedError} if a tensor of another kind arrives, or none
 * @example
 * ```ts
 * import { tensor, zeros } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assert } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * if (distributed.worldSize() > 1) {
 *   const x = zeros([2]);
 *   if (distributed.rank() === 0) distributed.send(tensor([1, 2]), 1);
 *   if (distributed.rank() === 1) distributed.recv(x, 0);
 * }
 * assert(distributed.worldSize() > 0);
 * ```
 */
export function recv(x: Tensor, src: number, options: MessageOptions = {}): void {
  checkArguments("recv", arguments, 3);
  const { connection, tag } = readMessage("recv", x, "src", src, options);
  const { mpi } = connection;
  const description = describe(x);
  checkBytes(x.numel(), x.dtype);
  const head = new Pinned(HEAD, "uint8");
  const request = mpi.receive(mpi.world, head.address(), HEAD, src, 2 * tag);
  connection.wait([request], "recv", { peer: src });
  const sent = new TextDecoder().decode(head.view(0, [HEAD]).values().slice()).replace(
    /\0.*$/s,
    "",
  );
  head.free();
  if (sent !== description) {
    receiveNothing(connection, sent, src, tag);
    throw new DistributedError(
      `Cannot recv ${description} from rank ${src}: it sends ${sent}; receive into a tensor like that`,
    );
  }
  withCopy(x, (copy, pinned, bytes) => {
    const request = mpi.receive(mpi.world, pinned.address(), bytes, src, 2 * tag + 1);
    connection.wait([request], "recv", { peer: src });
    noGrad(() => x.copy_(copy));
  });
}

/** Receives a tensor that nobody wants, so that the next message is the next one. */
function receiveNothing(connection: Connection, sent: string, src: number, tag: number): void {
  const [, dtype, sizes] = /^(\w+) \[(.*)\]$/.exec(sent)!;
  const count = sizeOf(sizes === "" ? [] : sizes.split(",").map(Number));
  const { mpi } = connection;
  const pinned = new Pinned(count, dtype as DType);
  const bytes = count * DTYPES[dtype as DType].bytes;
  const request = mpi.receive(mpi.world, pinned.address(), bytes, src, 2 * tag + 1);
  connection.wait([request], "recv", { peer: src });
  pinned.free();
}

/** Bytes of the description that goes before a tensor. */
const HEAD = 128;

/** MPI promises tags up to 32767, and a message takes two. */
const MOST_TAG = 16383;

function describeMessage(x: Tensor): Pinned {
  const head = new Pinned(HEAD, "uint8");
  head.view(0, [HEAD]).values().set(new TextEncoder().encode(describe(x)).slice(0, HEAD));
  return head;
}

function readMessage(
  call: string,
  x: Tensor,
  name: string,
  other: number,
  options: MessageOptions,
): { connection: Connection; tag: number } {
  const { tag } = readOptions(call, options, { tag: 0 });
  checkTensors(call, x);
  checkWhole(`${call} with tag ${tag}`, tag, 0);
  if (tag > MOST_TAG) {
    throw new ValueError(`Cannot ${call} with tag ${tag}: ${MOST_TAG} is the largest`);
  }
  const { connection, rank, size } = groupOf(call);
  checkRank(call, name, other, size);
  if (connection !== null && other !== rank) return { connection, tag };
  throw new ValueError(`Cannot ${call} with ${name} ${other}: that is this rank; name another one`);
}
