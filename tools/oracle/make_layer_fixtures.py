"""Writes tests/fixtures/layers.json: layers as PyTorch computes and trains them, in float64.

Run with `python3 tools/oracle/make_layer_fixtures.py` (PyTorch 1.13 or later).

Each case names a layer, the arguments with which the tests make it, its state and its inputs. There
are the results in training and after `eval()`, the gradients of sum(result * g), the buffers after
that call, and the state after some steps of SGD on the mean square of result - g. Numbers are
rounded to 14 digits, random ones to 3, so that both sides start from the same.
"""

import copy
import json
import os

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
cases = []

STEPS = 50
RATE = 0.05


def randn(*shape):
    return torch.randn(*shape).round(decimals=3)


def number(v):
    """14 digits are enough for a comparison to 1e-11."""
    return int(v) if float(v) == int(v) else float(f"{v:.14g}")


def plain(t):
    t = t.detach()
    kind = {torch.float64: "float64", torch.int64: "int32", torch.bool: "bool"}[t.dtype]
    return {"shape": list(t.shape), "data": [number(v) for v in t.flatten().tolist()],
            "dtype": kind}


def first(module, *inputs):
    return [module(*inputs)]


def plain_state(module):
    return {name: plain(t) for name, t in module.state_dict().items()}


def results_of(call, module, inputs):
    return [t for t in call(module, *inputs) if t is not None]


def train(call, module, inputs, targets):
    optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        outputs = results_of(call, module, inputs)
        sum(((y - t) ** 2).mean() for y, t in zip(outputs, targets)).backward()
        optimizer.step()


def case(layer, args, module, inputs, call=first, options=None):
    """Records what `call(module, *inputs)`, a list of results, is and does."""
    for p in module.parameters():
        p.data = (randn(p.shape) * 0.5).round(decimals=3)
    for name, b in module.named_buffers():
        if b.is_floating_point():
            b.data = (randn(b.shape).abs() + 0.5).round(decimals=3)
    inputs = [t.clone().requires_grad_() if t.is_floating_point() else t for t in inputs]
    record = {"layer": layer, "args": args, "state": plain_state(module),
              "inputs": [plain(t) for t in inputs]}
    if options is not None:
        record["options"] = options
    trained = copy.deepcopy(module)
    outputs = results_of(call, module, inputs)
    gs = [randn(y.shape) for y in outputs]
    sum((y * g).sum() for y, g in zip(outputs, gs)).backward()
    record["g"] = [plain(g) for g in gs]
    record["outputs"] = [plain(y) for y in outputs]
    record["inputGrads"] = [None if t.grad is None else plain(t.grad) for t in inputs]
    record["grads"] = {n: plain(p.grad) for n, p in module.named_parameters()
                       if p.grad is not None}
    record["buffers"] = {n: plain(b) for n, b in module.named_buffers()}
    module.eval()
    record["evalOutputs"] = [plain(y) for y in results_of(call, module, inputs)]
    if any(True for _ in trained.parameters()):
        train(call, trained, [t.detach() for t in inputs], gs)
        record["trained"] = plain_state(trained)
    cases.append(record)


class RMSNorm(nn.Module):
    """As torch.nn.RMSNorm of PyTorch 2.4."""

    def __init__(self, shape, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(shape)), eps

    def forward(self, x):
        axes = tuple(range(-self.weight.dim(), 0))
        return x / torch.sqrt((x * x).mean(axes, keepdim=True) + self.eps) * self.weight


