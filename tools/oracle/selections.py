"""Cases of shapes, indexing, sorting and joining."""

import torch

from call import BOTH, GRADIENTS, Call, ref, table

CASES, case = table()
ANY = ["float", "float", "float", "int32", "bool"]


@case("reshape")
def reshape(d):
    shape = d.shape()
    to = list(shape)
    d.random.shuffle(to)
    if len(to) > 1 and d.chance(0.6):
        to[:2] = [to[0] * to[1]]
    if to and d.chance(0.4):
        to[d.int(0, len(to) - 1)] = -1
    if to and d.chance(0.04):
        to[0] += 1
    return Call([d.tensor(shape, dtype=d.choice(ANY))], [to], lambda x: x.reshape(to))


@case("flatten")
def flatten(d):
    shape = d.shape()
    start, end = d.axis(len(shape)), d.axis(len(shape))
    return Call([d.tensor(shape)], [start, end], lambda x: x.flatten(start, end))


@case("permute")
def permute(d):
    shape = d.shape()
    order = list(range(len(shape)))
    d.random.shuffle(order)
    if order and d.chance(0.05):
        order[0] = order[-1]
    return Call([d.tensor(shape)], [order], lambda x: x.permute(order))


@case("transpose")
def transpose(d):
    shape = d.shape()
    a, b = d.axis(len(shape)), d.axis(len(shape))
    return Call([d.tensor(shape)], [a, b], lambda x: x.transpose(a, b))


@case("squeeze")
def squeeze(d):
    shape = d.shape()
    axis = d.axis(len(shape)) if d.chance(0.6) else None
    return Call([d.tensor(shape)], [] if axis is None else [axis],
                lambda x: x.squeeze() if axis is None else x.squeeze(axis))


@case("unsqueeze")
def unsqueeze(d):
    shape = d.shape()
    axis = d.axis(len(shape) + 1)
    return Call([d.tensor(shape)], [axis], lambda x: x.unsqueeze(axis))


@case("expand")
def expand(d):
    shape = d.shape()
    base = d.broadcast(shape)
    to = [-1 if d.chance(0.1) else n for n in shape]
    return Call([d.tensor(base)], [to], lambda x: x.expand(to))


@case("at", "x[…]")
def at(d):
    shape = d.shape(1)
    index, plain = [], []
    for n in shape[:d.int(1, len(shape))]:
        kind = d.choice(["one", "range", "whole", "new", "back"])
        if kind == "one":
            i = d.axis(n)
            index.append(i), plain.append(i)
        elif kind == "range":
            a, b, s = d.int(-n - 1, n + 1), d.choice([None, d.int(-n - 1, n + 1)]), d.int(1, 3)
            index.append(slice(a, b, s)), plain.append([a, b, s])
        elif kind == "back":
            index.append(slice(None)), plain.append([None, None, 1])
        elif kind == "new":
            index.append(None), plain.append(None)
        else:
            index.append(slice(None)), plain.append(":")
    if d.chance(0.2):
        index.append(...), plain.append("...")
    return Call([d.tensor(shape, dtype=d.choice(ANY))], plain, lambda x: x[tuple(index)])


@case("repeat")
def repeat(d):
    shape = d.shape(0, 3)
    times = [d.int(0, 3) for _ in range(len(shape) + d.int(0, 1) - (1 if d.chance(0.05) else 0))]
    return Call([d.tensor(shape)], times, lambda x: x.repeat(times))


@case("tile")
def tile(d):
    shape = d.shape(0, 3)
    times = [d.int(1, 3) for _ in range(d.int(1, 3))]
    return Call([d.tensor(shape)], times, lambda x: x.tile(times))


@case("repeatInterleave", "repeat_interleave")
def repeat_interleave(d):
    shape, n = d.shape(0, 3), d.int(0, 3)
    axis = d.axis(len(shape)) if d.chance(0.6) else None
    return Call([d.tensor(shape)], [n] if axis is None else [n, axis],
                lambda x: x.repeat_interleave(n, axis))


@case("flip")
def flip(d):
    shape = d.shape()
    axes = d.axes(len(shape))
    axes = list(range(len(shape))) if axes is None else [axes] if isinstance(axes, int) else axes
    return Call([d.tensor(shape, dtype=d.choice(ANY))], [axes], lambda x: x.flip(axes))


@case("roll")
def roll(d):
    shape, by = d.shape(), d.int(-7, 7)
    axis = d.axis(len(shape)) if d.chance(0.6) else None
    return Call([d.tensor(shape)], [by] if axis is None else [by, axis],
                lambda x: x.roll(by, axis))


def triangle(name, compute):
    @case(name)
    def make(d):
        shape, diagonal = d.shape(1 if d.chance(0.1) else 2), d.int(-3, 3)
        return Call([d.tensor(shape, dtype=d.choice(ANY))], [diagonal],
                    lambda x: compute(x, diagonal))


triangle("tril", torch.tril)
triangle("triu", torch.triu)


