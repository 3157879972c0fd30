"""Writes random cases as JSON lines: what Gradus should call, and what PyTorch answers.

    python3 tools/oracle/oracle.py --seed 1 --cases 1000 [--from 0] [--op conv2d] [--bytes 2000]

Needs PyTorch 1.13 or later and NumPy. A case depends on the seed and its index alone. Each line has

- `index`, `op` (as Gradus names it: a method, or a function), `torch` (PyTorch's name);
- `inputs`: base values, which are float32 numbers, and the views that make the input of them; the
  dtype "float" stands for both float64 and float32;
- `args`: the arguments as Gradus takes them; `{"input": 1}` is an input;
- `float64`, `float32`: the results, `{"outputs": […], "gradients": […]}` or `{"error": message}`,
  where gradients are of the sum of outputs times the weights of `projection`. A tensor is
  `[dtype, shape, values]`; a gradient is null if PyTorch has none;
- `truth`: the results in float64 throughout, if `float64` is something else: some inputs are float32
  whatever is under test, or PyTorch loses digits on the way;
- `errors`: for each output and then each gradient, the greatest error of PyTorch in float32, in units
  in the last place; and `spread`: null, or, if its elements are sums of terms that may cancel, the
  least unit of each. Both come from the case and its neighbours, the same call with every input and
  weight moved to the next float32 up or down: because one number alone may happen to be rounded
  well; and because no sum can be expected to be nearer than what it moves by itself.
"""

import argparse
import json
import math
import sys
import warnings

import numpy as np
import torch

import layers
import losses
import methods
import recurrent
import selections
from draw import Draw, Moves

warnings.simplefilter("ignore")
NEIGHBOURS = 8
GOLDEN = (math.sqrt(5) - 1) / 2
CASES = {**methods.CASES, **selections.CASES, **layers.CASES, **losses.CASES, **recurrent.CASES}
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
    weights = [((i + 1) * GOLDEN) % 1 * 2 - 1 for i in range(math.prod(shape))]
    if moves is not None:
        weights = moves.of(weights)
    return torch.tensor(np.array(weights, dtype=np.float32)).to(dtype).reshape(shape)


def outputs_of(result):
    return [result] if isinstance(result, torch.Tensor) else list(result)


def answer(compute, drawn, real, widest=False, seed=None):
    """What PyTorch computes in the dtype `real`, or its error; `seed` is that of a neighbour."""
    moves = None if seed is None else Moves(seed)
    torch.set_default_dtype(real)
    inputs = [x.build(real, widest, moves).detach() for x in drawn]
    for x, origin in zip(inputs, drawn):
        if x.is_floating_point() and not origin.is_constant:
            x.requires_grad_()
    try:
        outputs = outputs_of(compute(*inputs))
        terms = [(y * projection(y.shape, y.dtype, moves)).sum() for y in outputs if y.requires_grad]
        gradients = [None] * len(inputs)
        if terms:
            sum(terms).backward()
            gradients = [None if x.grad is None else plain(x.grad) for x in inputs]
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        return {"error": str(error).splitlines()[0][:200]}
    return {"outputs": [plain(y) for y in outputs], "gradients": gradients}


def are_sums(call, truth):
    """Whether the elements of each output, and then of each gradient, are sums."""
    outputs, gradients = truth["outputs"], truth["gradients"]
    size = len(outputs[0][2]) if outputs else 0
    return ["outputs" in call.sums for _ in outputs] + [
        "gradients" in call.sums or (x is not None and len(x[2]) < size) for x in gradients]


def tensors_of(answer):
    return [*answer["outputs"], *answer["gradients"]]


def pairs(a, b):
    """The finite numbers of two answers in pairs, with their places."""
    for i, (x, y) in enumerate(zip(tensors_of(a), tensors_of(b))):
        if x is not None and y is not None and x[1] == y[1]:
            for j, (v, w) in enumerate(zip(x[2], y[2])):
                if not isinstance(v, str) and not isinstance(w, str):
                    yield i, j, v, w


def unit(x):
    """The distance of neighbouring float32 numbers at x."""
    exponent = math.frexp(x)[1] - 1 if x != 0 else -126
    return 2.0 ** (min(max(exponent, -126), 127) - 23)


def measure(call, exact, d, truth, rounded):
    """PyTorch's errors and the spread; see above."""
    seeds = [d.int(0, 2**32) for _ in range(NEIGHBOURS)]
    answers = [[answer(compute, call.inputs, real, real == torch.float64, seed)
                for compute, real in ((exact, torch.float64), (call.compute, torch.float32))]
               for seed in seeds]
    answers = [pair for pair in answers if not any("error" in x for x in pair)]
    sums = are_sums(call, truth)
    spread = [[0.0] * len(x[2]) if x is not None and is_sum else None
              for x, is_sum in zip(tensors_of(truth), sums)]
    for near, _ in answers:
        for i, j, v, w in pairs(truth, near):
            if spread[i] is not None:
                spread[i][j] = max(spread[i][j], abs(v - w))
    errors = [0.0] * len(sums)
    for right, actual in [(truth, rounded), *answers]:
        for i, j, v, w in pairs(right, actual):
            least = 0.0 if i >= len(sums) or spread[i] is None else spread[i][j]
            errors[i] = max(errors[i], abs(v - w) / max(unit(v), least))
    spread = [x and [float(f"{v:.2g}") for v in x] for x in spread]
    return {"errors": [float(f"{e:.3g}") for e in errors],
            **({"spread": spread} if any(sums) else {})}


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
    for real in (torch.float64, torch.float32):
        case[DTYPES[real]] = answer(call.compute, call.inputs, real)
    exact = call.exact or call.compute
    if call.exact is not None or any(x.dtype == "float32" for x in call.inputs):
        case["truth"] = answer(exact, call.inputs, torch.float64, widest=True)
    truth, rounded = case.get("truth", case["float64"]), case["float32"]
    if "error" in truth or "error" in rounded:
        return case
    return {**case, **measure(call, exact, d, truth, rounded)}


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
