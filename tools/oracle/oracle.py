"""Writes random cases as JSON lines: the calls of Gradus, and the answers of PyTorch.

    python3 tools/oracle/oracle.py --seed 1 --cases 1000 [--from 0] [--op conv2d] [--bytes 2000]

Needs PyTorch 1.13 or later and NumPy. A case depends on the seed and its index alone. Each line has

- `index`, `op` (as Gradus names it: a method, or a function), `torch` (PyTorch's name);
- `inputs`: base values, which are float32 numbers, and the views that make the input of them; the
  dtype "float" stands for both float64 and float32;
- `args`: the arguments as Gradus takes them; `{"input": 1}` is an input;
- `changed`: inputs that Gradus writes to, whose new values are further outputs; `then`: a method that
  its outputs go through; `doubt`: see `Call`;
- `float64`, `float32`: the results, `{"outputs": […], "gradients": […]}` or `{"error": message}`,
  where gradients are of the sum of outputs times the weights of `projection`. A tensor is
  `[dtype, shape, values]`; a gradient is null if PyTorch has none;
- `truth`: the results in float64 throughout, if `float64` is something else: some inputs are float32
  whatever is under test, or PyTorch loses digits on the way;
- `errors`: for each output and then each gradient, the greatest error of PyTorch in float32, in units
  in the last place; `errors64` the same in float64, if the truth comes from a better formula than
  PyTorch's; and `spread`, in float32 and in float64: null, or, if its elements are sums of
  terms that may cancel, the least unit of each.

The spread of a sum is what its float64 moves by when every input and weight moves to the next number
of the dtype, up or down: no sum can be expected to be nearer than that. The error is the greatest over
the case, such neighbours in float32, and others whose inputs and weights move by a share of
themselves, a thousandth to a thirtieth. Each is judged by its own float64, so each is another draw of rounding
in the same place: one number alone may happen to be rounded well, and where a function is flat, its
nearest neighbours are rounded alike.
"""

import argparse
import json
import math
import sys
import warnings

import numpy as np
import torch

import attention
import functional
import layers
import losses
import matrices
import methods
import norms
import recurrent
import selections
from draw import Draw, Moves

warnings.simplefilter("ignore")
# Calls beside a case: by a unit, and by a share.
NEAR, FAR = 8, 16
# Draws until one is short enough.
TRIES = 50
GOLDEN = (math.sqrt(5) - 1) / 2
PARTS = (attention, functional, layers, losses, matrices, methods, norms, recurrent, selections)
CASES = {name: row for part in PARTS for name, row in part.CASES.items()}
DTYPES = {torch.int64: "int32", torch.int32: "int32", torch.uint8: "uint8", torch.bool: "bool",
          torch.float32: "float32", torch.float64: "float64"}


