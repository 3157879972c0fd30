"""Cases of `nn.functional`: shrinking and gated activations, similarities, unfold and fold."""

import torch

from call import BOTH, GRADIENTS, Call, ref, table
from layers import weights

CASES, case = table()
F = torch.nn.functional


def tanhshrink(x):
    """x − tanh x, near 0 by its power series; PyTorch's difference cancels."""
    terms = [1 / 3, -2 / 15, 17 / 315, -62 / 2835, 1382 / 155925, -21844 / 6081075, 929569 / 638512875]
    is_small = x.abs() < 0.1
    small = torch.where(is_small, x, 0.0)
    near = sum(c * small ** (2 * i + 3) for i, c in enumerate(terms))
    return torch.where(is_small, near, x - torch.tanh(x))


def shrinking(name, compute, draw, exact=None):
    """An activation; `draw` gives its numbers."""
    @case(f"functional.{name}", f"nn.functional.{compute.__name__}")
    def make(d):
        numbers = draw(d)
        return Call([d.tensor(d.shape())], [ref(0), *numbers], lambda x: compute(x, *numbers), GRADIENTS,
                    exact)


shrinking("hardshrink", F.hardshrink, lambda d: [d.number(0, 2)])
shrinking("softshrink", F.softshrink, lambda d: [d.number(0, 2)])
shrinking("tanhshrink", F.tanhshrink, lambda d: [], tanhshrink)
shrinking("threshold", F.threshold, lambda d: [d.number(-2, 2), d.number(-9, 9)])


@case("functional.prelu", "nn.functional.prelu")
def prelu(d):
    shape = d.shape()
    slopes = d.choice([1, shape[1] if len(shape) > 1 else 1])
    return Call([d.tensor(shape), d.tensor([slopes], edges=False)], [ref(0), ref(1)], F.prelu, GRADIENTS)


@case("functional.glu", "nn.functional.glu")
def glu(d):
    shape = d.shape(1)
    axis = d.axis(len(shape))
    if -len(shape) <= axis < len(shape) and d.chance(0.95):
        shape[axis] *= 2
    return Call([d.tensor(shape, -9, 9)], [ref(0), {"axis": axis}], lambda x: F.glu(x, axis))


@case("functional.normalize", "nn.functional.normalize")
def normalize(d):
    shape, p = d.shape(1), d.choice([2, 2, 1, 3])
    axis, eps = d.axis(len(shape)), d.choice([1e-12, 0.5])
    return Call([d.tensor(shape)], [ref(0), {"axis": axis, "p": p, "eps": eps}],
                lambda x: F.normalize(x, p, axis, eps), BOTH)


@case("functional.cosineSimilarity", "nn.functional.cosine_similarity")
def cosine_similarity(d):
    shape = d.shape(1)
    axis = d.int(-len(shape), len(shape) - 1)
    return Call([d.tensor(shape, edges=False), d.tensor(shape, edges=False)],
                [ref(0), ref(1), {"axis": axis}], lambda x, y: F.cosine_similarity(x, y, axis), BOTH)


@case("functional.pairwiseDistance", "nn.functional.pairwise_distance")
def pairwise_distance(d):
    shape, p, keep = d.shape(1), d.choice([2, 2, 1, 3]), d.chance(0.3)
    return Call([d.tensor(shape), d.tensor(shape)], [ref(0), ref(1), {"p": p, "keepDims": keep}],
                lambda x, y: F.pairwise_distance(x, y, p, keepdim=keep), BOTH)


def blocks(d):
    options = {"dilation": d.int(1, 2), "padding": d.int(0, 1), "stride": d.int(1, 2)}
    return [d.int(1, 3), d.int(1, 3)], options


@case("functional.unfold", "nn.functional.unfold")
def unfold(d):
    kernel, options = blocks(d)
    shape = [*([d.int(1, 3)] if d.chance(0.8) else []), d.int(1, 3), d.int(1, 6), d.int(1, 6)]
    return Call([d.tensor(shape)], [ref(0), kernel, options],
                lambda x: F.unfold(x.contiguous(), kernel, **options), GRADIENTS)


@case("functional.fold", "nn.functional.fold")
def fold(d):
    kernel, options = blocks(d)
    size = [d.int(1, 6), d.int(1, 6)]
    counts = [(n + 2 * options["padding"] - options["dilation"] * (k - 1) - 1) // options["stride"] + 1
              for n, k in zip(size, kernel)]
    count = max(counts[0] * counts[1], 1) + (1 if d.chance(0.05) else 0)
    shape = [*([d.int(1, 3)] if d.chance(0.8) else []), d.int(1, 3) * kernel[0] * kernel[1], count]
    return Call([d.tensor(shape)], [ref(0), size, kernel, options],
                lambda x: F.fold(x.contiguous(), size, kernel, **options), BOTH)


@case("functional.pixelUnshuffle", "nn.functional.pixel_unshuffle")
def pixel_unshuffle(d):
    r = d.int(1, 3)
    extra = 1 if d.chance(0.05) else 0
    x = d.tensor([d.int(1, 3), d.int(1, 3), r * d.int(1, 3) + extra, r * d.int(1, 3)])
    return Call([x], [ref(0), r], lambda x: F.pixel_unshuffle(x, r))


@case("functional.convTranspose1d", "nn.functional.conv_transpose1d")
def conv_transpose1d(d):
    groups = d.choice([1, 1, 2])
    out, c = groups * d.int(1, 2), groups * d.int(1, 2)
    options = {"stride": d.int(1, 3), "padding": d.int(0, 1), "groups": groups, "dilation": d.int(1, 2)}
    extra = d.choice([0, 0, 1])
    inputs = [d.tensor([d.int(1, 2), c, d.int(1, 5)]), d.tensor([c, out // groups, d.int(1, 3)])]
    plain = {**options, "outputPadding": extra}
    weights(d, inputs, plain, bias=[out])
    return Call(inputs, [ref(0), ref(1), plain],
                lambda x, w, b=None: F.conv_transpose1d(x.contiguous(), w.contiguous(), b,
                                                        output_padding=extra, **options), BOTH)


@case("isclose")
def isclose(d):
    shape, equal_nan = d.shape(), d.chance(0.3)
    x, y = d.tensor(shape, -2, 2, "int32" if d.chance(0.5) else "float"), d.tensor(shape, -2, 2)
    if x.dtype == "int32":
        y = d.tensor(shape, -2, 2, "int32")
    return Call([x, y], [ref(1), {"rtol": 0.5, "equalNan": equal_nan}],
                lambda x, y: torch.isclose(x, y, rtol=0.5, equal_nan=equal_nan))
