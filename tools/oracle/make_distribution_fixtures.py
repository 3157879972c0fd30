"""Writes tests/fixtures/distributions.json: densities, entropies and divergences of PyTorch, in float64.

Run with `/usr/bin/python3 tools/oracle/make_distribution_fixtures.py` (PyTorch 1.13 or later).

Each case has parameters, values, and results of each method, with the gradients of the sum of the
finite results for the parameters. Infinity and NaN are written as text.
"""

import json
import os

import torch
from torch import distributions as D

torch.set_default_dtype(torch.float64)


def number(v):
    return float(f"{v:.14g}") if abs(v) < float("inf") else str(v)


def plain(t):
    def walk(v):
        return [walk(x) for x in v] if isinstance(v, list) else number(v)
    return walk(t.tolist())


def with_gradients(result, params):
    for p in params.values():
        p.grad = None
    finite = result[torch.isfinite(result)].sum()
    if finite.requires_grad:
        finite.backward(retain_graph=True)
    return {"result": plain(result), "grads": {
        name: None if p.grad is None else plain(p.grad) for name, p in params.items()}}


def leaves(params):
    return {name: torch.tensor(v, requires_grad=True) for name, v in params.items()}


def single(name, params, value):
    ps = leaves(params)
    d = getattr(D, name)(**ps)
    value = torch.tensor(value)
    return {
        "name": name, "params": params, "value": value.tolist(),
        "logProb": with_gradients(d.log_prob(value), ps),
        "entropy": with_gradients(d.entropy(), ps),
        "mean": plain(d.mean), "variance": plain(d.variance),
    }


def divergence(name, p, q):
    ps, qs = leaves(p), leaves(q)
    make = getattr(D, name)
    result = D.kl_divergence(make(**ps), make(**qs))
    every = {**{f"p.{k}": v for k, v in ps.items()}, **{f"q.{k}": v for k, v in qs.items()}}
    return {"name": name, "p": p, "q": q, "kl": with_gradients(result, every)}


singles = [
    single("Normal", {"loc": [0.5, -2.0, 0.0], "scale": [1.0, 0.25, 30.0]},
           [[0.5, -1.0, 2.0], [3.0, -2.0, 0.0]]),
    single("Normal", {"loc": 1.0, "scale": 2.0}, [0.0, 5.0]),
    single("Uniform", {"low": [0.0, -3.0], "high": [1.0, 5.0]}, [[0.25, 4.0], [0.0, -3.0]]),
    single("Bernoulli", {"probs": [0.3, 0.5, 0.999]}, [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]),
    single("Bernoulli", {"logits": [-2.0, 0.0, 40.0, -40.0]}, [1.0, 0.0, 0.0, 1.0]),
    single("Categorical", {"probs": [[0.2, 0.3, 0.5], [3.0, 1.0, 0.0]]}, [2, 0]),
    single("Categorical", {"logits": [[0.5, -1.0, 2.0], [0.0, 0.0, 100.0]]}, [[0, 2], [1, 1]]),
    single("Categorical", {"logits": [1.0, 2.0]}, [0, 1, 1]),
]
divergences = [
    divergence("Normal", {"loc": [0.5, -2.0], "scale": [1.0, 0.25]},
               {"loc": [0.0, 1.0], "scale": [2.0, 0.5]}),
    divergence("Uniform", {"low": [0.0, 0.0], "high": [1.0, 2.0]},
               {"low": [-1.0, 0.5], "high": [2.0, 3.0]}),
    divergence("Bernoulli", {"probs": [0.3, 0.9, 0.0, 1.0]}, {"probs": [0.5, 0.2, 0.25, 0.75]}),
    divergence("Bernoulli", {"probs": [0.3, 0.0]}, {"probs": [0.0, 0.0]}),
    divergence("Bernoulli", {"logits": [-1.0, 3.0]}, {"logits": [0.5, -2.0]}),
    divergence("Categorical", {"probs": [[0.2, 0.3, 0.5], [0.5, 0.5, 0.0]]},
               {"probs": [[0.4, 0.4, 0.2], [0.2, 0.2, 0.6]]}),
    divergence("Categorical", {"probs": [0.5, 0.5]}, {"probs": [1.0, 0.0]}),
    divergence("Categorical", {"logits": [0.5, -1.0, 2.0]}, {"logits": [[0.0, 0.0, 1.0],
                                                                      [2.0, 2.0, -1.0]]}),
]
path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/distributions.json")
with open(path, "w") as file:
    lines = [",\n".join(json.dumps(c, separators=(",", ":")) for c in part)
             for part in (singles, divergences)]
    file.write(f'{{"singles":[\n{lines[0]}\n],"divergences":[\n{lines[1]}\n]}}\n')
