#!/usr/bin/env python3
"""Writes tests/fixtures/losses.json: values and gradients of PyTorch's losses, in float64.

Each case names a function of nn.functional, its tensors in the order of the call, and its options as
the tests pass them; the gradients are those of sum(output * g). Needs PyTorch 1.13 or later.
"""

import json
import math
import os

import torch
import torch.nn.functional as F

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
cases = []
REDUCTIONS = ["mean", "sum", "none"]


def randn(*shape):
    return torch.randn(shape).round(decimals=2)


def rand(*shape):
    return torch.rand(shape).round(decimals=2) * 0.98 + 0.01


def signs(*shape):
    return torch.randint(0, 2, shape).double() * 2 - 1


def number(v):
    return repr(v) if not math.isfinite(v) else v if isinstance(v, int) else float(f"{v:.14g}")


def plain(t):
    dtype = {torch.float64: "float64", torch.int64: "int32"}[t.dtype]
    return {"shape": list(t.shape), "data": [number(v) for v in t.flatten().tolist()], "dtype": dtype}


def snake(name):
    names = {"logInput": "log_input", "logTarget": "log_target", "poissonNllLoss": "poisson_nll_loss"}
    text = "".join("_" + c.lower() if c.isupper() else c for c in name)
    return names.get(name, text)


def case(call, tensors, options=None, learnt=None, **hidden):
    """`learnt`: indices of the tensors with gradients (default all); `hidden`: tensors as options."""
    options = options or {}
    learnt = range(len(tensors)) if learnt is None else learnt
    tensors = [t.clone() for t in tensors]
    for i in learnt:
        tensors[i].requires_grad_()
    named = {snake(k): v for k, v in options.items()}
    output = getattr(F, snake(call))(*tensors, **named, **hidden)
    g = randn(*output.shape)
    if learnt:
        (output * g).sum().backward()
    cases.append({
        "call": call,
        "options": options,
        "tensors": [plain(t.detach()) for t in tensors],
        "hidden": {k: plain(v) for k, v in hidden.items()},
        "g": plain(g),
        "output": plain(output.detach()),
        "grads": [plain(t.grad) if i in learnt else None for i, t in enumerate(tensors)],
    })


def each(make):
    for reduction in REDUCTIONS:
        make({"reduction": reduction})


# Ties, zeros and bounds stand in these.
edge = torch.tensor([[-3.0, -1.0, -0.5], [0.0, 0.5, 1.0]])
zero = torch.zeros(2, 3)


def regression(o):
    pair = lambda: [randn(3, 2) * 2, randn(3, 2)]
    for delta in [{}, {"delta": 0.3}]:
        case("huberLoss", pair(), {**o, **delta})
        case("huberLoss", [edge, zero], {**o, **delta})
    for beta in [{}, {"beta": 0.5}, {"beta": 0.0}]:
        case("smoothL1Loss", pair(), {**o, **beta})
        # With beta 0, PyTorch's gradient where both are equal is -1; here it is that of l1Loss, 0.
        if beta.get("beta") != 0:
            case("smoothL1Loss", [edge, zero], {**o, **beta})
    counts = torch.tensor([[0.0, 1.0, 2.0], [5.0, 1.5, 0.5]])
    for options in [{}, {"full": True}]:
        # PyTorch's gradient for a target of 0 is NaN with Stirling's terms.
        learnt = [0] if options else [0, 1]
        case("poissonNllLoss", [randn(2, 3), counts], {**o, **options}, learnt)
        case("poissonNllLoss", [rand(2, 3) * 3, counts],
             {**o, **options, "logInput": False, "eps": 0.001}, learnt)
    for shape in [(3, 2), (3, 1), (3,)]:
        for options in [{}, {"full": True, "eps": 0.2}]:
            case("gaussianNllLoss", [*pair(), rand(*shape)], {**o, **options})


def probability(o):
    call = "binaryCrossEntropy"
    case(call, [rand(3, 2), rand(3, 2)], o)
    case(call, [rand(3, 2), rand(3, 2)], o, weight=rand(2) * 3)
    # No gradients: PyTorch's bound of their denominator, 1e-12, is a float32.
    case(call, [torch.tensor([0.0, 1.0, 0.0, 1.0, 0.5]), torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0])], o, [])
    log = lambda *shape: randn(*shape).log_softmax(-1)
    for reduction in [o["reduction"]] + ["batchmean"] * (o["reduction"] == "sum"):
        options = {"reduction": reduction}
        case("klDiv", [log(3, 4), randn(3, 4).softmax(-1)], options)
        case("klDiv", [log(3, 4), log(3, 4)], {**options, "logTarget": True})
        case("klDiv", [log(2, 3), torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])], options, [0])


def margins(o):
    for margin in [{}, {"margin": 0.5}]:
        options = {**o, **margin}
        case("hingeEmbeddingLoss", [randn(3, 2), signs(3, 2)], options, [0])
        case("hingeEmbeddingLoss", [edge, -torch.ones(2, 3)], options, [0])
        case("marginRankingLoss", [randn(4), randn(4), signs(4)], options, [0, 1])
        case("marginRankingLoss", [edge, zero, torch.ones(2, 3)], options, [0, 1])
        for p in [{}, {"p": 2}]:
            target = torch.tensor([2, 0, 1])
            case("multiMarginLoss", [randn(3, 4), target], {**options, **p}, [0])
            case("multiMarginLoss", [randn(3, 3), target], {**options, **p}, [0], weight=rand(3))
            case("multiMarginLoss", [torch.tensor([1.0, 0.0, 0.5]), torch.tensor(0)],
                 {**options, **p}, [0])


def embeddings(o):
    for margin in [{}, {"margin": 0.3}]:
        options = {**o, **margin}
        case("cosineEmbeddingLoss", [randn(5, 3), randn(5, 3), signs(5)], options, [0, 1])
        case("cosineEmbeddingLoss", [randn(3), randn(3), torch.tensor(-1.0)], options, [0, 1])
    # No gradient for the vectors of length 0: PyTorch's 1e-12 is a float32.
    case("cosineEmbeddingLoss", [torch.zeros(2, 3), randn(2, 3), torch.tensor([1.0, -1.0])], o, [1])
    for more in [{}, {"margin": 0.2, "p": 1.0}, {"p": 3.0, "swap": True}, {"p": math.inf, "eps": 0.01}]:
        case("tripletMarginLoss", [randn(4, 3) for _ in range(3)], {**o, **more})
    case("tripletMarginLoss", [randn(3) for _ in range(3)], {**o, "swap": True})


for make in [regression, probability, margins, embeddings]:
    each(make)
case("huberLoss", [randn(0, 2), randn(0, 2)])
case("klDiv", [randn(0, 2), rand(0, 2)], {"reduction": "sum"})

for c in cases:
    if c["options"].get("p") == math.inf:
        c["options"]["p"] = "inf"
path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/losses.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(f"{len(cases)} cases")
