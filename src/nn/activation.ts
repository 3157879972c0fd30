/**
 * Activations, as functions and as layers.
 *
 * @module
 */

import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** `max(x, 0)`; the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return x.relu();
}

/**
 * `x` above 0, `slope · x` elsewhere.
 *
 * @param x any shape
 * @param negativeSlope default 0.01
 */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  return x.leakyRelu(negativeSlope);
}

/** `1 / (1 + e⁻ˣ)` */
export function sigmoid(x: Tensor): Tensor {
  return x.sigmoid();
}

/** `tanh x` */
export function tanh(x: Tensor): Tensor {
  return x.tanh();
}

/** Along which axis probabilities add up to 1. */
export interface SoftmaxOptions {
  /** The axis of the classes, negative ones counted from the end. */
  readonly axis: number;
}

/** `eˣ / Σ eˣ` along `axis`, without overflow. */
export function softmax(x: Tensor, options: SoftmaxOptions): Tensor {
  return x.softmax(options.axis);
}

/** `x - ln Σ eˣ` along `axis`, without overflow: the logarithm of `softmax`, but exact. */
export function logSoftmax(x: Tensor, options: SoftmaxOptions): Tensor {
  return x.logSoftmax(options.axis);
}

/** `max(x, 0)`, element by element. */
export class ReLU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** `x` above 0, `negativeSlope · x` elsewhere. */
export class LeakyReLU extends Module {
  /** Slope below 0. */
  readonly negativeSlope: number;

  /**
   * Makes the layer.
   *
   * @param negativeSlope default 0.01
   */
  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = negativeSlope;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.negativeSlope}`;
  }
}

/** `1 / (1 + e⁻ˣ)`, element by element. */
export class Sigmoid extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** `tanh x`, element by element. */
export class Tanh extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** `eˣ / Σ eˣ` along an axis: positive numbers that add up to 1. */
export class Softmax extends Module {
  /** The axis of the classes. */
  readonly axis: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`
   */
  constructor(options: SoftmaxOptions) {
    super();
    this.axis = options.axis;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softmax(x, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `{ axis: ${this.axis} }`;
  }
}

/** `x - ln Σ eˣ` along an axis: logarithms of probabilities, as `NLLLoss` takes them. */
export class LogSoftmax extends Module {
  /** The axis of the classes. */
  readonly axis: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`
   */
  constructor(options: SoftmaxOptions) {
    super();
    this.axis = options.axis;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `{ axis: ${this.axis} }`;
  }
}
