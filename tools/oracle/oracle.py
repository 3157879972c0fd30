"""Writes random cases as JSON lines: what Gradus should call, and what PyTorch answers.

    python3 tools/oracle/oracle.py --seed 1 --cases 1000 [--from 0] [--op conv2d] [--bytes 2000]

Needs PyTorch 1.13 or later and NumPy. A case depends on the seed and its index alone. Each line has

- `index`, `op` (as Gradus names it: a method, or a function), `torch` (PyTorch's name);
- `inputs`: base values, which are float32 numbers, and the views that make the input of them; the
  dtype "float" stands for both float64 and float32;
- `args`: the arguments as Gradus takes them; `{"input": 1}` is an input;
- `largest`: if elements of results are sums, the size of the largest number that goes into them, to
  which rounding is relative;
- `float64`, `float32`: the results, `{"outputs": […], "gradients": […]}` or `{"error": message}`,
  where gradients are of the sum of outputs times the weights of `projection`. A tensor is
  `[dtype, shape, values]`; a gradient is null if PyTorch has none;
- `errors`: for each output and then each gradient, the greatest error of PyTorch in float32, in units
  in the last place (of the element, or of `largest`). Few elements
  may all happen to be rounded well, so it is the greatest of the case and of neighbours: the same
  call with inputs moved by a few units in the last place, and with other weights.
"""

import argparse
import json
import math
import sys
import warnings

import numpy as np
import torch

import layers
import methods
import selections
from draw import Draw

warnings.simplefilter("ignore")
NEIGHBOURS = 8
GOLDEN = (math.sqrt(5) - 1) / 2
CASES = {**methods.CASES, **selections.CASES, **layers.CASES}
DTYPES = {torch.int64: "int32", torch.int32: "int32", torch.uint8: "uint8", torch.bool: "bool",
          torch.float32: "float32", torch.float64: "float64"}


def number(v, digits):
    """A number that JSON can hold, as short as its precision allows."""
    if isinstance(v, (bool, int)):
        return int(v)
    if not math.isfinite(v):
        return str(v)
    if v == 0:
        return -0.0 if math.copysign(1, v) < 0 else 0
    short = float(f"{v:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def plain(t):
    digits = 9 if t.dtype == torch.float32 else 14
    values = [number(v, digits) for v in t.detach().reshape(-1).tolist()]
    return [DTYPES[t.dtype], list(t.shape), values]


def projection(shape, dtype, first):
    """Weights of ±1 that follow the golden ratio: the same in every language."""
    spread = [((i + first) * GOLDEN) % 1 * 2 - 1 for i in range(math.prod(shape))]
    return torch.tensor(np.array(spread, dtype=np.float32)).to(dtype).reshape(shape)


def outputs_of(result):
    return [result] if isinstance(result, torch.Tensor) else list(result)


def answer(call, inputs, real, first=1):
    """What PyTorch computes in the dtype `real`, or its error."""
    torch.set_default_dtype(real)
    constants = [x.is_constant for x in inputs]
    inputs = [x.build(real).detach() for x in inputs]
    for x, is_constant in zip(inputs, constants):
        if x.is_floating_point() and not is_constant:
            x.requires_grad_()
    try:
        outputs = outputs_of(call.compute(*inputs))
        terms = [(y * projection(y.shape, y.dtype, first)).sum() for y in outputs if y.requires_grad]
        gradients = [None] * len(inputs)
        if terms:
            sum(terms).backward()
            gradients = [None if x.grad is None else plain(x.grad) for x in inputs]
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        return {"error": str(error).splitlines()[0][:200]}
    return {"outputs": [plain(y) for y in outputs], "gradients": gradients}


def tensors_of(result):
    return [*result["outputs"], *result["gradients"]]


def largest_of(call, inputs, truth):
    """The size of the largest finite number of the call."""
    lists = [x.values for x in inputs if x.dtype == "float"]
    lists += [t[2] for t in tensors_of(truth) if t is not None]
    sizes = [abs(v) for values in lists for v in values if not isinstance(v, str) and math.isfinite(v)]
    if call.products:
        factors = [max((abs(v) for v in x.values if math.isfinite(v)), default=0.0) for x in inputs]
        sizes.append(math.prod(sorted(factors)[-2:]))
    return max(sizes, default=0.0)


def unit(x):
    """The distance of neighbouring float32 numbers at x."""
    exponent = math.frexp(x)[1] - 1 if x != 0 else -126
    return 2.0 ** (min(max(exponent, -126), 127) - 23)


def errors_of(call, inputs, truth, rounded):
    """The greatest error of each tensor, in units in the last place."""
    largest = largest_of(call, inputs, truth) if call.sums else None
    errors = []
    for right, actual in zip(tensors_of(truth), tensors_of(rounded)):
        worst = 0.0
        if right is not None and actual is not None and right[1] == actual[1]:
            for t, a in zip(right[2], actual[2]):
                if not isinstance(t, str) and not isinstance(a, str):
                    worst = max(worst, abs(a - t) / unit(t if largest is None else largest))
        errors.append(worst)
    return errors


def greatest_errors(call, d, truth, rounded):
    greatest = errors_of(call, call.inputs, truth, rounded)
    for i in range(NEIGHBOURS):
        inputs = [x.moved(d) for x in call.inputs]
        truth, rounded = (answer(call, inputs, real, 2 + i) for real in (torch.float64, torch.float32))
        if "error" not in truth and "error" not in rounded:
            errors = errors_of(call, inputs, truth, rounded)
            # The number of outputs may depend on the values.
            greatest = [max(pair) for pair in zip(greatest, errors)]
    return [float(f"{v:.3g}") for v in greatest]


def draw_case(seed, index, names):
    d = Draw(seed, index)
    # Ops take turns, so that a small set of cases has them all.
    name = names[index % len(names)]
    torch_name, make = CASES[name]
    call = make(d)
    inputs = [x.plain() for x in call.inputs]
    for x in inputs:
        x["values"] = [number(v, 9) for v in x["values"]]
    case = {"index": index, "op": name, "torch": torch_name, "inputs": inputs, "args": call.args}
    truth, rounded = (answer(call, call.inputs, real) for real in (torch.float64, torch.float32))
    case = {**case, "float64": truth, "float32": rounded}
    if "error" not in truth and "error" not in rounded:
        if call.sums:
            case["largest"] = largest_of(call, call.inputs, truth)
        case["errors"] = greatest_errors(call, d, truth, rounded)
    return case


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--op", help="only cases of this op")
    parser.add_argument("--bytes", type=int, default=0, help="only cases that take less")
    args = parser.parse_args()
    torch.set_num_threads(1)
    names = sorted(CASES)
    chosen = names if args.op is None else [args.op]
    # Ops take turns; each goes on from its last case.
    nexts = {name: args.first + (i - args.first) % len(names) for i, name in enumerate(names)}
    chosen.sort(key=lambda name: nexts[name])
    for turn in range(args.cases):
        name = chosen[turn % len(chosen)]
        line = None
        while line is None or 0 < args.bytes <= len(line):
            case = draw_case(args.seed, nexts[name], names)
            nexts[name] += len(names)
            line = json.dumps(case, separators=(",", ":"))
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
