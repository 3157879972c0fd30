/**
 * Streams the body of an HTTP request, with time-outs, counted redirects and a checked length.
 *
 * @module
 */

import { GradusError } from "../errors.ts";
import { loadPackage } from "./package.ts";

/** Options of {@link fetchBody}. */
interface FetchBodyOptions {
  /** Milliseconds without a byte after which the server counts as stalled. */
  readonly idleTimeout: number;
  /** Milliseconds that the whole request may take, redirects and body included. */
  readonly totalTimeout: number;
  /** Takes each piece of the body, in order. An error that it throws ends the request. */
  readonly onChunk: (chunk: Uint8Array, total: number | undefined) => void;
}

/** A request failed; the message is the bare reason, for use in a list of mirrors. */
export class HttpError extends GradusError {
  static {
    this.prototype.name = "HttpError";
  }

  /** True if the same request may well succeed a little later. */
  readonly retry: boolean;

  /**
   * Makes the error.
   *
   * @param message the reason
   * @param options whether to retry, by default not, and the error behind it
   */
  constructor(
    message: string,
    { retry = false, cause }: { retry?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.retry = retry;
  }
}

/**
 * Fetches `url` and hands its body to `onChunk` as it was sent, byte for byte.
 *
 * At most 5 redirects are followed, and none from https to http or to another scheme.
 *
 * @param url an http or https address
 * @param options the time-outs and the receiver of the body
 * @throws {HttpError} for a status other than 200, a bad redirect, a time-out, a lost connection or
 *   a body shorter or longer than its Content-Length
 */
export async function fetchBody(url: string, options: FetchBodyOptions): Promise<void> {
  const timeouts = new Timeouts(options);
  try {
    const response = await follow(url, timeouts);
    if (response.status !== 200) {
      // 429 asks to slow down, which the pause before a retry does.
      throw new HttpError(`HTTP ${response.status} ${response.statusText}`.trimEnd(), {
        retry: response.status >= 500 || response.status === 429,
      });
    }
    await readBody(response, timeouts, options.onChunk);
  } finally {
    timeouts.stop();
  }
}

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

async function follow(start: string, timeouts: Timeouts): Promise<Response> {
  let url = parseUrl(start);
  for (let redirects = 0;; redirects++) {
    const response = await timeouts.watch(request(url, timeouts.signal));
    if (!REDIRECTS.has(response.status)) return response;
    if (redirects === MAX_REDIRECTS) {
      throw new HttpError(`more than ${MAX_REDIRECTS} redirects`);
    }
    url = redirectTarget(url, response);
  }
}

function redirectTarget(from: URL, response: Response): URL {
  const location = response.headers.get("location");
  if (location === null) {
    throw new HttpError(`HTTP ${response.status} without a Location`);
  }
  const to = parseUrl(location, from);
  if (from.protocol === "https:" && to.protocol !== "https:") {
    throw new HttpError(`it redirects from https to unprotected ${to.href}`);
  }
  return to;
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new HttpError(`${text} is not an http or https address`);
  }
  return url;
}

function request(url: URL, signal: AbortSignal): Promise<Response> {
  // A .gz file that a server labels "Content-Encoding: gzip" must arrive as it is. Deno leaves it
  // alone when the request names the encodings; Bun needs `decompress: false`, its own option.
  const init: RequestInit & { decompress: boolean } = {
    signal,
    redirect: "manual",
    headers: { "Accept-Encoding": "identity" },
    decompress: false,
  };
  return fetch(url, init);
}

async function readBody(
  response: Response,
  timeouts: Timeouts,
  onChunk: FetchBodyOptions["onChunk"],
): Promise<void> {
  const { LimitedBytesTransformStream } = await loadPackage(
    "@std/streams",
    "download",
    () => import("@std/streams"),
  );
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  let received = 0;
  const receiver = new WritableStream<Uint8Array>({
    write(chunk) {
      timeouts.restart();
      received += chunk.length;
      timeouts.attempt(() => onChunk(chunk, total));
    },
  });
  if (response.body !== null) {
    const limit = new LimitedBytesTransformStream(total ?? Infinity, { error: true });
    await timeouts.watch(response.body.pipeThrough(limit).pipeTo(receiver));
  }
  if (total !== undefined && received !== total) {
    throw new HttpError(`received ${received} of ${total} bytes`, { retry: true });
  }
}

/** The two clocks of a request: one restarts with every piece that arrives, the other never. */
class Timeouts {
  readonly #abort = new AbortController();
  readonly #total: ReturnType<typeof setTimeout>;
  readonly #idleTimeout: number;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor({ idleTimeout, totalTimeout }: FetchBodyOptions) {
    this.#idleTimeout = idleTimeout;
    this.#total = this.#start(totalTimeout, `not done after ${totalTimeout} ms`);
    this.restart();
  }

  #start(milliseconds: number, message: string): ReturnType<typeof setTimeout> {
    // No retry: it would cost the same long wait again, and another mirror may be at hand.
    return setTimeout(() => this.#abort.abort(new HttpError(message)), milliseconds);
  }

  /** Starts the first clock again, because something has arrived. */
  restart(): void {
    clearTimeout(this.#idle);
    const message = `stalled: nothing received for ${this.#idleTimeout} ms`;
    this.#idle = this.#start(this.#idleTimeout, message);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Runs `action`; an error that it throws ends the request, and comes out of {@link watch}. */
  attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#abort.abort(error);
      throw error;
    }
  }

  /** Waits for the network, and turns its errors into {@link HttpError}s. */
  async watch<T>(action: Promise<T>): Promise<T> {
    try {
      const result = await action;
      this.restart();
      return result;
    } catch (error) {
      throw this.signal.aborted ? this.signal.reason : networkError(error);
    }
  }

  /** Stops the clocks, and drops the connection if the body was not read to its end. */
  stop(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#total);
    this.#abort.abort();
  }
}

function networkError(error: unknown): HttpError {
  if (!(error instanceof Error)) return new HttpError(String(error), { retry: true });
  // Deno and Node put the reason ("connection refused") in the cause.
  const detail = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  const message = error.message + detail;
  // Asking again changes nothing where there is no network, so that names have no address (Deno: "dns
  // error"; Bun and Node: "getaddrinfo …"), or where Deno permits none: it names the flag that does.
  const retry = error.name !== "NotCapable" && !/dns error|getaddrinfo/.test(message);
  return new HttpError(message, { retry, cause: error });
}