def normalization():
    case("BatchNorm1d", [3], nn.BatchNorm1d(3), [randn(4, 3)])
    case("BatchNorm1d", [3, {"momentum": None}], nn.BatchNorm1d(3, momentum=None),
         [randn(2, 3, 4)])
    case("BatchNorm1d", [2, {"affine": False}], nn.BatchNorm1d(2, affine=False), [randn(3, 2)])
    case("BatchNorm2d", [2], nn.BatchNorm2d(2), [randn(2, 2, 3, 2)])
    case("BatchNorm2d", [3, {"eps": 0.1, "momentum": 0.3}], nn.BatchNorm2d(3, 0.1, 0.3),
         [randn(1, 3, 2, 2) * 3 + 5])
    case("BatchNorm2d", [2, {"trackRunningStats": False}],
         nn.BatchNorm2d(2, track_running_stats=False), [randn(2, 2, 2, 2)])
    case("LayerNorm", [4], nn.LayerNorm(4), [randn(2, 3, 4)])
    case("LayerNorm", [[3, 2], {"eps": 0.1}], nn.LayerNorm([3, 2], 0.1), [randn(2, 3, 2)])
    case("LayerNorm", [3, {"elementwiseAffine": False}],
         nn.LayerNorm(3, elementwise_affine=False), [randn(2, 3)])
    case("GroupNorm", [2, 4], nn.GroupNorm(2, 4), [randn(2, 4, 3)])
    case("GroupNorm", [1, 2, {"eps": 0.01}], nn.GroupNorm(1, 2, 0.01), [randn(2, 2, 2, 2)])
    case("GroupNorm", [3, 3, {"affine": False}], nn.GroupNorm(3, 3, affine=False),
         [randn(2, 3, 4)])
    case("GroupNorm", [2, 4], nn.GroupNorm(2, 4), [randn(3, 4)])
    case("InstanceNorm2d", [2], nn.InstanceNorm2d(2), [randn(2, 2, 3, 2)])
    case("InstanceNorm2d", [2, {"affine": True}], nn.InstanceNorm2d(2, affine=True),
         [randn(2, 3, 2)])
    case("RMSNorm", [4, {"eps": 1e-6}], RMSNorm(4, 1e-6), [randn(2, 3, 4)])
    case("RMSNorm", [[2, 3], {"eps": 0.1}], RMSNorm([2, 3], 0.1), [randn(2, 2, 3)])


def masked(names, **fixed):
    """A call that passes the inputs from the third on by name."""
    def call(module, *inputs):
        plain = len(inputs) - len(names)
        named = dict(zip(names, inputs[plain:]))
        outputs = module(*inputs[:plain], **named, **fixed)
        return list(outputs) if isinstance(outputs, tuple) else [outputs]
    return call


def embedding():
    for args, options in [([5, 3], {}), ([4, 2, {"paddingIdx": 1}], {"padding_idx": 1}),
                          ([4, 2, {"paddingIdx": -1}], {"padding_idx": -1})]:
        index = torch.tensor([[1, 3, 1], [0, 3, 2]])
        case("Embedding", args, nn.Embedding(*args[:2], **options), [index])


def attention():
    q, k, v = randn(3, 2, 4), randn(5, 2, 4), randn(5, 2, 4)
    case("MultiheadAttention", [4, 2], nn.MultiheadAttention(4, 2), [q, k, v], masked([]), {})
    case("MultiheadAttention", [4, 4, {"bias": False}],
         nn.MultiheadAttention(4, 4, bias=False), [q, k, v],
         masked([], average_attn_weights=False), {"averageAttnWeights": False})
    case("MultiheadAttention", [6, 3, {"batchFirst": True}],
         nn.MultiheadAttention(6, 3, batch_first=True), [randn(2, 3, 6)] + [randn(2, 4, 6)] * 2,
         masked([], need_weights=False), {"needWeights": False})
    ignored = torch.tensor([[False, True, False, False], [False, False, False, True]])
    causal = torch.ones(3, 4).triu(1).bool()
    case("MultiheadAttention", [4, 2, {"batchFirst": True}],
         nn.MultiheadAttention(4, 2, batch_first=True),
         [randn(2, 3, 4), randn(2, 4, 4), randn(2, 4, 4), ignored, causal],
         masked(["key_padding_mask", "attn_mask"]), {"keyPaddingMask": 3, "attnMask": 4})
    case("MultiheadAttention", [4, 2], nn.MultiheadAttention(4, 2),
         [q, k, v, randn(4, 3, 5)], masked(["attn_mask"]), {"attnMask": 3})
    case("MultiheadAttention", [4, 2], nn.MultiheadAttention(4, 2),
         [randn(3, 4), randn(2, 4), randn(2, 4), torch.tensor([False, True])],
         masked(["key_padding_mask"]), {"keyPaddingMask": 3})


