/**
 * Makes numbers pictures: tiles side by side.
 *
 * @module
 */

/** Height and width of a tile. */
export type Tile = readonly [height: number, width: number];

/** Red, green and blue of positive and negative numbers; zero is transparent, so is the space. */
const [POSITIVE, NEGATIVE] = [[59, 130, 246], [234, 88, 12]] as const;

/**
 * Paints one pixel for each number, and leaves one free between tiles.
 *
 * @param data the numbers, tile by tile and row by row
 * @param columns tiles in a row
 */
export function paintTiles(
  data: ArrayLike<number>,
  [height, width]: Tile,
  columns: number,
): ImageData {
  const gap = height * width > 1 ? 1 : 0;
  const rows = Math.ceil(data.length / (height * width) / columns);
  const rowWidth = columns * (width + gap) - gap;
  const image = new ImageData(rowWidth, rows * (height + gap) - gap);
  let most = 1e-6;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]));
  for (let i = 0; i < data.length; i++) {
    const tile = Math.floor(i / (height * width));
    const x = (tile % columns) * (width + gap) + i % width;
    const y = Math.floor(tile / columns) * (height + gap) + Math.floor(i / width) % height;
    const at = 4 * (y * rowWidth + x);
    image.data.set(data[i] < 0 ? NEGATIVE : POSITIVE, at);
    // A power below 1 makes small numbers visible.
    image.data[at + 3] = (Math.abs(data[i]) / most) ** 0.7 * 255;
  }
  return image;
}
