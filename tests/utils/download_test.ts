import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { DownloadError, ValueError } from "../../src/errors.ts";
import { temporaryPath } from "../../src/utils/files.ts";
import { download, type DownloadOptions } from "../../src/utils/download.ts";
import { type Handler, send, withServer } from "../support/local_server.ts";
import { RUNTIME } from "../support/runtime.ts";
import { assertRejectsMessage, assertSame } from "../support/assert.ts";

const GOOD = new TextEncoder().encode("good bytes ".repeat(20_000));
const MD5 = createHash("md5").update(GOOD).digest("hex");
const QUICK: DownloadOptions = { idleTimeout: 200, totalTimeout: 2000, backoff: 10, checksum: MD5 };

/** Downloads the `paths` of `handler` as mirrors; `check` sees the target and the paths asked for. */
function downloading(
  paths: string[],
  handler: Handler,
  check: (result: Promise<void>, path: string, asked: string[]) => Promise<void>,
  options: DownloadOptions = {},
): Promise<void> {
  const asked: string[] = [];
  return withServer((request, response) => {
    asked.push(request.url!);
    handler(request, response);
  }, (base, folder) => {
    const path = join(folder, "sub", "file.gz");
    const urls = paths.map((p) => base + p);
    return check(download(urls, path, { ...QUICK, ...options }), path, asked);
  });
}

/** A server that gives the good file at /good and does `other` for everything else. */
const or = (other: Handler): Handler => (request, response) =>
  request.url === "/good" ? send(response, GOOD) : other(request, response);

/** The good file is at `path`, and nothing is beside it. */
function arrived(path: string): void {
  assertEquals(new Uint8Array(readFileSync(path)), GOOD);
  assertEquals(readdirSync(join(path, "..")), ["file.gz"]);
}

/** The download failed with a list of reasons, and left nothing behind. */
async function failed(result: Promise<void>, path: string, ...reasons: RegExp[]): Promise<void> {
  const error = await assertRejects(() => result, DownloadError);
  const [first, ...lines] = error.message.split("\n");
  assertEquals(first, `Cannot download ${path}:`);
  assertMatch(lines.pop()!, /check the network and try again/);
  assertStrictEquals(lines.length, reasons.length, error.message);
  reasons.forEach((reason, i) => assertMatch(lines[i], reason));
  assertEquals(readdirSync(join(path, "..")), []);
}

test("a download creates the folder, reports progress and asks for plain bytes", async () => {
  const seen: [number, number | undefined][] = [];
  const handler: Handler = (request, response) => {
    assertEquals(request.headers["accept-encoding"], "identity");
    send(response, GOOD);
  };
  await downloading(["/good"], handler, async (result, path, asked) => {
    await result;
    arrived(path);
    assertEquals(asked, ["/good"]);
    assertEquals(seen.at(-1), [GOOD.length, GOOD.length]);
    assert(seen.every(([n], i) => i === 0 || n > seen[i - 1][0]), "progress only grows");
  }, { onProgress: (received, total) => seen.push([received, total]) });
});

test("a download without a Content-Length has an unknown total", async () => {
  let totals: (number | undefined)[] = [];
  const handler: Handler = (_, response) => {
    response.write(GOOD.subarray(0, 100));
    response.end(GOOD.subarray(100));
  };
  await downloading(["/"], handler, async (result, path) => {
    await result;
    arrived(path);
    assertEquals(new Set(totals), new Set([undefined]));
  }, { onProgress: (_, total) => totals = [...totals, total] });
});

for (const status of [403, 404]) {
  test(`${status} is not tried again; the next mirror is`, async () => {
    const handler = or((_, response) => send(response, "no", status));
    await downloading(["/bad", "/good"], handler, async (result, path, asked) => {
      await result;
      arrived(path);
      assertEquals(asked, ["/bad", "/good"]);
    });
  });
}

test("server errors are tried again with growing pauses", async () => {
  const times: number[] = [];
  const handler: Handler = (_, response) => {
    times.push(performance.now());
    times.length < 3 ? send(response, "busy", 503) : send(response, GOOD);
  };
  await downloading(["/"], handler, async (result, path) => {
    await result;
    arrived(path);
    assertEquals(times.length, 3);
    assert(times[1] - times[0] >= 45 && times[2] - times[1] >= 95, String(times));
  }, { backoff: 50 });
});

test("a server that stays broken is given up after the retries, with its status", async () => {
  const handler: Handler = (_, response) => send(response, "down", 500);
  await downloading(["/a", "/b"], handler, async (result, path, asked) => {
    await failed(result, path, /\/a: HTTP 500/, /\/b: HTTP 500/);
    assertEquals(asked, ["/a", "/a", "/b", "/b"]);
  }, { retries: 1 });
});