def transformer():
    options = {"dimFeedforward": 6, "dropout": 0}
    plain = {"dim_feedforward": 6, "dropout": 0}
    causal = torch.ones(3, 3).triu(1).bool()
    ignored = torch.tensor([[False, False, True], [False, False, False]])
    case("TransformerEncoderLayer", [4, 2, options], nn.TransformerEncoderLayer(4, 2, **plain),
         [randn(3, 2, 4)], masked([]), {})
    case("TransformerEncoderLayer",
         [4, 2, {**options, "activation": "gelu", "normFirst": True, "batchFirst": True,
                 "layerNormEps": 0.01}],
         nn.TransformerEncoderLayer(4, 2, **plain, activation="gelu", norm_first=True,
                                    batch_first=True, layer_norm_eps=0.01),
         [randn(2, 3, 4), causal, ignored], masked(["src_mask", "src_key_padding_mask"]),
         {"mask": 1, "srcKeyPaddingMask": 2})
    case("TransformerDecoderLayer", [4, 2, options], nn.TransformerDecoderLayer(4, 2, **plain),
         [randn(3, 2, 4), randn(4, 2, 4)], masked([]), {})
    case("TransformerDecoderLayer",
         [4, 2, {**options, "activation": "gelu", "normFirst": True, "batchFirst": True}],
         nn.TransformerDecoderLayer(4, 2, **plain, activation="gelu", norm_first=True,
                                    batch_first=True),
         [randn(2, 3, 4), randn(2, 3, 4), causal, ignored],
         masked(["tgt_mask", "memory_key_padding_mask"]),
         {"tgtMask": 2, "memoryKeyPaddingMask": 3})


def flat(module, x, *state):
    """All results of a recurrent module, whose state is one tensor or two."""
    state = tuple(state) if len(state) == 2 else state[0] if state else None
    outputs = module(x, state)
    if isinstance(outputs, torch.Tensor):
        return [outputs]
    return [t for o in outputs for t in (o if isinstance(o, tuple) else [o])]


def recurrent():
    def both(layer, args, module, inputs):
        case(layer, args, module, inputs, flat)
    both("RNN", [3, 2], nn.RNN(3, 2), [randn(4, 2, 3)])
    both("RNN", [2, 3, {"nonlinearity": "relu", "numLayers": 2, "batchFirst": True}],
         nn.RNN(2, 3, 2, nonlinearity="relu", batch_first=True), [randn(2, 3, 2), randn(2, 2, 3)])
    both("LSTM", [3, 2], nn.LSTM(3, 2), [randn(5, 2, 3)])
    both("LSTM", [2, 2, {"numLayers": 2, "bidirectional": True}],
         nn.LSTM(2, 2, 2, bidirectional=True), [randn(3, 2, 2), randn(4, 2, 2), randn(4, 2, 2)])
    both("LSTM", [2, 3, {"batchFirst": True, "bias": False}],
         nn.LSTM(2, 3, batch_first=True, bias=False), [randn(2, 3, 2)])
    both("LSTM", [2, 3], nn.LSTM(2, 3), [randn(3, 2), randn(1, 3), randn(1, 3)])
    both("GRU", [3, 2], nn.GRU(3, 2), [randn(1, 2, 3)])
    both("GRU", [2, 2, {"numLayers": 2, "bidirectional": True, "batchFirst": True}],
         nn.GRU(2, 2, 2, bidirectional=True, batch_first=True),
         [randn(2, 3, 2), randn(4, 2, 2)])
    both("GRU", [2, 2, {"bias": False}], nn.GRU(2, 2, bias=False), [randn(3, 2)])
    both("RNNCell", [3, 2], nn.RNNCell(3, 2), [randn(2, 3)])
    both("RNNCell", [3, 2, {"nonlinearity": "relu"}], nn.RNNCell(3, 2, nonlinearity="relu"),
         [randn(2, 3), randn(2, 2)])
    both("LSTMCell", [3, 2], nn.LSTMCell(3, 2), [randn(2, 3), randn(2, 2), randn(2, 2)])
    both("GRUCell", [3, 2, {"bias": False}], nn.GRUCell(3, 2, bias=False), [randn(3), randn(2)])
    both("GRUCell", [3, 2], nn.GRUCell(3, 2), [randn(2, 3)])


