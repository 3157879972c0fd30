"""Writes tests/fixtures/nn.json: layers and losses as PyTorch computes them, in float64.

Run with `python3 tools/oracle/make_nn_fixtures.py` (PyTorch 1.13 or later).

Each case names a function of nn.functional, its tensors and its options as the tests pass them; the
gradients are those of sum(output * g).
"""

import json
import os

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
cases = []


def randn(*shape):
    return torch.randn(*shape).round(decimals=3)


def rand(*shape):
    return torch.rand(*shape).round(decimals=3)


def number(v):
    """JSON has no NaN; 14 digits are enough for a comparison to 1e-11."""
    return repr(v) if v != v else float(f"{v:.14g}") if isinstance(v, float) else v


def plain(t):
    return {
        "shape": list(t.shape),
        "data": [number(v) for v in t.flatten().tolist()],
        "dtype": {torch.float64: "float64", torch.int64: "int32"}[t.dtype],
    }


def case(call, tensors, options, compute):
    """Records `compute(*tensors)`; float tensors get gradients, unless their name starts with _."""
    for name, t in tensors.items():
        if t.is_floating_point() and not name.startswith("_"):
            t.requires_grad_()
    output = compute(*tensors.values())
    g = randn(output.shape)
    leaves = {name: t for name, t in tensors.items() if t.requires_grad}
    (output * g).sum().backward()
    cases.append({
        "call": call,
        "options": options,
        "tensors": {name: plain(t.detach()) for name, t in tensors.items()},
        "g": plain(g),
        "output": plain(output.detach()),
        "grads": {name: plain(t.grad) for name, t in leaves.items() if t.grad is not None},
    })


def linear():
    for shape, bias in [((3, 4), True), ((4,), True), ((2, 3, 4), False), ((0, 4), True)]:
        tensors = {"x": randn(shape), "weight": randn(2, 4)}
        if bias:
            tensors["bias"] = randn(2)
        case("linear", tensors, {}, lambda x, weight, bias=None: F.linear(x, weight, bias))


def convolution():
    settings = [
        ((2, 3, 5, 6), (4, 3, 3, 2), {}, True),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"stride": 2, "padding": 1}, False),
        ((2, 4, 6, 5), (6, 2, 2, 3), {"stride": [1, 2], "padding": [2, 0], "groups": 2}, True),
        ((1, 3, 7, 7), (3, 1, 3, 3), {"dilation": 2, "groups": 3, "padding": 2}, True),
        ((1, 2, 7, 8), (2, 2, 2, 3), {"dilation": [3, 2], "stride": [2, 1]}, True),
        ((3, 4, 4), (2, 3, 1, 1), {}, True),
        ((0, 1, 4, 4), (2, 1, 3, 3), {"padding": 1}, True),
    ]
    for shape, weight_shape, options, bias in settings:
        tensors = {"x": randn(shape), "weight": randn(weight_shape)}
        if bias:
            tensors["bias"] = randn(weight_shape[0])
        case("conv2d", tensors, options,
             lambda x, weight, bias=None: F.conv2d(x, weight, bias, **options))


def pooling():
    for shape, kernel, options in [
        ((2, 3, 4, 6), 2, {}),
        ((1, 2, 5, 5), 3, {"stride": 2, "padding": 1}),
        ((1, 1, 6, 7), [2, 3], {"stride": [1, 2], "padding": [1, 0]}),
        ((2, 5, 4), [2, 2], {}),
        ((0, 2, 4, 4), 2, {}),
    ]:
        case("avgPool2d", {"x": randn(shape)}, {"kernelSize": kernel, **options},
             lambda x: F.avg_pool2d(x, kernel, **options))
        case("maxPool2d", {"x": randn(shape)}, {"kernelSize": kernel, **options},
             lambda x: F.max_pool2d(x, kernel, **options))
    case("maxPool2d", {"x": randn(1, 2, 7, 7)}, {"kernelSize": 3, "dilation": 2, "stride": 1},
         lambda x: F.max_pool2d(x, 3, stride=1, dilation=2))
    # Ties go to the first element, and the padding loses against every number.
    case("maxPool2d", {"x": torch.full((1, 1, 4, 4), -5.0)},
         {"kernelSize": 2, "stride": 2, "padding": 1},
         lambda x: F.max_pool2d(x, 2, stride=2, padding=1))


