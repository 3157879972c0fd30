"""Cases of losses beyond the classifying ones."""

import math

import torch

from call import BOTH, Call, ref, table

CASES, case = table()
F = torch.nn.functional


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


def loss(name, inputs, options, weight=None, constant=()):
    """A call of a loss; `constant` are the inputs that learn nothing."""
    torch_options = {snake(k): v for k, v in options.items()}
    plain = {k: str(v) if v == math.inf else v for k, v in options.items()}
    inputs = [x.constant() if i in constant else x for i, x in enumerate(inputs)]
    tensors = len(inputs)
    if weight is not None:
        plain["weight"] = ref(tensors)
        inputs.append(weight.constant())

    def run(*xs):
        weights = {} if weight is None else {"weight": xs[-1].contiguous()}
        # PyTorch 1.13's multi_margin_loss reads past what is not contiguous.
        xs = [x.contiguous() if x.is_floating_point() else x.long() for x in xs[:tensors]]
        return getattr(F, snake(name))(*xs, **torch_options, **weights)

    return Call(inputs, [*(ref(i) for i in range(tensors)), plain], run, BOTH)


def entered(make):
    """Enters a generator, which takes the source of choices and a reduction, by its name."""
    name = make.__name__
    case(f"functional.{name}", f"nn.functional.{snake(name)}")(
        lambda d: make(d, {"reduction": d.choice(["mean", "sum", "none"])}))
    return make


def signs(d, shape):
    x = d.tensor(shape, 0, 1, "int32")
    x.values = [2 * v - 1 for v in x.values]
    return x


def smooth(d, shape, low=-3, high=3):
    return d.tensor(shape, low, high, edges=False)


@entered
def huberLoss(d, options):
    shape = d.shape()
    return loss("huberLoss", [d.tensor(shape), d.tensor(shape)], {**options, "delta": d.number(0.2, 2)})


@entered
def smoothL1Loss(d, options):
    shape = d.shape()
    return loss("smoothL1Loss", [d.tensor(shape), d.tensor(shape)],
                {**options, "beta": d.number(0.2, 2)})


@entered
def poissonNllLoss(d, options):
    shape, is_log = d.shape(), d.chance(0.5)
    options = {**options, "logInput": is_log, "full": d.chance(0.3), "eps": 1e-3}
    x = smooth(d, shape, -3 if is_log else 0.1, 3)
    # The gradient of PyTorch 1.13 for a target that Stirling's formula does not count is NaN.
    return loss("poissonNllLoss", [x, smooth(d, shape, 0, 5)], options, constant=[1])


@entered
def gaussianNllLoss(d, options):
    shape = d.shape(1)
    variance = smooth(d, d.choice([shape, [*shape[:-1], 1]]), 0.1, 3)
    options = {**options, "full": d.chance(0.3), "eps": d.choice([1e-6, 0.5])}
    return loss("gaussianNllLoss", [d.tensor(shape), d.tensor(shape), variance], options)


@entered
def binaryCrossEntropy(d, options):
    shape = d.shape()
    weight = smooth(d, shape, 0.1, 2) if d.chance(0.3) else None
    return loss("binaryCrossEntropy", [smooth(d, shape, 0.01, 0.99), smooth(d, shape, 0, 1)], options,
                weight)


@entered
def klDiv(d, options):
    shape, is_log = d.shape(1), d.chance(0.4)
    if d.chance(0.2):
        options = {"reduction": "batchmean"}
    target = smooth(d, shape, -5, 0) if is_log else smooth(d, shape, 0.01, 1)
    return loss("klDiv", [smooth(d, shape, -5, 0), target], {**options, "logTarget": is_log})


@entered
def hingeEmbeddingLoss(d, options):
    shape = d.shape()
    return loss("hingeEmbeddingLoss", [d.tensor(shape), signs(d, shape)],
                {**options, "margin": d.number(0.2, 2)})


@entered
def marginRankingLoss(d, options):
    shape = d.shape()
    return loss("marginRankingLoss", [d.tensor(shape), d.tensor(shape), signs(d, shape)],
                {**options, "margin": d.number(0, 1)})


@entered
def multiMarginLoss(d, options):
    # Of no rows PyTorch 1.13 answers with whatever there is.
    c, n = d.int(1, 5), d.int(1, 6)
    shape = d.choice([[c], [n, c]])
    weight = smooth(d, [c], 0.5, 2) if d.chance(0.3) else None
    return loss("multiMarginLoss", [smooth(d, shape), d.indices(shape[:-1], c)],
                {**options, "p": d.choice([1, 2]), "margin": d.number(0.2, 2)}, weight)


@entered
def cosineEmbeddingLoss(d, options):
    n, size = d.size(), d.int(1, 6)
    shape = d.choice([[size], [n, size]])
    return loss("cosineEmbeddingLoss", [smooth(d, shape), smooth(d, shape), signs(d, shape[:-1])],
                {**options, "margin": d.number(-0.5, 0.5)})


@entered
def tripletMarginLoss(d, options):
    n, size = d.size(), d.int(1, 6)
    shape = d.choice([[size], [n, size]])
    options = {**options, "margin": d.number(0.2, 2), "p": d.choice([1, 2, 2, 3]),
               "swap": d.chance(0.3)}
    return loss("tripletMarginLoss", [smooth(d, shape) for _ in range(3)], options)
