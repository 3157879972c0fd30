/**
 * Chromium, driven by Playwright, for the checks that need a browser.
 *
 * @module
 */

import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";

/** The parts of Playwright that are used here. */
interface Playwright {
  readonly chromium: {
    launch(options: { executablePath: string; args: string[] }): Promise<Browser>;
  };
}

/** A running browser. */
export interface Browser {
  newPage(options?: PageOptions): Promise<Page>;
  startTracing(page: Page, options: { categories: string[] }): Promise<void>;
  stopTracing(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The device that a page is shown on. */
export interface PageOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
  readonly isMobile?: boolean;
  readonly hasTouch?: boolean;
}

/** A page of the browser. */
export interface Page {
  readonly mouse: {
    move(x: number, y: number, options?: { steps: number }): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
  readonly keyboard: { press(key: string): Promise<void> };
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  click(selector: string): Promise<void>;
  focus(selector: string): Promise<void>;
  evaluate<T>(expression: string): Promise<T>;
  setInputFiles(selector: string, file: string | UploadedFile): Promise<void>;
  waitForEvent(event: "download"): Promise<{ saveAs(path: string): Promise<void> }>;
  waitForFunction(condition: string, argument: null, options: object): Promise<unknown>;
  textContent(selector: string): Promise<string | null>;
  screenshot(options: { path: string; quality: number; fullPage?: boolean }): Promise<unknown>;
  on(event: "pageerror", listener: (error: Error) => void): void;
  close(): Promise<void>;
}

/** A file that a page gets, and that is on no disk. */
interface UploadedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Uint8Array;
}

/** Starts Chromium by the package `playwright-core` that is installed in `folder`. */
export function launchChromium(folder: string): Promise<Browser> {
  const { chromium }: Playwright = createRequire(join(folder, "package.json"))("playwright-core");
  const { CHROMIUM = "/usr/bin/chromium" } = process.env;
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}
