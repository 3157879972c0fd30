"""Writes PyTorch's own samples of its operators and modules as cases for Gradus.

    python3 tools/oracle/opinfo.py [--op amax,nn.functional.conv2d] [--only float,int32] [--bytes 1500]

PyTorch's tests carry samples of arguments for every operator (`op_db`), right ones and wrong ones, and
for every module (`module_db`). Those with an equivalent in Gradus (`opinfo_table.py`) become lines as
`oracle.py` writes them, with two more fields: `kind`, which is the dtype of the sample ("float" for
float64 and float32) or "error", and `sample`, its number. A sample that uses what Gradus does not have
becomes a line `{"op", "torch", "kind", "skip": reason}`, an operator without an equivalent one such line.

`--bytes 1500` writes of each operator and kind only the shortest case with four elements or more, if it
takes fewer bytes.
"""

import argparse
import inspect
import itertools
import json
import math
import random
import re
import sys
import types
import unittest
import warnings

import numpy as np
import torch

import oracle
from call import BOTH, Call, with_exact_softmax
from draw import TORCH, Draw, Input
from opinfo_table import CHANGES, FUNCTIONAL, IN_PLACE, MODULES, OPS, sizes

# Debian's PyTorch has its tests, but not the package that they import.
expecttest = types.ModuleType("expecttest")
expecttest.TestCase, expecttest.ACCEPT = unittest.TestCase, False
sys.modules["expecttest"] = expecttest
arguments, sys.argv = sys.argv[1:], sys.argv[:1]
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402
from torch.testing._internal.common_modules import module_db  # noqa: E402

warnings.simplefilter("ignore")
KINDS = {"float": torch.float64, "int32": torch.int32, "uint8": torch.uint8, "bool": torch.bool}
NAMES = {dtype: name for name, dtype in TORCH.items()} | {torch.int64: "int32"}
# Keywords that choose where a result lies, and nothing that Gradus chooses.
PLACES = ["device", "layout", "requires_grad", "pin_memory", "non_blocking"]
# Options that Gradus spells with another word.
SPELLED = {"keepdim": "keepDims"}
# Variants of operators that Gradus has otherwise.
MISSING = ["norm.nuc", "norm.fro", *(f"nn.functional.interpolate.{mode}" for mode in ("bicubic", "trilinear", "area"))]
# Elements beyond which fewer calls beside a case are measured.
MANY = 2000


class Skip(Exception):
    """A sample that cannot be asked, with the reason."""


class Ref:
    """The place of a tensor among the inputs, and its own dtype."""

    def __init__(self, index, dtype):
        self.index, self.dtype = index, dtype


def camel(name):
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name.strip("_"))


def mapped(f, x):
    """Applies `f` to the leaves of lists, tuples, dicts and slices."""
    if isinstance(x, (list, tuple)) and not isinstance(x, torch.Size):
        return type(x)(mapped(f, part) for part in x)
    if isinstance(x, dict):
        return {name: mapped(f, part) for name, part in x.items()}
    return f(x)


def equivalents():
    """Gradus' name and the parameters of each operator, by its name."""
    rows = {}
    for place, table in (("", OPS), ("functional.", FUNCTIONAL)):
        for names, parameters in table.items():
            for torch_name, _, other in (name.partition(">") for name in names.split()):
                ours = other or camel(torch_name.removeprefix("linalg."))
                rows[f"nn.{place}{torch_name}" if place else torch_name] = place + ours, parameters
    return rows


class Inputs:
    """The tensors of a sample, as inputs of a case."""

    def __init__(self, tensors, differentiable):
        self.drawn, self.differentiable, self.places = [], differentiable, {}
        # The samples of errors have float32 where it does not matter.
        floats = {x.dtype for x in tensors if x.dtype in (torch.float32, torch.float64)}
        self.float = floats.pop() if len(floats) == 1 else torch.float64

    def put(self, x):
        """Adds a tensor, if it is new, and returns its place."""
        if id(x) in self.places:
            return self.places[id(x)][0]
        if x.dtype not in NAMES:
            raise Skip(f"no {str(x.dtype).removeprefix('torch.')}")
        if x.layout != torch.strided:
            raise Skip("no sparse tensors")
        if x.has_names():
            raise Skip("no names of axes")
        dtype = "float" if x.dtype == self.float else NAMES[x.dtype]
        y, view = x.detach(), []
        if not x.is_contiguous() and 0 not in x.stride() and x.numel() > 0:
            order = sorted(range(x.dim()), key=lambda axis: -x.stride(axis))
            y, view = y.permute(order), [["permute", [order.index(axis) for axis in range(x.dim())]]]
        values = y.to(torch.float32) if y.is_floating_point() else y
        if x.dtype == torch.int64 and x.numel() > 0 and x.abs().max() >= 2**31:
            raise Skip("no int64")
        self.drawn.append(Input(list(y.shape), values.reshape(-1).tolist(), dtype, view,
                                not (x.requires_grad and self.differentiable)))
        self.places[id(x)] = Ref(len(self.drawn) - 1, x.dtype), x
        return self.places[id(x)][0]


