/**
 * Makes a drawing a digit like those of MNIST.
 *
 * @module
 */

/** Pixels in a row of a digit, and in a column. */
export const SIDE = 28;

/** The longer side of the box around a digit. */
const BOX = 20;

/**
 * Scales a drawing so that it fits a box of 20×20, and puts its centre of mass in the middle of
 * 28×28, as MNIST's authors did.
 *
 * @param ink the drawing row by row, 0 for paper and 1 for ink
 * @param side the number of pixels in a row and in a column of the drawing
 * @returns 28×28 numbers from 0 to 1; zeros if there is no ink
 */
export function toDigit(ink: Float32Array, side: number): Float32Array {
  const digit = new Float32Array(SIDE * SIDE);
  let [left, right, top, bottom] = [side, 0, side, 0];
  let [mass, x, y] = [0, 0, 0];
  for (let i = 0; i < ink.length; i++) {
    const value = ink[i];
    if (value === 0) continue;
    const [column, row] = [i % side, Math.floor(i / side)];
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
    mass += value;
    x += value * (column + 0.5);
    y += value * (row + 0.5);
  }
  if (mass === 0) return digit;
  // A dot stays a dot: what is smaller than a quarter of the paper is not made larger.
  const scale = Math.max(right - left, bottom - top, side / 4) / BOX;
  /** The edges of pixels of the drawing that make row or column `i` of the digit. */
  const edges = (i: number, centre: number): [from: number, to: number] => {
    const at = centre + (i - SIDE / 2) * scale;
    return [Math.max(0, Math.round(at)), Math.min(side, Math.round(at + scale))];
  };
  for (let i = 0; i < digit.length; i++) {
    const [fromX, toX] = edges(i % SIDE, x / mass);
    const [fromY, toY] = edges(Math.floor(i / SIDE), y / mass);
    let sum = 0;
    for (let row = fromY; row < toY; row++) {
      for (let column = fromX; column < toX; column++) sum += ink[row * side + column];
    }
    digit[i] = Math.min(1, sum / scale ** 2);
  }
  return digit;
}
