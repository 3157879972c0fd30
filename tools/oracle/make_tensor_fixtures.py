"""Writes tests/fixtures/tensor.json: methods of tensors as PyTorch computes them, in float64.

Run with `python3 tools/oracle/make_tensor_fixtures.py` (PyTorch 1.13 or later).

Each case is [method, tensor, arguments, result, gradient]: the method and its arguments as Gradus
names them, and the gradient of sum(result * weights), with weights 0.5, 0.6, 0.7, … by position; null
where PyTorch has none. A tensor is [shape, values], among the arguments {"t": [shape, values]}, with
"int" beside it if it is of integers.
"""

import json
import math
import os

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
inf, nan = math.inf, math.nan
cases = []


def number(v):
    """JSON has neither NaN nor infinities."""
    if isinstance(v, bool):
        return int(v)
    if isinstance(v, int):
        return v
    if v != v or v in (inf, -inf):
        return repr(v)
    if v == 0:
        return "-0" if math.copysign(1, v) < 0 else 0
    return float(f"{v:.14g}")


def plain(t):
    return [list(t.shape), [number(v) for v in t.flatten().tolist()]]


def argument(a):
    if isinstance(a, torch.Tensor):
        return {"t": plain(a), "int": 1} if not a.is_floating_point() else {"t": plain(a)}
    if isinstance(a, float):
        return number(a)
    return a


def case(method, x, arguments, compute):
    x = x.detach().clone()
    if x.is_floating_point():
        x.requires_grad_()
    y = compute(x)
    gradient = None
    if y.requires_grad:
        weights = (torch.arange(y.numel()) * 0.1 + 0.5).reshape(y.shape)
        try:
            y.backward(weights)
            gradient = plain(x.grad) if x.grad is not None else None
        except RuntimeError as error:
            print(method, error)
    kind = [] if x.is_floating_point() else ["int"]
    cases.append([method, plain(x.detach()) + kind, [argument(a) for a in arguments],
                  plain(y.detach()), gradient])


def t(*values):
    return torch.tensor(values)


def randn(*shape):
    return torch.randn(*shape).round(decimals=2)


edges = t(nan, -inf, inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 6.0, 1e-10, -20.0, 40.0, -800.0)


def unary():
    names = ["log1p", "expm1", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
             "cosh", "erf", "erfc", "rsqrt", "reciprocal", "logit", "frac", "isnan", "isinf",
             "isfinite"]
    for name in names:
        case(name, edges, [], getattr(torch, name))
    for name, f in [("silu", F.silu), ("mish", F.mish), ("selu", F.selu), ("relu6", F.relu6),
                    ("gelu", F.gelu), ("hardsigmoid", F.hardsigmoid), ("hardswish", F.hardswish),
                    ("logSigmoid", F.logsigmoid), ("elu", F.elu)]:
        case(name, edges, [], f)
    case("softsign", edges[3:], [], F.softsign)
    case("gelu", edges, [{"approximate": "tanh"}], lambda x: F.gelu(x, approximate="tanh"))
    case("elu", edges, [0.7], lambda x: F.elu(x, 0.7))
    case("celu", edges, [0.7], lambda x: F.celu(x, 0.7))
    case("hardtanh", edges, [-0.5, 3.0], lambda x: F.hardtanh(x, -0.5, 3.0))


