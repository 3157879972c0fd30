// Written by `deno task book`: the code of 12_attention.md.

/** Returns a picture of `shares`, row after row: the darker, the more the row takes from the column. */
export function heatMap(shares: ArrayLike<number>, text: string, title: string): string {
  const size = 26;
  const side = size * (text.length + 1);
  const label = (x: number, y: number, letter: string): string =>
    `<text x="${(x + 0.5) * size}" y="${(y + 0.7) * size}">${letter}</text>`;
  const parts = [`<text x="${side / 2}" y="${side + 18}">${title}</text>`];
  Array.from(text).forEach((letter, i) => {
    parts.push(label(i + 1, 0, letter), label(0, i + 1, letter));
    for (let j = 0; j <= i; j++) {
      const opacity = shares[i * text.length + j].toFixed(2);
      const place = `x="${(j + 1) * size}" y="${(i + 1) * size}" width="${size}" height="${size}"`;
      parts.push(`<rect ${place} fill="#4269d0" fill-opacity="${opacity}" stroke="#8886"/>`);
    }
  });
  const style = "text{font:14px system-ui,sans-serif;text-anchor:middle;fill:#777}";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side + 26}" ` +
    `width="${side}"><style>${style}</style>\n${parts.join("\n")}\n</svg>\n`;
}