test("a body cut short is an error, is tried again, and never becomes the file", async () => {
  const handler = or((_, response) => {
    response.writeHead(200, { "Content-Length": GOOD.length });
    response.write(GOOD.subarray(0, 1000), () => response.destroy());
  });
  await downloading(["/short", "/good"], handler, async (result, path, asked) => {
    await result;
    arrived(path);
    assertEquals(asked, ["/short", "/short", "/good"]);
  }, { retries: 1, checksum: undefined });
  await downloading(["/short"], handler, async (result, path) => {
    await failed(result, path, /\/short: ./);
  }, { retries: 0, checksum: undefined });
});

test("a stalled server is left for the next mirror after the idle time-out", async () => {
  const handler = or((request, response) => {
    if (request.url === "/silent") return;
    response.writeHead(200, { "Content-Length": GOOD.length });
    response.write(GOOD.subarray(0, 1000));
  });
  const start = performance.now();
  await downloading(["/silent", "/stalls", "/good"], handler, async (result, path, asked) => {
    await result;
    arrived(path);
    assertEquals(asked, ["/silent", "/stalls", "/good"]);
    assert(performance.now() - start < 1500);
  });
  await downloading(["/stalls"], handler, async (result, path) => {
    await failed(result, path, /stalled: nothing received for 200 ms/);
  });
});

test("a server that drips is stopped by the total time-out", async () => {
  const handler: Handler = (_, response) => {
    response.writeHead(200, { "Content-Length": GOOD.length });
    const timer = setInterval(() => response.write("x"), 30);
    response.on("close", () => clearInterval(timer));
  };
  await downloading(["/drip"], handler, async (result, path) => {
    await failed(result, path, /not done after 400 ms/);
  }, { totalTimeout: 400 });
});

test("five redirects are followed, relative ones too; a sixth is not", async () => {
  const handler = or((request, response) => {
    const n = Number(request.url!.slice(1));
    response.writeHead([301, 302, 303, 307, 308][n % 5], {
      Location: n === 1 ? "good" : `/${n - 1}`,
    });
    response.end();
  });
  await downloading(["/5"], handler, async (result, path, asked) => {
    await result;
    arrived(path);
    assertEquals(asked, ["/5", "/4", "/3", "/2", "/1", "/good"]);
  });
  await downloading(["/6"], handler, async (result, path) => {
    await failed(result, path, /\/6: more than 5 redirects/);
  });
});

test("redirect loops and redirects to other schemes end with an error", async () => {
  const handler: Handler = (request, response) => {
    const to =
      { "/loop": "/loop", "/file": "file:///etc/passwd", "/none": undefined }[request.url!];
    response.writeHead(302, to === undefined ? {} : { Location: to });
    response.end();
  };
  await downloading(["/loop", "/file", "/none"], handler, async (result, path, asked) => {
    await failed(
      result,
      path,
      /more than 5 redirects/,
      /file:\/\/\/etc\/passwd is not an http or https address/,
      /HTTP 302 without a Location/,
    );
    assertEquals(asked.length, 8, "none is tried again");
  });
});

/** Downloads from https://a.invalid/x, whose answers, and those of all others, are played. */
async function played(
  answer: (url: string) => Response,
  check: (result: Promise<void>, path: string) => Promise<void>,
): Promise<void> {
  const fetch = globalThis.fetch;
  globalThis.fetch = (url) => Promise.resolve(answer(String(url)));
  try {
    await withServer(() => {}, (_, folder) => {
      const path = join(folder, "sub", "file.gz");
      const options = { ...QUICK, checksum: undefined, retries: 0 };
      return check(download(["https://a.invalid/x"], path, options), path);
    });
  } finally {
    globalThis.fetch = fetch;
  }
}

// There is no https server without a certificate.
test("a redirect from https to http is refused before it is followed", async () => {
  const asked: string[] = [];
  await played((url) => {
    asked.push(url);
    const Location = asked.length === 1 ? "https://b.invalid/x" : "http://c.invalid/x";
    return new Response(null, { status: 302, headers: { Location } });
  }, async (result, path) => {
    await failed(result, path, /redirects from https to unprotected http:\/\/c\.invalid\/x/);
  });
  assertEquals(asked, ["https://a.invalid/x", "https://b.invalid/x"]);
});

// The fetch of Deno and of Bun notices a short body by itself; not every one does.
test("the length is checked even where fetch does not, and a long body is refused too", async () => {
  for (const length of [0, GOOD.length - 1, GOOD.length + 1]) {
    const headers = { "Content-Length": String(length) };
    await played(() => new Response(GOOD, { headers }), async (result, path) => {
      const reason = length < GOOD.length
        ? `limit of '${length}'`
        : `received ${GOOD.length} of ${length} bytes`;
      await failed(result, path, new RegExp(reason));
    });
  }
});

test("a wrong checksum or a file that verify refuses sends on to the next mirror", async () => {
  const handler = or((request, response) => send(response, `<html>${request.url}</html>`));
  const seen: string[] = [];
  const verify = (path: string): void => {
    const text = readFileSync(path, "utf8");
    seen.push(basename(path));
    if (text.startsWith("<html>/page")) throw new Error("it is a web page");
  };
  await downloading(["/page", "/other", "/good"], handler, async (result, path, asked) => {
    await result;
    arrived(path);
    assertEquals(asked, ["/page", "/other", "/good"]);
    assert(seen.every((name) => name !== "file.gz"), "checked before it has the real name");
  }, { verify });
  await downloading(["/page", "/other"], handler, async (result, path) => {
    await failed(result, path, /it is a web page/, new RegExp(`found MD5 .*, expected ${MD5}`));
  }, { verify });
});

