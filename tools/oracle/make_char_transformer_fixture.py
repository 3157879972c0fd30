"""Writes tests/fixtures/char_transformer.json: ten steps of training as PyTorch does them, in float64.

Run with `python3 tools/oracle/make_char_transformer_fixture.py` (PyTorch 1.13 or later).

The model is that of examples/char_transformer.ts, but smaller. There are its sizes, its weights
before the first step (rounded to 3 digits, so that both sides start from the same), the lines of
characters it is trained on, the options of AdamW, and the loss of each step.
"""

import json
import os

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)

CHARACTERS = " 0123456789+=."
PADDING = 0
LENGTH = 10
STEPS = 10
SIZES = {"characters": len(CHARACTERS), "length": LENGTH, "size": 8, "heads": 2, "layers": 2}
ADAMW = {"lr": 0.01, "betas": [0.9, 0.99], "eps": 1e-8, "weight_decay": 0.1}


class CharTransformer(nn.Module):
    def __init__(self, characters, length, size, heads, layers):
        super().__init__()
        self.character = nn.Embedding(characters, size)
        self.position = nn.Embedding(length, size)
        layer = nn.TransformerEncoderLayer(size, heads, 4 * size, dropout=0, activation="gelu",
                                           batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(size))
        self.head = nn.Linear(size, characters)

    def forward(self, text):
        length = text.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool).triu(1)
        x = self.character(text) + self.position(torch.arange(length))
        return self.head(self.encoder(x, mask))


def loss_of(model, lines):
    logits = model(lines[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), lines[:, 1:].flatten(), ignore_index=PADDING)


def encode(sentences):
    return torch.tensor([[CHARACTERS.index(c) for c in s.ljust(LENGTH)] for s in sentences])


model = CharTransformer(**SIZES)
for p in model.parameters():
    p.data = (p.data + 0.1 * torch.randn(p.shape)).round(decimals=3)
weights = {name: {"shape": list(p.shape), "data": [float(f"{v:.3f}") for v in p.flatten().tolist()]}
           for name, p in model.state_dict().items()}

numbers = torch.randint(0, 100, (STEPS, 4, 2)).tolist()
batches = [encode([f"{a}+{b}={a + b}." for a, b in pairs]) for pairs in numbers]

optimizer = torch.optim.AdamW(model.parameters(), **ADAMW)
losses = []
for lines in batches:
    optimizer.zero_grad()
    loss = loss_of(model, lines)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

fixture = {
    "sizes": SIZES,
    "optimizer": {"lr": ADAMW["lr"], "betas": ADAMW["betas"], "eps": ADAMW["eps"],
                  "weightDecay": ADAMW["weight_decay"]},
    "weights": weights,
    "batches": [lines.tolist() for lines in batches],
    "losses": losses,
}
path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/char_transformer.json")
with open(path, "w") as file:
    lines = [f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}"
             for key, value in fixture.items()]
    file.write("{\n" + ",\n".join(lines) + "\n}\n")
