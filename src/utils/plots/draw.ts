/**
 * Draws by Observable Plot, and puts a title, a legend and a background around it.
 *
 * @module
 */

import { checkType, checkWhole } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { importPackage } from "../package.ts";
import { Figure } from "./figure.ts";
import type { Named } from "./values.ts";

/** Options of all plots. */
export interface PlotOptions {
  /** Text above the plot. */
  readonly title?: string;
  /** Name of the horizontal axis. */
  readonly xLabel?: string;
  /** Name of the vertical axis. */
  readonly yLabel?: string;
  /** Width in pixels; default 480, which phones show without small letters. */
  readonly width?: number;
  /** Height in pixels; default 300. */
  readonly height?: number;
}

/** The defaults of {@link PlotOptions}. */
export const FRAME = {
  title: undefined,
  xLabel: undefined,
  yLabel: undefined,
  width: 480,
  height: 300,
} as const;

/** An axis with equal distances between equal differences, or between equal ratios. */
export type Scale = "linear" | "log";

/** A part of a plot, such as all points. */
type Mark = object;

type Options = Readonly<Record<string, unknown>>;

/** The parts of `@observablehq/plot` that are used here. */
export interface Plot {
  plot(options: Options): SVGSVGElement;
  line(data: readonly unknown[], options: Options): Mark;
  dot(data: readonly unknown[], options: Options): Mark;
  rect(data: readonly unknown[], options: Options): Mark;
  barX(data: readonly unknown[], options: Options): Mark;
  contour(data: ArrayLike<number>, options: Options): Mark;
  ruleX(data: readonly number[]): Mark;
  ruleY(data: readonly number[]): Mark;
}

/** The parts of a drawing: what Plot draws, and the names in the legend with their colours. */
export interface Drawing {
  readonly marks: (plot: Plot) => readonly Mark[];
  /** The axes, with their domains. */
  readonly x: Options;
  readonly y: Options;
  /** Names in the order of the colours; those that are "" are not shown. */
  readonly legend?: readonly string[];
}

/** Colours that can be told apart, also on a dark ground and by those who do not see red. */
const COLORS = [
  "#4269d0",
  "#ff725c",
  "#3ca951",
  "#efb118",
  "#a463f2",
  "#6cc5b0",
  "#ff8ab7",
  "#9c6b4e",
  "#97bbf5",
  "#9498a0",
];

/** Returns the colour of the thing at place `i`. */
export function colorOf(i: number): string {
  return COLORS[i];
}

/** Rejects more things than there are colours. */
export function checkColors(action: string, count: number, things: string): void {
  if (count <= COLORS.length) return;
  throw new ValueError(
    `Cannot ${action} ${count} ${things}: there are ${COLORS.length} colours; draw several figures`,
  );
}

/** Returns the names and colours of several things. */
export function withColors<T>(named: readonly Named<T>[]): (Named<T> & { color: string })[] {
  return named.map((one, i) => ({ ...one, color: colorOf(i) }));
}

/** Marks stand on axes by the pixel: those of a very wide figure would not fit into memory. */
const MOST_PIXELS = 10_000;

/** Widths of letters and heights of lines, in pixels. */
const LETTER = 6.8;
const LINE = 20;

const STYLE = `.gradus-plot { color: #1f2328; max-width: 100%; height: auto; }
.gradus-plot text { fill: currentColor; white-space: pre; }
.gradus-plot .paper { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
.gradus-plot { color: #e6edf3; }
.gradus-plot .paper { fill: #0d1117; }
}`;

/**
 * Draws a figure.
 *
 * @param action names the function in errors
 * @param options the options, all present
 * @param drawing what is drawn
 * @throws {LibraryError} if a package cannot be loaded
 */
export async function draw(
  action: string,
  options: { readonly [K in keyof Required<PlotOptions>]: PlotOptions[K] },
  drawing: Drawing,
): Promise<Figure> {
  const { title, width = FRAME.width, height = FRAME.height, xLabel, yLabel } = options;
  for (const [name, text] of Object.entries({ title, xLabel, yLabel })) {
    if (text !== undefined) checkType(action, name, text, "string");
  }
  checkWhole(`call ${action}() with a width of ${width} pixels`, width, 200, MOST_PIXELS);
  checkWhole(`call ${action}() with a height of ${height} pixels`, height, 120, MOST_PIXELS);
  checkSpan(action, "x", drawing.x);
  checkSpan(action, "y", drawing.y);
  const plot = await importPackage<Plot>(
    "@observablehq/plot@0.6.17",
    "draw a plot",
    "in a page name it in the import map",
  );
  const document = await loadDocument();
  const legend = legendLines(drawing.legend ?? [], width);
  const top = LINE * (Number(title !== undefined) + legend.length);
  const axes = {
    document,
    width,
    height: height - top,
    ...margins({ xLabel, yLabel }),
    x: { ...drawing.x, label: null },
    y: { ...drawing.y, label: null },
  };
  // How wide the labels of the axis are is known once it is drawn.
  const labels = plot.plot(axes).querySelectorAll('[aria-label="y-axis tick label"] text');
  const longest = Math.max(0, ...Array.from(labels, (label) => label.textContent!.length));
  const marginLeft = 18 + Math.ceil(LETTER * longest);
  const body = plot.plot({ ...axes, marginLeft, marks: drawing.marks(plot) });
  const text = (x: number, y: number, content: string, attributes = ""): string =>
    `<text x="${x}" y="${y}"${attributes}>${content}</text>`;
  const parts = legend.map((entries, i) =>
    text(12, top - LINE * (legend.length - i) + 18, entries)
  );
  if (title !== undefined) parts.unshift(text(12, 18, escaped(title), ' font-weight="600"'));
  if (yLabel !== undefined) parts.push(text(12, top + 18, `↑ ${escaped(yLabel)}`));
  if (xLabel !== undefined) {
    parts.push(text(width - 12, height - 10, `${escaped(xLabel)} →`, ' text-anchor="end"'));
  }
  parts.push(`<g transform="translate(0,${top})" text-anchor="middle">${contentOf(body)}</g>`);
  return new Figure(frame(title, width, height, parts));
}

