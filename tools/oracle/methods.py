"""Cases of elementwise methods and of reductions."""

import math

import torch

from call import BOTH, GRADIENTS, OUTPUTS, Call, exact_softmax, ref, table

CASES, case = table()
F = torch.nn.functional


def floor_divide(a, b):
    """PyTorch refuses to give it a gradient, which Gradus gives as 0, like that of floor."""
    return torch.floor_divide(a.detach(), b.detach() if isinstance(b, torch.Tensor) else b)


def heaviside(x, values):
    """PyTorch has no gradient for it; Gradus gives 0, but where x is 0, there that of `values`."""
    return torch.where(x == 0, values, torch.heaviside(x.detach(), torch.zeros_like(x)))


# name: PyTorch's function, the interval of inputs, and dtypes beside "float".
NUMERIC, ALL, NONE = ["int32", "uint8"], ["int32", "uint8", "bool"], []
UNARY = {
    "neg": (torch.neg, -3, 3, ALL), "abs": (torch.abs, -3, 3, ALL), "sign": (torch.sign, -3, 3, ALL),
    "square": (torch.square, -3, 3, NUMERIC), "exp": (torch.exp, -20, 20, ALL),
    "log": (torch.log, -1, 9, ALL), "sqrt": (torch.sqrt, -1, 9, ALL),
    "tanh": (torch.tanh, -5, 5, ALL), "sigmoid": (torch.sigmoid, -20, 20, ALL),
    "relu": (torch.relu, -3, 3, NUMERIC), "softplus": (F.softplus, -19, 19, NONE),
    "floor": (torch.floor, -5, 5, NUMERIC), "ceil": (torch.ceil, -5, 5, NUMERIC),
    "trunc": (torch.trunc, -5, 5, NUMERIC), "round": (torch.round, -5, 5, NUMERIC),
    "logicalNot": (torch.logical_not, -2, 2, ALL), "log1p": (torch.log1p, -1.2, 5, ALL),
    "expm1": (torch.expm1, -5, 5, ALL), "log2": (torch.log2, -1, 9, ALL),
    "log10": (torch.log10, -1, 9, ALL), "sin": (torch.sin, -20, 20, ALL),
    "cos": (torch.cos, -20, 20, ALL), "tan": (torch.tan, -5, 5, ALL),
    "asin": (torch.asin, -1.1, 1.1, ALL), "acos": (torch.acos, -1.1, 1.1, ALL),
    "atan": (torch.atan, -9, 9, ALL), "sinh": (torch.sinh, -9, 9, ALL),
    "cosh": (torch.cosh, -9, 9, ALL), "erf": (torch.erf, -4, 4, ALL),
    "erfc": (torch.erfc, -4, 4, ALL), "rsqrt": (torch.rsqrt, -1, 9, ALL),
    "reciprocal": (torch.reciprocal, -3, 3, ALL), "frac": (torch.frac, -5, 5, NONE),
    "isnan": (torch.isnan, -2, 2, ALL), "isinf": (torch.isinf, -2, 2, ALL),
    "isfinite": (torch.isfinite, -2, 2, ALL), "silu": (F.silu, -9, 9, NONE),
    "mish": (F.mish, -9, 9, NONE), "selu": (F.selu, -5, 5, NONE),
    "hardsigmoid": (F.hardsigmoid, -5, 5, NONE, lambda x: F.relu6(x + 3) / 6),
    "hardswish": (F.hardswish, -5, 5, NONE),
    "logSigmoid": (F.logsigmoid, -20, 20, NONE), "softsign": (F.softsign, -9, 9, NONE),
    "logit": (torch.logit, -0.1, 1.1, ALL), "relu6": (F.relu6, -3, 9, NUMERIC),
    "asinh": (torch.asinh, -9, 9, ALL), "acosh": (torch.acosh, 0.5, 9, ALL),
    "atanh": (torch.atanh, -1.1, 1.1, ALL),
    "clone": (torch.clone, -3, 3, ALL), "contiguous": (torch.Tensor.contiguous, -3, 3, ALL),
}
BINARY = {
    "add": (torch.add, -3, 3, ALL), "sub": (torch.sub, -3, 3, ALL), "mul": (torch.mul, -3, 3, ALL),
    "div": (torch.div, -3, 3, ALL), "pow": (torch.pow, 0, 4, NUMERIC),
    "minimum": (torch.minimum, -3, 3, ALL), "maximum": (torch.maximum, -3, 3, ALL),
    "lt": (torch.lt, -2, 2, ALL), "le": (torch.le, -2, 2, ALL), "gt": (torch.gt, -2, 2, ALL),
    "ge": (torch.ge, -2, 2, ALL), "eq": (torch.eq, -2, 2, ALL), "ne": (torch.ne, -2, 2, ALL),
    "logicalAnd": (torch.logical_and, -2, 2, ALL), "logicalOr": (torch.logical_or, -2, 2, ALL),
    "logicalXor": (torch.logical_xor, -2, 2, ALL), "hypot": (torch.hypot, -3, 3, NONE),
    "logaddexp": (torch.logaddexp, -9, 9, NONE), "xlogy": (torch.xlogy, -1, 5, ALL),
    "fmod": (torch.fmod, -5, 5, NUMERIC), "remainder": (torch.remainder, -5, 5, NUMERIC),
    "atan2": (torch.atan2, -3, 3, ALL), "floorDivide": (floor_divide, -5, 5, NUMERIC),
    "copysign": (torch.copysign, -3, 3, ALL), "heaviside": (heaviside, -2, 2, NONE),
}
# PyTorch's function takes no number as second operand.
TENSORS_ONLY = ["atan2", "minimum", "maximum", "logicalAnd", "logicalOr", "logicalXor", "hypot", "logaddexp",
                "heaviside"]


