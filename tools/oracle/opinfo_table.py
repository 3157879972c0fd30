"""Equivalents in Gradus of PyTorch's operators and modules, by the names of their samples.

A row is the name in Gradus and the parameters, in PyTorch's order. A parameter is

- `name`: a positional argument of Gradus; `name=3`: the same, where 3 stands for one left out;
- `name:`: an option, in camelCase; `name:other` an option of another name;
- `*name`: a list, or the rest of the positional arguments, spread;
- `!name`, `!name=1`: a parameter that Gradus lacks; samples with another value than False, or 1, are
  skipped;
- `~name`: a parameter that is not given to PyTorch either.

`a|b` are two names of one parameter. A third member of a row changes PyTorch's arguments before they
are named, a fourth takes a part of PyTorch's results.
"""


def swapped(args, kwargs):
    return [args[1], args[0], *args[2:]], kwargs


def correction(args, kwargs):
    """The number to subtract, in the place of `unbiased`."""
    if len(args) > 1 and isinstance(args[1], bool):
        args = [args[0], None, args[1]]
    kwargs = dict(kwargs)
    if len(args) > 2:
        kwargs |= dict(zip(["unbiased", "keepdim"], args[2:]))
        args = args[:2]
    if "unbiased" in kwargs:
        kwargs["correction"] = int(kwargs.pop("unbiased"))
    return args, kwargs


def numbers(args, kwargs):
    """Tensors of numbers behind the first as numbers."""
    def number(x):
        return (x.float() if x.is_floating_point() else x).tolist() if hasattr(x, "tolist") else x
    return [args[0], *map(number, args[1:])], {key: number(x) for key, x in kwargs.items()}


def square(args, kwargs):
    return args if len(args) > 1 else [args[0], args[0]], kwargs


def sizes(args, kwargs):
    """Lists of one size as that size, and no empty lists."""
    def size(x):
        if not isinstance(x, (list, tuple)) or len(x) > 1:
            return x
        return x[0] if x else None
    return [args[0], *map(size, args[1:])], {key: size(x) for key, x in kwargs.items()}


def equation(args, kwargs):
    return [args[1], *args[0]], kwargs


def items(args, kwargs):
    """An index of `__getitem__` as a list."""
    index = args[1] if isinstance(args[1], (list, tuple)) else [args[1]]
    return [args[0], *index], kwargs


def first(result):
    return result[0] if isinstance(result, (list, tuple)) else result


UNARY = """abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp expm1 floor frac isfinite isinf
    isnan log log10 log1p log2 logical_not neg reciprocal rsqrt sigmoid sign sin sinh sqrt square tan tanh
    trunc trace t T mT bool double float int"""
BINARY = """atan2 copysign eq ne lt le gt ge logical_and logical_or logical_xor hypot logaddexp xlogy
    heaviside maximum minimum floor_divide fmod remainder pow equal expand_as reshape_as matmul mm mv bmm
    dot outer"""
