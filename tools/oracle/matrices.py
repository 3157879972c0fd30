"""Cases of products, solvers, decompositions and norms of matrices."""

import itertools
import math

import torch

from call import BOTH, GRADIENTS, OUTPUTS, Call, ref, table
from draw import Input

CASES, case = table()


@case("matmul")
def matmul(d):
    m, k, n = d.size(9), d.size(12), d.size(9)
    kind = d.choice(["matrices", "vectors", "left", "right", "batch", "batch"])
    batch = d.shape(1, 2) if kind == "batch" else []
    a = batch + [m, k] if kind not in ("vectors", "left") else [k]
    b = d.broadcast(batch) + [k, n] if kind not in ("vectors", "right") else [k]
    if d.chance(0.05):
        b[max(len(b) - 2, 0)] += 1
    return Call([d.tensor(a), d.tensor(b)], [ref(1)], torch.matmul, sums=BOTH)


@case("bmm")
def bmm(d):
    b, m, k, n = d.size(), d.size(), d.size(), d.size()
    other = b + 1 if d.chance(0.05) else b
    return Call([d.tensor([b, m, k]), d.tensor([other, k, n])], [ref(1)], torch.bmm, sums=BOTH)


@case("dot")
def dot(d):
    n = d.size(30)
    return Call([d.tensor([n]), d.tensor([n])], [ref(1)], torch.dot, sums=BOTH)


@case("outer")
def outer(d):
    return Call([d.tensor(d.shape(1, 1)), d.tensor(d.shape(1, 1))], [ref(1)], torch.outer, sums=GRADIENTS)


@case("trace")
def trace(d):
    return Call([d.tensor(d.shape(2, 2))], [], torch.trace, sums=OUTPUTS)


EQUATIONS = [("ij,jk->ik", 2, "ab bc"), ("bij,bjk->bik", 2, "dab dbc"), ("ij->ji", 1, "ab"),
             ("ii->i", 1, "aa"), ("ij,j->i", 2, "ab b"), ("i,j->ij", 2, "a b"), ("ij->", 1, "ab"),
             ("bij,bkj->bik", 2, "dab dcb"), ("...i,i->...", 2, "dab b"), ("ijk,ilm,njm,nlk->", 4,
             "abc ade fbe fdc")]


@case("function.einsum", "einsum")
def einsum(d):
    equation, count, letters = d.choice(EQUATIONS)
    sizes = {c: d.size(4) for c in "abcdef"}
    inputs = [d.tensor([sizes[c] for c in word]) for word in letters.split()]
    return Call(inputs, [equation, *(ref(i) for i in range(count))],
                lambda *xs: torch.einsum(equation, *xs), sums=BOTH)


def matrices(d, sizes=(1, 4)):
    """Square matrices that are far from singular: where rounding decides, there is no right answer."""
    n = d.int(*sizes)
    shape = d.shape(0, 1) + [n, n]
    count = torch.Size(shape).numel()
    values = torch.tensor([d.number(-1, 1) for _ in range(count)], dtype=torch.float32).reshape(shape)
    swap = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
    view = [["permute", swap]] if d.chance(0.4) else []
    return Input(shape, (values + 3 * torch.eye(n, dtype=torch.float32)).reshape(-1).tolist(), "float", view), shape


def leibniz(x):
    """The determinant as the sum over all permutations; PyTorch's gradient goes by the inverse."""
    n = x.shape[-1]
    terms = []
    for order in itertools.permutations(range(n)):
        crossings = sum(a > b for a, b in itertools.combinations(order, 2))
        terms.append((-1) ** crossings * math.prod(x[..., i, j] for i, j in enumerate(order)))
    return sum(terms)


@case("det", "linalg.det")
def det(d):
    return Call([d.tensor(matrices(d)[1], edges=False)], [], torch.linalg.det, sums=BOTH, exact=leibniz)


def log_leibniz(x):
    y = leibniz(x)
    return torch.sign(y).detach(), torch.log(torch.abs(y))


@case("slogdet", "linalg.slogdet")
def slogdet(d):
    return Call([matrices(d)[0]], [], torch.linalg.slogdet, sums=BOTH, exact=log_leibniz)


@case("inv", "linalg.inv")
def inv(d):
    return Call([matrices(d)[0]], [], torch.linalg.inv, sums=BOTH)


@case("solve", "linalg.solve")
def solve(d):
    x, shape = matrices(d)
    right = d.tensor(shape[:-1] + [d.int(1, 3)], edges=False)
    return Call([x, right], [ref(1)], torch.linalg.solve, sums=BOTH)


@case("qr", "linalg.qr")
def qr(d):
    return Call([matrices(d)[0]], [], torch.linalg.qr, sums=BOTH)


@case("cholesky", "linalg.cholesky")
def cholesky(d):
    x, _ = matrices(d)
    # Gradus takes the symmetric part, too.
    return Call([x], [], lambda x: torch.linalg.cholesky((x + x.mT) / 2), sums=BOTH)


def general(d):
    """A matrix of any sides, or a batch: without equal rows, whose singular values would be equal or 0."""
    x = d.dense(d.shape(0, 1) + [d.int(1, 4), d.int(1, 4)])
    if d.chance(0.4):
        rank = len(x.shape)
        x.view = [["permute", [*range(rank - 2), rank - 1, rank - 2]]]
    return x


# By 40 digits, LAPACK's singular vectors were 20 units off in float64 where they were 6 in float32.
DOUBT = 64


@case("svd", "linalg.svd")
def svd(d):
    # Singular vectors have either sign; their absolute values have none.
    return Call([general(d)], [], lambda x: [y.abs() for y in torch.linalg.svd(x, full_matrices=False)],
                sums=BOTH, then="abs", doubt=DOUBT)


@case("svdvals", "linalg.svdvals")
def svdvals(d):
    return Call([general(d)], [], torch.linalg.svdvals, sums=BOTH, doubt=DOUBT)


@case("matrixNorm", "linalg.matrix_norm")
def matrix_norm(d):
    order = d.choice(["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf])
    plain = str(order) if isinstance(order, float) else order
    x = general(d) if order in ["nuc", 2, -2] else d.tensor(d.shape(2))
    rank, keep = len(x.shape), d.chance(0.3)
    axes = d.random.sample(range(rank), 2) if d.chance(0.3) else [-2, -1]
    return Call([x], [{"p": plain, "axis": axes, "keepDims": keep}],
                lambda x: torch.linalg.matrix_norm(x, order, axes, keepdim=keep), sums=BOTH,
                doubt=DOUBT if order in ["nuc", 2, -2] else None)
