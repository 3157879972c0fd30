/**
 * Records what a program draws in a terminal, as an SVG that moves: light or dark as its reader is, and
 * still for readers who want no motion. It needs `script` of Linux.
 *
 * Run with `deno run --allow-run=script --allow-env --allow-write=docs tools/record.ts FILE.svg COMMAND …`.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";

const COLUMNS = 80;
const ROWS = 24;

/** Seconds between two pictures, and for which the last one stays. */
const INTERVAL = 0.15;
const REST = 5;

/** Width and height of a letter in pixels, and the space around all. */
const [WIDTH, HEIGHT, AROUND] = [8, 18, 14];

/** The lines of a screen from some second on. */
interface Screen {
  readonly second: number;
  readonly lines: readonly string[];
}

/** Runs a command in a terminal, and returns its screens. */
async function record(command: readonly string[]): Promise<Screen[]> {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const shell = `stty cols ${COLUMNS} rows ${ROWS}; exec ${quoted}`;
  const child = spawn("script", ["-qec", shell, "/dev/null"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const terminal = new Terminal();
  const screens: Screen[] = [];
  let start: number | undefined;
  for await (const text of child.stdout.setEncoding("utf8")) {
    terminal.write(text);
    start ??= performance.now();
    const second = (performance.now() - start) / 1000;
    // Several writes within an interval make one picture: the last.
    if (second - (screens.at(-1)?.second ?? -1) < INTERVAL) {
      screens[screens.length - 1] = { ...screens.at(-1)!, lines: terminal.lines() };
    } else screens.push({ second, lines: terminal.lines() });
  }
  return screens;
}

/** A terminal for programs of this project: it knows the sequences that these write, and no others. */
class Terminal {
  readonly #cells: string[][] = [[]];
  #row = 0;
  #column = 0;

  write(text: string): void {
    // deno-lint-ignore no-control-regex -- sequences for terminals start with it
    for (const [part] of text.matchAll(/\x1b\[[\d;?]*[A-Za-z]|[^]/gu)) {
      if (part === "\r") this.#column = 0;
      else if (part === "\n") this.#row++;
      else if (part.startsWith("\x1b")) this.#control(part);
      else if (part >= " ") this.#put(part);
      else throw new Error(`Cannot record ${JSON.stringify(part)}`);
      while (this.#cells.length <= this.#row) this.#cells.push([]);
    }
  }

  #control(sequence: string): void {
    const letter = sequence.slice(-1);
    const number = sequence.slice(2, -1);
    const row = this.#cells[this.#row];
    if ("mhl".includes(letter)) return; // colours, and the cursor
    if (letter === "A") this.#row = Math.max(0, this.#row - Number(number || 1));
    else if (letter === "G") this.#column = Math.max(0, Number(number || 1) - 1);
    else if (letter === "K" && number === "2") row.length = 0;
    else if (letter === "J" || letter === "K") {
      row.length = Math.min(row.length, this.#column);
      if (letter === "J") this.#cells.length = this.#row + 1;
    } else throw new Error(`Cannot record ${JSON.stringify(sequence)}`);
  }

  #put(letter: string): void {
    const row = this.#cells[this.#row];
    while (row.length < this.#column) row.push(" ");
    row[this.#column++] = letter;
  }

  lines(): string[] {
    return this.#cells.map((row) => row.join("").trimEnd());
  }
}

/** Ways to draw letters as shapes, which need no font. */
const SHAPES: readonly [RegExp, (run: string, x: number, y: number) => string][] = [
  [/^[█░]+/, blocks],
  [/^[\u2800-\u28ff]+/, dots],
  [/^[│┤└─]+/, strokes],
  [/^[^ █░\u2800-\u28ff│┤└─]+( [^ █░\u2800-\u28ff│┤└─]+)*/, letters],
];

/** Draws a line. */
function draw(line: string, row: number): string {
  let drawn = "";
  for (let i = 0; i < line.length;) {
    const rest = line.slice(i);
    const [pattern, shape] = SHAPES.find(([start]) => start.test(rest)) ?? [/^ +/, () => ""];
    const [run] = pattern.exec(rest)!;
    drawn += shape(run, AROUND + i * WIDTH, AROUND + row * HEIGHT);
    i += run.length;
  }
  return drawn;
}

function letters(run: string, x: number, y: number): string {
  const text = run.replace(/[&<]/g, (letter) => letter === "&" ? "&amp;" : "&lt;");
  return `<text x="${x}" y="${y + 13}" textLength="${run.length * WIDTH}">${text}</text>`;
}

/** Draws the lines of an axis. */
function strokes(run: string, x: number, y: number): string {
  const [w, h] = [WIDTH / 2, HEIGHT / 2];
  const shapes: Readonly<Record<string, string>> = {
    "│": `m${w},0v${2 * h}`,
    "┤": `m${w},0v${2 * h}m0,${-h}h${-w}`,
    "└": `m${w},0v${h}h${w}`,
    "─": `m0,${h}h${2 * w}`,
  };
  const path = Array.from(run, (letter, i) => `M${x + i * WIDTH},${y}${shapes[letter]}`).join("");
  return `<path class="axis" d="${path}" />`;
}

/** Draws full and empty blocks. */
function blocks(run: string, x: number, y: number): string {
  const full = run.lastIndexOf("█") + 1;
  const bar = (from: number, to: number, name: string): string =>
    from === to
      ? ""
      : `<rect class="${name}" x="${x + from * WIDTH}" y="${y + 2}" width="${
        (to - from) * WIDTH
      }" height="${HEIGHT - 4}" />`;
  return bar(0, full, "full") + bar(full, run.length, "empty");
}

/** Draws the dots of braille. */
function dots(run: string, x: number, y: number): string {
  const [dx, dy] = [WIDTH / 2, HEIGHT / 4];
  const bits = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
  let path = "";
  let [fromX, fromY] = [0, 0];
  for (let i = 0; i < run.length; i++) {
    const letter = run.charCodeAt(i);
    for (let column = 0; column < 2; column++) {
      for (let row = 0; row < 4; row++) {
        if ((letter & bits[column][row]) === 0) continue;
        const [toX, toY] = [x + i * WIDTH + (column + 0.5) * dx, y + (row + 0.5) * dy];
        path += `m${toX - fromX},${toY - fromY}h0`;
        [fromX, fromY] = [toX, toY];
      }
    }
  }
  return `<path class="dots" d="${path}" />`;
}

/** Returns the recording: each line with the times at which it is there. */
function toSVG(screens: readonly Screen[], prompt: string): string {
  const end = screens.at(-1)!.second + REST;
  const height = Math.max(...screens.map(({ lines }) => lines.length)) + 1;
  const styles: string[] = [];
  const parts: string[] = [`<g>${draw(prompt, 0)}</g>`];
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < screens.length;) {
      const line = screens[i].lines[row] ?? "";
      let next = i + 1;
      while (next < screens.length && (screens[next].lines[row] ?? "") === line) next++;
      if (line !== "") {
        const isLast = next === screens.length;
        const percent = (second: number): string => `${Number((100 * second / end).toFixed(2))}%`;
        const name = `r${styles.length}`;
        const from = `${percent(screens[i].second)}{visibility:visible}`;
        const to = isLast ? "" : `${percent(screens[next].second)}{visibility:hidden}`;
        styles.push(
          `@keyframes ${name}{0%{visibility:hidden}${from}${to}}.terminal .${name}{animation-name:${name}}`,
        );
        parts.push(`<g class="${name}${isLast ? "" : " gone"}">${draw(line, row + 1)}</g>`);
      }
      i = next;
    }
  }
  const [w, h] = [2 * AROUND + COLUMNS * WIDTH, 2 * AROUND + height * HEIGHT];
  return `<svg xmlns="http://www.w3.org/2000/svg" class="terminal" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13">
<title>${prompt}</title>
<style>
.terminal { color: #1f2328; }
.terminal text { fill: currentColor; white-space: pre; }
.terminal .dots { stroke: #4269d0; stroke-width: 2.4; stroke-linecap: round; }
.terminal .axis { fill: none; stroke: currentColor; stroke-width: 1; opacity: 0.5; }
.terminal .full { fill: #3ca951; }
.terminal .empty { fill: currentColor; opacity: 0.15; }
.terminal .gone { visibility: hidden; }
.terminal .paper { fill: #f6f8fa; }
@media (prefers-color-scheme: dark) {
.terminal { color: #e6edf3; }
.terminal .dots { stroke: #79a1ff; }
.terminal .paper { fill: #161b22; }
}
@media (prefers-reduced-motion: no-preference) {
.terminal g { animation: ${end.toFixed(2)}s step-end infinite; }
${styles.join("\n")}
}
</style>
<rect class="paper" width="${w}" height="${h}" rx="8" fill="#f6f8fa" />
${parts.join("\n")}
</svg>
`;
}

const [file, ...command] = process.argv.slice(2);
if (command.length === 0) throw new Error("Cannot record: name a file and a command");
const screens = await record(command);
writeFileSync(file, toSVG(screens, `$ ${command.filter((word) => word !== "--quiet").join(" ")}`));
console.log(`${file}: ${screens.length} pictures`);
