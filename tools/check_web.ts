/**
 * Uses the page of `web/` in Chromium as people do: draws, trains, saves and loads; with threads and
 * without, on a phone, and with the keyboard.
 *
 * Run with Node; `--pictures` also writes the screenshots in `docs/pictures/`:
 *
 * ```sh
 * node tools/check_web.ts
 * ```
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { type ChildProcess, execSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Browser, launchChromium, type Page, type PageOptions } from "./chromium.ts";

const { DENO = "deno" } = process.env;
const folder = mkdtempSync(join(tmpdir(), "gradus-web-"));

/** Strokes of a digit, by the corners of each, on a paper of 280 × 280. */
type Strokes = readonly (readonly (readonly [x: number, y: number])[])[];

const DIGITS: Readonly<Record<string, Strokes>> = {
  0: [[[140, 50], [90, 90], [90, 200], [140, 230], [190, 200], [190, 90], [140, 50]]],
  1: [[[150, 45], [140, 235]]],
  4: [[[100, 55], [90, 145], [185, 145]], [[180, 60], [170, 235]]],
  7: [[[80, 60], [200, 60], [130, 235]]],
};

/** Installs the version of Playwright that the check of the package uses. */
function install(): void {
  const { devDependencies } = JSON.parse(readFileSync("tests/package/package.json", "utf8"));
  writeFileSync(join(folder, "package.json"), "{}");
  const version = devDependencies["playwright-core"];
  const flags = "--no-audit --no-fund --no-package-lock --loglevel=error";
  execSync(`npm install ${flags} playwright-core@${version}`, { cwd: folder, stdio: "inherit" });
}

/** Builds and serves the page; returns its address, and the server to end. */
async function serve(...flags: string[]): Promise<[address: string, server: ChildProcess]> {
  const command = `${DENO} task web --port 0 ${flags.join(" ")}`;
  // A group of its own, so that it ends together with what it starts.
  const server = spawn(command, {
    shell: true,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of server.stdout!) {
    output += chunk;
    const address = /http:\/\/localhost:\d+/.exec(output);
    if (address === null) continue;
    console.log(output.trim());
    return [address[0], server];
  }
  throw new Error(`The server has ended: ${output}`);
}

const GUESS = `document.querySelector("#guess").textContent`;

async function until(page: Page, condition: string): Promise<void> {
  await page.waitForFunction(condition, null, { timeout: 120_000 });
}

/** Opens the page, and waits for its first opinion. */
async function open(browser: Browser, address: string, options?: PageOptions): Promise<Page> {
  const page = await browser.newPage(options);
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.goto(address);
  await until(page, `${GUESS} === "3"`);
  return page;
}

/** Draws a digit with the mouse. */
async function draw(page: Page, strokes: Strokes): Promise<void> {
  await page.click("#clear");
  await until(page, `${GUESS} === "…"`);
  const box = `document.querySelector("#pad").getBoundingClientRect()`;
  const { left, top, width } = await page.evaluate<DOMRect>(`${box}.toJSON()`);
  for (const [first, ...others] of strokes) {
    const place = ([x, y]: readonly [number, number]) =>
      [left + x / 280 * width, top + y / 280 * width] as const;
    await page.mouse.move(...place(first));
    await page.mouse.down();
    for (const corner of others) await page.mouse.move(...place(corner), { steps: 8 });
    await page.mouse.up();
  }
}

async function checkDrawing(page: Page): Promise<void> {
  for (const [digit, strokes] of Object.entries(DIGITS)) {
    await draw(page, strokes);
    await until(page, `${GUESS} === "${digit}"`);
  }
}

/**
 * The page as it is loaded again is painted and has an opinion soon: the fastest of some times, since
 * other programs may keep a machine busy.
 */
async function checkStart(page: Page, where: string): Promise<void> {
  let [paint, opinion] = [Infinity, Infinity];
  for (let time = 0; time < 5; time++) {
    await page.reload();
    await until(page, `${GUESS} === "3"`);
    const [painted, had] = await page.evaluate<[number, number]>(
      `[performance.getEntriesByName("first-contentful-paint")[0].startTime,
        performance.getEntriesByName("first-opinion")[0].startTime]`,
    );
    [paint, opinion] = [Math.min(paint, painted), Math.min(opinion, had)];
  }
  console.log(
    `${where}: painted after ${Math.round(paint)} ms, first opinion ${Math.round(opinion)} ms`,
  );
  assert(paint < 1000 && opinion < 1000, "the page starts in less than a second");
}

/** A network that has forgotten all learns to read, while the page stays responsive. */
async function checkTraining(browser: Browser, page: Page, where: string): Promise<void> {
  const losses = `document.querySelector("#curve").getAttribute("aria-label")`;
  await page.click("#restart");
  await until(page, `${losses}.includes("once training has begun")`);
  await page.click("#train");
  await until(page, `${losses}.includes("now")`);
  const now = async (): Promise<number> =>
    Number(/now ([\d.]+)/.exec(await page.evaluate<string>(losses))![1]);
  const first = await now();
  await until(page, `document.querySelector("#facts").textContent.includes("right")`);
  await checkDrawing(page);
  await checkResponse(browser, page);
  await page.click("#train");
  await until(page, `document.querySelector("#train").textContent === "Train"`);
  const last = await now();
  console.log(`${where}: loss ${first}, then ${last}; ${await page.textContent("#facts")}`);
  assert(first > 1 && last < 0.7, "training lowers the loss");
}

/** An event of Chromium's trace. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name?: string };
  /** Microseconds of the processor. */
  readonly tdur?: number;
}