def binary():
    values = [nan, -inf, inf, 0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -3.0, 7.0]
    a = t(*[v for v in values for _ in values])
    b = t(*[v for _ in values for v in values])
    for name, torch_name in [("fmod", "fmod"), ("remainder", "remainder"), ("atan2", "atan2"),
                             ("floorDivide", "floor_divide"), ("hypot", "hypot"), ("xlogy", "xlogy"),
                             ("logaddexp", "logaddexp"), ("logicalXor", "logical_xor")]:
        f = getattr(torch, torch_name)
        if name == "floorDivide":
            case(name, a, [b], lambda x: torch.div(x, b, rounding_mode="floor"))
        else:
            case(name, a, [b], lambda x: f(x, b))
            # The gradient of the second operand, by exchanging them in the test. For remainders it is
            # the quotient, which PyTorch rounds: so none of these is near a whole number.
            p, q = (a, b) if "m" not in name else (a[36:].abs() + 1.3, b[36:] + 0.17)
            keep = torch.isfinite(p) & torch.isfinite(q)
            p, q = (p[keep], q[keep]) if "m" in name else (p, q)
            if name != "logicalXor":
                case(f"{name}:second", q, [p], lambda x: f(p, x))
    ints = torch.tensor([7, -7, 7, -7, 0, 2147483647, -2147483648])
    divisors = torch.tensor([3, 3, -3, -3, 5, 2, 3])
    case("fmod", ints, [divisors], lambda x: torch.fmod(x, divisors))
    case("remainder", ints, [divisors], lambda x: torch.remainder(x, divisors))
    case("floorDivide", ints, [divisors], lambda x: torch.div(x, divisors, rounding_mode="floor"))
    case("floorDivide", t(1.0, 4.7, -4.7), [0.1], lambda x: torch.div(x, 0.1, rounding_mode="floor"))
    x, y = randn(2, 3), randn(2, 3)
    for w in [0.0, 0.3, 0.5, 1.0]:
        case("lerp", x, [y, w], lambda x: torch.lerp(x, y, w))
    case("addcmul", x, [y, y, {"value": 0.3}], lambda x: torch.addcmul(x, y, y, value=0.3))
    case("addcdiv", x, [y, y + 5, {"value": 0.3}], lambda x: torch.addcdiv(x, y, y + 5, value=0.3))


def reductions():
    x = randn(3, 4)
    zeros = torch.zeros(2, 2)
    mixed = t(0.0, -2.0, 0.0, 3.0)
    for order in [2.0, 1.0, 3.0, 0.5, 0.0, inf, -inf]:
        o = number(order)
        case("norm", x, [{"p": o}], lambda x: torch.linalg.vector_norm(x, order))
        case("norm", x, [{"p": o, "axis": 1}],
             lambda x: torch.linalg.vector_norm(x, order, dim=1))
        case("norm", zeros, [{"p": o}], lambda x: torch.linalg.vector_norm(x, order))
        case("norm", mixed, [{"p": o}], lambda x: torch.linalg.vector_norm(x, order))
    case("norm", t(3.0, -3.0, nan), [], lambda x: torch.linalg.vector_norm(x))
    for order in ["fro", 1.0, -1.0, inf, -inf]:
        o = order if order == "fro" else number(order)
        case("matrixNorm", x, [{"p": o}], lambda x: torch.linalg.matrix_norm(x, order))
    case("logsumexp", x, [1], lambda x: x.logsumexp(1))
    for row in [[-inf, -inf], [inf, 1.0], [1000.0, 1000.0], [-inf, 2.0], [nan, 1.0]]:
        case("logsumexp", t(*row), [0], lambda x: x.logsumexp(0))
    for values in [[3.0, 1.0, 2.0], [4.0, 1.0, 3.0, 2.0], [1.0, 2.0, 2.0, 3.0, 2.0],
                   [1.0, nan, 0.0], [5.0]]:
        case("median", t(*values), [], lambda x: x.median())
        case("median.values", t(*values)[:3].reshape(1, -1), [1], lambda x: x.median(1).values)
    case("cumsum", x, [0], lambda x: x.cumsum(0))
    case("cumsum", x, [-1], lambda x: x.cumsum(-1))
    for row in [[2.0, 3.0, -1.0], [2.0, 0.0, 3.0, 4.0], [2.0, 0.0, 3.0, 0.0, 4.0], [0.0, 0.0, 0.0]]:
        case("cumprod", t(*row), [0], lambda x: x.cumprod(0))
    case("countNonzero", mixed, [], lambda x: x.count_nonzero())