@case("diagonal")
def diagonal(d):
    shape, offset = d.shape(1 if d.chance(0.1) else 2), d.int(-3, 3)
    a, b = d.axis(len(shape)), d.axis(len(shape))
    return Call([d.tensor(shape)], [{"offset": offset, "axis1": a, "axis2": b}],
                lambda x: x.diagonal(offset, a, b))


@case("diag")
def diag(d):
    shape, offset = d.shape(1, 2), d.int(-3, 3)
    return Call([d.tensor(shape)], [offset], lambda x: x.diag(offset))


@case("split")
def split(d):
    shape, size = d.shape(1), d.int(1, 3)
    axis = d.axis(len(shape))
    return Call([d.tensor(shape)], [size, axis], lambda x: x.split(size, axis))


@case("chunk")
def chunk(d):
    shape, parts = d.shape(1), d.int(1, 4)
    axis = d.axis(len(shape))
    return Call([d.tensor(shape)], [parts, axis], lambda x: x.chunk(parts, axis))


@case("unbind")
def unbind(d):
    shape = d.shape(1)
    axis = d.axis(len(shape))
    return Call([d.tensor(shape)], [axis], lambda x: x.unbind(axis))


@case("movedim")
def movedim(d):
    shape = d.shape(1)
    a, b = d.axis(len(shape)), d.axis(len(shape))
    return Call([d.tensor(shape)], [a, b], lambda x: x.movedim(a, b))


@case("pad")
def pad(d):
    shape, mode = d.shape(1), d.choice(["constant", "constant", "reflect", "replicate", "circular"])
    if mode == "constant":
        widths = [d.int(-1, 2) for _ in range(2 * d.int(1, len(shape)))]
        value = d.number()
        return Call([d.tensor(shape)], [widths, {"value": value}],
                    lambda x: torch.nn.functional.pad(x, widths, value=value))
    rank = d.int(1, 2)
    shape = [d.size() for _ in range(2 + rank)]
    widths = [d.int(0, 2) for _ in range(2 * rank)]
    return Call([d.tensor(shape)], [widths, {"mode": mode}],
                lambda x: torch.nn.functional.pad(x, widths, mode=mode), sums=GRADIENTS)


@case("unfold")
def unfold(d):
    shape, size, step = d.shape(1), d.int(1, 3), d.int(1, 3)
    axis = d.axis(len(shape))
    return Call([d.tensor(shape)], [axis, {"size": size, "step": step}],
                lambda x: x.unfold(axis, size, step), sums=GRADIENTS)


@case("indexSelect", "index_select")
def index_select(d):
    shape = d.shape(1)
    axis = d.axis(len(shape))
    index = d.indices([d.int(0, 6)], shape[axis] if -len(shape) <= axis < len(shape) else 1)
    return Call([d.tensor(shape), index], [axis, ref(1)],
                lambda x, i: x.index_select(axis, i.long()), sums=GRADIENTS)


def has_equal(x, axis):
    """True if some elements of an input along an axis are equal."""
    x = x.build(torch.float32)
    return bool((x.sort(dim=axis).values.diff(dim=axis) == 0).any())


def along_shape(d, shape, axis):
    """A shape for the index of gather and scatter."""
    return [d.int(0, 4) if i == axis % len(shape) else d.int(min(n, 1), n)
            for i, n in enumerate(shape)]


@case("gather")
def gather(d):
    shape = d.shape(1)
    axis = d.int(-len(shape), len(shape) - 1)
    index = d.indices(along_shape(d, shape, axis), shape[axis])
    return Call([d.tensor(shape), index], [axis, ref(1)],
                lambda x, i: x.gather(axis, i.long()), sums=GRADIENTS)


@case("scatter")
def scatter(d):
    shape = d.shape(1)
    axis = d.int(-len(shape), len(shape) - 1)
    index = d.indices(along_shape(d, shape, axis), shape[axis])
    source, value = d.tensor(along_shape_of(index)), d.number()
    if d.chance(0.4):
        return Call([d.tensor(shape), index], [ref(1), value, {"axis": axis}],
                    lambda x, i: x.scatter(axis, i.long(), value))
    if has_equal(index, axis):
        # Of several writes to one place only the last stays; PyTorch gives a gradient to all.
        source = source.constant()
    return Call([d.tensor(shape), index, source], [ref(1), ref(2), {"axis": axis}],
                lambda x, i, s: x.scatter(axis, i.long(), s))


def along_shape_of(x):
    return list(x.build(torch.float32).shape)


@case("scatterAdd", "scatter_add")
def scatter_add(d):
    shape = d.shape(1)
    axis = d.int(-len(shape), len(shape) - 1)
    index = d.indices(along_shape(d, shape, axis), shape[axis])
    return Call([d.tensor(shape), index, d.tensor(along_shape_of(index))],
                [ref(1), ref(2), {"axis": axis}],
                lambda x, i, s: x.scatter_add(axis, i.long(), s), sums=BOTH)