/**
 * While it trains, one draws, and no task of the page's thread takes 50 ms.
 *
 * On a busy machine the clock also counts the time of other programs, so the trace decides, which
 * knows the time of the processor; the page waits for nothing.
 */
async function checkResponse(browser: Browser, page: Page): Promise<void> {
  await page.evaluate(`{
    window.tasks = [];
    const note = (list) => tasks.push(...list.getEntries().map(({ duration }) => duration));
    new PerformanceObserver(note).observe({ type: "longtask" });
  }`);
  await browser.startTracing(page, { categories: ["toplevel"] });
  await checkDrawing(page);
  const trace = new TextDecoder().decode(await browser.stopTracing());
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(trace);
  const mains = traceEvents.filter(({ args }) => args.name === "CrRendererMain");
  const times = traceEvents.filter(({ name, pid, tid }) =>
    name.endsWith("RunTask") && mains.some((main) => main.pid === pid && main.tid === tid)
  ).map(({ tdur = 0 }) => tdur / 1000);
  const longest = Math.max(...times);
  const tasks = await page.evaluate<number[]>("tasks");
  console.log(
    `drawing while training: ${times.length} tasks, the longest took ${
      longest.toFixed(1)
    } ms of the ` +
      `processor; by the clock, ${tasks.length} took over 50 ms`,
  );
  assert(times.length > 100 && longest < 50, "the page is never blocked for 50 ms");
}

/** A saved file gives a network that has forgotten all the same opinion; others are refused. */
async function checkFile(page: Page): Promise<void> {
  const bars = `[...document.querySelectorAll("#bars li")].map((bar) => bar.textContent).join()`;
  await draw(page, DIGITS[4]);
  await until(page, `${GUESS} === "4"`);
  const before = await page.evaluate<string>(bars);
  const path = join(folder, "saved.safetensors");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  await download.saveAs(path);
  await page.click("#restart");
  await until(page, `${bars} !== "${before}"`);
  await page.setInputFiles("#load", path);
  await until(page, `${bars} === "${before}"`);
  const half = readFileSync(path).subarray(0, 20_000);
  const mimeType = "application/octet-stream";
  await page.setInputFiles("#load", { name: "half.safetensors", mimeType, buffer: half });
  await until(page, `document.querySelector("#error").textContent !== ""`);
  console.log(`half a file: ${await page.textContent("#error")}`);
  assert.equal(await page.evaluate<string>(bars), before, "half a file changes nothing");
}

/** A one is drawn with the keyboard, as far as a pen reaches in 18 steps. */
async function checkKeyboard(page: Page): Promise<void> {
  const press = async (key: string, times = 1): Promise<void> => {
    for (let i = 0; i < times; i++) await page.keyboard.press(key);
  };
  await page.focus("#pad");
  await press("Delete");
  await until(page, `${GUESS} === "…"`);
  await press("ArrowUp", 9);
  await press("Space");
  await press("ArrowDown", 18);
  await press("Space");
  await until(page, `${GUESS} === "1"`);
}

/** The page fits a phone; this also takes the pictures of the documents. */
async function checkPhone(browser: Browser, address: string): Promise<void> {
  const viewport = { width: 360, height: 740 };
  const phone = { viewport, isMobile: true, hasTouch: true, colorScheme: "dark" } as const;
  const page = await open(browser, address, phone);
  const width = await page.evaluate<number>("document.documentElement.scrollWidth");
  assert(width <= 360, `the page is ${width} pixels wide on a phone of 360`);
  await takePicture(page, "page_phone");
  await page.close();
}

/** Takes a picture of a page where a network has begun to learn, if pictures are wanted. */
async function takePicture(page: Page, name: string): Promise<void> {
  if (!process.argv.includes("--pictures")) return;
  await page.click("#restart");
  await page.click("#train");
  await until(page, `document.querySelector("#facts").textContent.includes("right")`);
  await page.evaluate("scrollTo(0, 0)");
  await page.screenshot({ path: `docs/pictures/${name}.jpg`, quality: 75 });
}

/** Checks the page as a server with or without isolation serves it. */
async function check(browser: Browser, where: string, ...flags: string[]): Promise<void> {
  const [address, server] = await serve(...flags);
  try {
    const page = await open(browser, address, { viewport: { width: 1100, height: 990 } });
    await takePicture(page, "page");
    await checkStart(page, where);
    await checkDrawing(page);
    await checkTraining(browser, page, where);
    await checkFile(page);
    await checkKeyboard(page);
    await page.click("[value=mlp]");
    await until(page, `document.querySelector("#facts").textContent.includes("52,650")`);
    await checkDrawing(page);
    await page.close();
    await checkPhone(browser, address);
  } finally {
    process.kill(-server.pid!);
  }
}

install();
const browser = await launchChromium(folder);
try {
  await check(browser, "not isolated", "--no-isolation");
  await check(browser, "isolated");
} finally {
  await browser.close();
}
rmSync(folder, { recursive: true });
