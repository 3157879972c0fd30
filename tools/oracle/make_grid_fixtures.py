"""Writes tests/fixtures/grids.json: grids of small images as torchvision makes them.

Run with `python3 tools/oracle/make_grid_fixtures.py` (needs torch and torchvision).
"""

import json
import os

import torch
from torchvision.utils import make_grid

CASES = [
    ((5, 3, 2, 3), {}, {}),
    ((5, 3, 2, 3), {"nrow": 2, "padding": 1, "pad_value": 0.5}, {"nrow": 2, "padding": 1, "padValue": 0.5}),
    ((4, 1, 2, 2), {"nrow": 3, "normalize": True}, {"nrow": 3, "normalize": True}),
    (
        (3, 3, 2, 2),
        {"normalize": True, "scale_each": True, "padding": 0},
        {"normalize": True, "scaleEach": True, "padding": 0},
    ),
    (
        (2, 1, 3, 2),
        {"normalize": True, "value_range": (-0.5, 0.5)},
        {"normalize": True, "valueRange": (-0.5, 0.5)},
    ),
    ((1, 1, 2, 3), {}, {}),
    ((3, 2, 3), {}, {}),
    ((2, 3), {}, {}),
]

torch.manual_seed(0)
cases = []
for shape, kwargs, options in CASES:
    images = (torch.randn(shape) * 16).round() / 16
    grid = make_grid(images, **kwargs)
    cases.append(
        {
            "shape": shape,
            "images": images.flatten().tolist(),
            "options": options,
            "gridShape": list(grid.shape),
            "grid": [round(x, 6) for x in grid.flatten().tolist()],
        }
    )
path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/grids.json")
with open(path, "w") as file:
    json.dump(cases, file)
    file.write("\n")