@case("indexAdd", "index_add")
def index_add(d):
    shape, n = d.shape(1), d.int(0, 5)
    axis = d.int(-len(shape), len(shape) - 1)
    part = list(shape)
    part[axis] = n
    return Call([d.tensor(shape), d.indices([n], shape[axis]), d.tensor(part)],
                [ref(1), ref(2), {"axis": axis}],
                lambda x, i, s: x.index_add(axis, i.long(), s), sums=BOTH)


@case("indexFill", "index_fill")
def index_fill(d):
    shape, value = d.shape(1), d.number()
    axis = d.int(-len(shape), len(shape) - 1)
    return Call([d.tensor(shape), d.indices([d.int(0, 4)], shape[axis])],
                [ref(1), value, {"axis": axis}], lambda x, i: x.index_fill(axis, i.long(), value))


@case("take")
def take(d):
    shape = d.shape()
    x = d.tensor(shape)
    return Call([x, d.indices(d.shape(0, 2), torch.Size(shape).numel())], [ref(1)],
                lambda x, i: x.take(i.long()), sums=GRADIENTS)


@case("takeAlongDim", "take_along_dim")
def take_along_dim(d):
    shape = d.shape(1)
    axis = d.int(-len(shape), len(shape) - 1)
    to = [d.int(0, 4) if i == axis % len(shape) else d.choice([n, 1]) for i, n in enumerate(shape)]
    return Call([d.tensor(shape), d.indices(to, shape[axis])], [ref(1), axis],
                lambda x, i: x.take_along_dim(i.long(), axis), sums=GRADIENTS)


@case("maskedSelect", "masked_select")
def masked_select(d):
    shape = d.shape()
    return Call([d.tensor(shape), d.tensor(d.broadcast(shape), 0, 1, "bool")], [ref(1)],
                # The gradient of PyTorch 1.13 goes astray if the tensor is not contiguous.
                lambda x, m: x.contiguous().masked_select(m))


@case("nonzero")
def nonzero(d):
    return Call([d.tensor(d.shape(), -1, 1, d.choice(["int32", "bool", "float"]))], [],
                lambda x: x.nonzero())


@case("sort")
def sort(d):
    shape, descending = d.shape(), d.chance(0.4)
    axis = d.axis(len(shape))
    return Call([d.tensor(shape, dtype=d.choice(["float", "float", "int32"]))],
                [{"axis": axis, "descending": descending}],
                lambda x: x.sort(dim=axis, descending=descending, stable=True))


@case("argsort")
def argsort(d):
    shape, descending = d.shape(), d.chance(0.4)
    axis = d.axis(len(shape))
    return Call([d.tensor(shape)], [{"axis": axis, "descending": descending}],
                lambda x: torch.sort(x, dim=axis, descending=descending, stable=True).indices)


@case("topk.values", "topk")
def topk(d):
    shape, largest = d.shape(1), d.chance(0.7)
    axis = d.axis(len(shape))
    size = shape[axis] if -len(shape) <= axis < len(shape) else 1
    k = d.int(0, size + (1 if d.chance(0.05) else 0))
    x = d.tensor(shape, edges=False)
    if -len(shape) <= axis < len(shape) and has_equal(x, axis):
        # Which of equal elements is taken, and has the gradient, PyTorch leaves open.
        x = x.constant()
    return Call([x], [k, {"axis": axis, "largest": largest}],
                lambda x: x.topk(k, axis, largest)[0])


@case("unique")
def unique(d):
    return Call([d.tensor(d.shape(), -4, 4, "int32")], [],
                lambda x: x.unique(return_inverse=True, return_counts=True))


@case("histc")
def histc(d):
    bins, low = d.int(1, 6), d.number(-3, 0)
    high = low + 3
    return Call([d.tensor(d.shape(), edges=False)], [{"bins": bins, "min": low, "max": high}],
                lambda x: x.detach().histc(bins, low, high))


@case("bincount")
def bincount(d):
    least = d.int(0, 5)
    return Call([d.tensor(d.shape(1, 1), 0, 6, "int32")], [{"minLength": least}],
                lambda x: x.bincount(minlength=least))


def joined(d, name, compute, shapes, axis):
    """A function of a list of tensors and an axis."""
    inputs = [d.tensor(shape) for shape in shapes]
    return Call(inputs, [[ref(i) for i in range(len(inputs))], axis],
                lambda *xs: compute(xs, axis))


@case("function.cat", "cat")
def cat(d):
    shape = d.shape(1)
    axis, shapes = d.axis(len(shape)), []
    for _ in range(d.int(1, 3)):
        part = list(shape)
        if -len(shape) <= axis < len(shape):
            part[axis] = d.int(0, 3)
        if d.chance(0.03):
            part[0] += 1
        shapes.append(part)
    return joined(d, "cat", torch.cat, shapes, axis)


@case("function.stack", "stack")
def stack(d):
    shape = d.shape()
    shapes = [shape] * d.int(1, 3)
    return joined(d, "stack", torch.stack, shapes, d.axis(len(shape) + 1))
