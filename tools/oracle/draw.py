"""Draws the parts of a random case: sizes, axes, values, and inputs that are views of larger arrays."""

import math
import random

import numpy as np
import torch

INTEGERS = ["int32", "uint8"]
REALS = ["float", "float32", "float64"]
TORCH = {"int32": torch.int32, "uint8": torch.uint8, "bool": torch.bool,
         "float32": torch.float32, "float64": torch.float64}
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, math.inf, -math.inf, math.nan, 1e-30, -40.0, 90.0, 1e20]


class Input:
    """A base array and the views that make the input of it; "float" is the dtype under test."""

    def __init__(self, shape, values, dtype, view, is_constant=False):
        self.shape, self.values, self.dtype, self.view = shape, values, dtype, view
        self.is_constant = is_constant

    def constant(self):
        """The same input, for which nobody wants a gradient."""
        return Input(self.shape, self.values, self.dtype, self.view, True)

    def build(self, real, widest=False, moves=None):
        """The input as a tensor; `real` takes the place of "float", or of "float32" too if `widest`."""
        is_real = self.dtype == "float" or (widest and self.dtype == "float32")
        dtype = real if is_real else TORCH[self.dtype]
        x = torch.tensor(self.values, dtype=dtype).reshape(self.shape)
        for step, argument in self.view:
            if step == "permute":
                x = x.permute(argument)
            elif step == "expand":
                x = x.expand(argument)
            else:
                for axis, ends in enumerate(argument):
                    places = range(*slice(*ends).indices(x.shape[axis]))
                    x = x.index_select(axis, torch.tensor(list(places), dtype=torch.long))
        if moves is None or self.dtype not in REALS:
            return x
        return torch.tensor(moves.of(x.reshape(-1).tolist()), dtype=dtype).reshape(x.shape)

    def plain(self):
        case = {"dtype": self.dtype, "shape": self.shape, "values": self.values}
        if self.view:
            case["view"] = self.view
        if self.is_constant:
            case["constant"] = True
        return case


class Moves:
    """Moves finite numbers: to one of their neighbours in a dtype, or by a share of themselves."""

    def __init__(self, seed, dtype=None):
        self.random, self.dtype = random.Random(seed), dtype

    def of(self, values):
        signs = np.array([self.random.choice([-1.0, 1.0]) for _ in values])
        if self.dtype is None:
            shares = 2.0 ** np.array([self.random.uniform(-10, -5) for _ in values])
            moved = (np.array(values) * (1 + signs * shares)).astype(np.float32)
        else:
            moved = np.nextafter(np.array(values, self.dtype), (signs * math.inf).astype(self.dtype))
        return [float(m) if math.isfinite(v) else v for v, m in zip(values, moved)]


class Draw:
    """A source of random choices."""

    def __init__(self, seed, index):
        self.random = random.Random(f"{seed}:{index}")
        self.has_edges = self.chance(0.15)
        self.choice = self.random.choice
        self.int = self.random.randint

    def chance(self, p):
        return self.random.random() < p

    def size(self, most=5):
        """A size: now and then 0 or 1."""
        if self.chance(0.03):
            return 0
        return 1 if self.chance(0.15) else self.int(2, most)

    def shape(self, least=0, most=4):
        shape = [self.size() for _ in range(self.int(least, most))]
        # Now and then an axis that is longer than a vector register, or than a block of a sum.
        if shape and self.chance(0.15):
            shape[self.int(0, len(shape) - 1)] = self.int(9, 40)
        return shape

    def axis(self, rank):
        """An axis, counted from either end; now and then one that is not there."""
        if rank == 0 or self.chance(0.02):
            return self.choice([0, -1, rank, -rank - 1])
        return self.int(-rank, rank - 1)

    def axes(self, rank):
        """None, an axis, or several."""
        if rank == 0 or self.chance(0.25):
            return None
        if self.chance(0.5):
            return self.axis(rank)
        axes = self.random.sample(range(rank), self.int(1, rank))
        return [a - rank if self.chance(0.3) else a for a in axes]

    def broadcast(self, shape):
        """A shape that broadcasts with `shape`; now and then one that does not."""
        other = [1 if self.chance(0.3) else n for n in shape]
        if other and self.chance(0.04):
            other[self.int(0, len(other) - 1)] += 1
        return other[self.int(0, len(other)):] if self.chance(0.3) else other

    def number(self, low=-3.0, high=3.0):
        """A float32 number."""
        return float(np.float32(self.random.uniform(low, high)))

    def value(self, dtype, low, high, edges):
        if dtype == "bool":
            return self.int(0, 1)
        if dtype in INTEGERS:
            return self.int(max(math.ceil(low), 0 if dtype == "uint8" else -99), math.floor(high))
        if edges and self.chance(0.3):
            return float(np.float32(self.choice([e for e in EDGES if not low < 0 < -e])))
        if self.chance(0.1):
            return float(np.float32(min(max(round(self.random.uniform(low, high)), low), high)))
        return self.number(low, high)

    def tensor(self, shape, low=-3.0, high=3.0, dtype="float", edges=True):
        """An input of `shape`, in about half of the cases a view that is not contiguous."""
        base, view = list(shape), []
        for _ in range(self.choice([0, 0, 1, 2])):
            step, base = self.unview(base)
            if step is not None:
                view.insert(0, step)
        count = math.prod(base)
        values = [self.value(dtype, low, high, edges and self.has_edges) for _ in range(count)]
        return Input(base, values, dtype, view)

    def unview(self, shape):
        """A view and the shape that it makes `shape` of."""
        kind = self.choice(["permute", "slice", "slice", "expand"])
        if not shape:
            return None, shape
        if kind == "permute":
            order = list(range(len(shape)))
            self.random.shuffle(order)
            return ["permute", order], [shape[order.index(a)] for a in range(len(shape))]
        if kind == "expand":
            return ["expand", shape], [1 if n > 0 and self.chance(0.4) else n for n in shape]
        ends, base = [], []
        for n in shape:
            step, start, rest = self.choice([1, 1, 2, 3]), self.int(0, 1), self.int(0, 1)
            length = start + (n - 1) * step + 1 + rest if n > 0 else start
            base.append(length)
            if n > 0 and self.chance(0.3):
                ends.append([length - 1 - rest, start - 1 if start > 0 else None, -step])
            else:
                ends.append([start, length - rest if n > 0 else start, step])
        return ["slice", ends], base

    def dense(self, shape, low=-3.0, high=3.0):
        """An input that is no view, and without edges."""
        return Input(shape, [self.number(low, high) for _ in range(math.prod(shape))], "float", [])

    def indices(self, shape, size):
        """int32 indices below `size`; now and then one that is out of range."""
        x = self.tensor(shape, 0, max(size - 1, 0), "int32")
        if x.values and self.chance(0.03):
            x.values[0] = size
        return x
