#!/usr/bin/env python3
"""Writes tests/fixtures/optim.json: 50 steps of PyTorch's optimizers and schedules.

The problem, in float64: p = (w, b) with w [2, 3] and b [3], and the loss

    mean((tanh(x w + b) - y)^2) + 0.1 sum(w^4)

for fixed x [4, 2] and y [4, 3]. b has no gradient in steps 10 to 14. A schedule steps after every
step of the optimizer. Recorded are all parameters after steps 1, 2, 3, 10, 20, 30, 40 and 50, and
the learning rate after each step.

    python3 tools/oracle/make_optim_fixtures.py > tests/fixtures/optim.json

Needs PyTorch 1.13 or later (Debian: python3-torch).
"""

import json

import torch

# NAdam keeps the product of its momenta in the default type.
torch.set_default_dtype(torch.float64)

X = [[0.5, -1.0], [1.5, 0.25], [-0.75, 1.0], [2.0, -0.5]]
Y = [[0.5, -0.5, 0.25], [-0.25, 0.75, 0.0], [0.9, 0.1, -0.9], [-0.6, 0.3, 0.2]]
W = [[0.3, -0.8, 1.1], [0.6, 0.2, -0.4]]
B = [0.1, -0.2, 0.3]
STEPS = 50
RECORDED = [1, 2, 3, 10, 20, 30, 40, 50]
NO_BIAS_GRADIENT = range(10, 15)

SGD = {"lr": 0.1}
ADAM = {"lr": 0.05}
RMSPROP = {"lr": 0.02}
ADAGRAD = {"lr": 0.2}