test("a failed download leaves the file that was there", async () => {
  await withServer((_, response) => send(response, "other"), async (base, folder) => {
    const path = join(folder, "file.gz");
    writeFileSync(path, "old");
    await assertRejects(() => download([base], path, QUICK), DownloadError);
    assertEquals(readFileSync(path, "utf8"), "old");
    assertEquals(readdirSync(folder), ["file.gz"]);
  });
});

test("two downloads of the same file at once both succeed", async () => {
  await withServer((_, response) => {
    response.writeHead(200, { "Content-Length": GOOD.length });
    response.write(GOOD.subarray(0, 5000));
    setTimeout(() => response.end(GOOD.subarray(5000)), 50);
  }, async (base, folder) => {
    const path = join(folder, "sub", "file.gz");
    await Promise.all([download([base], path, QUICK), download([base], path, QUICK)]);
    arrived(path);
  });
});

test("temporaries that a killed download left a day ago are swept, and no others", async () => {
  await withServer((_, response) => send(response, GOOD), async (base, folder) => {
    const path = join(folder, "file.gz");
    const [old, young] = [path, path].map(temporaryPath);
    for (const file of [old, young]) writeFileSync(file, "half");
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(old, twoDaysAgo, twoDaysAgo);
    await download([base], path, QUICK);
    assertEquals(readdirSync(folder).sort(), [basename(young), basename(path)].sort());
  });
});

// Node's fetch always unpacks what is labelled; then the length is wrong, and the file is refused.
const skip = RUNTIME === "node";
test("a .gz file labelled as gzip-encoded arrives as it is", { skip }, async () => {
  const gz = gzipSync(GOOD);
  const handler: Handler = (_, response) => {
    response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": gz.length });
    response.end(gz);
  };
  await downloading(["/"], handler, async (result, path) => {
    await result;
    assertSame(new Uint8Array(readFileSync(path)), new Uint8Array(gz));
  }, { checksum: undefined });
});

test("a dead server and addresses that are none are reasons like any other", async () => {
  let base = "";
  await withServer(() => {}, (url) => Promise.resolve(void (base = url)));
  await withServer(() => {}, async (_, folder) => {
    const path = join(folder, "sub", "file.gz");
    const urls = [base, "not an address", "ftp://127.0.0.1/x"];
    const result = download(urls, path, { ...QUICK, retries: 1 });
    await failed(result, path, /127\.0\.0\.1/, /not an address is not/, /ftp.* is not an http/);
  });
});

test("a name without an address is not tried again", async () => {
  const { fetch } = globalThis;
  let calls = 0;
  globalThis.fetch = (...parameters) => (calls++, fetch(...parameters));
  try {
    await withServer(() => {}, async (_, folder) => {
      const path = join(folder, "sub", "file.gz");
      await failed(download(["https://gradus.invalid/x"], path, QUICK), path, /gradus\.invalid/);
    });
  } finally {
    globalThis.fetch = fetch;
  }
  assertEquals(calls, 1);
});

test("no addresses, and a folder that cannot be made, are told apart from bad mirrors", async () => {
  await withServer((_, response) => send(response, GOOD), async (base, folder) => {
    await assertRejects(() => download([], join(folder, "x"), QUICK), ValueError);
    writeFileSync(join(folder, "taken"), "");
    const path = join(folder, "taken", "file.gz");
    const error = await assertRejects(() => download([base], path, QUICK), Error);
    assert(error.message.startsWith(`Cannot write ${path}: `), error.message);
    const blocked = join(folder, "blocked");
    mkdirSync(join(blocked, "not empty"), { recursive: true });
    await assertRejectsMessage(
      () => download([base], blocked, QUICK),
      Error,
      /Cannot write .*blocked/,
    );
    assertEquals(readdirSync(folder).sort(), ["blocked", "taken"]);
  });
});

test("a download refuses options that it does not have", async () => {
  const options = { retry: 3 } as DownloadOptions;
  await assertRejectsMessage(
    () => download(["http://127.0.0.1:1/x"], "unwritten.gz", options),
    ValueError,
    /^Cannot call download\(\) with option "retry": /,
  );
});

test("a file that is there with its checksum is kept without a request; another is replaced", async () => {
  await withServer((_, response) => send(response, GOOD), async (base, folder) => {
    const path = join(folder, "file");
    writeFileSync(path, GOOD);
    const nowhere = ["http://127.0.0.1:1/"];
    await download(nowhere, path, QUICK);
    await assertRejects(() => download(nowhere, path, { retries: 0 }), DownloadError);
    writeFileSync(path, "old");
    await download([base], path, QUICK);
    assertEquals(new Uint8Array(readFileSync(path)), GOOD);
  });
});
