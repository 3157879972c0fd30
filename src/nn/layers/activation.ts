/**
 * Activation functions and their layers: elementwise, or along an axis as `softmax`.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import {
  checkArguments,
  checkFloat,
  checkTensors,
  checkType,
  normalizeAxis,
  readAxisOptions,
  readOptions,
  REQUIRED,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { counted, quoted } from "../../names.ts";
import { ops } from "../../ops/table.ts";
import type { Generator } from "../../random.ts";
import { formatShape } from "../../shape.ts";
import { arange, full } from "../../tensor/create.ts";
import { rand } from "../../tensor/random.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { ConfiguredLayer } from "./configured_layer.ts";

/**
 * Computes `max(x, 0)` of each element; the gradient at 0 is 0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.relu(tensor([-1, 0, 2])).toArray(), [0, 0, 2]);
 * ```
 */
export function relu(x: Tensor): Tensor {
  checkArguments("relu", arguments, 1);
  return run(ops.relu, [x]);
}

/**
 * Computes `max(x, 0)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReLU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new ReLU()(tensor([-1, 0, 2])).toArray(), [0, 0, 2]);
 * ```
 */
export class ReLU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * Limits each element to [0, 6]; the gradient at a bound is 0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.relu6(tensor([-1, 3, 8])).toArray(), [0, 3, 6]);
 * ```
 */
export function relu6(x: Tensor): Tensor {
  checkArguments("relu6", arguments, 1);
  return run(ops.relu6, [x]);
}

/**
 * Limits each element to [0, 6]; the gradient at a bound is 0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReLU6 } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new ReLU6()(tensor([-1, 2, 9])).toArray(), [0, 2, 6]);
 * ```
 */
export class ReLU6 extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/**
 * Keeps elements above 0, and multiplies the others by a slope.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html
 *
 * @param x any shape
 * @param negativeSlope default 0.01
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.leakyRelu(tensor([-8, 2]), 0.25).toArray(), [-2, 2]);
 * ```
 */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  checkArguments("leakyRelu", arguments, 2);
  return run(ops.leakyRelu, [x, negativeSlope]);
}

/**
 * Keeps elements above 0, and multiplies the others by `negativeSlope`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LeakyReLU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new LeakyReLU(0.5)(tensor([-4, 2])).toArray(), [-2, 2]);
 * ```
 */
export class LeakyReLU extends ConfiguredLayer {
  /** Slope below 0. */
  declare readonly negativeSlope: number;

  /**
   * Makes the layer.
   *
   * @param negativeSlope default 0.01
   */
  constructor(negativeSlope = 0.01) {
    checkArguments("make LeakyReLU", arguments, 1);
    super({ negativeSlope });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}

/**
 * Keeps elements above 0, and multiplies the others by `w`: one slope for all of them, or one for
 * each channel.
 *
 * Source: He et al., "Delving deep into rectifiers: surpassing human-level performance on ImageNet
 * classification" (2015). At 0, the gradient for `x` is `w`, as in PyTorch.
 *
 * @param x any shape; axis 1 is that of the channels
 * @param weight `w`: a single element, or `[c]`
 * @returns the shape of `x`
 * @throws {ShapeError} if there is neither one slope nor one for each channel
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[-1, -1], [2, -4]]);
 * const y = functional.prelu(x, tensor([0.5, 0.25]));
 * assertEquals(y.toArray(), [[-0.5, -0.25], [2, -1]]);
 * ```
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  checkArguments("prelu", arguments, 2);
  checkTensors("prelu", x, weight);
  const channels = x.shape[1] ?? 1;
  if (weight.ndim > 1 || (weight.numel() !== 1 && weight.numel() !== channels)) {
    throw new ShapeError(
      `Cannot prelu shape ${formatShape(x.shape)} with slopes ${
        formatShape(weight.shape)
      }: there ` +
        `must be one, or one for each of ${counted(channels, "channel")}`,
      x.shape,
      weight.shape,
    );
  }
  return scope(() => {
    const perChannel = x.ndim < 2 ? [] : [weight.numel(), ...x.shape.slice(2).map(() => 1)];
    return run(ops.leakyRelu, [x, weight.reshape(perChannel)]);
  });
}

/** Options of the layer `PReLU`. */
export interface PReLUOptions {
  /** The slope at the start; default 0.25. */
  readonly init?: number;
}

/**
 * Keeps elements above 0, and multiplies the others by a learnt slope; see `functional.prelu`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PReLU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new PReLU();
 * assertEquals(layer(tensor([-8, 2])).toArray(), [-2, 2]);
 * assertEquals(layer.weight.shape, [1]);
 * ```
 */
export class PReLU extends ConfiguredLayer {
  /** Number of slopes that are learnt. */
  declare readonly numParameters: number;
  /** The slope at the start. */
  declare readonly init: number;
  /** The slopes. */
  weight: Parameter;