ALONG = "dim:axis keepdim:"
LOSS = "!size_average !reduce reduction:"
OPS = {
    **{name: (name, "x !memory_format") for name in UNARY.split()},
    **{name: (name, "x other") for name in BINARY.split()},
    "argwhere": ("nonzero", "x"), "nonzero": ("nonzero", "x !as_tuple"), "clone": ("clone", "x !memory_format"),
    "contiguous": ("contiguous", "x !memory_format"), "ravel": ("flatten", "x"),
    "round": ("round", "x decimals:"), "logit": ("logit", "x !eps"), "view_as": ("reshapeAs", "x other"),
    "add": ("add", "x other !alpha=1"), "sub": ("sub", "x other !alpha=1"), "mul": ("mul", "x other"),
    "div": ("div", "x other rounding_mode:"), "true_divide": ("div", "x other"),
    "max.binary": ("maximum", "x other"), "min.binary": ("minimum", "x other"), "vdot": ("dot", "x other"),
    "isclose": ("isclose", "x other rtol: atol: equal_nan:"), "isin": ("isin", "x values !assume_unique !invert"),
    "allclose": ("allclose", "x other rtol: atol: equal_nan:"), "lerp": ("lerp", "x end weight"),
    "addcmul": ("addcmul", "x a b value:"), "addcdiv": ("addcdiv", "x a b value:"),
    "addmm": ("addmm", "x a b beta: alpha:"), "clamp": ("clamp", "x min max"),
    "cross": ("cross", "x other dim"), "linalg.cross": ("cross", "x other dim"),
    "cdist": ("function.cdist", "a b p: ~compute_mode"), "broadcast_to": ("broadcastTo", "x size"),
    "broadcast_tensors": ("function.broadcastTensors", "*tensors"), "chunk": ("chunk", "x chunks dim"),
    "split": ("split", "x size dim"), "split_with_sizes": ("split", "x sizes dim"),
    "tensor_split": ("tensorSplit", "x indices_or_sections|indices|sections dim", numbers), "unbind": ("unbind", "x dim"),
    "cov": ("cov", "x correction: fweights: aweights:"), "diff": ("diff", "x n: dim:axis prepend: append:"),
    **{name: (name, "x dim !dtype") for name in ("cumsum", "cumprod", "cummax", "cummin")},
    "expand": ("expand", "x size"), "diag": ("diag", "x offset"), "diagonal": ("diagonal", "x offset: dim1:axis1 dim2:axis2"),
    "diag_embed": ("diagEmbed", "x offset: dim1:axis1 dim2:axis2"), "flip": ("flip", "x dims"),
    "gather": ("gather", "x dim index !sparse_grad"), "kthvalue": ("kthvalue", "x k dim:axis keepdim:"),
    "linspace": ("function.linspace", "start end steps: dtype:"), "eye": ("function.eye", "n m dtype:", square),
    "arange": ("function.arange", "start end step: dtype:"), "zeros": ("function.zeros", "size dtype:"),
    "ones": ("function.ones", "size dtype:"), "full": ("function.full", "size value dtype:"),
    "zeros_like": ("function.zerosLike", "x dtype:"), "ones_like": ("function.onesLike", "x dtype:"),
    "full_like": ("function.fullLike", "x value dtype:"), "masked_fill": ("maskedFill", "x mask value"),
    "masked_select": ("maskedSelect", "x mask"), "max.reduction_no_dim": ("amax", "x"),
    "min.reduction_no_dim": ("amin", "x"), "max.reduction_with_dim": ("max", "x " + ALONG, None, first),
    "min.reduction_with_dim": ("min", "x " + ALONG, None, first),
    "meshgrid.variadic_tensors": ("function.meshgrid", "tensors indexing:", lambda a, k: ([list(a)], k)),
    "meshgrid.list_of_tensors": ("function.meshgrid", "tensors indexing:"),
    "median": ("median", "x " + ALONG, None, first),
    "quantile": ("quantile", "x q dim:axis keepdim: interpolation:", numbers),
    "softmax": ("softmax", "x dim !dtype"), "log_softmax": ("logSoftmax", "x dim !dtype"),
    **{name: (name, "x dim:axis keepdim: !dtype") for name in
       "amax amin argmax argmin all any count_nonzero mean sum nansum nanmean prod logsumexp".split()},
    "var": ("var", "x dim:axis correction: keepdim:", correction),
    "std": ("std", "x dim:axis correction: keepdim:", correction),
    "norm": ("norm", "x p:order dim:axis keepdim: !dtype"),
    "linalg.vector_norm": ("norm", "x ord:order dim:axis keepdim: !dtype"),
    "linalg.matrix_norm": ("matrixNorm", "x ord:order dim:axis keepdim: !dtype"),
    "constant_pad_nd": ("pad", "x pad value:"), "nn.functional.pad": ("pad", "x pad mode: value:"),
    **{name: (f"function.{name}", "tensors dim") for name in ("cat", "stack", "hstack", "vstack")},
    "nan_to_num": ("nanToNum", "x nan: posinf: neginf:"), "narrow": ("narrow", "x dim start length", numbers),
    "select": ("select", "x dim index"), "slice": ("slice", "x dim:axis start=0 end=None step:"),
    "permute": ("permute", "x dims"), "repeat": ("repeat", "x *repeats"), "tile": ("tile", "x *dims"),
    "repeat_interleave": ("repeatInterleave", "x repeats dim !output_size", numbers), "reshape": ("reshape", "x shape"),
    "view": ("view", "x shape"), "flatten": ("flatten", "x start_dim end_dim"), "unflatten": ("unflatten", "x dim sizes"),
    "roll": ("roll", "x shifts dims"), "sort": ("sort", "x dim:axis descending: ~stable"),
    "argsort": ("argsort", "x dim:axis descending: ~stable"),
    "topk": ("topk", "x k dim:axis largest: !sorted=True"), "squeeze": ("squeeze", "x dim"),
    "unsqueeze": ("unsqueeze", "x dim"), "movedim": ("movedim", "x source destination"),
    "transpose": ("transpose", "x dim0 dim1"), "tril": ("tril", "x diagonal"), "triu": ("triu", "x diagonal"),
    "take": ("take", "x index"), "take_along_dim": ("takeAlongDim", "x index dim"),
    "scatter": ("scatter", "x dim:axis index src|value !reduce"), "scatter_add": ("scatterAdd", "x dim:axis index src"),
    "scatter_reduce": ("scatterReduce", "x dim:axis index src reduce: include_self:"),
    "index_add": ("indexAdd", "x dim:axis index source !alpha=1"), "index_copy": ("indexCopy", "x dim:axis index source"),
    "index_fill": ("indexFill", "x dim:axis index value"), "index_select": ("indexSelect", "x dim index"),
    "__getitem__": ("at", "x *index", items), "unfold": ("unfold", "x dimension size: step:"),
    "unique": ("unique.values", "x ~sorted ~return_inverse ~return_counts !dim=None"),
    "where": ("function.where", "condition x other", swapped), "bincount": ("bincount", "x weights: minlength:minLength"),
    "bucketize": ("bucketize", "x boundaries !out_int32 right:"), "histc": ("histc", "x bins: min: max:"),
    "histogram": ("histogram", "x bins: !range !weight !density"), "einsum": ("function.einsum", "equation *tensors", equation),
    **{f"linalg.{name}": (name, "x") for name in ("det", "slogdet", "inv", "svdvals")}, "logdet": ("logdet", "x"),
    "linalg.solve": ("solve", "x b !left=True"), "linalg.cholesky": ("cholesky", "x !upper"),
    "cholesky": ("cholesky", "x !upper"), "linalg.matrix_power": ("matrixPower", "x n"),
    "linalg.qr": ("qr", "x !mode='reduced'"), "qr": ("qr", "x !some=True"),
    "linalg.svd": ("svd", "x ~full_matrices"), "svd": ("svd", "x !some=True !compute_uv=True"),
}
FUNCTIONAL = {
    **{name: "x !inplace" for name in
       "relu relu6 selu silu mish hardsigmoid hardswish logsigmoid softsign tanhshrink".split()},
    "softmin": "x dim:axis !dtype", "glu": "x dim:axis", "elu": "x alpha !inplace", "celu": "x alpha !inplace",
    "leaky_relu": "x slope !inplace", "prelu": "x weight", "threshold": "x threshold value !inplace",
    "softplus": "x beta !threshold=20", "softshrink": "x lambd", "hardshrink": "x lambd",
    "hardtanh": "x min_val=-1 max_val !inplace", "gelu": "x approximate:", "one_hot": "x classes",
    "cosine_similarity": "a b dim:axis eps:", "pairwise_distance": "a b p: eps: keepdim:",
    "normalize": "x p: dim:axis eps: !out", "linear": "x weight bias:", "bilinear": "a b weight bias:",
    **{f"adaptive_{kind}_pool{n}d": "x size ~return_indices" for kind in ("avg", "max") for n in (1, 2)},
    **{f"avg_pool{n}d": "x kernel_size stride: padding: ceil_mode: count_include_pad: divisor_override:" for n in (1, 2)},
    **{f"max_pool{n}d": "x kernel_size stride: padding: dilation: ceil_mode: ~return_indices" for n in (1, 2)},
    **{f"conv{n}d": "x weight bias: stride: padding: dilation: groups:" for n in (1, 2)},
    **{f"conv_transpose{n}d": "x weight bias: stride: padding: output_padding: groups: dilation:" for n in (1, 2)},
    "group_norm": "x groups weight: bias: eps:", "layer_norm": "x shape weight: bias: eps:",
    "batch_norm": "x running_mean: running_var: weight: bias: training: momentum: eps:",
    "instance_norm": "x running_mean: running_var: weight: bias: use_input_stats: momentum: eps:",
    "unfold": "x size dilation: padding: stride:", "interpolate": "x size: scale_factor: mode: align_corners:",
    "pixel_shuffle": "x upscale_factor", "pixel_unshuffle": "x downscale_factor",
    "dropout": "x p=0.5 training: !inplace", "dropout2d": "x p=0.5 training: !inplace",
    "embedding": "index weight padding_idx: max_norm: norm_type: scale_grad_by_freq: !sparse",
    "_scaled_dot_product_attention": "q k v attn_mask:mask dropout_p: ~need_attn_weights is_causal:",
    "cross_entropy": "x target weight: !size_average ignore_index: !reduce reduction: label_smoothing:",
    "nll_loss": "x target weight: !size_average ignore_index: !reduce reduction:",
    "mse_loss": "x target " + LOSS, "l1_loss": "x target " + LOSS, "smooth_l1_loss": f"x target {LOSS} beta:",
    "huber_loss": "x target reduction: delta:", "kl_div": f"x target {LOSS} log_target:",
    "binary_cross_entropy": "x target weight: " + LOSS, "soft_margin_loss": "x target " + LOSS,
    "binary_cross_entropy_with_logits": f"x target weight: {LOSS} pos_weight:",
    "gaussian_nll_loss": "x target var full: eps: reduction:",
    "poisson_nll_loss": "x target log_input: full: !size_average eps: !reduce reduction:",
    "hinge_embedding_loss": "x target margin: " + LOSS, "margin_ranking_loss": f"a b target margin: {LOSS}",
    "cosine_embedding_loss": f"a b target margin: {LOSS}", "multilabel_soft_margin_loss": f"x target weight: {LOSS}",
    "multi_margin_loss": f"x target p: margin: weight: {LOSS}",
    "triplet_margin_loss": f"x positive negative margin: p: eps: swap: {LOSS}",
}
RENAMED = {"logsigmoid": "logSigmoid", "kl_div": "klDiv", "_scaled_dot_product_attention": "scaledDotProductAttention"}
# Modules: the parameters of the constructor, and then those of the call.
CONV = "inputs outputs size stride: padding: dilation: groups: bias: padding_mode:"
CONV_TRANSPOSE = "inputs outputs size stride: padding: output_padding: groups: bias: dilation:"
RNN = "input_size hidden_size num_layers: nonlinearity: bias: batch_first: dropout: bidirectional: proj_size:"
CELL = "input_size hidden_size bias: nonlinearity:"
TRANSFORMER = "d_model nhead dim_feedforward: dropout: activation: layer_norm_eps: batch_first: norm_first:"
MODULES = {
    "AdaptiveAvgPool2d": ("size", "x"), "ELU": ("alpha !inplace", "x"), "Hardswish": ("!inplace", "x"),
    "AvgPool1d": ("kernel_size stride: padding: ceil_mode: count_include_pad:", "x"),
    "BatchNorm2d": ("features eps: momentum: affine: track_running_stats:", "x"),
    "Conv1d": (CONV, "x"), "Conv2d": (CONV, "x"), "ConvTranspose1d": (CONV_TRANSPOSE, "x"),
    "ConvTranspose2d": (CONV_TRANSPOSE, "x"), "L1Loss": (LOSS, "x target"), "ReLU": ("!inplace", "x"),
    "Sigmoid": ("", "x"), "Linear": ("inputs outputs bias:", "input"), "Bilinear": ("a b outputs bias:", "a b"),
    "NLLLoss": ("weight: !size_average ignore_index: !reduce reduction:", "x target"),
    "CrossEntropyLoss": ("weight: !size_average ignore_index: !reduce reduction: label_smoothing:", "x target"),
    "GaussianNLLLoss": ("full: eps: reduction:", "x target var"),
    "TransformerEncoderLayer": (TRANSFORMER, "x src_mask:mask src_key_padding_mask:"),
    "TransformerDecoderLayer": (TRANSFORMER, "x memory tgt_mask: memory_mask: tgt_key_padding_mask: "
                                "memory_key_padding_mask:"),
    "Transformer": ("d_model nhead num_encoder_layers: num_decoder_layers: dim_feedforward: dropout: activation: "
                    "!custom_encoder !custom_decoder layer_norm_eps: batch_first: norm_first:",
                    "src tgt src_mask: tgt_mask: memory_mask: src_key_padding_mask: "
                    "tgt_key_padding_mask: memory_key_padding_mask:"),
    "MultiheadAttention": ("embed_dim num_heads dropout: bias: add_bias_kv: add_zero_attn: kdim: vdim: batch_first:",
                           "q k v key_padding_mask: need_weights: attn_mask: average_attn_weights:"),
    "Embedding": ("num_embeddings embedding_dim padding_idx: max_norm: norm_type: scale_grad_by_freq:", "x"),
    "RNN": (RNN, "x state"), "GRU": (RNN, "x state"), "LSTM": (RNN, "x state"),
    "RNNCell": (CELL, "x state"), "GRUCell": (CELL, "x state"), "LSTMCell": (CELL, "x state"),
}
