/**
 * A line search: how far to go along a direction.
 *
 * @module
 */

/** A point of the line, with the loss and its derivatives there. */
export interface LinePoint<G> {
  /** The multiple of the direction. */
  readonly t: number;
  /** The loss. */
  readonly loss: number;
  /** The derivative of the loss along the line. */
  readonly slope: number;
  /** The gradient of the loss. */
  readonly gradient: G;
}

/** The line, and the limits of the search. */
interface LineSearch<G> {
  /** The start of the line; its slope is negative. */
  readonly start: LinePoint<G>;
  /** The first multiple to try. */
  readonly first: number;
  /** Computes a point of the line. */
  readonly evaluate: (t: number) => LinePoint<G>;
  /** The largest element of the direction. */
  readonly size: number;
  /** Two points that are closer than this are one. */
  readonly tolerance: number;
}

/** The loss must fall by this share of what the slope promises. */
const DECREASE = 1e-4;

/** The share of the slope that may be left. */
const CURVATURE = 0.9;

const MOST_STEPS = 25;

/** The next multiple to try; `isStuck` is true if it is close to a known one. */
interface Trial {
  readonly t: number;
  readonly isStuck: boolean;
}

/** Two points between which a good one lies, and which of them is lower. */
interface Bracket<G> {
  readonly ends: [LinePoint<G>, LinePoint<G>];
  low: 0 | 1;
}

/**
 * Finds a point with the strong Wolfe conditions: the loss is lower than `loss + 10⁻⁴ t slope`, and at
 * most nine tenths of the slope are left.
 *
 * From Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6, with the details of
 * PyTorch's. A loss that is not finite counts as too high.
 */
export function strongWolfe<G>(search: LineSearch<G>): LinePoint<G> {
  const { start, evaluate } = search;
  let previous = start;
  let point = evaluate(search.first);
  for (let step = 0; step < MOST_STEPS; step++) {
    const rises = step > 1 && point.loss >= previous.loss;
    if (isTooHigh(point, start) || rises) return zoom(search, [previous, point], step);
    if (isFlat(point, start)) return point;
    if (point.slope >= 0) return zoom(search, [previous, point], step);
    const { t } = point;
    const next = minimumOfCubic(previous, point, [t + 0.01 * (t - previous.t), t * 10]);
    previous = point;
    point = evaluate(next);
  }
  return zoom(search, [start, point], MOST_STEPS);
}

function isTooHigh<G>(point: LinePoint<G>, start: LinePoint<G>): boolean {
  // Also if the loss is NaN.
  return !(point.loss <= start.loss + DECREASE * point.t * start.slope);
}

function isFlat<G>(point: LinePoint<G>, start: LinePoint<G>): boolean {
  return Math.abs(point.slope) <= -CURVATURE * start.slope;
}

/** Closes in on a good point between two others, after `steps` steps. */
function zoom<G>(
  { start, evaluate, size, tolerance }: LineSearch<G>,
  ends: [LinePoint<G>, LinePoint<G>],
  steps: number,
): LinePoint<G> {
  const bracket: Bracket<G> = { ends, low: lowerOf(ends) };
  let isStuck = false;
  for (let step = steps; step < MOST_STEPS; step++) {
    const [a, b] = ends;
    if (Math.abs(b.t - a.t) * size < tolerance) break;
    const trial: Trial = awayFromEnds(minimumOfCubic(a, b), ends, isStuck);
    isStuck = trial.isStuck;
    if (place(bracket, evaluate(trial.t), start)) break;
  }
  return ends[bracket.low];
}

/** Puts a new point in place of an end; returns true if it has both conditions. */
function place<G>(bracket: Bracket<G>, point: LinePoint<G>, start: LinePoint<G>): boolean {
  const { ends, low } = bracket;
  const high = low === 0 ? 1 : 0;
  if (isTooHigh(point, start) || point.loss >= ends[low].loss) {
    ends[high] = point;
    bracket.low = lowerOf(ends);
    return false;
  }
  const good = isFlat(point, start);
  if (!good && point.slope * (ends[high].t - ends[low].t) >= 0) ends[high] = ends[low];
  ends[low] = point;
  return good;
}

function lowerOf<G>([a, b]: readonly [LinePoint<G>, LinePoint<G>]): 0 | 1 {
  return b.loss < a.loss || Number.isNaN(a.loss) ? 1 : 0;
}

/**
 * Returns `t`, or moves it a tenth of the way towards the other end if it lies outside, or close to an
 * end for the second time.
 */
function awayFromEnds<G>(
  t: number,
  [a, b]: readonly [LinePoint<G>, LinePoint<G>],
  isStuck: boolean,
): Trial {
  const [from, to] = [Math.min(a.t, b.t), Math.max(a.t, b.t)];
  const margin = 0.1 * (to - from);
  if (Math.min(to - t, t - from) >= margin) return { t, isStuck: false };
  if (!isStuck && t < to && t > from) return { t, isStuck: true };
  return { t: Math.abs(t - to) < Math.abs(t - from) ? to - margin : from + margin, isStuck: false };
}

/** Returns the minimum, within bounds, of the cubic through two points with these slopes. */
function minimumOfCubic<G>(
  a: LinePoint<G>,
  b: LinePoint<G>,
  bounds?: readonly [number, number],
): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const [from, to] = bounds ?? [left.t, right.t];
  const d1 = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t);
  const square = d1 * d1 - left.slope * right.slope;
  if (!(square >= 0)) return (from + to) / 2;
  const d2 = Math.sqrt(square);
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return Math.min(Math.max(right.t - (right.t - left.t) * share, from), to);
}
