#!/usr/bin/env python3
"""Writes tests/fixtures/schedules.json: the learning rates and momenta that PyTorch's schedules set.

Each case has an optimizer with two groups, of rates 1 and 0.5, and schedules that are made and stepped
one after the other; recorded are [rate, rate, momentum, momentum] in epoch 0 and after each step.
"""

import json
import os
import warnings

import torch
from torch.optim import lr_scheduler as schedules

warnings.simplefilter("ignore")
STEPS = 40
# The functions are written down again in the tests.
LAMBDAS = {"inverse": lambda t: 1 / (1 + t), "flat": lambda t: 0.9 if t % 3 else 1.05}


def optimizer_of(name):
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (1.0, 0.5)]
    return getattr(torch.optim, name)(groups, lr=1.0)


def make(optimizer, name, settings):
    settings = dict(settings)
    if "lr_lambda" in settings:
        names = settings["lr_lambda"]
        settings["lr_lambda"] = [LAMBDAS[n] for n in names] if isinstance(names, list) else LAMBDAS[names]
    if name == "SequentialLR":
        settings["schedulers"] = [make(optimizer, *s) for s in settings["schedulers"]]
    return getattr(schedules, name)(optimizer, **settings)


def momentum(group):
    return group["betas"][0] if "betas" in group else group["momentum"]


def run(optimizer_name, chain, steps=STEPS, metrics=None):
    optimizer = optimizer_of(optimizer_name)
    chained = [make(optimizer, *s) for s in chain]
    record = lambda: [g["lr"] for g in optimizer.param_groups] + [momentum(g) for g in optimizer.param_groups]
    rows = [record()]
    for i in range(steps if metrics is None else len(metrics)):
        optimizer.step()
        for scheduler in chained:
            scheduler.step(*([] if metrics is None else [metrics[i]]))
        rows.append(record())
    return {"optimizer": optimizer_name, "chain": chain, "metrics": metrics, "rows": rows}


exponential = ("ExponentialLR", {"gamma": 0.9})
constant = ("ConstantLR", {"factor": 0.25, "total_iters": 4})
linear = ("LinearLR", {"start_factor": 0.1, "end_factor": 0.8, "total_iters": 7})
multi = ("MultiStepLR", {"milestones": [3, 8, 8, 20], "gamma": 0.5})
cosine = ("CosineAnnealingLR", {"T_max": 9, "eta_min": 0.05})
polynomial = ("PolynomialLR", {"total_iters": 12, "power": 2.0})
step = ("StepLR", {"step_size": 5, "gamma": 0.3})
restarts = ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.01})
lambdas = ("LambdaLR", {"lr_lambda": ["inverse", "flat"]})
product = ("MultiplicativeLR", {"lr_lambda": "flat"})
cycle = ("OneCycleLR", {"max_lr": [2.0, 0.3], "total_steps": 41})
cyclic = ("CyclicLR", {"base_lr": 0.1, "max_lr": [2.0, 1.0], "step_size_up": 4, "step_size_down": 7})

cases = [run("SGD", [s]) for s in [
    step, multi, exponential, constant, linear, polynomial, cosine, restarts, lambdas, product, cycle,
    cyclic,
    ("ConstantLR", {}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.5, "end_factor": 0.0}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 8, "power": 0.5}),
    ("CosineAnnealingWarmRestarts", {"T_0": 7}),
    ("LambdaLR", {"lr_lambda": "flat"}),
    ("OneCycleLR", {"max_lr": 1.0, "epochs": 5, "steps_per_epoch": 9, "pct_start": 0.4,
                    "anneal_strategy": "linear", "base_momentum": 0.5, "max_momentum": 0.9,
                    "div_factor": 10.0, "final_div_factor": 100.0, "three_phase": True}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 50, "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.2, "max_lr": 1.0, "step_size_up": 5, "mode": "triangular2",
                  "base_momentum": 0.6, "max_momentum": 0.95}),
    ("CyclicLR", {"base_lr": 0.2, "max_lr": 1.0, "step_size_up": 5, "mode": "exp_range", "gamma": 0.9,
                  "cycle_momentum": False}),
    ("SequentialLR", {"schedulers": [constant, exponential], "milestones": [6]}),
    ("SequentialLR", {"schedulers": [linear, cosine, step], "milestones": [5, 21]}),
]]
cases.append(run("Adam", [cycle]))
cases += [run("SGD", chain) for chain in [
    [constant, exponential],
    [exponential, multi],
    [linear, cosine],
    # With eta_min above 0, a schedule that multiplies would take the rate below it, and below 0.
    [("CosineAnnealingLR", {"T_max": 9}), step],
    [polynomial, linear],
    [lambdas, multi],
    [exponential, product, linear],
]]
falling = [5, 4, 3, 3, 3, 3, 3, 2.9999, 2.5, 2.5, 2.6, 2.7, 2.8, 2, 2, 2, 2, 2, 2, 2, 2, 2]
cases += [run("SGD", [("ReduceLROnPlateau", s)], metrics=m) for s, m in [
    ({"patience": 2}, falling),
    ({"patience": 1, "factor": 0.5, "cooldown": 3, "min_lr": [0.2, 0.1], "eps": 0.01}, falling),
    ({"patience": 0, "threshold": 0.3, "threshold_mode": "abs"}, falling),
    ({"mode": "max", "patience": 3, "factor": 0.3}, [-x for x in falling]),
    ({"mode": "max", "patience": 1, "threshold": 0.05, "threshold_mode": "abs"}, falling),
    ({"patience": 1}, [1.0, float("nan"), float("nan"), 0.5, 0.25]),
]]

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/schedules.json")
plain = lambda v: None if v != v else round(v, 14)
for c in cases:
    c["rows"] = [[plain(v) for v in row] for row in c["rows"]]
    c["metrics"] = c["metrics"] and [plain(m) for m in c["metrics"]]
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