def leaves(kind, x):
    found = []
    mapped(lambda leaf: found.append(leaf) if isinstance(leaf, kind) else None, x)
    return found


def plain(x):
    """An argument as Gradus takes it."""
    if isinstance(x, Ref):
        return {"input": x.index}
    if isinstance(x, (list, tuple)):
        return [plain(part) for part in x]
    if isinstance(x, dict):
        return {name: plain(part) for name, part in x.items()}
    if isinstance(x, slice):
        if x.step not in (None, 1):
            return [x.start, x.stop, x.step]
        return ":" if x == slice(None) else [x.start, x.stop]
    if isinstance(x, complex):
        raise Skip("no complex numbers")
    if isinstance(x, float) and not math.isfinite(x):
        return str(x)
    if x is Ellipsis:
        return "..."
    if isinstance(x, torch.dtype):
        if x not in NAMES or x == torch.int64:
            raise Skip(f"no {str(x).removeprefix('torch.')}")
        return NAMES[x]
    if x is None or isinstance(x, (bool, int, float, str)):
        return x
    raise Skip(f"no argument of type {type(x).__name__}")


def translated(parameters, args, kwargs):
    """Gradus' arguments: the positional ones, and then options if there are any."""
    args, kwargs, positional, options, least = list(args), dict(kwargs), [], {}, 0
    for parameter in parameters.split():
        name, is_option, other = parameter.partition(":")
        name, _, default = name.partition("=")
        names = name.lstrip("*!~").split("|")
        if name[0] == "*":
            rest = args if len(args) != 1 or not isinstance(args[0], (list, tuple)) else args[0]
            positional += rest
            args = []
            continue
        keyword = next((key for key in names if key in kwargs), None)
        if args:
            value = args.pop(0)
        elif keyword is not None:
            value = kwargs.pop(keyword)
        else:
            value = None
        if name[0] == "!":
            allowed = [None, eval(default) if default else False, torch.contiguous_format, torch.preserve_format]
            if not any(value is one or type(value) is type(one) and value == one for one in allowed):
                raise Skip(f"no {names[0]}")
        elif name[0] == "~":
            continue
        elif is_option and value is not None:
            options[other or SPELLED.get(name, camel(name))] = value
        elif not is_option:
            positional.append(eval(default) if value is None and default else value)
            least = len(positional) if default and options else least
    if args:
        raise Skip("no more arguments")
    if kwargs:
        raise Skip(f"no {next(iter(kwargs))}")
    while len(positional) > least and positional[-1] is None and "*" not in parameters:
        positional.pop()
    return [*positional, *([options] if options else [])]


def results_of(result):
    """The tensors of a result, in order."""
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, bool):
        return [torch.tensor(result)]
    if isinstance(result, (list, tuple)):
        return [y for part in result for y in results_of(part)]
    return []


def filled(x, tensors):
    """The arguments with tensors in their places, in the dtypes that PyTorch wants."""
    def fill(leaf):
        if not isinstance(leaf, Ref):
            return leaf
        x = tensors[leaf.index]
        return x.long() if leaf.dtype == torch.int64 else x
    return mapped(fill, x)


def case_of(call, fields):
    """The line of a case."""
    answer = oracle.answer(call.compute, call.inputs, torch.float64)
    outputs, gradients = ([], []) if isinstance(answer, str) else answer
    for y in outputs:
        if y.dtype not in NAMES or y.dtype == torch.int64 and y.numel() > 0 and y.abs().max() >= 2**31:
            raise Skip(f"no {str(y.dtype).removeprefix('torch.')}")
    tensors = [y for y in [*outputs, *gradients] if y is not None and y.is_floating_point()]
    is_large = sum(y.numel() for y in tensors) > MANY
    oracle.NEAR, oracle.FAR = (0, 0) if not tensors else (3, 8) if is_large else (8, 16)
    case = oracle.answered(fields, call, Draw(0, fields["index"]))
    if "errors" in case and tensors and not any(x.dtype.startswith("float") for x in call.inputs):
        # Integers have no neighbours in which another error might show.
        case |= {"errors": [max(error, 16) for error in case["errors"]], "doubt": 64}
    return case


