"""Writes tests/fixtures/layers.json: layers as PyTorch computes and trains them, in float64.

Run with `python3 tools/oracle/make_layer_fixtures.py` (PyTorch 1.13 or later).

Each case names a layer, the arguments with which the tests make it, its state and its inputs. There
are the results in training and after `eval()`, the gradients of sum(result * g), the buffers after
that call, and the state after some steps of SGD on the mean square of result - g. Numbers are
rounded to 14 digits, random ones to 3, so that both sides start from the same.
"""

import copy
import json
import os

import torch
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
cases = []

STEPS = 20
RATE = 0.05


def randn(*shape):
    return torch.randn(*shape).round(decimals=3)


def number(v):
    """14 digits are enough for a comparison to 1e-11."""
    return int(v) if float(v) == int(v) else float(f"{v:.14g}")


def plain(t):
    t = t.detach()
    kind = {torch.float64: "float64", torch.int64: "int32", torch.bool: "bool"}[t.dtype]
    return {"shape": list(t.shape), "data": [number(v) for v in t.flatten().tolist()],
            "dtype": kind}


def first(module, *inputs):
    return [module(*inputs)]


def plain_state(module):
    return {name: plain(t) for name, t in module.state_dict().items()}


def results_of(call, module, inputs):
    return [t for t in call(module, *inputs) if t is not None]


def train(call, module, inputs, targets):
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        outputs = results_of(call, module, inputs)
        sum(((y - t) ** 2).mean() for y, t in zip(outputs, targets)).backward()
        optimizer.step()


def case(layer, args, module, inputs, call=first, options=None):
    """Records what `call(module, *inputs)`, a list of results, is and does."""
    for p in module.parameters():
        p.data = (randn(p.shape) * 0.5).round(decimals=3)
    for name, b in module.named_buffers():
        if b.is_floating_point():
            b.data = (randn(b.shape).abs() + 0.5).round(decimals=3)
    inputs = [t.clone().requires_grad_() if t.is_floating_point() else t for t in inputs]
    record = {"layer": layer, "args": args, "state": plain_state(module),
              "inputs": [plain(t) for t in inputs]}
    if options is not None:
        record["options"] = options
    trained = copy.deepcopy(module)
    outputs = results_of(call, module, inputs)
    gs = [randn(y.shape) for y in outputs]
    sum((y * g).sum() for y, g in zip(outputs, gs)).backward()
    record["g"] = [plain(g) for g in gs]
    record["outputs"] = [plain(y) for y in outputs]
    record["inputGrads"] = [None if t.grad is None else plain(t.grad) for t in inputs]
    record["grads"] = {n: plain(p.grad) for n, p in module.named_parameters()
                       if p.grad is not None}
    record["buffers"] = {n: plain(b) for n, b in module.named_buffers()}
    module.eval()
    record["evalOutputs"] = [plain(y) for y in results_of(call, module, inputs)]
    if any(True for _ in trained.parameters()):
        train(call, trained, [t.detach() for t in inputs], gs)
        record["trained"] = plain_state(trained)
    cases.append(record)


class RMSNorm(nn.Module):
    """As torch.nn.RMSNorm of PyTorch 2.4."""

    def __init__(self, shape, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(shape)), eps

    def forward(self, x):
        axes = tuple(range(-self.weight.dim(), 0))
        return x / torch.sqrt((x * x).mean(axes, keepdim=True) + self.eps) * self.weight


def normalization():
    case("BatchNorm1d", [3], nn.BatchNorm1d(3), [randn(4, 3)])
    case("BatchNorm1d", [3, {"momentum": None}], nn.BatchNorm1d(3, momentum=None),
         [randn(2, 3, 4)])
    case("BatchNorm1d", [2, {"affine": False}], nn.BatchNorm1d(2, affine=False), [randn(3, 2)])
    case("BatchNorm2d", [2], nn.BatchNorm2d(2), [randn(2, 2, 3, 2)])
    case("BatchNorm2d", [3, {"eps": 0.1, "momentum": 0.3}], nn.BatchNorm2d(3, 0.1, 0.3),
         [randn(1, 3, 2, 2) * 3 + 5])
    case("BatchNorm2d", [2, {"trackRunningStats": False}],
         nn.BatchNorm2d(2, track_running_stats=False), [randn(2, 2, 2, 2)])
    case("LayerNorm", [4], nn.LayerNorm(4), [randn(2, 3, 4)])
    case("LayerNorm", [[3, 2], {"eps": 0.1}], nn.LayerNorm([3, 2], 0.1), [randn(2, 3, 2)])
    case("LayerNorm", [3, {"elementwiseAffine": False}],
         nn.LayerNorm(3, elementwise_affine=False), [randn(2, 3)])
    case("GroupNorm", [2, 4], nn.GroupNorm(2, 4), [randn(2, 4, 3)])
    case("GroupNorm", [1, 2, {"eps": 0.01}], nn.GroupNorm(1, 2, 0.01), [randn(2, 2, 2, 2)])
    case("GroupNorm", [3, 3, {"affine": False}], nn.GroupNorm(3, 3, affine=False),
         [randn(2, 3, 4)])
    case("GroupNorm", [2, 4], nn.GroupNorm(2, 4), [randn(3, 4)])
    case("InstanceNorm2d", [2], nn.InstanceNorm2d(2), [randn(2, 2, 3, 2)])
    case("InstanceNorm2d", [2, {"affine": True}], nn.InstanceNorm2d(2, affine=True),
         [randn(2, 3, 2)])
    case("RMSNorm", [4, {"eps": 1e-6}], RMSNorm(4, 1e-6), [randn(2, 3, 4)])
    case("RMSNorm", [[2, 3], {"eps": 0.1}], RMSNorm([2, 3], 0.1), [randn(2, 2, 3)])


for make in [normalization]:
    make()

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/layers.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(f"{len(cases)} cases")
