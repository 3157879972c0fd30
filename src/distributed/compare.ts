/**
 * Finds differences between the models of ranks.
 *
 * @module
 */

import { DistributedError } from "../errors.ts";
import type { Connection } from "./group.ts";
import { Pinned } from "./pinned.ts";

/**
 * Makes sure that all ranks have the `lines` of rank 0.
 *
 * @param type names the class that needs it
 * @param lines one for each parameter or buffer
 * @param connection the other ranks
 * @throws {DistributedError} on all ranks, naming the first difference
 */
export function compareLines(
  type: string,
  lines: readonly string[],
  connection: Connection,
): void {
  const { mpi, rank } = connection;
  const call = `new ${type}`;
  const own = new TextEncoder().encode(lines.join("\n"));
  const lengths = connection.exchange(call, new Uint8Array(new Uint32Array([own.length]).buffer));
  const [length] = new Uint32Array(lengths[0].slice(0, 4).buffer);
  const text = new Pinned(length, "uint8");
  if (rank === 0) text.view(0, [length]).values().set(own);
  if (length > 0) {
    connection.wait([mpi.broadcast(mpi.world, text.address(), length, 0)], call);
  }
  const received = new TextDecoder().decode(text.view(0, [length]).values().slice());
  const first = received === "" ? [] : received.split("\n");
  text.free();
  const place = Array.from({ length: Math.max(lines.length, first.length) }, (_, i) => i)
    .find((i) => lines[i] !== first[i]);
  const difference = place === undefined
    ? ""
    : `${lines[place] ?? "nothing more"}, and rank 0 ${first[place] ?? "nothing more"}`;
  const found = connection.exchangeTexts(call, difference);
  const other = found.findIndex((each) => each !== "");
  if (other < 0) return;
  throw new DistributedError(
    `Cannot make ${type}: rank ${other} has ${found[other]}; it must be the same on all ranks`,
  );
}