def samples_of(op, kind):
    """The samples of an operator of a kind."""
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    if kind == "error":
        return [error.sample_input for error in op.error_inputs("cpu")] if op.error_inputs_func else []
    dtype = KINDS[kind]
    if dtype not in op.supported_dtypes("cpu"):
        return []
    return list(op.sample_inputs("cpu", dtype, requires_grad=kind == "float" and op.supports_autograd))


def torch_arguments(op, args, kwargs, parameters):
    """The arguments that PyTorch is given, where they are not those of the sample."""
    dropped = [part[1:] for part in parameters.split() if part[0] == "~"]
    kwargs = {key: value for key, value in kwargs.items() if key not in dropped}
    if op.name == "linalg.svd":
        kwargs["full_matrices"] = False
    if op.name in ("sort", "argsort"):
        args, kwargs = args[:1], {**kwargs, **dict(zip(["dim", "descending"], args[1:])), "stable": True}
    return args, kwargs


def tuple_index(index):
    """An index of `__getitem__`: lists of numbers are tensors, lists of other things are tuples."""
    is_tuple = isinstance(index, tuple) or isinstance(index, list) and not all(isinstance(i, int) for i in index)
    return tuple(torch.tensor(part) if isinstance(part, list) else part for part in (index if is_tuple else [index]))


def call_of(op, full, sample, kind, row):
    """A call of Gradus and of PyTorch."""
    name, parameters = row
    change = sizes if re.search(r"pool\dd|conv", full) else CHANGES.get(full) or CHANGES.get(op.name)
    kwargs = {key: value for key, value in sample.kwargs.items() if key not in PLACES}
    if kwargs.get("dtype") == KINDS.get(kind) and kind == "float":
        del kwargs["dtype"]
    args = [sample.input, *sample.args]
    if op.name == "__getitem__":
        args[1] = tuple_index(args[1])
    if "dropout" in full and (kwargs.get("training") is not False) or kwargs.get("dropout_p", 0) > 0:
        raise Skip("random")
    takes_first = "max_pool" in full or "dot_product" in full
    if op.name in ("topk", "kthvalue") and kind != "float":
        # Which of equal elements comes first is not defined.
        name, takes_first = f"{name}.values", True
    in_place = name[-1] == "_"
    inputs = Inputs(leaves(torch.Tensor, [args, kwargs]), op.supports_autograd and not in_place)
    put = lambda x: inputs.put(x) if isinstance(x, torch.Tensor) else x
    torch_args, torch_kwargs = mapped(put, torch_arguments(op, args, kwargs, parameters))
    args, kwargs = change(args, kwargs) if change else (args, kwargs)
    ours = translated(parameters, mapped(put, args), mapped(put, kwargs))
    used = [x.index for x in leaves(Ref, ours)]
    for i, x in enumerate(inputs.drawn):
        x.is_constant |= i not in used
    if "." not in name or name.endswith(".values"):
        if not ours or not isinstance(ours[0], Ref):
            raise Skip("no method of a number")
        # The tensor whose method is called is the first input.
        if ours.pop(0).index != 0:
            raise Skip("no method of another argument")
    is_signed = name == "svd"

    def compute(*tensors):
        # Some operators write to their arguments.
        tensors = [x.clone() if not x.requires_grad else x for x in tensors]
        keywords = filled(torch_kwargs, tensors)
        if "dtype:" in parameters and kind == "float":
            keywords["dtype"] = torch.get_default_dtype()
        result = (op.inplace_variant if in_place else op.op)(*filled(torch_args, tensors), **keywords)
        results = results_of(result)[:1 if takes_first else None]
        if op.name == "svd":
            results[2] = results[2].mT
        return [y.abs() for y in results] if is_signed else results

    return name, Call(inputs.drawn, plain(ours), compute, BOTH, then="abs" if is_signed else None,
                      doubt=64 if name in ("svd", "svdvals", "matrixNorm") else None)