/** Rejects an axis so long, or so short, that no number lies between its ticks. */
function checkSpan(action: string, name: string, { type, domain }: Options): void {
  if (type === "band") return;
  const [first, last] = domain as [number, number];
  const span = last - first;
  if (first === last || (span >= 1e-300 && span <= Number.MAX_VALUE)) return;
  throw new ValueError(
    `Cannot call ${action}() with ${name} from ${first} to ${last}: float64 cannot divide the axis; ` +
      `scale the values`,
  );
}

/** Returns the space around a plot, which the names of the axes need. */
export function margins(
  { xLabel, yLabel }: PlotOptions,
): { marginTop: number; marginRight: number; marginBottom: number } {
  return {
    marginTop: yLabel === undefined ? 14 : 30,
    marginRight: 20,
    marginBottom: xLabel === undefined ? 28 : 48,
  };
}

/**
 * Returns the options of an axis for some values: whole numbers have no marks between them, logarithms
 * have plain numbers such as 0.01, and equal values get a range around them.
 *
 * @param action names the function in errors
 * @param name of the axis, for errors
 * @param values what the axis must have
 * @param type its scale
 * @throws {ValueError} if the scale is none, or logarithmic and a value is not above 0
 */
export function axisOf(
  action: string,
  name: "x" | "y",
  values: Iterable<number>,
  type: Scale,
): Options {
  if (type !== "linear" && type !== "log") {
    throw new ValueError(`Cannot ${action} with ${name}Scale "${type}": use "linear" or "log"`);
  }
  let [least, greatest, areWhole] = [Infinity, -Infinity, true];
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    areWhole &&= Number.isInteger(value);
  }
  if (type === "log") {
    if (!(least > 0)) {
      throw new ValueError(
        `Cannot ${action} with a logarithmic ${name} axis from ${least}: logarithms need numbers > 0; ` +
          `leave out ${name}Scale`,
      );
    }
    const domain = least < greatest ? [least, greatest] : [least / 2, least * 2];
    const powers = between(Math.ceil(Math.log10(domain[0])), Math.floor(Math.log10(domain[1])));
    const ticks = powers.length > 3 ? { ticks: powers.map((power) => Number(`1e${power}`)) } : {};
    return { type, domain, tickFormat: ",~g", ...ticks };
  }
  const domain = least < greatest ? [least, greatest] : [least - 1, greatest + 1];
  const ticks = areWhole && domain[1] - domain[0] <= 10
    ? { ticks: between(domain[0], domain[1]), tickFormat: "," }
    : {};
  return { type, domain, ...ticks };
}

/** Returns the whole numbers from one to another. */
function between(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/** The document of the page, or one made by `linkedom` where there is no page. */
async function loadDocument(): Promise<Document> {
  if (globalThis.document !== undefined) return globalThis.document;
  const { parseHTML } = await importPackage<{ parseHTML(text: string): { document: Document } }>(
    "linkedom@0.18.15",
    "draw a plot",
    "draw it in a page",
  );
  return parseHTML("<html></html>").document;
}

/** Attributes with coordinates. */
const GEOMETRY = [
  "d",
  "transform",
  "x",
  "y",
  "x1",
  "x2",
  "y1",
  "y2",
  "cx",
  "cy",
  "width",
  "height",
];

/** Returns what is inside of a plot, with coordinates in hundredths of a pixel and without its styles. */
function contentOf(svg: SVGSVGElement): string {
  for (const style of svg.querySelectorAll("style")) style.remove();
  for (const element of svg.querySelectorAll("*")) {
    for (const name of GEOMETRY) {
      const value = element.getAttribute(name);
      if (value !== null) element.setAttribute(name, rounded(value));
    }
  }
  // A page writes HTML, which has a name for this space.
  return svg.innerHTML.replaceAll("&nbsp;", "\u00a0");
}

function rounded(text: string): string {
  return text.replace(
    /-?\d+\.\d{3,}(e-?\d+)?|-?\d+e-\d+/g,
    (n) => String(Math.round(100 * Number(n)) / 100),
  );
}

/** Returns the names of a legend with their colours, in as many lines as they need. */
function legendLines(names: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let left = 0;
  names.forEach((name, i) => {
    if (name === "") return;
    const entry = `<tspan fill="${colorOf(i)}">●</tspan> ${escaped(name)}`;
    const needed = LETTER * (name.length + 5);
    if (left >= needed) {
      lines[lines.length - 1] += `\u2003${entry}`;
      left -= needed;
    } else {
      lines.push(entry);
      left = width - 24 - needed;
    }
  });
  return lines;
}

/** Puts the parts of a figure on its paper. */
function frame(
  title: string | undefined,
  width: number,
  height: number,
  parts: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="gradus-plot" width="${width}" ` +
    `height="${height}" viewBox="0 0 ${width} ${height}" role="img" fill="currentColor" ` +
    `font-family="system-ui, sans-serif" font-size="12">\n` +
    (title === undefined ? "" : `<title>${escaped(title)}</title>\n`) +
    `<style>\n${STYLE}\n</style>\n` +
    `<rect class="paper" width="${width}" height="${height}" rx="6" fill="#ffffff" />\n` +
    `${parts.join("\n")}\n</svg>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ENTITIES[letter]);
}
