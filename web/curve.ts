/**
 * Draws the curve of the loss.
 *
 * @module
 */

/** Size of the curve's drawing, and its margins at the left and at the bottom. */
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [480, 200, 36, 22];

/** The losses of the grid's lines; each is as far from the next. */
const GRID = [3, 1, 0.3, 0.1, 0.03, 0.01];

/** Points that a curve has at most; each is the mean of as many steps. */
const POINTS = 120;

/** Draws the losses of all steps, on a logarithmic scale. */
export function drawCurve(svg: SVGElement, losses: readonly number[]): void {
  const y = (loss: number): number =>
    (Math.log(GRID[0]) - Math.log(Math.min(GRID[0], Math.max(loss, 0.01)))) /
      Math.log(GRID[0] / 0.01) * (HEIGHT - BOTTOM - 8) + 8;
  const lines = GRID.map((loss) =>
    `<path class="grid" d="M${LEFT} ${y(loss)}H${WIDTH}"/>` +
    `<text x="${LEFT - 8}" y="${y(loss)}" text-anchor="end" dy=".35em">${loss}</text>`
  );
  const size = Math.ceil(losses.length / POINTS);
  const means: number[] = [];
  for (let at = 0; at < losses.length; at += size) {
    const part = losses.slice(at, at + size);
    means.push(part.reduce((a, b) => a + b) / part.length);
  }
  const points = means.map((mean, i) =>
    `${(LEFT + (i + 0.5) / means.length * (WIDTH - LEFT)).toFixed(1)},${y(mean).toFixed(1)}`
  );
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  const text = losses.length === 0
    ? "the loss, once training has begun"
    : `loss over ${losses.length.toLocaleString("en")} steps, now ${means.at(-1)!.toFixed(2)}`;
  svg.setAttribute("aria-label", `Curve: ${text}`);
  svg.innerHTML = `${lines.join("")}<polyline points="${points.join(" ")}"/>` +
    `<text x="${WIDTH}" y="${HEIGHT - 4}" text-anchor="end">${text}</text>`;
}