def convolution():
    case("Conv1d", [2, 3, 3], nn.Conv1d(2, 3, 3), [randn(2, 2, 6)])
    case("Conv1d", [4, 2, 2, {"stride": 2, "padding": 1, "dilation": 2, "groups": 2,
                              "bias": False}],
         nn.Conv1d(4, 2, 2, 2, 1, 2, 2, False), [randn(4, 7)])
    case("ConvTranspose2d", [2, 3, 2], nn.ConvTranspose2d(2, 3, 2), [randn(2, 2, 3, 2)])
    case("ConvTranspose2d",
         [4, 2, [3, 2], {"stride": [2, 3], "padding": [1, 0], "outputPadding": [1, 2],
                         "groups": 2}],
         nn.ConvTranspose2d(4, 2, (3, 2), (2, 3), (1, 0), (1, 2), 2), [randn(1, 4, 2, 2)])
    case("ConvTranspose2d", [1, 2, 2, {"stride": 2, "dilation": 3, "outputPadding": 2,
                                       "bias": False}],
         nn.ConvTranspose2d(1, 2, 2, 2, output_padding=2, dilation=3, bias=False),
         [randn(1, 2, 3)])


def pooling():
    case("MaxPool1d", [2], nn.MaxPool1d(2), [randn(2, 2, 5)])
    case("MaxPool1d", [3, {"stride": 1, "padding": 1, "dilation": 2}], nn.MaxPool1d(3, 1, 1, 2),
         [randn(2, 6)])
    case("AvgPool1d", [2], nn.AvgPool1d(2), [randn(2, 5)])
    case("AvgPool1d", [3, {"stride": 2, "padding": 1}], nn.AvgPool1d(3, 2, 1), [randn(1, 2, 7)])
    case("AdaptiveAvgPool1d", [3], nn.AdaptiveAvgPool1d(3), [randn(2, 2, 7)])
    case("AdaptiveAvgPool1d", [5], nn.AdaptiveAvgPool1d(5), [randn(2, 3)])
    for size in [1, 2, [3, 4], [5, 1], [7, 5]]:
        args, python = [size], size if isinstance(size, int) else tuple(size)
        case("AdaptiveAvgPool2d", args, nn.AdaptiveAvgPool2d(python), [randn(1, 2, 4, 6)])
        # Small integers have equal maxima, of which the first one counts.
        case("AdaptiveMaxPool2d", args, nn.AdaptiveMaxPool2d(python), [randn(2, 5, 6).round()])
    for options, python, x in [
        ({"scaleFactor": 2}, {"scale_factor": 2}, randn(1, 2, 2, 3)),
        ({"scaleFactor": [1.5, 2.6]}, {"scale_factor": (1.5, 2.6)}, randn(1, 1, 3, 4)),
        ({"size": [5, 2]}, {"size": (5, 2)}, randn(2, 1, 3, 5)),
        ({"size": 7}, {"size": 7}, randn(1, 2, 3)),
        ({"scaleFactor": 2, "mode": "bilinear"}, {"scale_factor": 2, "mode": "bilinear"},
         randn(1, 2, 2, 3)),
        ({"scaleFactor": [1.5, 2.6], "mode": "bilinear"},
         {"scale_factor": (1.5, 2.6), "mode": "bilinear"}, randn(1, 1, 3, 4)),
        ({"size": [3, 7], "mode": "bilinear"}, {"size": (3, 7), "mode": "bilinear"},
         randn(1, 2, 5, 4)),
        ({"size": [4, 1], "mode": "bilinear", "alignCorners": True},
         {"size": (4, 1), "mode": "bilinear", "align_corners": True}, randn(1, 1, 3, 3)),
        ({"scaleFactor": 2.5, "mode": "linear"}, {"scale_factor": 2.5, "mode": "linear"},
         randn(1, 2, 3)),
    ]:
        case("Upsample", [options], nn.Upsample(**python), [x])
    case("PixelShuffle", [2], nn.PixelShuffle(2), [randn(2, 8, 2, 3)])
    case("PixelShuffle", [3], nn.PixelShuffle(3), [randn(9, 1, 2)])


def products():
    case("Bilinear", [2, 3, 4], nn.Bilinear(2, 3, 4), [randn(5, 2), randn(5, 3)])
    case("Bilinear", [2, 2, 3, {"bias": False}], nn.Bilinear(2, 2, 3, bias=False),
         [randn(2, 3, 2), randn(2, 3, 2)])
    case("Identity", [], nn.Identity(), [randn(2, 2)])