def number(v, digits):
    """A number that JSON can hold, as short as its precision allows; all digits for None."""
    if isinstance(v, (bool, int)):
        return int(v)
    if not math.isfinite(v):
        return str(v)
    if v == 0:
        return -0.0 if math.copysign(1, v) < 0 else 0
    short = v if digits is None else float(f"{v:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def plain(t):
    digits = 9 if t.dtype == torch.float32 else None
    values = [number(v, digits) for v in t.detach().reshape(-1).tolist()]
    return [DTYPES[t.dtype], list(t.shape), values]


def projection(shape, dtype, moves=None):
    """Weights of ±1 that follow the golden ratio: the same in every language. `moves` change them."""
    places = np.arange(1, math.prod(shape) + 1)
    weights = (places * GOLDEN % 1 * 2 - 1).astype(np.float32).tolist()
    if moves is not None:
        weights = moves.of(weights)
    return torch.tensor(weights, dtype=dtype).reshape(shape)


def outputs_of(result):
    return [result] if isinstance(result, torch.Tensor) else list(result)


def answer(compute, drawn, real, widest=False, moves=None):
    """PyTorch's outputs in the dtype `real` and then its gradients, or its error as a string."""
    torch.set_default_dtype(real)
    inputs = [x.build(real, widest, moves).detach() for x in drawn]
    for x, origin in zip(inputs, drawn):
        if x.is_floating_point() and not origin.is_constant:
            x.requires_grad_()
    try:
        outputs = outputs_of(compute(*inputs))
        terms = [(y * projection(y.shape, y.dtype, moves)).sum() for y in outputs if y.requires_grad]
        if terms:
            sum(terms).backward()
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        return str(error).splitlines()[0][:200]
    return [y.detach() for y in outputs], [x.grad for x in inputs]


def written(answer):
    """An answer as JSON holds it."""
    if isinstance(answer, str):
        return {"error": answer}
    outputs, gradients = answer
    return {"outputs": [plain(y) for y in outputs],
            "gradients": [None if g is None else plain(g) for g in gradients]}


def are_sums(call, truth):
    """Tells for each output, and then for each gradient, if its elements are sums."""
    outputs, gradients = truth
    size = outputs[0].numel() if outputs else 0
    return ["outputs" in call.sums for _ in outputs] + [
        "gradients" in call.sums or (x is not None and x.numel() < size) for x in gradients]


def flat(answer):
    """Outputs and gradients as arrays of float64; None where PyTorch has no gradient."""
    return [None if x is None else x.reshape(-1).double().numpy() for part in answer for x in part]


def distance(a, b):
    """The distances of numbers; 0 where one is not finite, or they are not comparable."""
    if b is None or a.shape != b.shape:
        return np.zeros(a.shape)
    return np.where(np.isfinite(a) & np.isfinite(b), abs(a - b), 0.0)


def unit(x, digits=23):
    """The distances of neighbouring numbers at x, of float32 or with more digits."""
    exponent = np.where(x == 0, -126, np.frexp(x)[1] - 1)
    return np.ldexp(1.0, np.clip(exponent, -126, 127) - digits)


def spreads(truth, sums, near):
    """The distances of the elements of sums from those of neighbours."""
    return [np.max([np.zeros(len(x)), *(distance(x, moved[i]) for moved in near)], axis=0)
            if is_sum and x is not None else None for i, (x, is_sum) in enumerate(zip(truth, sums))]


def greatest(pairs, spread, digits):
    """The greatest error of each output and gradient in units, of pairs of truths and answers."""
    errors = [0.0] * len(spread)
    for right, actual in pairs:
        for i, (x, y) in enumerate(zip(right, actual)):
            if x is None or len(x) == 0:
                continue
            least = 0.0 if spread[i] is None or spread[i].shape != x.shape else spread[i]
            errors[i] = max(errors[i], np.max(distance(x, y) / np.maximum(unit(x, digits), least)))
    return [float(f"{e:.3g}") for e in errors]


def measure(call, exact, d, truth, rounded):
    """PyTorch's errors and the spread; see above."""
    def neighbours(count, dtype):
        """The truth, and PyTorch's answers in float32 and float64, of calls beside this one."""
        found = []
        for _ in range(count):
            seed = d.int(0, 2**32)
            ways = [(exact, torch.float64), (call.compute, torch.float32), (call.compute, torch.float64)]
            answers = [answer(compute, call.inputs, real, real == torch.float64, Moves(seed, dtype))
                       for compute, real in ways[:2 if call.exact is None else 3]]
            if not any(isinstance(x, str) for x in answers):
                found.append([flat(x) for x in answers])
        return found

    near, far = neighbours(NEAR, np.float32), neighbours(FAR, None)
    sums, truth = are_sums(call, truth), flat(truth)
    spread = {"float32": spreads(truth, sums, [moved[0] for moved in near])}
    if any(sums):
        # Saturated functions round their nearest neighbours alike: there the spread in float32 says more.
        nearest = spreads(truth, sums, [moved[0] for moved in neighbours(NEAR, np.float64)])
        spread["float64"] = [x if x is None else np.maximum(x, wide * 2.0**-29)
                             for x, wide in zip(nearest, spread["float32"])]
    pairs = [(truth, flat(rounded)), *((moved[0], moved[1]) for moved in near + far)]
    measured = {"errors": greatest(pairs, spread["float32"], 23)}
    if call.exact is not None:
        pairs = [(moved[0], moved[2]) for moved in near + far]
        measured["errors64"] = greatest(pairs, spread.get("float64", spread["float32"]), 52)
    if any(sums):
        measured["spread"] = {dtype: [x if x is None else [float(f"{v:.2g}") for v in x] for x in row]
                              for dtype, row in spread.items()}
    return measured


def draw_case(seed, index, names):
    d = Draw(seed, index)
    # Ops take turns, so that a small set of cases has them all.
    name = names[index % len(names)]
    torch_name, make = CASES[name]
    return answered({"index": index, "op": name, "torch": torch_name}, make(d), d)


def answered(case, call, d):
    """The case of a call, with PyTorch's answers and, where these are numbers, its errors."""
    inputs = [x.plain() for x in call.inputs]
    for x in inputs:
        x["values"] = [number(v, 9) for v in x["values"]]
    case = {**case, "inputs": inputs, "args": call.args}
    case |= {name: getattr(call, name) for name in ("changed", "then", "doubt") if getattr(call, name)}
    truth, rounded = (answer(call.compute, call.inputs, real) for real in (torch.float64, torch.float32))
    case |= {"float64": written(truth), "float32": written(rounded)}
    exact = call.exact or call.compute
    if call.exact is not None or any(x.dtype == "float32" for x in call.inputs):
        truth = answer(exact, call.inputs, torch.float64, widest=True)
        case["truth"] = written(truth)
    if isinstance(truth, str) or isinstance(rounded, str):
        return case
    return {**case, **measure(call, exact, d, truth, rounded)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--op", help="only cases of these ops, with commas between")
    parser.add_argument("--bytes", type=int, default=0, help="only cases that take less, where there are any")
    args = parser.parse_args()
    torch.set_num_threads(1)
    names = sorted(CASES)
    chosen = names if args.op is None else args.op.split(",")
    # Ops take turns; each goes on from its last case.
    nexts = {name: args.first + (i - args.first) % len(names) for i, name in enumerate(names)}
    chosen.sort(key=lambda name: nexts[name])
    for turn in range(args.cases):
        name = chosen[turn % len(chosen)]
        lines = []
        while not lines or 0 < args.bytes <= min(map(len, lines)) and len(lines) < TRIES:
            case = draw_case(args.seed, nexts[name], names)
            nexts[name] += len(names)
            lines.append(json.dumps(case, separators=(",", ":")))
        sys.stdout.write(min(lines, key=len) + "\n")


if __name__ == "__main__":
    main()