  /**
   * Makes the layer.
   *
   * @param numParameters 1, or the number of channels; default 1
   * @param options `init`
   * @throws {ShapeError} if the number is not whole
   */
  constructor(numParameters = 1, options: PReLUOptions = {}) {
    checkArguments("make PReLU", arguments, 2);
    super({ numParameters }, options, { init: 0.25 });
    this.weight = new Parameter(full([numParameters], this.init));
    guardFields(this);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}

/**
 * Computes `x` above 0 and `α (eˣ − 1)` elsewhere.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.elu.html
 *
 * @param x any shape
 * @param alpha α; default 1
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.elu(tensor([-1000, 0, 3]), 0.5).toArray(), [-0.5, 0, 3]);
 * ```
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  checkArguments("elu", arguments, 2);
  return run(ops.elu, [x, alpha]);
}

/**
 * Computes `x` above 0 and `α (eˣ − 1)` elsewhere.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ELU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new ELU(2)(tensor([-Infinity, 3])).toArray(), [-2, 3]);
 * ```
 */
export class ELU extends ConfiguredLayer {
  /** α */
  declare readonly alpha: number;

  /**
   * Makes the layer.
   *
   * @param alpha α; default 1
   */
  constructor(alpha = 1) {
    checkArguments("make ELU", arguments, 1);
    super({ alpha });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

/**
 * Computes `max(x, 0) + min(α (e^(x/α) − 1), 0)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.celu.html
 *
 * @param x any shape
 * @param alpha α; default 1
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.celu(tensor([-1000, 0, 3]), 2).toArray(), [-2, 0, 3]);
 * ```
 */
export function celu(x: Tensor, alpha = 1): Tensor {
  checkArguments("celu", arguments, 2);
  return run(ops.celu, [x, alpha]);
}

/**
 * Computes `max(x, 0) + min(α (e^(x/α) − 1), 0)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.CELU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CELU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new CELU(2)(tensor([-Infinity, 3])).toArray(), [-2, 3]);
 * ```
 */
export class CELU extends ConfiguredLayer {
  /** α */
  declare readonly alpha: number;

  /**
   * Makes the layer.
   *
   * @param alpha α; default 1
   */
  constructor(alpha = 1) {
    checkArguments("make CELU", arguments, 1);
    super({ alpha });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return celu(x, this.alpha);
  }
}

/**
 * Computes `1.0507 x` above 0 and `1.7581 (eˣ − 1)` elsewhere, which keeps a mean of 0 and a
 * variance of 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.selu.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * assert(Math.abs(functional.selu(tensor(-1000)).item() + 1.7580993) < 1e-6);
 * ```
 */
export function selu(x: Tensor): Tensor {
  checkArguments("selu", arguments, 1);
  return run(ops.selu, [x]);
}

/**
 * Computes `1.0507 x` above 0 and `1.7581 (eˣ − 1)` elsewhere, which keeps a mean of 0 and a
 * variance of 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SELU } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * assert(Math.abs(new SELU()(tensor(1)).item() - 1.0507) < 1e-4);
 * ```
 */
export class SELU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** Options of GELU. */
export interface GELUOptions {
  /** `"tanh"` takes an approximation of Φ by tanh; default `"none"`. */
  readonly approximate?: "none" | "tanh";
}

function checkApproximate(action: string, approximate: "none" | "tanh"): void {
  if (approximate === "none" || approximate === "tanh") return;
  throw new ValueError(
    `Cannot ${action} with approximate ${quoted(approximate)}: use "none" or "tanh"`,
  );
}

/**
 * Computes `x Φ(x)` of each element, with the distribution function Φ of the normal distribution.
 *
 * Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).
 *
 * @param x any shape
 * @param options `approximate`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const x = tensor([-100, 0, 1, 100]);
 * const y = functional.gelu(x);
 * assertEquals([y.at(1).item(), y.at(3).item()], [0, 100]);
 * assert(Math.abs(y.at(2).item() - 0.8413447) < 1e-6); // Φ(1)
 * ```
 */
export function gelu(x: Tensor, options: GELUOptions = {}): Tensor {
  checkArguments("gelu", arguments, 2);
  const { approximate } = readOptions("gelu", options, { approximate: "none" });
  checkApproximate("gelu", approximate);
  return run(approximate === "tanh" ? ops.geluTanh : ops.gelu, [x]);
}

/**
 * Computes `x Φ(x)` of each element; see `functional.gelu`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { GELU } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const y = new GELU()(tensor([0, 1]));
 * assert(Math.abs(y.at(1).item() - 0.8413447) < 1e-6);
 * ```
 */
export class GELU extends ConfiguredLayer {
  /** `"tanh"` if Φ is approximated by tanh. */
  declare readonly approximate: "none" | "tanh";

  /**
   * Makes the layer.
   *
   * @param options `approximate`
   * @throws {ValueError} if there is no such approximation
   */
  constructor(options: GELUOptions = {}) {
    checkArguments("make GELU", arguments, 1);
    super({}, options, { approximate: "none" });
    checkApproximate("make GELU", this.approximate);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return gelu(x, this);
  }
}

/**
 * Computes `x σ(x)` of each element, also called swish.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.silu.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * assert(Math.abs(functional.silu(tensor(1)).item() - 1 / (1 + Math.exp(-1))) < 1e-6);
 * ```
 */
export function silu(x: Tensor): Tensor {
  checkArguments("silu", arguments, 1);
  return run(ops.silu, [x]);
}

/**
 * Computes `x σ(x)` of each element, also called swish.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SiLU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new SiLU()(tensor([0, 100])).toArray(), [0, 100]);
 * ```
 */
export class SiLU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/**
 * Computes `x tanh(ln(1 + eˣ))` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.mish.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.mish(tensor([0, 1000]));
 * assertEquals(y.toArray(), [0, 1000]);
 * ```
 */
export function mish(x: Tensor): Tensor {
  checkArguments("mish", arguments, 1);
  return run(ops.mish, [x]);
}

/**
 * Computes `x tanh(ln(1 + eˣ))` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Mish.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Mish } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Mish()(tensor([0, 100])).toArray(), [0, 100]);
 * ```
 */
export class Mish extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/**
 * Computes `ln(1 + e^(βx)) / β` of each element, without overflow.
 *
 * There is no threshold above which the result is x itself, as in PyTorch: where PyTorch has one,
 * the exact result differs from x by less than 1e-8 / β.
 *
 * @param x any shape
 * @param beta β; default 1
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.softplus(tensor([-1000, 0, 1000]), 2);
 * assertEquals(y.toArray(), [0, Math.fround(Math.LN2 / 2), 1000]);
 * ```
 */
export function softplus(x: Tensor, beta = 1): Tensor {
  checkArguments("softplus", arguments, 2);
  checkTensors("softplus", x);
  if (beta === 1) return run(ops.softplus, [x]);
  return scope(() => run(ops.softplus, [x.mul(beta)]).div(beta));
}

/**
 * Computes `ln(1 + e^(βx)) / β` of each element; see `functional.softplus`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softplus } from "@gradus/gradus/nn";
 * import { assert, assertEquals } from "@std/assert";
 *
 * assert(Math.abs(new Softplus()(tensor(0)).item() - Math.LN2) < 1e-6);
 * assertEquals(new Softplus()(tensor(1000)).item(), 1000);
 * ```
 */
export class Softplus extends ConfiguredLayer {
  /** β */
  declare readonly beta: number;

  /**
   * Makes the layer.
   *
   * @param beta β; default 1
   */
  constructor(beta = 1) {
    checkArguments("make Softplus", arguments, 1);
    super({ beta });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softplus(x, this.beta);
  }
}

/**
 * Computes `x / (1 + |x|)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.softsign(tensor([-3, 0, 1])).toArray(), [-0.75, 0, 0.5]);
 * ```
 */
export function softsign(x: Tensor): Tensor {
  checkArguments("softsign", arguments, 1);
  return run(ops.softsign, [x]);
}

/**
 * Computes `x / (1 + |x|)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softsign } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Softsign()(tensor([-1, 0, 3])).toArray(), [-0.5, 0, 0.75]);
 * ```
 */
export class Softsign extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/**
 * Computes `1 / (1 + e⁻ˣ)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.sigmoid.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.sigmoid(tensor([-1000, 0, 1000])).toArray(), [0, 0.5, 1]);
 * ```
 */
export function sigmoid(x: Tensor): Tensor {
  checkArguments("sigmoid", arguments, 1);
  return run(ops.sigmoid, [x]);
}

/**
 * Computes `1 / (1 + e⁻ˣ)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Sigmoid } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Sigmoid()(tensor([-Infinity, 0, Infinity])).toArray(), [0, 0.5, 1]);
 * ```
 */
export class Sigmoid extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/**
 * Computes `ln σ(x)` of each element, without overflow.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.logSigmoid(tensor(-1000)).item(), -1000);
 * ```
 */
export function logSigmoid(x: Tensor): Tensor {
  checkArguments("logSigmoid", arguments, 1);
  return run(ops.logSigmoid, [x]);
}

/**
 * Computes `ln σ(x)` of each element, without overflow.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LogSigmoid } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new LogSigmoid()(tensor([-1000, 1000])).toArray(), [-1000, 0]);
 * ```
 */
export class LogSigmoid extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/**
 * Computes `tanh x` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.tanh.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.tanh(tensor([-1000, 0, 1000])).toArray(), [-1, 0, 1]);
 * ```
 */
export function tanh(x: Tensor): Tensor {
  checkArguments("tanh", arguments, 1);
  return run(ops.tanh, [x]);
}

/**
 * Computes `tanh x` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Tanh } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Tanh()(tensor([-Infinity, 0, Infinity])).toArray(), [-1, 0, 1]);
 * ```
 */
export class Tanh extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/**
 * Computes `(x + 3) / 6` of each element, limited to [0, 1].
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.hardsigmoid(tensor([-4, 0, 4])).toArray(), [0, 0.5, 1]);
 * ```
 */
export function hardsigmoid(x: Tensor): Tensor {
  checkArguments("hardsigmoid", arguments, 1);
  return run(ops.hardsigmoid, [x]);
}

/**
 * Computes `(x + 3) / 6` of each element, limited to [0, 1].
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Hardsigmoid } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Hardsigmoid()(tensor([-9, 0, 9])).toArray(), [0, 0.5, 1]);
 * ```
 */
export class Hardsigmoid extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/**
 * Computes `x · hardsigmoid(x)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.hardswish(tensor([0, 3, 4])).toArray(), [0, 3, 4]);
 * ```
 */
export function hardswish(x: Tensor): Tensor {
  checkArguments("hardswish", arguments, 1);
  return run(ops.hardswish, [x]);
}

/**
 * Computes `x · hardsigmoid(x)` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Hardswish } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Hardswish()(tensor([-1.5, 0, 3])).toArray(), [-0.375, 0, 3]);
 * ```
 */
export class Hardswish extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/**
 * Limits each element to `[minVal, maxVal]`; unlike that of `clamp`, the gradient at a bound is 0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html
 *
 * @param x any shape
 * @param minVal default -1
 * @param maxVal default 1
 * @throws {ValueError} unless `minVal` is below `maxVal`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.hardtanh(tensor([-5, 0.5, 5])).toArray(), [-1, 0.5, 1]);
 * ```
 */
export function hardtanh(x: Tensor, minVal = -1, maxVal = 1): Tensor {
  checkArguments("hardtanh", arguments, 3);
  checkBounds(minVal, maxVal);
  return run(ops.hardtanh, [x, minVal, maxVal]);
}

function checkBounds(low: number, high: number): void {
  for (const bound of [low, high]) checkType("hardtanh", "a bound", bound, "number");
  if (low < high) return;
  throw new ValueError(
    `Cannot limit to ${low} to ${high}: the lower bound must be below the upper one`,
  );
}

/**
 * Limits each element to `[minVal, maxVal]`; see `functional.hardtanh`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Hardtanh } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Hardtanh(-2, 2)(tensor([-5, 1, 5])).toArray(), [-2, 1, 2]);
 * ```
 */
export class Hardtanh extends ConfiguredLayer {
  /** The lower bound. */
  declare readonly minVal: number;
  /** The upper bound. */
  declare readonly maxVal: number;

  /**
   * Makes the layer.
   *
   * @param minVal default -1
   * @param maxVal default 1
   * @throws {ValueError} unless `minVal` is below `maxVal`
   */
  constructor(minVal = -1, maxVal = 1) {
    checkArguments("make Hardtanh", arguments, 2);
    super({ minVal, maxVal });
    checkBounds(minVal, maxVal);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return hardtanh(x, this.minVal, this.maxVal);
  }
}

/**
 * Replaces elements from `−λ` to `λ` by 0; the gradient is 0 or 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html
 *
 * @param x any shape; NaN stays NaN
 * @param lambda `λ`, default 0.5; below 0, all elements stay
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.hardshrink(tensor([-2, 0.5, 0.75])).toArray(), [-2, 0, 0.75]);
 * ```
 */
export function hardshrink(x: Tensor, lambda = 0.5): Tensor {
  checkArguments("hardshrink", arguments, 2);
  checkTensors("hardshrink", x);
  return run(ops.hardshrink, [x, lambda]);
}

/**
 * Replaces elements from `−λ` to `λ` by 0; see `functional.hardshrink`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Hardshrink } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Hardshrink(1)(tensor([-3, 0.5, 1])).toArray(), [-3, 0, 0]);
 * ```
 */
export class Hardshrink extends ConfiguredLayer {
  /** Largest distance from 0 that counts as 0. */
  declare readonly lambda: number;

  /**
   * Makes the layer.
   *
   * @param lambda default 0.5
   */
  constructor(lambda = 0.5) {
    checkArguments("make Hardshrink", arguments, 1);
    super({ lambda });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return hardshrink(x, this.lambda);
  }
}

/**
 * Replaces elements from `−λ` to `λ` by 0, and moves the others closer to 0 by `λ`. The gradient is
 * 0 or 1.
 *
 * NaN stays NaN, as in PyTorch from version 2 on.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html
 *
 * @param x any shape
 * @param lambda `λ`, default 0.5
 * @throws {ValueError} unless `λ` is 0 or more
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.softshrink(tensor([-2, 0.5, 0.75])).toArray(), [-1.5, 0, 0.25]);
 * ```
 */
export function softshrink(x: Tensor, lambda = 0.5): Tensor {
  checkArguments("softshrink", arguments, 2);
  checkTensors("softshrink", x);
  checkLambda(lambda);
  return run(ops.softshrink, [x, lambda]);
}

/**
 * Moves elements closer to 0 by `λ`; see `functional.softshrink`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softshrink } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Softshrink(1)(tensor([-3, 0.5, 1.5])).toArray(), [-2, 0, 0.5]);
 * ```
 */
export class Softshrink extends ConfiguredLayer {
  /** Distance by which elements come closer to 0. */
  declare readonly lambda: number;

  /**
   * Makes the layer.
   *
   * @param lambda default 0.5
   * @throws {ValueError} unless it is 0 or more
   */
  constructor(lambda = 0.5) {
    checkArguments("make Softshrink", arguments, 1);
    super({ lambda });
    checkLambda(lambda);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softshrink(x, this.lambda);
  }
}

function checkLambda(lambda: number): void {
  checkType("softshrink", "lambda", lambda, "number");
  if (lambda >= 0) return;
  throw new ValueError(`Cannot softshrink by ${lambda}: it must be 0 or more`);
}

/**
 * Computes `x − tanh x` of each element; the gradient is `tanh² x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.tanhshrink(tensor([-100, 0, 100])).toArray(), [-99, 0, 99]);
 * ```
 */
export function tanhshrink(x: Tensor): Tensor {
  checkArguments("tanhshrink", arguments, 1);
  return run(ops.tanhshrink, [x]);
}

/**
 * Computes `x − tanh x` of each element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Tanhshrink } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Tanhshrink()(tensor([-50, 0])).toArray(), [-49, 0]);
 * ```
 */
export class Tanhshrink extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/**
 * Keeps elements above `threshold`, and replaces the others by `value`; the gradient is 1 or 0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html
 *
 * @param x any shape; NaN stays NaN
 * @param threshold bound above which elements stay
 * @param value replaces the other elements
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.threshold(tensor([0, 1, 2]), 1, -5).toArray(), [-5, -5, 2]);
 * ```
 */
export function threshold(x: Tensor, threshold: number, value: number): Tensor {
  checkArguments("threshold", arguments, 3);
  checkTensors("threshold", x);
  return run(ops.threshold, [x, threshold, value]);
}

/**
 * Keeps elements above a threshold, and replaces the others; see `functional.threshold`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Threshold } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Threshold(0.5, 20)(tensor([0, 1])).toArray(), [20, 1]);
 * ```
 */
export class Threshold extends ConfiguredLayer {
  /** Bound above which elements stay. */
  declare readonly threshold: number;
  /** Value of the other elements. */
  declare readonly value: number;

  /**
   * Makes the layer.
   *
   * @param threshold bound above which elements stay
   * @param value that of the other elements
   */
  constructor(threshold: number, value: number) {
    checkArguments("make Threshold", arguments, 2);
    super({ threshold, value });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }
}

/** Options of `glu` and `GLU`. */
export interface GLUOptions {
  /** The axis that is cut in half; default −1. */
  readonly axis?: number;
}

/**
 * Computes `a · σ(b)` with the first half `a` of an axis and its second half `b`.
 *
 * Source: Dauphin et al., "Language modeling with gated convolutional networks" (2016).
 *
 * @param x with an even number of entries along the axis
 * @param options `axis`
 * @returns half as many entries along the axis
 * @throws {ShapeError} if there is no such axis, or its size is odd
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(functional.glu(tensor([4, 6, 0, 1000])).toArray(), [2, 6]);
 * ```
 */
export function glu(x: Tensor, options: GLUOptions | number = {}): Tensor {
  checkArguments("glu", arguments, 2);
  const { axis } = readAxisOptions("glu", options, { axis: -1 });
  checkTensors("glu", x);
  const half = (x.shape[normalizeAxis(axis, x.shape, "glu")] ?? 1) / 2;
  if (!Number.isInteger(half)) {
    throw new ShapeError(
      `Cannot glu shape ${formatShape(x.shape)} along axis ${axis}: its size must be even, for ` +
        `values and as many gates`,
      x.shape,
    );
  }
  return scope(() => {
    const [values, gates] = x.split([half, half], axis);
    return values.mul(gates.sigmoid());
  });
}

/**
 * Gates one half of an axis by the other; see `functional.glu`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.GLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { GLU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new GLU({ axis: 0 })(tensor([[1, 2], [0, 0]])).toArray(), [[0.5, 1]]);
 * ```
 */
export class GLU extends ConfiguredLayer {
  /** The axis that is cut in half. */
  declare readonly axis: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`
   */
  constructor(options: GLUOptions = {}) {
    checkArguments("make GLU", arguments, 1);
    super({}, options, { axis: -1 });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return glu(x, this);
  }
}

/** Options of `softmax`, `logSoftmax`, `softmin` and their layers. */
export interface SoftmaxOptions {
  /** The axis along which probabilities add up to 1; negative ones count from the end. */
  readonly axis: number;
}

/** Base of the layers that compute probabilities along an axis. */
export abstract class AxisLayer extends ConfiguredLayer {
  /** The axis of the classes. */
  declare readonly axis: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`
   * @throws {ValueError} if the axis is left out
   */
  constructor(options: SoftmaxOptions) {
    checkArguments(`make ${new.target.name}`, arguments, 1);
    super({}, options, { axis: REQUIRED });
  }
}

/**
 * Computes `eˣ / Σ eˣ` along `axis`, without overflow.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
 *
 * @param x with one axis or more
 * @param options `axis`; or the axis alone
 * @throws {ShapeError} if there is no such axis
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.softmax(tensor([[1, 1], [1000, 0]]), { axis: 1 });
 * assertEquals(y.toArray(), [[0.5, 0.5], [1, 0]]);
 * ```
 */
export function softmax(x: Tensor, options: SoftmaxOptions | number): Tensor {
  checkArguments("softmax", arguments, 2);
  const { axis } = readAxisOptions("softmax", options, { axis: REQUIRED });
  checkTensors("softmax", x);
  return x.softmax(axis);
}

/**
 * Computes `eˣ / Σ eˣ` along an axis: positive numbers that add up to 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softmax } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = new Softmax({ axis: 1 })(tensor([[5, 5], [0, -Infinity]]));
 * assertEquals(rows.toArray(), [[0.5, 0.5], [1, 0]]);
 * ```
 */
export class Softmax extends AxisLayer {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softmax(x, this);
  }
}

/**
 * Computes `x − ln Σ eˣ` along `axis`, without overflow: the logarithm of `softmax`, but exact.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
 *
 * @param x with one axis or more
 * @param options `axis`; or the axis alone
 * @throws {ShapeError} if there is no such axis
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.logSoftmax(tensor([1e4, 0, -1e4]), { axis: 0 });
 * assertEquals(y.toArray(), [0, -1e4, -2e4]);
 * ```
 */
export function logSoftmax(x: Tensor, options: SoftmaxOptions | number): Tensor {
  checkArguments("logSoftmax", arguments, 2);
  const { axis } = readAxisOptions("logSoftmax", options, { axis: REQUIRED });
  checkTensors("logSoftmax", x);
  return x.logSoftmax(axis);
}

/**
 * Computes `x − ln Σ eˣ` along an axis: logarithms of probabilities, as `NLLLoss` takes them.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LogSoftmax } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const y = new LogSoftmax({ axis: 0 })(tensor([3, 3]));
 * assert(Math.abs(y.at(0).item() + Math.LN2) < 1e-6);
 * ```
 */
export class LogSoftmax extends AxisLayer {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this);
  }
}

/**
 * Computes `e⁻ˣ / Σ e⁻ˣ` along `axis`, without overflow: the softmax of `−x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html
 *
 * @param x with one axis or more
 * @param options `axis`; or the axis alone
 * @throws {ShapeError} if there is no such axis
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.softmin(tensor([[1, 1], [1000, 0]]), { axis: 1 });
 * assertEquals(y.toArray(), [[0.5, 0.5], [0, 1]]);
 * ```
 */
export function softmin(x: Tensor, options: SoftmaxOptions | number): Tensor {
  checkArguments("softmin", arguments, 2);
  const { axis } = readAxisOptions("softmin", options, { axis: REQUIRED });
  checkTensors("softmin", x);
  normalizeAxis(axis, x.shape, "softmin");
  return scope(() => x.neg().softmax(axis));
}

/**
 * Computes `e⁻ˣ / Σ e⁻ˣ` along an axis; see `functional.softmin`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softmin } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Softmin({ axis: 0 })(tensor([5, 5, Infinity])).toArray(), [0.5, 0.5, 0]);
 * ```
 */
export class Softmin extends AxisLayer {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softmin(x, this);
  }
}