def activations():
    edge = torch.tensor([[-3.0, -0.5, -0.0], [0.0, 0.25, 40.0]])
    for name, f in [("relu", F.relu), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh)]:
        case(name, {"x": edge.clone()}, {}, f)
    case("leakyRelu", {"x": edge.clone()}, {}, F.leaky_relu)
    case("leakyRelu", {"x": edge.clone()}, {"negativeSlope": 0.2}, lambda x: F.leaky_relu(x, 0.2))
    for axis in [0, 1, -1]:
        case("softmax", {"x": randn(2, 3, 4)}, {"axis": axis}, lambda x: F.softmax(x, axis))
        case("logSoftmax", {"x": randn(2, 3, 4)}, {"axis": axis},
             lambda x: F.log_softmax(x, axis))
    case("logSoftmax", {"x": torch.tensor([1e4, 0, -1e4])}, {"axis": 0},
         lambda x: F.log_softmax(x, 0))


def elementwise_losses():
    for reduction in ["mean", "sum", "none"]:
        o = {"reduction": reduction}
        pair = lambda: {"x": randn(3, 2), "target": randn(3, 2)}
        case("mseLoss", pair(), o, lambda x, target: F.mse_loss(x, target, **o))
        case("l1Loss", pair(), o, lambda x, target: F.l1_loss(x, target, **o))
        bce = lambda: {"x": randn(3, 2) * 5, "target": rand(3, 2)}
        call = "binaryCrossEntropyWithLogits"
        case(call, bce(), o,
             lambda x, target: F.binary_cross_entropy_with_logits(x, target, **o))
        case(call, {**bce(), "_weight": rand(3, 1), "_posWeight": rand(2) * 3}, o,
             lambda x, target, _weight, _posWeight: F.binary_cross_entropy_with_logits(
                 x, target, weight=_weight, pos_weight=_posWeight, **o))
    case("mseLoss", {"x": randn(0, 2), "target": randn(0, 2)}, {}, F.mse_loss)
    case("binaryCrossEntropyWithLogits",
         {"x": torch.tensor([1e4, -1e4, 0.0]), "target": torch.tensor([0.0, 1.0, 1.0])}, {},
         F.binary_cross_entropy_with_logits)


def index_losses():
    shapes = [((4,), ()), ((3, 4), (3,)), ((2, 4, 3), (2, 3)), ((2, 3, 2, 2), (2, 2, 2))]
    for shape, target_shape in shapes:
        classes = shape[0] if len(shape) == 1 else shape[1]
        for reduction in ["mean", "sum", "none"]:
            for weighted in [False, True]:
                for ignore in [None, 1]:
                    for smoothing in [0, 0.3]:
                        index_case(shape, target_shape, classes, reduction, weighted, ignore,
                                   smoothing)
    index_case((2, 3), (2,), 3, "mean", False, 0, 0, torch.tensor([0, 0]))
    index_case((0, 3), (0,), 3, "mean", False, None, 0)
    index_case((0, 3), (0,), 3, "sum", True, None, 0)


def index_case(shape, target_shape, classes, reduction, weighted, ignore, smoothing, target=None):
    tensors = {"x": randn(shape)}
    if target is None:
        target = torch.randint(0, classes, target_shape)
        if ignore is not None and target.numel() > 1:
            target.view(-1)[0] = ignore
            target.view(-1)[1] = 0
    tensors["target"] = target
    if weighted:
        tensors["_weight"] = rand(classes) + 0.5
    o, options = {"reduction": reduction}, {"reduction": reduction}
    if ignore is not None:
        o["ignore_index"] = options["ignoreIndex"] = ignore

    def entropy(x, target, _weight=None):
        return F.cross_entropy(x, target, weight=_weight, label_smoothing=smoothing, **o)

    def likelihood(x, target, _weight=None):
        return F.nll_loss(x, target, weight=_weight, **o)

    if smoothing != 0:
        options["labelSmoothing"] = smoothing
    case("crossEntropy", dict(tensors), options, entropy)
    if smoothing == 0:
        again = {**tensors, "x": randn(shape)}
        case("nllLoss", again, options, likelihood)


def probability_losses():
    for shape in [(4,), (3, 4), (2, 3, 2)]:
        axis = 0 if len(shape) == 1 else 1
        for reduction in ["mean", "sum", "none"]:
            for smoothing, weighted in [(0, False), (0.3, True)]:
                tensors = {"x": randn(shape), "target": F.softmax(randn(shape), axis)}
                if weighted:
                    tensors["_weight"] = rand(shape[axis]) + 0.5
                options = {"reduction": reduction, "labelSmoothing": smoothing}
                case("crossEntropy", tensors, options,
                     lambda x, target, _weight=None: F.cross_entropy(
                         x, target, weight=_weight, reduction=reduction,
                         label_smoothing=smoothing))


for make in [linear, convolution, pooling, activations, elementwise_losses, index_losses,
             probability_losses]:
    make()

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/nn.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(f"{len(cases)} cases")