def ordering():
    x = t(3.0, nan, -inf, 1.0, 3.0, inf, -0.0, 0.0).reshape(2, 4)
    for down in [False, True]:
        options = {"descending": down}
        case("argsort", x, [options], lambda x: torch.sort(x, stable=True, descending=down).indices)
        case("sort.values", x, [options], lambda x: x.sort(descending=down, stable=True).values)
    case("sort.values", x, [{"axis": 0}], lambda x: x.sort(dim=0, stable=True).values)
    case("topk.values", x, [2], lambda x: x.topk(2).values)
    case("topk.values", x, [1, {"axis": 0, "largest": False}],
         lambda x: x.topk(1, 0, largest=False).values)
    v = t(3.0, 1.0, 3.0, -2.0, 1.0)
    case("unique.values", v, [], lambda x: torch.unique(x.detach()))
    case("unique.inverse", v, [], lambda x: torch.unique(x.detach(), return_inverse=True)[1])
    case("unique.counts", v, [], lambda x: torch.unique(x.detach(), return_counts=True)[1])
    h = t(0.0, 0.1, 0.5, 1.0, 1.0, -3.0, 2.0)
    case("histc", h, [{"bins": 4}], lambda x: torch.histc(x.detach(), 4))
    case("histc", h, [{"bins": 4, "min": 0, "max": 1}], lambda x: torch.histc(x.detach(), 4, 0, 1))
    case("histc", t(2.0, 2.0), [{"bins": 4}], lambda x: torch.histc(x.detach(), 4))
    case("histogram.edges", h, [{"bins": 4}], lambda x: torch.histogram(x.detach(), 4).bin_edges)
    case("bincount", torch.tensor([1, 3, 1]), [{"minLength": 6}], lambda x: x.bincount(minlength=6))


def shapes():
    x = randn(2, 3)
    cube = randn(2, 3, 4)
    case("repeat", x, [2, 1, 3], lambda x: x.repeat(2, 1, 3))
    case("repeat", x, [0, 1], lambda x: x.repeat(0, 1))
    case("tile", cube, [2], lambda x: x.tile(2))
    case("tile", x, [2, 1, 2], lambda x: x.tile(2, 1, 2))
    case("repeatInterleave", x, [2], lambda x: x.repeat_interleave(2))
    case("repeatInterleave", x, [[1, 0, 2], 1],
         lambda x: x.repeat_interleave(torch.tensor([1, 0, 2]), 1))
    case("flip", cube, [[0, 2]], lambda x: x.flip(0, 2))
    case("roll", x, [1], lambda x: x.roll(1))
    case("roll", x, [-4, 1], lambda x: x.roll(-4, 1))
    for d in [-2, -1, 0, 1, 3]:
        case("tril", x, [d], lambda x: x.tril(d))
        case("triu", cube, [d], lambda x: x.triu(d))
        case("diag", x, [d], lambda x: x.diag(d))
        case("diag", t(1.0, 2.0), [d], lambda x: x.diag(d))
        case("diagonal", cube, [{"offset": d, "axis1": 0, "axis2": 2}],
             lambda x: x.diagonal(d, 0, 2))
    case("movedim", cube, [0, -1], lambda x: x.movedim(0, -1))
    case("movedim", cube, [[0, 2], [1, 0]], lambda x: x.movedim((0, 2), (1, 0)))
    image = randn(1, 2, 3, 4)
    for mode in ["reflect", "replicate", "circular"]:
        case("pad", image, [[1, 2, 2, 0], {"mode": mode}],
             lambda x: F.pad(x, (1, 2, 2, 0), mode=mode))
    case("pad", image, [[1, -2, 0, 1]], lambda x: F.pad(x, (1, -2, 0, 1)))
    case("pad", x, [[1, 1], {"value": 7}], lambda x: F.pad(x, (1, 1), value=7))
    case("unfold", randn(2, 7), [1, {"size": 3, "step": 2}], lambda x: x.unfold(1, 3, 2))
    case("unfold", cube, [1, {"size": 2}], lambda x: x.unfold(1, 2, 1))


def indexing():
    x = randn(3, 4)
    source = randn(2, 4)
    index = torch.tensor([[0, 2, 1, 0], [2, 0, 0, 1]])
    case("scatter", x, [index, source], lambda x: x.scatter(0, index, source))
    case("scatter", x, [index, 9], lambda x: x.scatter(0, index, 9))
    case("scatterAdd", x, [index, source], lambda x: x.scatter_add(0, index, source))
    columns = torch.tensor([3, 0, 3])
    added = randn(3, 3)
    case("indexAdd", x, [columns, added, {"axis": 1}], lambda x: x.index_add(1, columns, added))
    case("indexFill", x, [columns, -1, {"axis": 1}], lambda x: x.index_fill(1, columns, -1))
    places = torch.tensor([[0, 11], [5, 5]])
    case("take", x, [places], lambda x: x.take(places))
    along = torch.tensor([[1], [0], [3]])
    case("takeAlongDim", x, [along, 1], lambda x: x.take_along_dim(along, 1))
    case("nonzero", t(0.0, 2.0, nan, 0.0).reshape(2, 2), [], lambda x: x.nonzero())