def activations():
    x = [randn(2, 3) * 4]
    for layer, args, module in [
        ("ReLU6", [], nn.ReLU6()), ("Hardswish", [], nn.Hardswish()),
        ("Hardtanh", [], nn.Hardtanh()), ("Hardtanh", [-2, 0.5], nn.Hardtanh(-2, 0.5)),
        ("GELU", [], nn.GELU()),
        ("GELU", [{"approximate": "tanh"}], nn.GELU(approximate="tanh")), ("ELU", [], nn.ELU()),
        ("ELU", [0.3], nn.ELU(0.3)), ("CELU", [0.25], nn.CELU(0.25)), ("SELU", [], nn.SELU()),
        ("SiLU", [], nn.SiLU()), ("Mish", [], nn.Mish()), ("Softsign", [], nn.Softsign()),
        ("LogSigmoid", [], nn.LogSigmoid()), ("Softplus", [], nn.Softplus(threshold=100)),
        ("Softplus", [0.4], nn.Softplus(0.4)),
    ]:
        case(layer, args, module, x)
    # PyTorch's own divides by 6 in float32.
    case("Hardsigmoid", [], nn.Identity(), x, lambda _, x: [F.relu6(x + 3) / 6])


def instance_normalization():
    tracked = {"trackRunningStats": True}
    case("InstanceNorm1d", [3], nn.InstanceNorm1d(3), [randn(2, 3, 4)])
    case("InstanceNorm1d", [2, {**tracked, "momentum": 0.3, "eps": 0.01}],
         nn.InstanceNorm1d(2, 0.01, 0.3, track_running_stats=True), [randn(3, 2, 4) * 2 + 1])
    case("InstanceNorm1d", [2, {**tracked, "affine": True}],
         nn.InstanceNorm1d(2, affine=True, track_running_stats=True), [randn(2, 5)])
    case("InstanceNorm2d", [2, {**tracked, "affine": True}],
         nn.InstanceNorm2d(2, affine=True, track_running_stats=True), [randn(3, 2, 2, 3)])


def further_attention():
    q, k, v = randn(3, 2, 4), randn(5, 2, 6), randn(5, 2, 3)
    case("MultiheadAttention", [4, 2, {"kdim": 6, "vdim": 3}],
         nn.MultiheadAttention(4, 2, kdim=6, vdim=3), [q, k, v], masked([]), {})
    case("MultiheadAttention", [4, 2, {"vdim": 3, "bias": False, "addZeroAttn": True}],
         nn.MultiheadAttention(4, 2, bias=False, add_zero_attn=True, vdim=3),
         [q, randn(5, 2, 4), v], masked([]), {})
    both = {"addBiasKv": True, "addZeroAttn": True}
    python = {"add_bias_kv": True, "add_zero_attn": True}
    ignored = torch.tensor([[False, True, False, False], [False, False, False, True]])
    causal = torch.ones(3, 4).triu(1).bool()
    case("MultiheadAttention", [4, 2, {**both, "batchFirst": True}],
         nn.MultiheadAttention(4, 2, batch_first=True, **python),
         [randn(2, 3, 4), randn(2, 4, 4), randn(2, 4, 4), ignored, causal],
         masked(["key_padding_mask", "attn_mask"], average_attn_weights=False),
         {"keyPaddingMask": 3, "attnMask": 4, "averageAttnWeights": False})
    case("MultiheadAttention", [4, 2, {"addBiasKv": True}],
         nn.MultiheadAttention(4, 2, add_bias_kv=True),
         [randn(3, 4), randn(2, 4), randn(2, 4), randn(3, 2)], masked(["attn_mask"]),
         {"attnMask": 3})


def whole_transformer():
    sizes = {"numEncoderLayers": 2, "numDecoderLayers": 1, "dimFeedforward": 6, "dropout": 0}
    python = {"num_encoder_layers": 2, "num_decoder_layers": 1, "dim_feedforward": 6, "dropout": 0}
    case("Transformer", [4, 2, sizes], nn.Transformer(4, 2, **python),
         [randn(3, 2, 4), randn(2, 2, 4), randn(2, 2)],
         masked(["tgt_mask"]), {"tgtMask": 2})
    ignored = torch.tensor([[False, False, True], [False, True, False]])
    case("Transformer",
         [4, 2, {**sizes, "activation": "gelu", "normFirst": True, "batchFirst": True,
                 "layerNormEps": 0.01}],
         nn.Transformer(4, 2, **python, activation="gelu", norm_first=True, batch_first=True,
                        layer_norm_eps=0.01),
         [randn(2, 3, 4), randn(2, 2, 4), torch.ones(3, 3).triu(2).bool(),
          torch.ones(2, 3).triu(1).bool(), ignored, ignored.clone(),
          torch.tensor([[False, False], [False, True]])],
         masked(["src_mask", "memory_mask", "src_key_padding_mask", "memory_key_padding_mask",
                 "tgt_key_padding_mask"]),
         {"srcMask": 2, "memoryMask": 3, "srcKeyPaddingMask": 4, "memoryKeyPaddingMask": 5,
          "tgtKeyPaddingMask": 6})