def unary(name, compute, low, high, dtypes, exact=None):
    @case(name, compute.__name__)
    def make(d):
        dtype = d.choice(dtypes) if dtypes and d.chance(0.2) else "float"
        return Call([d.tensor(d.shape(), low, high, dtype)], [], compute,
                    GRADIENTS if name in ["silu", "mish"] else (), exact)


def binary(name, compute, low, high, dtypes):
    @case(name, compute.__name__)
    def make(d):
        one, two = ["float" if d.chance(0.75) else d.choice(dtypes + ["float32", "float64"])
                    for _ in range(2)] if dtypes else ["float", "float"]
        shape = d.shape()
        x = d.tensor(shape, low, high, one)
        if name not in TENSORS_ONLY and d.chance(0.25):
            y = d.int(1, 3) if d.chance(0.5) else d.number(0.25, max(-low, high))
            return Call([x], [y], lambda x: compute(x, y))
        y = d.tensor(d.broadcast(shape), low, high, two)
        mode = d.choice(["trunc", "floor"])
        if name == "div" and d.chance(0.3):
            return Call([x, y], [ref(1), {"roundingMode": mode}],
                        lambda x, y: torch.div(x, y, rounding_mode=mode))
        return Call([x, y], [ref(1)], compute, OUTPUTS if name == "logaddexp" else ())


for name, row in UNARY.items():
    unary(name, *row)
for name, row in BINARY.items():
    binary(name, *row)


def below_zero(x):
    """eˣ − 1 below 0, 0 above, as a part of functions that PyTorch computes without expm1."""
    return torch.expm1(torch.clamp(x, max=0))


def with_number(name, compute, low, high, exact=None):
    """A method with a number."""
    @case(name, compute.__name__)
    def make(d):
        number = d.number(low, high)
        x = d.tensor(d.shape())
        return Call([x], [number], lambda x: compute(x, number),
                    exact=exact and (lambda x: exact(x, number)))


with_number("leakyRelu", F.leaky_relu, 0, 1)
with_number("elu", F.elu, 0.2, 2, lambda x, a: torch.where(x > 0, x, a * below_zero(x)))
with_number("celu", F.celu, 0.2, 2, lambda x, a: torch.where(x > 0, x, a * below_zero(x / a)))


@case("gelu")
def gelu(d):
    x, kind = d.tensor(d.shape(), -5, 5), d.choice(["none", "tanh"])

    def exact(x):
        if kind == "tanh":
            return x * torch.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x**3))
        return x * torch.special.ndtr(x)

    return Call([x], [{"approximate": kind}], lambda x: F.gelu(x, approximate=kind),
                GRADIENTS, exact)


