"""Cases of the functional forms of layers and losses."""

import math
from fractions import Fraction

import torch

from call import BOTH, GRADIENTS, OUTPUTS, Call, ref, table

CASES, case = table()
F = torch.nn.functional
HALF = Fraction(1, 2)


def weights(d, inputs, options, **shapes):
    """Adds inputs of the given shapes as options, now and then leaving one out."""
    names = []
    for name, shape in shapes.items():
        if d.chance(0.25):
            continue
        options[name] = ref(len(inputs))
        inputs.append(d.tensor(shape, edges=False))
        names.append(name)
    return names


def windows(d, rank, dilated=True):
    """Kernel size, stride, padding and dilation, as numbers or one for each axis."""
    def draw(low, high):
        return d.int(low, high) if rank == 1 or d.chance(0.5) else [d.int(low, high) for _ in range(rank)]
    kernel, stride, padding = draw(1, 3), draw(1, 3), draw(0, 1)
    return kernel, stride, padding, draw(1, 2) if dilated and d.chance(0.4) else 1


@case("functional.linear", "nn.functional.linear")
def linear(d):
    k, n = d.size(12), d.size(9)
    inputs, options = [d.tensor(d.shape(0, 2) + [k]), d.tensor([n, k])], {}
    weights(d, inputs, options, bias=[n])
    return Call(inputs, [ref(0), ref(1), options], F.linear, sums=BOTH)