def module_calls(info):
    """Calls of a module: its weights, and then the tensors of the call."""
    name = info.name.removeprefix("nn.")
    torch.manual_seed(0)
    for training in (True, False):
        for sample in info.module_inputs_func(info, "cpu", torch.float64, True, training):
            if training and name.startswith(("Transformer", "Multihead")):
                continue
            yield lambda sample=sample, training=training: module_call(info, name, sample, training)


def module_call(info, name, sample, training):
    torch.manual_seed(0)
    construct, forward = sample.constructor_input, sample.forward_input
    torch.set_default_dtype(torch.float64)
    module = info.module_cls(*construct.args, **construct.kwargs).train(training)
    inputs = Inputs([torch.zeros([], dtype=torch.float64)], True)
    put = lambda x: inputs.put(x) if isinstance(x, torch.Tensor) else x
    state = {path: inputs.put(x) for path, x in module.named_parameters()}
    made = mapped(put, [list(construct.args), construct.kwargs])
    args, kwargs = mapped(put, list(forward.args)), mapped(put, forward.kwargs)
    for part in made:
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if value in (torch.nn.functional.gelu, torch.nn.functional.relu):
                part[key] = value.__name__
    rows = MODULES[name]
    ours = {"construct": plain(translated(rows[0], *made)), "eval": not training,
            "state": {path: plain(x) for path, x in state.items()}}

    def compute(*tensors):
        module = info.module_cls(*filled(made[0], tensors), **filled(made[1], tensors))
        module.to(torch.get_default_dtype()).train(training)
        for path, x in state.items():
            place, _, leaf = path.rpartition(".")
            owner = module.get_submodule(place)
            owner._parameters.pop(leaf)
            setattr(owner, leaf, tensors[x.index])
        return results_of(module(*filled(args, tensors), **filled(kwargs, tensors)))

    ours = [ours, *plain(translated(rows[1], args, kwargs))]
    has_attention = name.startswith(("Transformer", "Multihead"))
    return f"nn.{name}", Call(inputs.drawn, ours, compute, BOTH, with_exact_softmax(compute) if has_attention else None)


def lines(names, kinds):
    """The cases and the skipped samples, operator by operator."""
    rows = equivalents()
    ops = [(f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name, op) for op in op_db]
    for full, op in ops:
        if names and op.name not in names and full not in names:
            continue
        row = rows.get(full) or rows.get(op.name)
        if row is None or full in MISSING:
            yield {"op": "", "torch": full, "kind": "all", "skip": "no equivalent"}
            continue
        variants = [(full, row)]
        if op.name in IN_PLACE:
            variants.append((f"{full}_", (f"{op.name}_", IN_PLACE[op.name])))
        for (torch_name, row), kind in itertools.product(variants, kinds):
            calls = (lambda sample=sample: call_of(op, full, sample, kind, row) for sample in samples_of(op, kind))
            yield from cases_of(torch_name, row[0], kind, calls)
    for info in module_db:
        if names and info.name not in names:
            continue
        if info.name.removeprefix("nn.") not in MODULES:
            yield {"op": "", "torch": info.name, "kind": "all", "skip": "no equivalent"}
        elif "float" in kinds:
            yield from cases_of(info.name, info.name, "float", module_calls(info))


def cases_of(torch_name, name, kind, calls):
    for index, make in enumerate(calls):
        fields = {"index": index, "op": name, "torch": torch_name, "kind": kind}
        try:
            name, call = make()
            yield case_of(call, {**fields, "op": name})
        except Skip as skip:
            yield {**fields, "skip": str(skip)}


def written(line):
    return json.dumps(line, separators=(",", ":"))


def shortest(cases):
    """The shortest case, but of four elements or more if there are any."""
    def order(case):
        return sum(len(x["values"]) for x in case["inputs"]) < 4, len(written(case))
    return min(cases, key=order)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--op", default="", help="only these operators, with commas between")
    parser.add_argument("--only", default="float,int32,uint8,bool,error", help="only these kinds")
    parser.add_argument("--bytes", type=int, default=0, help="only the shortest cases, if they take less")
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    names = [name for name in args.op.split(",") if name]
    found = lines(names, args.only.split(","))
    if args.bytes > 0:
        cases = (line for line in found if "skip" not in line)
        groups = itertools.groupby(cases, lambda line: (line["torch"], line["kind"]))
        found = (shortest(group) for _, group in groups)
    for line in found:
        text = written(line)
        if args.bytes == 0 or len(text) < args.bytes:
            print(text, flush=True)


if __name__ == "__main__":
    main()
