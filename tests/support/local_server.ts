/**
 * A web server on this machine, and folders that go away, for tests of downloads.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Runs a test against a server on a free port of 127.0.0.1 and a fresh folder; both are gone after.
 *
 * @param handler answers the requests
 * @param run the test; `base` is `http://127.0.0.1:port`
 */
export async function withServer(
  handler: Handler,
  run: (base: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gradus-download-"));
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, folder);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  }
}

/** Sends `body` with its length. */
export function send(response: ServerResponse, body: Uint8Array | string, status = 200): void {
  response.writeHead(status, { "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
