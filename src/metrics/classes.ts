/**
 * Reads the classes of predictions and targets.
 *
 * @module
 */

import { checkTensors, checkType, checkWhole } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape, sameShape, type Shape } from "../shape.ts";
import { noGrad } from "../autograd/grad_mode.ts";
import { wholeNumbers } from "../tensor/indexing.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Options of all metrics of classes. */
export interface ClassMetricOptions {
  /** A class of targets that does not count, such as that of padding; none by default. */
  readonly ignoreIndex?: number | null;
}

/** Calls `visit` with each target that counts, and what was predicted. */
export function eachClass(
  action: string,
  predictions: Tensor,
  target: Tensor,
  { ignoreIndex, topK = 1 }: { ignoreIndex: number | null; topK?: number },
  visit: (target: number, predicted: readonly number[]) => void,
): void {
  checkTensors(action, predictions, target);
  noGrad(() =>
    scope(() => {
      const right = wholeNumbers(action, target).data;
      const { data } = classesOf(action, predictions, target, topK);
      // Of classes instead of scores, nobody knows the number.
      const numClasses = sameShape(predictions.shape, target.shape)
        ? Infinity
        : predictions.shape[1];
      const k = data.length / Math.max(right.length, 1);
      const predicted: number[] = []; // the same for all, since making one takes longer than a visit
      for (let i = 0; i < right.length; i++) {
        if (right[i] === ignoreIndex) continue;
        checkClass(action, right[i], numClasses);
        for (let j = 0; j < k; j++) {
          predicted[j] = data[i * k + j];
          checkClass(action, predicted[j], numClasses);
        }
        visit(right[i], predicted);
      }
    })
  );
}

/** Returns the predicted classes, `[…, k]`, the best first, of scores `[n, c, …]` or classes `[n, …]`. */
function classesOf(action: string, predictions: Tensor, target: Tensor, k: number): Tensor {
  const { shape } = predictions;
  if (sameShape(shape, target.shape)) {
    if (k > 1) {
      throw new ValueError(
        `Cannot ${action} of the best ${k} classes with a single prediction each: pass scores, ` +
          `[n, c, …]`,
      );
    }
    if (isFloat(predictions.dtype)) return wholeNumbers(action, predictions);
    return predictions.to("int32");
  }
  const expected = [shape[0], ...shape.slice(2)];
  if (predictions.ndim < 2 || !sameShape(expected, target.shape)) {
    throw new ShapeError(
      `Cannot ${action} with predictions ${formatShape(shape)} and targets ` +
        `${formatShape(target.shape)}: predictions must be scores [n, c, …] or classes [n, …]`,
      shape,
      target.shape,
    );
  }
  checkSeveral(action, shape, 1);
  if (k > shape[1]) {
    throw new ValueError(`Cannot ${action} of the best ${k} classes: there are only ${shape[1]}`);
  }
  if (predictions.isnan().any().item()) {
    throw new ValueError(`Cannot ${action} with scores that are NaN: look for what makes them`);
  }
  const last = predictions.movedim(1, -1);
  return k === 1 ? last.argmax(-1) : last.topk(k, -1).indices;
}

/** Rejects numbers of classes that are none. */
export function checkClasses(action: string, numClasses: number): void {
  checkType(action, "numClasses", numClasses, "number");
  checkWhole(`${action} of ${numClasses} classes`, numClasses, 1);
}

/** Rejects scores of a single class, which would always be the best one. */
export function checkSeveral(action: string, shape: Shape, axis: number): void {
  if (shape[axis] > 1) return;
  throw new ShapeError(
    `Cannot ${action} with scores ${formatShape(shape)}: they are of ${
      shape[axis]
    } classes; of two ` +
      `classes with one score, pass classes, such as x.gt(0).squeeze(${axis}).to("int32")`,
    shape,
  );
}

/** Rejects a class that is not from 0 to `numClasses − 1`. */
export function checkClass(action: string, index: number, numClasses: number): void {
  if (index >= 0 && index < numClasses) return;
  throw new ValueError(
    `Cannot ${action} with class ${index}: classes go from 0${
      numClasses === Infinity ? "" : ` to ${numClasses - 1}`
    }; leave one out with ignoreIndex`,
  );
}
