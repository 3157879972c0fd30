"""A call, as generators of cases return it, and the table of generators."""

import torch


class Call:
    """A call of Gradus and of PyTorch.

    `args` are Gradus' arguments behind the first input, or all of them if it is a function;
    `{"input": 1}` is the second input. `compute` takes the inputs as PyTorch's tensors. `sums` names
    the results whose elements are sums of terms that may cancel; gradients of operands that are
    broadcast need not be named. `exact` computes the same as `compute`, where that loses digits of
    float64 on the way. `changed` are the inputs that Gradus writes to: their new values are further
    outputs. `then` is a method that each output of Gradus goes through. `doubt` is the number of
    units in float64 by which PyTorch's float64 may be off beyond what its float32 tells, if many.
    """

    def __init__(self, inputs, args, compute, sums=(), exact=None, changed=(), then=None, doubt=None):
        self.inputs, self.args, self.compute, self.sums = inputs, args, compute, sums
        self.exact, self.changed, self.then, self.doubt = exact, changed, then, doubt


OUTPUTS, GRADIENTS, BOTH = ["outputs"], ["gradients"], ["outputs", "gradients"]


def ref(i):
    return {"input": i}


def put(inputs, x):
    """Adds an input, and refers to it."""
    inputs.append(x)
    return ref(len(inputs) - 1)


def table():
    """A table of generators, and the decorator that enters one under Gradus' and PyTorch's names."""
    cases = {}

    def enter(name, torch_name=None):
        def register(make):
            cases[name] = (torch_name or name, make)
            return make
        return register

    return cases, enter


class Softmax(torch.autograd.Function):
    """Softmax, for `exact`: gₓ = yᵢ Σⱼ yⱼ (gᵢ − gⱼ), where PyTorch's yᵢ (gᵢ − Σⱼ yⱼ gⱼ) cancels."""

    @staticmethod
    def forward(ctx, x, axis):
        y = x.softmax(axis)
        ctx.axis = axis
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        y, = ctx.saved_tensors
        if y.dim() == 0:
            return torch.zeros_like(y), None
        y, g = y.movedim(ctx.axis, -1), g.movedim(ctx.axis, -1)
        total = (y.unsqueeze(-2) * (g.unsqueeze(-1) - g.unsqueeze(-2))).sum(-1)
        return (y * total).movedim(-1, ctx.axis), None


def exact_softmax(x, axis):
    return Softmax.apply(x, axis)


def with_exact_softmax(run):
    """`run`, a computation by modules, with that softmax in the place of PyTorch's."""
    def exact(*xs):
        usual = torch.nn.functional.softmax
        torch.nn.functional.softmax = lambda x, dim: exact_softmax(x, dim)
        try:
            return run(*xs)
        finally:
            torch.nn.functional.softmax = usual
    return exact