def embedding_options():
    index = torch.tensor([[1, 3, 1], [0, 3, 2]])
    for options, python in [
        ({"maxNorm": 0.5}, {"max_norm": 0.5}),
        ({"maxNorm": 0.4, "p": 1}, {"max_norm": 0.4, "norm_type": 1.0}),
        ({"maxNorm": 100}, {"max_norm": 100.0}),
        ({"scaleGradByFreq": True}, {"scale_grad_by_freq": True}),
        ({"scaleGradByFreq": True, "paddingIdx": 3, "maxNorm": 0.3},
         {"scale_grad_by_freq": True, "padding_idx": 3, "max_norm": 0.3}),
    ]:
        case("Embedding", [5, 3, options], nn.Embedding(5, 3, **python), [index])


def projected():
    case("LSTM", [3, 4, {"projSize": 2}], nn.LSTM(3, 4, proj_size=2), [randn(5, 2, 3)], flat)
    case("LSTM", [2, 3, {"projSize": 2, "numLayers": 2, "bidirectional": True, "bias": False}],
         nn.LSTM(2, 3, 2, bidirectional=True, bias=False, proj_size=2),
         [randn(3, 2, 2), randn(4, 2, 2), randn(4, 2, 3)], flat)
    case("LSTM", [2, 3, {"projSize": 1, "batchFirst": True}],
         nn.LSTM(2, 3, proj_size=1, batch_first=True), [randn(3, 2), randn(1, 1), randn(1, 3)],
         flat)


def first_layers():
    case("Linear", [3, 4], nn.Linear(3, 4), [randn(5, 3)])
    case("Linear", [2, 3, {"bias": False}], nn.Linear(2, 3, bias=False), [randn(2, 2, 2)])
    case("Conv2d", [2, 3, 3], nn.Conv2d(2, 3, 3), [randn(2, 2, 5, 4)])
    case("Conv2d",
         [4, 6, [3, 2], {"stride": [2, 1], "padding": [1, 0], "dilation": [1, 2], "groups": 2,
                         "bias": False}],
         nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 2), 2, False), [randn(2, 4, 5, 6)])
    case("MaxPool2d", [2], nn.MaxPool2d(2), [randn(1, 2, 5, 4)])
    case("MaxPool2d", [3, {"stride": 1, "padding": 1}], nn.MaxPool2d(3, 1, 1), [randn(2, 4, 5)])
    case("AvgPool2d", [[2, 3], {"stride": 2}], nn.AvgPool2d((2, 3), 2), [randn(1, 2, 5, 5)])
    case("AdaptiveMaxPool1d", [3], nn.AdaptiveMaxPool1d(3), [randn(2, 2, 7).round()])
    case("AdaptiveMaxPool1d", [5], nn.AdaptiveMaxPool1d(5), [randn(2, 3)])
    case("Flatten", [], nn.Flatten(), [randn(2, 3, 2)])
    case("Flatten", [0, 1], nn.Flatten(0, 1), [randn(2, 3, 2)])
    for layer, args, module in [
        ("ReLU", [], nn.ReLU()), ("LeakyReLU", [], nn.LeakyReLU()),
        ("LeakyReLU", [0.3], nn.LeakyReLU(0.3)), ("Sigmoid", [], nn.Sigmoid()),
        ("Tanh", [], nn.Tanh()), ("Softmax", [{"axis": 0}], nn.Softmax(0)),
        ("LogSoftmax", [{"axis": -1}], nn.LogSoftmax(-1)),
    ]:
        case(layer, args, module, [randn(3, 4) * 2])