CASES = [
    ("SGD", SGD, None, {}),
    ("SGD", {**SGD, "weight_decay": 0.01}, None, {}),
    ("SGD", {**SGD, "momentum": 0.9}, None, {}),
    ("SGD", {**SGD, "momentum": 0.9, "dampening": 0.3}, None, {}),
    ("SGD", {**SGD, "momentum": 0.9, "nesterov": True}, None, {}),
    ("SGD", {**SGD, "momentum": 0.8, "dampening": 0.1, "weight_decay": 0.05}, None, {}),
    ("SGD", {**SGD, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}, None, {}),
    ("SGD", {"lr": 0.001, "momentum": 0.5, "weight_decay": 0.05, "maximize": True}, None, {}),
    ("Adam", ADAM, None, {}),
    ("Adam", {**ADAM, "betas": [0.8, 0.95], "eps": 1e-3}, None, {}),
    ("Adam", {**ADAM, "weight_decay": 0.1}, None, {}),
    ("Adam", {**ADAM, "amsgrad": True, "betas": [0.9, 0.9]}, None, {}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.1, "amsgrad": True, "maximize": True}, None, {}),
    ("AdamW", ADAM, None, {}),
    ("AdamW", {**ADAM, "weight_decay": 0.2}, None, {}),
    ("AdamW", {**ADAM, "weight_decay": 0.2, "amsgrad": True, "betas": [0.9, 0.9]}, None, {}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.1, "maximize": True}, None, {}),
    ("RMSprop", RMSPROP, None, {}),
    ("RMSprop", {**RMSPROP, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}, None, {}),
    ("RMSprop", {**RMSPROP, "momentum": 0.5}, None, {}),
    ("RMSprop", {**RMSPROP, "centered": True}, None, {}),
    ("RMSprop", {**RMSPROP, "centered": True, "momentum": 0.5, "weight_decay": 0.1}, None, {}),
    ("Adagrad", ADAGRAD, None, {}),
    ("Adagrad", {**ADAGRAD, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-3}, None, {}),
    ("Adagrad", {**ADAGRAD, "initial_accumulator_value": 0.5}, None, {}),
]
# PyTorch 1.13 has no `maximize` for NAdam and RAdam: `ascend` negates the gradients for them.
NADAM = {"lr": 0.05}
RADAM = {"lr": 0.05}
ADAMAX = {"lr": 0.05}
ADADELTA = {"lr": 1.0}
CASES += [
    ("NAdam", NADAM, None, {}),
    ("NAdam", {**NADAM, "betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.1}, None, {}),
    ("NAdam", {**NADAM, "momentum_decay": 0.1}, None, {}),
    ("NAdam", {"lr": 0.01, "maximize": True}, None, {}),
    ("RAdam", RADAM, None, {}),
    ("RAdam", {**RADAM, "betas": [0.8, 0.95], "eps": 1e-3, "weight_decay": 0.1}, None, {}),
    ("RAdam", {"lr": 0.01, "betas": [0.9, 0.5]}, None, {}),
    ("RAdam", {"lr": 0.01, "maximize": True}, None, {}),
    ("Adamax", ADAMAX, None, {}),
    ("Adamax", {**ADAMAX, "betas": [0.8, 0.7], "eps": 1e-3, "weight_decay": 0.1}, None, {}),
    ("Adamax", {"lr": 0.01, "maximize": True}, None, {}),
    ("Adadelta", ADADELTA, None, {}),
    ("Adadelta", {"lr": 2.0, "rho": 0.7, "eps": 1e-2, "weight_decay": 0.2}, None, {}),
    ("Adadelta", {"lr": 0.5, "weight_decay": 0.1, "maximize": True}, None, {}),
]
RPROP = {"lr": 0.05}
ASGD = {"lr": 0.1}
CASES += [
    ("Rprop", RPROP, None, {}),
    ("Rprop", {"lr": 0.01, "etas": [0.3, 1.5], "step_sizes": [1e-3, 0.1]}, None, {}),
    ("Rprop", {"lr": 1e-3, "step_sizes": [1e-6, 0.01], "maximize": True}, None, {}),
    ("ASGD", ASGD, None, {}),
    ("ASGD", {**ASGD, "lambd": 0.01, "alpha": 0.5, "t0": 5, "weight_decay": 0.1}, None, {}),
    ("ASGD", {"lr": 0.001, "maximize": True}, None, {}),
]
# L-BFGS takes the closure, and finds the gradients of all steps in it.
LBFGS = [
    {"lr": 0.5, "max_iter": 4},
    {"lr": 0.1, "max_iter": 3, "history_size": 2},
    {"max_iter": 5, "line_search_fn": "strong_wolfe"},
    {"lr": 0.01, "max_iter": 20, "line_search_fn": "strong_wolfe", "history_size": 3},
    {"lr": 8.0, "max_iter": 3, "max_eval": 7, "line_search_fn": "strong_wolfe"},
    {"max_iter": 4, "tolerance_change": 1e-3, "tolerance_grad": 1e-2,
     "line_search_fn": "strong_wolfe"},
]
SCHEDULES = [
    ("StepLR", {"step_size": 7, "gamma": 0.6}),
    ("CosineAnnealingLR", {"T_max": 50}),
    ("CosineAnnealingLR", {"T_max": 20, "eta_min": 0.01}),
]
# Every optimizer under every schedule; options that change what is remembered are on.
SCHEDULED = [
    ("SGD", {**SGD, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    ("Adam", {**ADAM, "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {**ADAM, "weight_decay": 0.2}),
    ("RMSprop", {**RMSPROP, "momentum": 0.5, "centered": True}),
    ("Adagrad", {**ADAGRAD, "lr_decay": 0.1}),
    ("NAdam", {**NADAM, "weight_decay": 0.1}),
    ("RAdam", {**RADAM, "weight_decay": 0.1}),
    ("Adamax", {**ADAMAX, "weight_decay": 0.1}),
    ("Adadelta", {"lr": 1.0, "rho": 0.8, "weight_decay": 0.1}),
    ("Rprop", RPROP),
    ("ASGD", {**ASGD, "lambd": 0.01}),
]
CASES += [(*case, *schedule) for case in SCHEDULED for schedule in SCHEDULES]


def tensor(values, requires_grad=False):
    return torch.tensor(values, dtype=torch.float64, requires_grad=requires_grad)


def run(name, options, schedule, settings):
    x, y = tensor(X), tensor(Y)
    w, b = tensor(W, True), tensor(B, True)
    kind = getattr(torch.optim, name)
    ascend = options.get("maximize") and name in ["NAdam", "RAdam"]
    known = {key: v for key, v in options.items() if not (ascend and key == "maximize")}
    if name == "NAdam":
        # The loop of PyTorch 1.13 multiplies by one momentum twice; its foreach form, and both forms
        # of PyTorch 2, follow the paper.
        known["foreach"] = True
    optimizer = kind([w, b], **known)
    scheduler = schedule and getattr(torch.optim.lr_scheduler, schedule)(optimizer, **settings)
    values, rates = [], []
    for step in range(1, STEPS + 1):
        w.grad = b.grad = None
        loss = ((x @ w + b).tanh() - y).square().mean() + 0.1 * w.pow(4).sum()
        (-loss if ascend else loss).backward()
        if step in NO_BIAS_GRADIENT:
            b.grad = None
        optimizer.step()
        if scheduler:
            scheduler.step()
            rates.append(optimizer.param_groups[0]["lr"])
        if step in RECORDED:
            values.append(w.flatten().tolist() + b.tolist())
    return {
        "optimizer": name,
        "options": options,
        "schedule": schedule,
        "settings": settings,
        "values": values,
        "rates": rates,
    }


def run_lbfgs(options, steps=8):
    x, y = tensor(X), tensor(Y)
    w, b = tensor(W, True), tensor(B, True)
    optimizer = torch.optim.LBFGS([w, b], **options)
    losses, values, evaluations = [], [], []

    def closure():
        optimizer.zero_grad()
        loss = ((x @ w + b).tanh() - y).square().mean() + 0.1 * w.pow(4).sum()
        loss.backward()
        return loss

    for _ in range(steps):
        losses.append(optimizer.step(closure).item())
        values.append(w.flatten().tolist() + b.tolist())
        evaluations.append(optimizer.state[w]["func_evals"])
    return {"options": options, "losses": losses, "values": values, "evaluations": evaluations}


problem = {
    "x": X,
    "y": Y,
    "w": W,
    "b": B,
    "steps": STEPS,
    "recorded": RECORDED,
    "noBiasGradient": list(NO_BIAS_GRADIENT),
}
cases = ",\n".join(json.dumps(run(*case), separators=(",", ":")) for case in CASES)
lbfgs = ",\n".join(json.dumps(run_lbfgs(options), separators=(",", ":")) for options in LBFGS)
print(f'{{"problem":{json.dumps(problem)},\n"cases":[\n{cases}\n],\n"lbfgs":[\n{lbfgs}\n]}}')