def convolution(name, torch_name, compute, rank):
    @case(f"functional.{name}", f"nn.functional.{torch_name}")
    def make(d):
        groups = d.choice([1, 1, 1, 2])
        out, c = groups * d.int(1, 3), groups * d.int(1, 2)
        kernel, stride, padding, dilation = windows(d, rank)
        sizes = [kernel] * rank if isinstance(kernel, int) else kernel
        image = [d.int(1, 7) for _ in range(rank)]
        batch = [d.size(3)] if d.chance(0.85) else []
        channels = c + 1 if d.chance(0.03) else c
        inputs = [d.tensor([*batch, channels, *image]), d.tensor([out, c // groups, *sizes])]
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        plain = dict(options)
        names = weights(d, inputs, plain, bias=[out])

        def run(x, w, b=None):
            # Some of PyTorch's convolutions refuse what is not contiguous.
            return compute(x.contiguous(), w.contiguous(), b, **options)

        return Call(inputs, [ref(0), ref(1), plain], run, sums=BOTH)


convolution("conv1d", "conv1d", F.conv1d, 1)
convolution("conv2d", "conv2d", F.conv2d, 2)


@case("functional.convTranspose2d", "nn.functional.conv_transpose2d")
def conv_transpose2d(d):
    groups = d.choice([1, 1, 2])
    out, c = groups * d.int(1, 2), groups * d.int(1, 2)
    kernel, stride, padding, dilation = windows(d, 2)
    extra = d.choice([0, 0, 1])
    sizes = [kernel] * 2 if isinstance(kernel, int) else kernel
    batch = [d.int(0, 2)] if d.chance(0.85) else []
    inputs = [d.tensor([*batch, c, d.int(1, 4), d.int(1, 4)]),
              d.tensor([c, out // groups, *sizes])]
    plain = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups,
             "outputPadding": extra}
    weights(d, inputs, plain, bias=[out])
    return Call(inputs, [ref(0), ref(1), plain],
                lambda x, w, b=None: F.conv_transpose2d(x.contiguous(), w.contiguous(), b, stride,
                                                        padding, extra, groups, dilation),
                sums=BOTH)


def pooling(name, torch_name, compute, rank):
    @case(f"functional.{name}", f"nn.functional.{torch_name}")
    def make(d):
        is_max = name.startswith("max")
        kernel, stride, padding, dilation = windows(d, rank, is_max)
        image = [d.size(7) for _ in range(rank)]
        if 1 in image:
            # PyTorch 1.13 writes the gradient of a window that holds nothing before the image.
            dilation = 1
        batch = [d.size(3)] if d.chance(0.85) else []
        options = {"stride": stride, "padding": padding} | ({"dilation": dilation} if is_max else {})
        plain = dict(options)
        if d.chance(0.4):
            options["ceil_mode"] = plain["ceilMode"] = True
        if not is_max and d.chance(0.4):
            options["count_include_pad"] = plain["countIncludePad"] = False
        if name == "avgPool2d" and d.chance(0.2):
            options["divisor_override"] = plain["divisorOverride"] = d.int(1, 9)
        return Call([d.tensor([*batch, d.int(1, 3), *image])], [ref(0), kernel, plain],
                    lambda x: compute(x, kernel, **options), sums=GRADIENTS if is_max else BOTH)


pooling("maxPool2d", "max_pool2d", F.max_pool2d, 2)
pooling("avgPool2d", "avg_pool2d", F.avg_pool2d, 2)
pooling("maxPool1d", "max_pool1d", F.max_pool1d, 1)
pooling("avgPool1d", "avg_pool1d", F.avg_pool1d, 1)


def adaptive(name, torch_name, compute, rank):
    @case(f"functional.{name}", f"nn.functional.{torch_name}")
    def make(d):
        size = d.int(1, 4) if rank == 1 or d.chance(0.5) else [d.int(1, 4), d.int(1, 4)]
        batch = [d.size(3)] if d.chance(0.85) else []
        shape = [*batch, d.int(1, 3), *[d.size(7) for _ in range(rank)]]
        return Call([d.tensor(shape)], [ref(0), size], lambda x: compute(x, size),
                    sums=GRADIENTS if "Max" in name else BOTH)


adaptive("adaptiveAvgPool1d", "adaptive_avg_pool1d", F.adaptive_avg_pool1d, 1)
adaptive("adaptiveAvgPool2d", "adaptive_avg_pool2d", F.adaptive_avg_pool2d, 2)
adaptive("adaptiveMaxPool2d", "adaptive_max_pool2d", F.adaptive_max_pool2d, 2)
adaptive("adaptiveMaxPool1d", "adaptive_max_pool1d", F.adaptive_max_pool1d, 1)


def classified(name, torch_name, compute):
    @case(f"functional.{name}", f"nn.functional.{torch_name}")
    def make(d):
        c, n = d.int(1, 5), d.size(6)
        shape = d.choice([[c], [n, c], [n, c], [n, c, d.size(3)]])
        target = d.indices([s for i, s in enumerate(shape) if i != min(len(shape) - 1, 1)], c)
        inputs = [d.tensor(shape, -9, 9), target]
        options = {"reduction": d.choice(["mean", "sum", "none"])}
        if d.chance(0.3):
            options["ignore_index"] = d.int(0, c)
        if name == "crossEntropy" and d.chance(0.3):
            options["label_smoothing"] = d.choice([0.1, 0.5])
        plain = {{"ignore_index": "ignoreIndex", "label_smoothing": "labelSmoothing"}.get(k, k): v
                 for k, v in options.items()}
        if d.chance(0.3):
            plain["weight"] = ref(2)
            inputs.append(d.tensor([c], 0.5, 2, edges=False).constant())
        return Call(inputs, [ref(0), ref(1), plain],
                    lambda x, t, w=None: compute(x, t.long(), w, **options), sums=BOTH)


classified("crossEntropy", "cross_entropy", F.cross_entropy)
classified("nllLoss", "nll_loss", F.nll_loss)


def compared(name, torch_name, compute, low, high, sums=()):
    @case(f"functional.{name}", f"nn.functional.{torch_name}")
    def make(d):
        shape, reduction = d.shape(), d.choice(["mean", "sum", "none"])
        inputs, plain = [d.tensor(shape), d.tensor(shape, low, high, edges=low < 0)], {"reduction": reduction}
        return Call(inputs, [ref(0), ref(1), plain],
                    lambda x, t: compute(x, t, reduction=reduction), sums)


compared("mseLoss", "mse_loss", F.mse_loss, -3, 3)
compared("l1Loss", "l1_loss", F.l1_loss, -3, 3)
compared("binaryCrossEntropyWithLogits", "binary_cross_entropy_with_logits",
         F.binary_cross_entropy_with_logits, 0, 1, BOTH)


def stretched(x, axis, size, step, aligned):
    """One axis of a linear interpolation, from places that are fractions: PyTorch's are rounded."""
    n, lows, highs, shares = x.shape[axis], [], [], []
    for i in range(size):
        at = Fraction(i * (n - 1), max(size - 1, 1)) if aligned else max((i + HALF) * step - HALF, 0)
        lows.append(min(math.floor(at), n - 1))
        highs.append(min(lows[-1] + 1, n - 1))
        shares.append(float(at - lows[-1]))
    share = torch.tensor(shares).reshape([-1] + [1] * (x.dim() - axis - 1))
    low, high = (x.index_select(axis, torch.tensor(places)) for places in (lows, highs))
    return low * (1 - share) + high * share


@case("functional.interpolate", "nn.functional.interpolate")
def interpolate(d):
    rank = d.int(1, 2)
    mode = d.choice(["nearest", "linear" if rank == 1 else "bilinear"])
    options = {"size": [d.int(1, 7) for _ in range(rank)]} if d.chance(0.5) else \
        {"scale_factor": d.choice([1, 2, 3, 1.5, 0.5])}
    if mode != "nearest":
        options["align_corners"] = d.chance(0.5)
    plain = {{"scale_factor": "scaleFactor", "align_corners": "alignCorners"}.get(k, k): v
             for k, v in options.items()}
    x = d.tensor([d.int(1, 2), d.int(1, 2), *[d.int(1, 5) for _ in range(rank)]])
    compute = lambda x: F.interpolate(x, mode=mode, **options)

    def exact(x):
        for i, (n, size) in enumerate(zip(x.shape[2:], compute(x).shape[2:])):
            step = 1 / Fraction(options["scale_factor"]) if "scale_factor" in options else Fraction(n, size)
            x = stretched(x, 2 + i, size, step, options["align_corners"])
        return x

    return Call([x], [ref(0), {**plain, "mode": mode}], compute, BOTH, None if mode == "nearest" else exact)


@case("functional.pixelShuffle", "nn.functional.pixel_shuffle")
def pixel_shuffle(d):
    r = d.int(1, 3)
    c = r * r * d.int(1, 2) + (1 if d.chance(0.05) else 0)
    x = d.tensor([d.size(3), c, d.size(3), d.size(3)])
    return Call([x], [ref(0), r], lambda x: F.pixel_shuffle(x, r))


@case("functional.embedding", "nn.functional.embedding")
def embedding(d):
    rows, size = d.int(1, 6), d.size()
    options, plain, is_limited = {}, {}, d.chance(0.3)
    if d.chance(0.4):
        options["padding_idx"] = plain["paddingIdx"] = d.int(-rows, rows - 1)
    if d.chance(0.2):
        options["scale_grad_by_freq"] = plain["scaleGradByFreq"] = True
    if is_limited:
        options["max_norm"] = plain["maxNorm"] = d.number(0.5, 4)
        options["norm_type"] = plain["p"] = d.choice([1, 2, 3])
    table = d.dense([rows, size]) if is_limited else d.tensor([rows, size])

    def run(i, w):
        if not is_limited:
            return F.embedding(i.long(), w, **options)
        w = w.clone()
        return F.embedding(i.long(), w, **options), w.detach()

    return Call([d.indices(d.shape(0, 2), rows), table], [ref(0), ref(1), plain], run,
                sums=BOTH if is_limited else GRADIENTS, changed=[1] if is_limited else [])


def dropped(name, compute, least, most):
    """Nothing is dropped at random here: in evaluation, or with probability 0."""
    @case(f"functional.{name}", f"nn.functional.{compute.__name__}")
    def make(d):
        training = d.chance(0.3)
        p = 0 if training else d.number(0, 1)
        return Call([d.tensor(d.shape(least, most))], [ref(0), p, {"training": training}],
                    lambda x: compute(x, p, training))


dropped("dropout", F.dropout, 0, 4)
dropped("dropout1d", F.dropout1d, 2, 3)
dropped("dropout2d", F.dropout2d, 3, 4)


@case("functional.oneHot", "nn.functional.one_hot")
def one_hot(d):
    n = d.int(1, 6)
    return Call([d.indices(d.shape(0, 2), n)], [ref(0), n], lambda i: F.one_hot(i.long(), n))


@case("functional.bilinear", "nn.functional.bilinear")
def bilinear(d):
    a, b, n, batch = d.size(), d.size(), d.size(), d.shape(1, 1)
    inputs, options = [d.tensor([*batch, a]), d.tensor([*batch, b]), d.tensor([n, a, b])], {}
    weights(d, inputs, options, bias=[n])
    return Call(inputs, [ref(0), ref(1), ref(2), options], F.bilinear, sums=BOTH)
