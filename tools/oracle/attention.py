"""Cases of attention, and of the layers made of it: modules, whose weights are inputs."""

import math

import torch

from call import BOTH, Call, exact_softmax, put, ref, table, with_exact_softmax
from draw import Input

CASES, case = table()
nn = torch.nn
# Sizes of vectors, and numbers of heads.
SIZES = [(2, 1), (2, 2), (3, 1), (4, 2)]


@case("functional.scaledDotProductAttention",
      "nn.functional.scaled_dot_product_attention (2.0; here its formula)")
def scaled_dot_product(d):
    batch, queries, keys, e = d.shape(1, 2), d.int(1, 5), d.int(1, 5), d.int(1, 6)
    inputs = [d.tensor([*batch, n, e]) for n in (queries, keys, keys)]
    kind = d.choice(["none", "causal", "bool", "float"])
    options = {"isCausal": True} if kind == "causal" else {}
    if kind in ("bool", "float"):
        shape = d.choice([[queries, keys], [*batch, 1, keys]])
        options["mask"] = put(inputs, d.tensor(shape, 0, 1, kind, edges=False))
    if d.chance(0.3):
        options["scale"] = d.number(0.1, 2)
    if d.chance(0.2):
        options["dropoutP"] = 0

    def run(q, k, v, mask=None, softmax=torch.softmax):
        scores = q @ k.transpose(-2, -1) * options.get("scale", 1 / math.sqrt(e))
        if kind == "causal":
            mask = torch.ones(queries, keys, dtype=torch.bool).tril()
        if mask is not None and mask.dtype == torch.bool:
            scores = scores.masked_fill(~mask, -math.inf)
        elif mask is not None:
            scores = scores + mask
        return softmax(scores, -1) @ v

    return Call(inputs, [ref(0), ref(1), ref(2), options], run, BOTH,
                lambda *xs: run(*xs, softmax=exact_softmax))


def mask(d, inputs, shape, kind=None):
    """A mask that hides some of the keys, but not the first; or numbers to add."""
    if (kind or d.choice(["bool", "float"])) == "float":
        return put(inputs, d.tensor(shape, edges=False).constant())
    values = [d.int(0, 1) if i % shape[-1] > 0 else 0 for i in range(math.prod(shape))]
    return put(inputs, Input(shape, values, "bool", [], True))


def module(d, construct, torch_module, tensors, options, torch_options):
    """A call of a module in eval mode with `tensors`, and options some of which are inputs."""
    inputs, state = [], {}
    for name, parameter in torch_module.named_parameters():
        state[name] = put(inputs, d.tensor(list(parameter.shape), -1, 1, edges=False))
    weights = len(inputs)
    args = [put(inputs, x) for x in tensors]
    first = len(inputs)
    plain = {name: mask(d, inputs, *value) if isinstance(value, tuple) else value
             for name, value in options.items()}
    drawn = [name for name, value in options.items() if isinstance(value, tuple)]
    torch_module.eval()

    def run(*xs):
        for name, x in zip(state, xs):
            place, _, leaf = name.rpartition(".")
            owner = torch_module.get_submodule(place)
            owner._parameters.pop(leaf, None)
            setattr(owner, leaf, x)
        masks = {torch_options[name]: x for name, x in zip(drawn, xs[first:])}
        others = {torch_options[name]: value for name, value in options.items() if name not in drawn}
        y = torch_module(*xs[weights:first], **masks, **others)
        return y if isinstance(y, torch.Tensor) else [t for t in y if t is not None]

    made = {"construct": construct, "state": state, "eval": True}
    return Call(inputs, [made, *args, plain], run, BOTH, with_exact_softmax(run))


def sequences(d, n, length, size, batch_first):
    shape = [length, size] if n is None else [n, length, size] if batch_first else [length, n, size]
    return d.tensor(shape, edges=False)


@case("nn.MultiheadAttention", "nn.MultiheadAttention")
def multihead(d):
    (e, heads), l, s = d.choice(SIZES), d.int(1, 4), d.int(1, 4)
    n = d.int(1, 3) if d.chance(0.8) else None
    batch_first, bias, bias_kv, zero = (d.chance(p) for p in (0.4, 0.8, 0.25, 0.25))
    kdim, vdim = (d.int(1, 4), d.int(1, 4)) if d.chance(0.3) else (e, e)
    p = d.choice([0, 0.5])
    made = nn.MultiheadAttention(e, heads, p, bias, bias_kv, zero, kdim, vdim, batch_first)
    construct = [e, heads, {"dropout": p, "bias": bias, "addBiasKv": bias_kv, "addZeroAttn": zero,
                            "kdim": kdim, "vdim": vdim, "batchFirst": batch_first}]
    options = {"needWeights": d.chance(0.6), "averageAttnWeights": d.chance(0.6)}
    if d.chance(0.4):
        options["attnMask"] = (d.choice([[l, s], [(n or 1) * heads, l, s]]),)
    if d.chance(0.4) and n is not None:
        options["keyPaddingMask"] = ([n, s], "bool")
    tensors = [sequences(d, n, length, size, batch_first) for length, size in ((l, e), (s, kdim), (s, vdim))]
    names = {"needWeights": "need_weights", "averageAttnWeights": "average_attn_weights",
             "attnMask": "attn_mask", "keyPaddingMask": "key_padding_mask"}
    return module(d, construct, made, tensors, options, names)


def transformer(name, torch_names, lengths):
    """A layer of a transformer; `torch_names` of its masks, each with the lengths that it is for."""
    @case(f"nn.{name}", f"nn.{name}")
    def make(d):
        (e, heads), hidden, p = d.choice(SIZES), d.int(1, 4), d.choice([0, 0.5])
        batch_first, norm_first = d.chance(0.4), d.chance(0.4)
        activation, n = d.choice(["relu", "gelu"]), d.int(1, 3)
        made = getattr(nn, name)(e, heads, hidden, p, activation, 1e-3, batch_first, norm_first)
        construct = [e, heads, {"dimFeedforward": hidden, "dropout": p, "activation": activation,
                                "layerNormEps": 1e-3, "batchFirst": batch_first,
                                "normFirst": norm_first}]
        sizes = [d.int(1, 4) for _ in range(lengths)]
        options = {}
        for ours, (_, to, of) in torch_names.items():
            if d.chance(0.3):
                options[ours] = ([n, sizes[of]], "bool") if to is None else ([sizes[to], sizes[of]],)
        tensors = [sequences(d, n, length, e, batch_first) for length in sizes]
        return module(d, construct, made, tensors, options, {k: v[0] for k, v in torch_names.items()})


transformer("TransformerEncoderLayer",
            {"mask": ("src_mask", 0, 0), "srcKeyPaddingMask": ("src_key_padding_mask", None, 0)}, 1)
transformer("TransformerDecoderLayer",
            {"tgtMask": ("tgt_mask", 0, 0), "memoryMask": ("memory_mask", 0, 1),
             "tgtKeyPaddingMask": ("tgt_key_padding_mask", None, 0),
             "memoryKeyPaddingMask": ("memory_key_padding_mask", None, 1)}, 2)