def algebra():
    a = randn(2, 3, 3) + 2 * torch.eye(3)
    spd = a @ a.transpose(1, 2) + torch.eye(3)
    b = randn(3, 2)
    case("cholesky", spd, [], torch.linalg.cholesky)
    case("solve", a, [b], lambda x: torch.linalg.solve(x, b))
    case("solve", a[0], [b[:, 0].clone()], lambda x: torch.linalg.solve(x, b[:, 0].clone()))
    case("inv", a, [], torch.linalg.inv)
    case("det", a, [], torch.linalg.det)
    for shape in [(3, 3), (4, 2), (2, 3, 2)]:
        m = randn(*shape)
        case("qr.q", m, [], lambda x: torch.linalg.qr(x).Q)
        case("qr.r", m, [], lambda x: torch.linalg.qr(x).R)
    wide = randn(2, 4)
    case("qr.r", wide, [], lambda x: torch.linalg.qr(x).R)
    case("trace", randn(3, 4), [], torch.trace)
    case("outer", t(1.0, 2.0), [t(3.0, 4.0, 5.0)], lambda x: torch.outer(x, t(3.0, 4.0, 5.0)))


def products():
    x, y, z = randn(2, 3), randn(3, 4), randn(2, 4)
    batch = randn(5, 2, 3)
    square = randn(3, 3)
    for equation, operands in [
        ("ij,jk->ik", [x, y]), ("ij,jk", [x, y]), ("ij,jk->ki", [x, y]), ("ij->", [x]),
        ("ij->j", [x]), ("ij->ji", [x]), ("ii", [square]), ("ii->i", [square]),
        ("i,j->ij", [x[0], y[0]]), ("ij,ij->ij", [x, x]), ("ij,ij->i", [x, x]), ("ij,ij", [x, x]),
        ("bij,jk->bik", [batch, y]), ("bij,bkj->bik", [batch, batch]), ("...ij,jk->...ik", [batch, y]),
        ("ij,jk,ik->", [x, y, z]), ("ij,jk,ik->kj", [x, y, z]), ("b...,b...->...", [batch, batch]),
        ("aij,ij->ai", [batch, x]), ("ijk->", [batch]), ("ij,j->ij", [x, y[:, 0].clone()]),
        ("...i,...i->...", [batch, x]), ("ij,kl->ijkl", [x, z]), ("iij->j", [randn(3, 3, 2)]),
        (" i j , j k -> i k ", [x, y]),
    ]:
        rest = operands[1:]
        case("einsum", operands[0], [equation, *rest],
             lambda x: torch.einsum(equation, x, *rest))


def singular_values():
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 5)]:
        x = randn(*shape)
        case("svdvals", x, [], torch.linalg.svdvals)
        for order in ["nuc", 2.0, -2.0]:
            o = order if order == "nuc" else number(order)
            case("matrixNorm", x, [{"p": o}], lambda x: torch.linalg.matrix_norm(x, order))
    batch = randn(2, 3, 4)
    for order in ["fro", "nuc", 2.0, -2.0, 1.0, -1.0, inf, -inf]:
        o = order if isinstance(order, str) else number(order)
        for axis in [(0, 2), (1, 0), (-1, -3)]:
            case("matrixNorm", batch, [{"p": o, "axis": axis}],
                 lambda x: torch.linalg.matrix_norm(x, order, dim=axis))
        case("matrixNorm", batch, [{"p": o, "axis": (2, 0), "keepDims": True}],
             lambda x: torch.linalg.matrix_norm(x, order, dim=(2, 0), keepdim=True))
    # Which of equal singular values comes first, and the signs of vectors of 0, are not determined.
    for x in [torch.eye(3), torch.diag(t(-2.0, 2.0)), torch.ones(3, 2), torch.zeros(2, 2)]:
        case("svdvals", x, [], lambda x: torch.linalg.svdvals(x.detach()))
    case("svdvals", torch.zeros(2, 0), [], torch.linalg.svdvals)
    case("svdvals", torch.zeros(0, 3, 2), [], torch.linalg.svdvals)


def main():
    unary()
    binary()
    reductions()
    ordering()
    shapes()
    indexing()
    algebra()
    products()
    singular_values()
    path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/tensor.json")
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    print(len(cases), "cases")


main()
