#!/usr/bin/env python3
"""Writes tests/fixtures/edges.json: PyTorch's elementwise functions where formulas meet.

Zeros of both signs, kinks, bounds, ties, infinities and NaN, with values and gradients in float64.
Binary functions see all pairs. Needs PyTorch 1.13 or later.
"""

import json
import math
import os

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
INF, NAN = math.inf, math.nan
POINTS = [-INF, -40, -6, -3, -1, -0.5, -0.0, 0.0, 0.25, 0.5, 1, 3, 6, 40, INF, NAN]
NUMBERS = POINTS[:-1]
FINITE = NUMBERS[1:-1]
PAIRS = [-INF, -2, -1, -0.0, 0.0, 0.5, 1, 3, INF, NAN]
cases = []


def number(v):
    return repr(v) if not math.isfinite(v) or math.copysign(1, v) < 0 and v == 0 else float(f"{v:.17g}")


def case(call, function, *columns, options=()):
    """`function` of the columns and the options; the gradients are those of the sum of the values."""
    inputs = [torch.tensor([float(v) for v in column], requires_grad=True) for column in columns]
    output = function(*inputs, *options)
    if output.dtype == torch.float64:
        output.sum().backward()
    cases.append({
        "call": call,
        "inputs": [[number(float(v)) for v in column] for column in columns],
        "options": [number(float(v)) for v in options],
        "output": [number(float(v)) for v in output.detach().tolist()],
        "grads": [None if x.grad is None else [number(v) for v in x.grad.tolist()] for x in inputs],
    })


UNARY = {
    "sqrt": torch.sqrt, "rsqrt": torch.rsqrt,
    "reciprocal": torch.reciprocal, "square": torch.square, "neg": torch.neg, "exp": torch.exp,
    "log": torch.log, "log1p": torch.log1p, "expm1": torch.expm1, "log2": torch.log2,
    "log10": torch.log10, "erf": torch.erf, "erfc": torch.erfc, "sin": torch.sin, "cos": torch.cos,
    "asin": torch.asin, "acos": torch.acos, "atan": torch.atan, "sinh": torch.sinh, "cosh": torch.cosh,
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu6": F.relu6, "gelu": F.gelu,
    "silu": F.silu, "mish": F.mish, "softplus": F.softplus, "logSigmoid": F.logsigmoid,
    "selu": F.selu, "hardswish": F.hardswish,
    # PyTorch's own gradient has a sixth of float32.
    "hardsigmoid": lambda x: F.relu6(x + 3) / 6,
    "floor": torch.floor, "ceil": torch.ceil, "round": torch.round, "trunc": torch.trunc,
    "frac": torch.frac, "logit": torch.logit, "isnan": torch.isnan, "isinf": torch.isinf,
    "isfinite": torch.isfinite,
}
PARAMETRIC = {
    "leakyRelu": [F.leaky_relu, [0.1], [-0.1], [INF]],
    "elu": [F.elu, [0.7], [-0.7], [INF]],
    "celu": [F.celu, [0.5]],
    "hardtanh": [F.hardtanh, [-1, 3]],
    "clamp": [torch.clamp, [-1, 3], [3, -1]],
    "pow": [torch.pow, [0], [1], [2], [3], [-1]],
}
BINARY = {
    "maximum": torch.maximum, "minimum": torch.minimum, "add": torch.add, "sub": torch.sub,
    "mul": torch.mul, "div": torch.div, "pow": torch.pow,
    "floorDivide": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    "atan2": torch.atan2, "hypot": torch.hypot, "logaddexp": torch.logaddexp, "xlogy": torch.xlogy,
    "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge, "eq": torch.eq, "ne": torch.ne,
    "logicalAnd": torch.logical_and, "logicalOr": torch.logical_or, "logicalXor": torch.logical_xor,
}
# PyTorch has other gradients at NaN or at infinity: see choices.ts.
NUMERIC = {"abs": torch.abs, "sign": torch.sign, "relu": torch.relu}
REMAINDERS = {"fmod": torch.fmod, "remainder": torch.remainder}
DIVISIONS = [(a, b) for a in (-4, -2, -1, -0.0, 0.0, 1, 3, 4.5) for b in (-3, -2, -1, 0.5, 1, 2)]
TRIPLES = [(x, low, high) for x in (0, 1, 2, 3) for low in (0, 1, 2) for high in (1, 2, 3)]

for call, function in UNARY.items():
    case(call, function, POINTS)
for call, function in NUMERIC.items():
    case(call, function, NUMBERS)
case("softsign", F.softsign, FINITE)
for call, (function, *lists) in PARAMETRIC.items():
    for options in lists:
        case(call, function, POINTS, options=options)
for call, function in BINARY.items():
    case(call, function, [a for a in PAIRS for _ in PAIRS], [b for _ in PAIRS for b in PAIRS])
for call, function in REMAINDERS.items():
    case(call, function, *zip(*DIVISIONS))
case("clamp", torch.clamp, *zip(*TRIPLES))
case("lerp", torch.lerp, [0.1, 0.1, 0.1], [0.7, 0.7, 0.7], [0.5, 0.25, 0.75])

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/edges.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases")
