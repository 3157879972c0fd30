"""Runs the calls of bench/ops_table.ts in PyTorch, as bench/ops.ts asks for them, a line of JSON each.

A line prepares a call, or times the one that was prepared: {"seconds": s} answers with milliseconds.
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(0)
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def find(name):
    """The function that has a name in PyTorch."""
    for place in [torch, F, torch.Tensor, torch.special]:
        if hasattr(place, name):
            return getattr(place, name)
    raise NameError(name)


def assign(x, row):
    x[0] = row
    return x


def attend(q, k, v, causal=False):
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal)


if not hasattr(F, "scaled_dot_product_attention"):

    def attend(q, k, v, causal=False):  # noqa: F811: releases before 2.0 have no function for it
        scores = (q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1])
        if causal:
            mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
            scores = scores.masked_fill(~mask, -math.inf)
        return scores.softmax(-1) @ v


def attention(n):
    layer = nn.MultiheadAttention(n, 4, batch_first=True)
    return lambda x: layer(x, x, x, need_weights=False)[0]


def in_order(x, order):
    """The same elements, with the axes in another order in memory."""
    if order is None:
        return x
    return x.permute(order).contiguous().permute([order.index(i) for i in range(len(order))])


def prepare(request):
    """Makes the operands of a call, and returns functions that run it without and with its gradient."""
    shape, order, dtype = request["x"], request.get("order"), DTYPES[request.get("dtype", "float32")]
    low, high = request["range"]
    names = dict(globals())

    def floats(shape):
        x = torch.rand(shape, dtype=dtype) * (high - low) + low
        return in_order(x, order).requires_grad_()

    n = shape[-1]
    names.update(x=floats(shape), y=floats(request.get("y", shape)), n=n, c=shape[min(1, len(shape) - 1)])
    names.update(i=in_order(torch.randint(0, n, shape), order), rows=torch.randint(0, n, shape[:-1]))
    names.update(i32=names["i"].int(), b=in_order(torch.rand(shape) < 0.5, order))
    call = eval("lambda: " + request["torch"], names)
    made = call()
    if callable(made) and not isinstance(made, torch.Tensor):
        layer = made.to(dtype) if isinstance(made, nn.Module) else made
        call = lambda: layer(names["x"])  # noqa: E731: it replaces the one above

    def forward():
        with torch.no_grad():
            return first(call())

    y = first(call())
    if not isinstance(y, torch.Tensor) or not y.requires_grad:
        return forward, None
    g, leaves = torch.ones_like(y), [names["x"], names["y"]]
    if isinstance(made, nn.Module):
        leaves += made.parameters()

    def gradient():
        torch.autograd.grad(first(call()), leaves, g, allow_unused=True)

    try:
        gradient()
    except RuntimeError:  # some functions have no gradient, which shows only here
        return forward, None
    return forward, gradient


def first(result):
    return first(result[0]) if isinstance(result, (tuple, list)) else result


def measure(work, seconds):
    count, start = 0, time.perf_counter()
    while True:
        work()
        count += 1
        spent = time.perf_counter() - start
        if spent >= seconds:
            return spent / count * 1000


works = (None, None)
for line in sys.stdin:
    request = json.loads(line)
    try:
        if "torch" in request:
            works = None
            works = prepare(request)
            answer = {"gradient": works[1] is not None}
        else:
            answer = {"ms": measure(works[int(request["gradient"])], request["seconds"])}
    except Exception as error:  # what PyTorch cannot do is no reason to miss the others
        answer = {"error": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(answer), flush=True)