/** Options of `gumbelSoftmax`. */
export interface GumbelSoftmaxOptions {
  /** The temperature `τ`, above 0: the lower, the closer to one class; default 1. */
  readonly tau?: number;
  /** Give 1 to the largest class and 0 to all others, with the gradient of the soft result; default false. */
  readonly hard?: boolean;
  /** The axis of the classes; default −1. */
  readonly axis?: number;
  /** Source of random numbers; the default generator if left out. */
  readonly generator?: Generator;
}

/**
 * Draws a class with probabilities `softmax(x)`, made soft so that the draw has a gradient:
 * `softmax((x + G) / τ)` with independent `G = −ln(−ln U)`.
 *
 * Source: Jang, Gu and Poole, "Categorical reparameterization with Gumbel-softmax" (2016); Maddison,
 * Mnih and Teh, "The concrete distribution" (2016).
 *
 * @param logits `x`, not necessarily normalized
 * @param options `tau`, `hard`, `axis`, `generator`
 * @returns the shape of `x`; along the axis it adds up to 1
 * @throws {ShapeError} if there is no such axis
 * @throws {ValueError} if `τ` is not above 0
 * @throws {DTypeError} if the logits are not of a floating-point type
 * @example
 * ```ts
 * import { Generator, zeros } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const generator = new Generator(0);
 * const draws = functional.gumbelSoftmax(zeros([1000, 2]), { hard: true, generator });
 * assertEquals(draws.unique().values.toArray(), [0, 1]);
 * assert(Math.abs(draws.mean(0).at(0).item() - 0.5) < 0.05);
 * ```
 */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  checkArguments("gumbelSoftmax", arguments, 2);
  const defaults = { tau: 1, hard: false, axis: -1, generator: undefined };
  const { tau, hard, axis, generator } = readOptions("gumbelSoftmax", options, defaults);
  checkTensors("gumbelSoftmax", logits);
  const { shape, dtype } = logits;
  const along = normalizeAxis(axis, shape, "gumbelSoftmax");
  checkFloat("gumbelSoftmax", logits);
  if (!(tau > 0)) throw new ValueError(`Cannot gumbelSoftmax with tau ${tau}: it must be above 0`);
  return scope(() => {
    // Half of the least step above 0 stands for 0, whose logarithm is infinite.
    const uniform = rand(shape, { dtype, generator }).clamp(2 ** -25);
    const soft = logits.sub(uniform.log().neg().log()).div(tau).softmax(along);
    if (!hard) return soft;
    const classes = arange(shape[along] ?? 1, { dtype: "int32" })
      .reshape(shape.map((n, i) => (i === along ? n : 1)));
    const oneHot = soft.argmax({ axis: along, keepDims: true }).eq(classes).to(dtype);
    // The term that is added is 0, and has the gradient of the soft result.
    return oneHot.add(soft.sub(noGrad(() => soft.clone())));
  });
}