@case("hardtanh")
def hardtanh(d):
    low, high = d.number(-2, 0), d.number(0, 2)
    return Call([d.tensor(d.shape())], [low, high], lambda x: F.hardtanh(x, low, high))


@case("clamp")
def clamp(d):
    low, high = d.choice([None, -1, -0.5, 2]), d.choice([None, 1, 0.75])
    if low is None and high is None:
        low = 0
    dtype = d.choice(["float", "float", "int32"])
    if dtype == "int32":
        low, high = (None if n is None else round(n) for n in (low, high))
    return Call([d.tensor(d.shape(), -3, 3, dtype)], [low, high],
                lambda x: torch.clamp(x, low, high))


@case("where")
def where(d):
    shape = d.shape()
    c, a, b = d.tensor(shape, 0, 1, "bool"), d.tensor(d.broadcast(shape)), d.tensor(shape)
    return Call([a, c, b], [ref(1), ref(2)], lambda a, c, b: a.where(c, b))


@case("maskedFill", "masked_fill")
def masked_fill(d):
    shape, value = d.shape(), d.number()
    x, mask = d.tensor(shape), d.tensor(d.broadcast(shape), 0, 1, "bool")
    return Call([x, mask], [ref(1), value], lambda x, m: x.masked_fill(m, value))


@case("lerp")
def lerp(d):
    shape, weight = d.shape(), d.number(-1, 2)
    x, y = d.tensor(shape), d.tensor(d.broadcast(shape))
    if d.chance(0.5):
        return Call([x, y], [ref(1), weight], lambda x, y: torch.lerp(x, y, weight), sums=BOTH)
    return Call([x, y, d.tensor(shape)], [ref(1), ref(2)], torch.lerp, sums=BOTH)


def scaled(name, compute):
    @case(name)
    def make(d):
        shape, value = d.shape(), d.number()
        inputs = [d.tensor(shape), d.tensor(d.broadcast(shape)), d.tensor(shape, 0.5, 3)]
        return Call(inputs, [ref(1), ref(2), {"value": value}],
                    lambda x, a, b: compute(x, a, b, value=value), sums=BOTH)


scaled("addcmul", torch.addcmul)
scaled("addcdiv", torch.addcdiv)


@case("to")
def to(d):
    source, target = d.choice(["float", "int32", "uint8", "bool"]), d.choice(["int32", "bool", "float64"])
    dtype = {"int32": torch.int32, "bool": torch.bool, "float64": torch.float64}[target]
    return Call([d.tensor(d.shape(), -9, 9, source, edges=False)], [target], lambda x: x.to(dtype))


def fold(compute, x, axes, keep):
    """A reduction of one axis, applied to several."""
    axes = [axes] if isinstance(axes, int) else axes
    for axis in sorted((a + x.dim() if -x.dim() <= a < 0 else a for a in axes), reverse=True):
        x = compute(x, axis, keepdim=keep)
    return x


def options(d, x_rank, axes):
    keep = axes is not None and d.chance(0.4)
    return keep, ({} if axes is None else {"axis": axes}) | ({"keepDims": True} if keep else {})


def reduction(name, torch_name, compute, dtypes, low=-3, high=3, sums=()):
    """`compute` takes the tensor, None or axes, and whether to keep them."""
    @case(name, torch_name)
    def make(d):
        shape = d.shape()
        dtype = d.choice(dtypes) if dtypes and d.chance(0.25) else "float"
        axes = d.axes(len(shape))
        keep, plain = options(d, len(shape), axes)
        x = d.tensor(shape, low, high, dtype)
        return Call([x], [plain], lambda x: compute(x, axes, keep), sums=sums)


def over(compute):
    return lambda x, axes, keep: compute(x) if axes is None else compute(x, axes, keepdim=keep)


def folding(compute):
    return lambda x, axes, keep: compute(x) if axes is None else fold(compute, x, axes, keep)


def over_all(compute):
    """For functions that must be told all axes."""
    return lambda x, axes, keep: compute(x, list(range(x.dim())) if axes is None else axes, keep)


