"""Writes tests/fixtures/torch/: files of torch.save, and expected.json with what they hold.

Run with `/usr/bin/python3 tools/oracle/make_torch_fixtures.py` (PyTorch 1.13 or later).

In expected.json a tensor is {"dtype", "shape", "values", "requiresGrad"}; other values that JSON lacks
are {"python": kind, "value": …}.
"""

import collections
import json
import math
import os

import torch
from torch import nn

FOLDER = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/torch")
os.makedirs(FOLDER, exist_ok=True)
torch.manual_seed(0)
expected = {}


def number(v):
    return v if not isinstance(v, float) or math.isfinite(v) else str(v)


def plain(v):
    if isinstance(v, torch.Tensor):
        wide = v.detach()
        wide = wide.double() if wide.is_floating_point() else wide
        return {"dtype": str(v.dtype).removeprefix("torch."), "shape": list(v.shape),
                "values": [number(x) for x in wide.reshape(-1).tolist()],
                "requiresGrad": v.requires_grad}
    if isinstance(v, collections.OrderedDict):
        return {"python": "OrderedDict", "value": [[k, plain(x)] for k, x in v.items()]}
    if isinstance(v, dict):
        return {"python": "dict", "value": {str(k): plain(x) for k, x in v.items()}}
    if isinstance(v, (bytes, bytearray)):
        return {"python": "bytes", "value": list(v)}
    if isinstance(v, set):
        return {"python": "set", "value": sorted(v)}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    if isinstance(v, int) and not isinstance(v, bool) and abs(v) > 2**53:
        return {"python": "int", "value": str(v)}
    if isinstance(v, (torch.device, torch.dtype)):
        return str(v).removeprefix("torch.")
    return number(v)


def save(name, value, **options):
    torch.save(value, os.path.join(FOLDER, name), **options)
    expected[name] = plain(value)


save("linear.pt", nn.Linear(2, 3).state_dict())

model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.8, 0.99))
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
for _ in range(2):
    optimizer.zero_grad()
    model(torch.randn(4, 1, 4, 4)).square().mean().backward()
    optimizer.step()
    schedule.step()
save("model.pth", model.state_dict())
save("checkpoint.pt", {"epoch": 2, "model": model.state_dict(), "optimizer": optimizer.state_dict(),
                       "schedule": {k: v for k, v in schedule.state_dict().items()},
                       "best": 0.125, "history": [1.5, 0.25]})
base = torch.arange(24.0)
save("views.pt", {"transposed": base.view(4, 6).t(), "slice": base[3:9:2], "rows": base.view(4, 6)[1:3],
                  "expanded": base[:3].expand(2, 3), "scalar": base[5],
                  "permuted": base.view(2, 3, 4).permute(2, 0, 1), "backwards": base.flip(0)})
save("dtypes.pt", [torch.tensor([1, -2, 3]).to(dtype) for dtype in [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
    torch.int16, torch.int8]] + [torch.tensor([0, 255], dtype=torch.uint8),
                                 torch.tensor([True, False])])
save("parameters.pt", list(nn.Linear(2, 1).parameters()) + [torch.ones(1, requires_grad=True)])
save("values.pt", {"none": None, "yes": True, "no": False, "small": 7, "byte": 200, "short": 60000,
                   "negative": -5, "long": 2**40, "huge": 2**70, "minus": -(2**65), "pi": 3.14159,
                   "infinity": float("inf"), "text": "größe ✓", "long text": "x" * 300,
                   "bytes": b"\x00\xff", "array": bytearray(b"ab"), "tuple": (1, "a", (2.5,), ()),
                   "set": {1, 2}, "empty": {}, "list": [[], [None]], "dtype": torch.float32,
                   "device": torch.device("cuda:1"), "size": torch.Size([2, 3]), 3: "three",
                   "__proto__": "a key like any other"})
save("protocol4.pt", {"weights": nn.Linear(2, 2).state_dict(), "bytes": b"abc", "set": {5},
                      "names": ["a"] * 3}, pickle_protocol=4)
save("edges.pt", {"special": torch.tensor([math.nan, math.inf, -math.inf, -0.0, 1e-45]),
                  "empty": torch.zeros(0, 3), "scalar": torch.tensor(2.5), "ones": torch.ones(1, 1, 1)},
     pickle_protocol=5)
shared = torch.arange(6.0)
save("shared.pt", collections.OrderedDict([("a", shared), ("b", shared), ("c", shared[2:]),
                                           ("pair", [shared, shared.view(2, 3)])]))

with open(os.path.join(FOLDER, "expected.json"), "w") as file:
    json.dump(expected, file, separators=(",", ":"), ensure_ascii=False)
    file.write("\n")
