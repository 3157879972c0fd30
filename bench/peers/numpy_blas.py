"""The cases in NumPy, which has no gradients: python3 bench/peers/numpy_blas.py --threads=1"""

import os

from measure import run, threads

os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
import numpy as np  # noqa: E402: it reads the number of threads when it is loaded

random = np.random.default_rng(0)


def values(*shape):
    return random.standard_normal(shape, dtype=np.float32)


def product(n):
    a, b = values(n, n), values(n, n)
    return lambda: a @ b


def million(apply):
    x, y = values(1000, 1000), values(1000, 1000)
    return lambda: apply(x, y)


def softmax(x, _):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


run({
    "matmul 256": lambda: product(256),
    "matmul 512": lambda: product(512),
    "matmul 1024": lambda: product(1024),
    "add": lambda: million(lambda x, y: x + y),
    "relu": lambda: million(lambda x, y: np.maximum(x, 0)),
    "exp": lambda: million(lambda x, y: np.exp(x)),
    "tanh": lambda: million(lambda x, y: np.tanh(x)),
    "sigmoid": lambda: million(lambda x, y: 1 / (1 + np.exp(-x))),
    "softmax": lambda: million(softmax),
})
