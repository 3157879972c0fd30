"""Writes tests/fixtures/pytorch.safetensors: a model of PyTorch's, an input and its output; and
tests/fixtures/halves.safetensors: numbers, and what PyTorch rounds them to in 16 bits.

Run with `python3 tools/oracle/make_safetensors_fixture.py` (PyTorch 1.13, safetensors 0.8).
"""

import os

import torch
from safetensors.torch import save_file
from torch import nn

FIXTURES = os.path.join(os.path.dirname(__file__), "../../tests/fixtures")


def write(name, tensors):
    save_file(tensors, os.path.join(FIXTURES, name), metadata={"format": "pt"})


torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(2, 4, 3, stride=2, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)
)
x = torch.randn(2, 2, 5, 5)
state = {f"model.{name}": value for name, value in model.state_dict().items()}
write("pytorch.safetensors", {**state, "input": x, "output": model(x).detach()})


def around(bits, dropped):
    """Halfway between neighbours of a format that drops bits, and a unit to either side."""
    kept = torch.tensor(bits, dtype=torch.int64) << dropped
    half = kept + (1 << (dropped - 1))
    return torch.cat([kept, half - 1, half, half + 1]).to(torch.int32).view(torch.float32)


def halves():
    # Exponents from 2^-30 to 2^20: all of float16, its subnormals, and past both of its ends.
    scales = 2.0 ** torch.arange(-30, 21)
    numbers = torch.randn(scales.numel()) * scales
    # Ties that go down and up; the carry into the exponent; the steps to infinity.
    ties = [[(e + 127) * 1024 + m for e in (-14, 0, 15) for m in (0, 1, 2, 1021, 1022, 1023)],
            [e * 128 + m for e in (0, 1, 127, 254) for m in (0, 1, 126, 127)]]
    edges = torch.tensor([0.0, -0.0, float("inf"), -float("inf"), 1e-45, -1e-45, 3.4028234e38,
                          2.0 ** -24, 2.0 ** -25, 1.5 * 2.0 ** -25, 3 * 2.0 ** -25, 65504, 65519,
                          65520, -65520, 1.1754944e-38, 1.1754942e-38])
    return torch.cat([numbers, -around(ties[0], 13), around(ties[1], 16), edges])


x = halves()
write("halves.safetensors", {"float32": x, "float16": x.half(), "bfloat16": x.bfloat16()})
