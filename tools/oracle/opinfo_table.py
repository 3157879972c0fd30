"""Equivalents in Gradus of PyTorch's operators and modules, by the names of their samples.

Rows give names, as `true_divide>div` where Gradus has another than PyTorch's in camelCase, and the
parameters, in PyTorch's order. A parameter is

- `name`: a positional argument of Gradus; `name=3`: the same, where 3 stands for one left out;
- `name:`: an option, in camelCase; `name:other` an option of another name;
- `*name`: a list, or the rest of the positional arguments, spread;
- `!name`, `!name=1`: a parameter that Gradus lacks; samples with another value than False, or 1, are
  skipped;
- `~name`: a parameter that is not given to PyTorch either.

`a|b` are two names of one parameter.
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


OPS = {
    "abs acos acosh asin asinh atan atanh ceil cos cosh erf erfc exp expm1 floor frac isfinite isinf isnan log "
    "log10 log1p log2 logical_not neg reciprocal rsqrt sigmoid sign sin sinh sqrt square tan tanh trunc trace t T "
    "mT bool double float int clone contiguous": "x !memory_format",
    "atan2 copysign eq ne lt le gt ge logical_and logical_or logical_xor hypot logaddexp xlogy heaviside maximum "
    "minimum floor_divide fmod remainder pow equal expand_as reshape_as matmul mm mv bmm dot outer "
    "view_as>reshapeAs mul true_divide>div max.binary>maximum min.binary>minimum vdot>dot": "x other",
    "argwhere>nonzero ravel>flatten max.reduction_no_dim>amax min.reduction_no_dim>amin linalg.det linalg.slogdet "
    "linalg.inv linalg.svdvals logdet": "x",
    "nonzero": "x !as_tuple", "round": "x decimals:", "logit": "x !eps", "add sub": "x other !alpha=1",
    "div": "x other rounding_mode:", "isclose allclose": "x other rtol: atol: equal_nan:",
    "isin": "x values !assume_unique !invert", "lerp": "x end weight", "addcmul addcdiv": "x a b value:",
    "addmm": "x a b beta: alpha:", "clamp": "x min max", "clamp_min>clamp": "x min",
    "clamp_max>clamp": "x min max", "__radd__>add __rmul__>mul": "x other", "cross linalg.cross": "x other dim",
    "cdist>function.cdist": "a b p: ~compute_mode", "broadcast_to expand": "x size",
    "broadcast_tensors>function.broadcastTensors": "*tensors", "chunk": "x chunks dim", "split": "x size dim",
    "split_with_sizes>split": "x sizes dim", "tensor_split": "x indices_or_sections|indices|sections dim",
    "unbind squeeze unsqueeze": "x dim", "cov": "x correction: fweights: aweights:",
    "diff": "x n: dim:axis prepend: append:", "cumsum cumprod cummax cummin softmax log_softmax": "x dim !dtype",
    "diag": "x offset", "diagonal diag_embed": "x offset: dim1:axis1 dim2:axis2", "flip permute": "x dims",
    "gather": "x dim index !sparse_grad", "kthvalue": "x k dim:axis keepdim:",
    "linspace>function.linspace": "start end steps: dtype:", "eye>function.eye": "n m dtype:",
    "arange>function.arange": "start end step: dtype:", "zeros>function.zeros ones>function.ones": "size dtype:",
    "full>function.full": "size value dtype:",
    "zeros_like>function.zerosLike ones_like>function.onesLike": "x dtype:",
    "full_like>function.fullLike": "x value dtype:", "masked_fill": "x mask value", "masked_select": "x mask",
    "max.reduction_with_dim>max min.reduction_with_dim>min median": "x dim:axis keepdim:",
    "meshgrid.variadic_tensors>function.meshgrid meshgrid.list_of_tensors>function.meshgrid": "tensors indexing:",
    "quantile": "x q dim:axis keepdim: interpolation:",
    "amax amin argmax argmin all any count_nonzero mean sum nansum nanmean prod logsumexp":
        "x dim:axis keepdim: !dtype",
    "var std": "x dim:axis correction: keepdim:", "norm": "x p: dim:axis keepdim: !dtype",
    "linalg.vector_norm>norm linalg.matrix_norm": "x ord:p dim:axis keepdim: !dtype",
    "constant_pad_nd>pad": "x pad value:", "nn.functional.pad>pad": "x pad mode: value:",
    "cat>function.cat stack>function.stack hstack>function.hstack vstack>function.vstack": "tensors dim",
    "nan_to_num": "x nan: posinf: neginf:", "narrow": "x dim start length", "select index_select": "x dim index",
    "slice": "x dim:axis start=0 end=None step:", "repeat": "x *repeats", "tile": "x *dims",
    "repeat_interleave": "x repeats dim !output_size", "reshape view": "x shape", "flatten": "x start_dim end_dim",
    "unflatten": "x dim sizes", "roll": "x shifts dims", "sort argsort": "x dim:axis descending: ~stable",
    "topk": "x k dim:axis largest: !sorted=True", "movedim": "x source destination", "transpose": "x dim0 dim1",
    "tril triu": "x diagonal", "take": "x index", "take_along_dim": "x index dim",
    "scatter": "x dim:axis index src|value !reduce", "scatter_add": "x dim:axis index src",
    "scatter_reduce": "x dim:axis index src reduce: include_self:", "index_add": "x dim:axis index source !alpha=1",
    "index_copy": "x dim:axis index source", "index_fill": "x dim:axis index value", "__getitem__>at": "x *index",
    "unfold": "x dimension size: step:", "unique>unique.values": "x ~sorted ~return_inverse ~return_counts !dim=None",
    "where>function.where": "condition x other", "bincount": "x weights: minlength:minLength",
    "bucketize": "x boundaries !out_int32 right:", "histc": "x bins: min: max:",
    "histogram": "x bins: !range !weight !density", "einsum>function.einsum": "equation *tensors",
    "linalg.solve": "x b !left=True", "linalg.cholesky cholesky": "x !upper", "linalg.matrix_power": "x n",
    "linalg.qr": "x !mode='reduced'", "qr": "x !some=True", "linalg.svd": "x ~full_matrices",
    "svd": "x !some=True !compute_uv=True",
}
# Methods that write to the tensor.
IN_PLACE = {"add": "x other !alpha=1", "sub": "x other !alpha=1", "mul": "x other", "div": "x other !rounding_mode",
            "clamp": "x min max"}
# Functions of `nn.functional`.
FUNCTIONAL = {
    "relu relu6 selu silu mish hardsigmoid hardswish logsigmoid>logSigmoid softsign tanhshrink": "x !inplace",
    "softmin": "x dim:axis !dtype", "glu": "x dim:axis", "elu celu": "x alpha !inplace",
    "leaky_relu": "x slope !inplace", "prelu": "x weight", "threshold": "x threshold value !inplace",
    "softplus": "x beta !threshold=20", "softshrink hardshrink": "x lambd",
    "hardtanh": "x min_val=-1 max_val !inplace", "gelu": "x approximate:", "one_hot": "x classes",
    "cosine_similarity": "a b dim:axis eps:", "pairwise_distance": "a b p: eps: keepdim:",
    "normalize": "x p: dim:axis eps: !out", "linear": "x weight bias:", "bilinear": "a b weight bias:",
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool1d adaptive_max_pool2d": "x size ~return_indices",
    "avg_pool1d avg_pool2d": "x kernel_size stride: padding: ceil_mode: count_include_pad: divisor_override:",
    "max_pool1d max_pool2d": "x kernel_size stride: padding: dilation: ceil_mode: ~return_indices",
    "conv1d conv2d": "x weight bias: stride: padding: dilation: groups:",
    "conv_transpose1d conv_transpose2d": "x weight bias: stride: padding: output_padding: groups: dilation:",
    "group_norm": "x groups weight: bias: eps:", "layer_norm": "x shape weight: bias: eps:",
    "batch_norm": "x running_mean: running_var: weight: bias: training: momentum: eps:",
    "instance_norm": "x running_mean: running_var: weight: bias: use_input_stats: momentum: eps:",
    "unfold": "x size dilation: padding: stride:", "interpolate": "x size: scale_factor: mode: align_corners:",
    "pixel_shuffle": "x upscale_factor", "pixel_unshuffle": "x downscale_factor",
    "dropout dropout2d": "x p=0.5 training: !inplace",
    "embedding": "index weight padding_idx: max_norm: norm_type:p scale_grad_by_freq: !sparse",
    "_scaled_dot_product_attention>scaledDotProductAttention":
        "q k v attn_mask:mask dropout_p: ~need_attn_weights is_causal:",
    "cross_entropy": "x target weight: !size_average ignore_index: !reduce reduction: label_smoothing:",
    "nll_loss": "x target weight: !size_average ignore_index: !reduce reduction:",
    "mse_loss l1_loss soft_margin_loss": "x target !size_average !reduce reduction:",
    "smooth_l1_loss": "x target !size_average !reduce reduction: beta:", "huber_loss": "x target reduction: delta:",
    "kl_div>klDiv": "x target !size_average !reduce reduction: log_target:",
    "binary_cross_entropy multilabel_soft_margin_loss": "x target weight: !size_average !reduce reduction:",
    "binary_cross_entropy_with_logits": "x target weight: !size_average !reduce reduction: pos_weight:",
    "gaussian_nll_loss": "x target var full: eps: reduction:",
    "poisson_nll_loss": "x target log_input: full: !size_average eps: !reduce reduction:",
    "hinge_embedding_loss": "x target margin: !size_average !reduce reduction:",
    "margin_ranking_loss cosine_embedding_loss": "a b target margin: !size_average !reduce reduction:",
    "multi_margin_loss": "x target p: margin: weight: !size_average !reduce reduction:",
    "triplet_margin_loss": "x positive negative margin: p: eps: swap: !size_average !reduce reduction:",
}
# Changes of PyTorch's arguments before they are named.
CHANGES = {
    **dict.fromkeys(["tensor_split", "quantile", "narrow", "repeat_interleave"], numbers),
    "clamp_max": lambda args, kwargs: ([args[0], None, *args[1:]], kwargs), "eye": square, "var": correction,
    "std": correction, "__getitem__": items, "where": swapped,
    "nn.functional.embedding": swapped, "einsum": equation,
    "meshgrid.variadic_tensors": lambda args, kwargs: ([list(args)], kwargs),
}
# Modules: the parameters of the constructor, and then those of the call.
LOSS = "!size_average !reduce reduction:"
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
    "Embedding": ("num_embeddings embedding_dim padding_idx: max_norm: norm_type:p scale_grad_by_freq:", "x"),
    "RNN": (RNN, "x state"), "GRU": (RNN, "x state"), "LSTM": (RNN, "x state"),
    "RNNCell": (CELL, "x state"), "GRUCell": (CELL, "x state"), "LSTMCell": (CELL, "x state"),
}
