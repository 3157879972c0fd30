"""Writes tests/fixtures/pytorch.safetensors: a model of PyTorch's, an input and its output.

Run with `python3 tools/oracle/make_safetensors_fixture.py` (PyTorch 1.13, safetensors 0.8).
"""

import os

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(2, 4, 3, stride=2, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)
)
x = torch.randn(2, 2, 5, 5)
state = {f"model.{name}": value for name, value in model.state_dict().items()}
path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/pytorch.safetensors")
save_file({**state, "input": x, "output": model(x).detach()}, path, metadata={"format": "pt"})