def named_padding():
    case("Conv2d", [2, 3, [4, 3], {"padding": "same", "dilation": [1, 2]}],
         nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2)), [randn(2, 2, 5, 4)])
    case("Conv2d", [2, 2, 2, {"padding": "same", "groups": 2, "bias": False}],
         nn.Conv2d(2, 2, 2, padding="same", groups=2, bias=False), [randn(2, 3, 3)])
    case("Conv2d", [1, 2, 3, {"padding": "valid", "stride": 2}],
         nn.Conv2d(1, 2, 3, 2, "valid"), [randn(1, 1, 5, 6)])
    case("Conv1d", [2, 3, 4, {"padding": "same"}], nn.Conv1d(2, 3, 4, padding="same"),
         [randn(2, 2, 6)])
    case("Conv1d", [2, 3, 3, {"padding": "same", "dilation": 3}],
         nn.Conv1d(2, 3, 3, padding="same", dilation=3), [randn(2, 4)])


def pooling_options():
    up = {"ceilMode": True}
    for kernel, stride, padding, shape in [
        (2, 2, 0, (1, 2, 5, 4)), (3, 2, 1, (2, 6, 7)), (3, 3, 1, (1, 1, 4, 5)), (2, 3, 1, (2, 6, 3)),
        ((2, 3), (3, 2), (1, 0), (1, 2, 6, 6)),
    ]:
        options = {"stride": stride, "padding": padding}
        case("MaxPool2d", [kernel, {**options, **up}],
             nn.MaxPool2d(kernel, stride, padding, ceil_mode=True), [randn(*shape) - 2])
        for ceil in [False, True]:
            for count in [False, True]:
                case("AvgPool2d",
                     [kernel, {**options, "ceilMode": ceil, "countIncludePad": count}],
                     nn.AvgPool2d(kernel, stride, padding, ceil, count), [randn(*shape)])
    case("MaxPool2d", [2, {**up, "dilation": 2, "stride": 2}],
         nn.MaxPool2d(2, 2, dilation=2, ceil_mode=True), [randn(1, 1, 6, 5)])
    case("MaxPool1d", [3, {**up, "stride": 2}], nn.MaxPool1d(3, 2, ceil_mode=True), [randn(2, 6)])
    case("AvgPool1d", [3, {**up, "stride": 2, "padding": 1, "countIncludePad": False}],
         nn.AvgPool1d(3, 2, 1, True, False), [randn(1, 2, 6)])


class LayerNorm(nn.Module):
    """As torch.nn.LayerNorm(bias=False) of PyTorch 2.1."""

    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight)


class Resized(nn.Module):
    """nn.Upsample with antialias."""

    def __init__(self, **options):
        super().__init__()
        self.options = options

    def forward(self, x):
        return F.interpolate(x, antialias=True, mode="bicubic", **self.options)


def later_options():
    case("LayerNorm", [[3, 2], {"bias": False}], LayerNorm([3, 2]), [randn(2, 3, 2)])
    for python, args in [((None, 2), [[None, 2]]), ((3, None), [[3, None]]), ((None, None), [None])]:
        case("AdaptiveAvgPool2d", args, nn.AdaptiveAvgPool2d(python), [randn(1, 2, 4, 6)])
        if python != (None, None):
            case("AdaptiveMaxPool2d", args, nn.AdaptiveMaxPool2d(python), [randn(2, 5, 6)])
    for options, python in [
        ({"size": [7, 4]}, {"size": (7, 4)}),
        ({"scaleFactor": 2.5}, {"scale_factor": 2.5}),
        ({"size": [2, 9], "alignCorners": True}, {"size": (2, 9), "align_corners": True}),
        ({"size": 1, "alignCorners": True}, {"size": 1, "align_corners": True}),
    ]:
        case("Upsample", [{**options, "mode": "bicubic"}], nn.Upsample(mode="bicubic", **python),
             [randn(1, 2, 4, 5)])
    for size in [[3, 4], [9, 2], [1, 1]]:
        case("Upsample", [{"size": size, "mode": "bicubic", "antialias": True}],
             Resized(size=size), [randn(1, 2, 6, 7)])


for make in [normalization, embedding, attention, transformer, recurrent, convolution, pooling,
             products, activations, instance_normalization, further_attention, whole_transformer,
             embedding_options, projected, first_layers, named_padding, pooling_options,
             later_options]:
    make()

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/layers.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(f"{len(cases)} cases")
