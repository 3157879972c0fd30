"""Writes tests/fixtures/packed.json: recurrent layers over packed sequences, in float64.

Run with `/usr/bin/python3 tools/oracle/make_packed_fixture.py` (PyTorch 1.13 or later).

Each case has the layer's class, arguments and weights, a padded batch with its lengths, initial states
or none, and: the padded outputs, the last states, and the gradients of sum(w * results) for the input,
the weights and the states, where w = sin(1, 2, 3, …) in the order of the elements.
"""

import json
import os

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def plain(t):
    return {"shape": list(t.shape), "data": [float(f"{v:.14g}") for v in t.flatten().tolist()]}


def weighed(t):
    return (t * torch.sin(torch.arange(1.0, t.numel() + 1)).view(t.shape)).sum()


def case(name, args, options, lengths, given, **python):
    layer = getattr(nn, name)(*args, **python)
    for p in layer.parameters():
        p.data = (torch.randn(p.shape) * 0.5).round(decimals=3)
    first = python.get("batch_first", False)
    n, l = len(lengths), max(lengths)
    x = torch.randn((n, l, args[0]) if first else (l, n, args[0])).round(decimals=3)
    x.requires_grad_()
    ways = layer.num_layers * (2 if layer.bidirectional else 1)
    states = []
    if given:
        sizes = [python.get("proj_size") or args[1]] + ([args[1]] if name == "LSTM" else [])
        states = [torch.randn(ways, n, size).round(decimals=3).requires_grad_() for size in sizes]
    packed = pack_padded_sequence(x, lengths, batch_first=first, enforce_sorted=False)
    state = None if not states else tuple(states) if name == "LSTM" else states[0]
    y, last = layer(packed, state)
    y, _ = pad_packed_sequence(y, batch_first=first)
    last = list(last) if name == "LSTM" else [last]
    sum(weighed(t) for t in [y, *last]).backward()
    return {
        "layer": name, "args": [*args, options], "lengths": lengths, "batchFirst": first,
        "state": {k: plain(v) for k, v in layer.state_dict().items()},
        "x": plain(x), "states": [plain(s) for s in states],
        "y": plain(y), "last": [plain(t) for t in last],
        "xGrad": plain(x.grad), "stateGrads": [plain(s.grad) for s in states],
        "grads": {k: plain(v.grad) for k, v in layer.named_parameters()},
    }


cases = [
    case("RNN", [2, 3], {}, [4, 2, 1], False),
    case("GRU", [2, 2], {"bidirectional": True}, [1, 3, 3], True, bidirectional=True),
    case("GRU", [2, 2], {"numLayers": 2, "batchFirst": True}, [2, 2], False, num_layers=2,
         batch_first=True),
    case("LSTM", [2, 3], {"bidirectional": True, "batchFirst": True, "numLayers": 2}, [2, 4, 1, 4],
         True, bidirectional=True, batch_first=True, num_layers=2),
    case("LSTM", [2, 3], {"projSize": 2, "bidirectional": True, "bias": False}, [3, 1], True,
         proj_size=2, bidirectional=True, bias=False),
    case("RNN", [1, 2], {"nonlinearity": "relu", "bidirectional": True}, [1, 2, 5], False,
         nonlinearity="relu", bidirectional=True),
]
path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/packed.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