reduction("sum", "sum", over(torch.sum), ALL, sums=OUTPUTS)
reduction("mean", "mean", over(torch.mean), NUMERIC, sums=OUTPUTS)
reduction("prod", "prod", folding(torch.prod), NUMERIC, -2, 2)
reduction("amax", "amax", over(torch.amax), ALL)
reduction("amin", "amin", over(torch.amin), ALL)
reduction("any", "any", folding(torch.any), ALL, -1, 1)
reduction("all", "all", folding(torch.all), ALL, -1, 1)
reduction("logsumexp", "logsumexp", over_all(torch.logsumexp), NONE, -9, 9, BOTH)
reduction("countNonzero", "count_nonzero",
          lambda x, axes, keep: torch.count_nonzero(x, axes) if not keep else
          (x != 0).sum(axes, keepdim=True), ALL, -1, 1)


def two_passes(x, axes, correction, keep, is_root):
    """Variance or deviation in two passes: PyTorch's single one in float64 is off by some units."""
    mean = x.mean() if axes is None else x.mean(axes, keepdim=True)
    squares = (x - mean).square()
    total = squares.sum() if axes is None else squares.sum(axes, keepdim=keep)
    variance = total / max(x.numel() / max(mean.numel(), 1) - correction, 0)
    if not is_root:
        return variance
    is_zero = variance == 0
    return torch.where(is_zero, 0.0, torch.where(is_zero, 1.0, variance).sqrt())


def spread(name, compute):
    @case(name)
    def make(d):
        shape, correction = d.shape(), d.choice([0, 1, 1, 2])
        axes = d.axes(len(shape))
        keep, plain = options(d, len(shape), axes)
        shift = d.choice([0, 0, 100])
        x = d.tensor(shape, shift - 3, shift + 3, edges=False)
        return Call([x], [{**plain, "correction": correction}],
                    lambda x: compute(x, axes, correction=correction, keepdim=keep), BOTH,
                    lambda x: two_passes(x, axes, correction, keep, name == "std"))


spread("var", torch.var)
spread("std", torch.std)


def extreme(name, torch_name, compute, chance=0.7):
    """`compute` takes the tensor alone, or with an axis; it may return indices too."""
    @case(name, torch_name)
    def make(d):
        shape = d.shape()
        axis = d.axis(len(shape)) if d.chance(chance) else None
        keep, plain = options(d, len(shape), axis)
        dtype = d.choice(["float", "float", "float", "int32", "uint8"])
        x = d.tensor(shape, -3, 3, dtype)

        def run(x):
            # PyTorch 1.13's median reads past integers that are expanded.
            x = x.contiguous()
            y = compute(x) if axis is None else compute(x, axis, keepdim=keep)
            return y if isinstance(y, torch.Tensor) else y[0]

        return Call([x], [plain] if plain else [], run)


for name in ["argmax", "argmin"]:
    extreme(name, name, getattr(torch, name))
for name in ["max", "min", "median"]:
    extreme(name, name, getattr(torch, name), 0)
    extreme(f"{name}.values", name, getattr(torch, name), 1)


@case("norm", "linalg.vector_norm")
def norm(d):
    shape, order = d.shape(), d.choice([2, 2, 1, 3, 0.5, 0, math.inf, -math.inf, -1])
    axes = d.axes(len(shape))
    keep, plain = options(d, len(shape), axes)
    compute = torch.linalg.vector_norm
    return Call([d.tensor(shape)], [{**plain, "p": str(order) if math.isinf(order) else order}],
                lambda x: compute(x, order, axes, keepdim=keep))


def along(name, torch_name, compute, dtypes=NONE, low=-3, high=3, sums=BOTH, exact=None):
    """A method of a tensor and an axis."""
    @case(name, torch_name)
    def make(d):
        shape = d.shape()
        axis = d.axis(len(shape))
        dtype = d.choice(dtypes) if dtypes and d.chance(0.25) else "float"
        return Call([d.tensor(shape, low, high, dtype)], [axis],
                    lambda x: compute(x, axis), sums, exact and (lambda x: exact(x, axis)))


along("softmax", "softmax", torch.softmax, NONE, -9, 9, GRADIENTS, exact_softmax)
along("logSoftmax", "log_softmax", torch.log_softmax, NONE, -9, 9)
along("cumsum", "cumsum", torch.cumsum, NUMERIC)
along("cumprod", "cumprod", torch.cumprod, NUMERIC, -2, 2, GRADIENTS)
