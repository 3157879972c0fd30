/**
 * Writes event files: records of TensorFlow, each with its length and checksums.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { builtin, hostName, writeAll, writeError } from "../files.ts";
import { bytes, double, little, message } from "./protobuf.ts";

/** The remainders of CRC-32C (Castagnoli), by the lowest byte. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

/** Returns the checksum of `data` as it stands in records: rotated and shifted. */
function maskedCrc(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 255];
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Returns `data` as a record: length, its checksum, the data, their checksum. */
function record(data: Uint8Array): Uint8Array {
  const length = little(8, (view) => view.setBigUint64(0, BigInt(data.length), true));
  const crc = (of: Uint8Array): Uint8Array =>
    little(4, (view) => view.setUint32(0, maskedCrc(of), true));
  return message(length, crc(length), data, crc(data));
}

/** Tells apart the files of one process. */
let fileCount = 0;

/**
 * An event file that grows. Each event is handed to the system at once, so that a process that is
 * killed loses at most the event that it is writing; readers drop a record that was cut.
 */
export class EventFile {
  readonly path: string;
  #file: number | null;
  /** Bytes of whole records. */
  #size = 0;

  /** Creates a file in `folder`, and the folder if it is not there. */
  constructor(folder: string) {
    const { mkdirSync, openSync } = builtin("node:fs", `write to ${folder}`);
    const { join } = builtin("node:path", `write to ${folder}`);
    const { pid } = builtin("node:process", `write to ${folder}`);
    const seconds = Math.floor(Date.now() / 1000);
    const name = [seconds, hostName() || "host", pid, fileCount++].join(".");
    this.path = join(folder, `events.out.tfevents.${name}`);
    try {
      mkdirSync(folder, { recursive: true });
      this.#file = openSync(this.path, "wx");
    } catch (cause) {
      throw writeError(this.path, cause);
    }
    this.add(message(double(1, Date.now() / 1000), bytes(3, "brain.Event:2")));
  }

  /**
   * Appends an event. If the disk is full, what was written of it is taken back.
   *
   * @throws {ValueError} if the file was closed
   * @throws {FileAccessError} if it cannot be written
   */
  add(event: Uint8Array): void {
    const file = this.#open();
    const { ftruncateSync } = builtin("node:fs", `write ${this.path}`);
    const data = record(event);
    try {
      writeAll(file, data);
      this.#size += data.length;
    } catch (cause) {
      try {
        ftruncateSync(file, this.#size);
      } catch {
        this.close(); // Readers would take what follows for a part of the record that was cut.
      }
      throw writeError(this.path, cause);
    }
  }

  /** Waits until the system has stored all events. */
  flush(): void {
    const file = this.#open();
    try {
      builtin("node:fs", `write ${this.path}`).fsyncSync(file);
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  /** Closes the file, once. */
  close(): void {
    if (this.#file !== null) builtin("node:fs", `write ${this.path}`).closeSync(this.#file);
    this.#file = null;
  }

  /**
   * Rejects a file that was closed.
   *
   * @throws {ValueError} if it was
   */
  checkOpen(): void {
    this.#open();
  }

  #open(): number {
    if (this.#file !== null) return this.#file;
    throw new ValueError(`Cannot write to ${this.path}: it was closed; make a new SummaryWriter`);
  }
}
