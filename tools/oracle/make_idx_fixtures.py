#!/usr/bin/env python3
"""Writes tests/fixtures/idx.json: idx files of NumPy's bytes, and the numbers that torchvision finds.

Each case has a file in base64, the element type, the shape and the values in row-major order. A name
that ends with .gz stands for a file of Python's gzip. Needs NumPy; where torchvision is installed, its
reader is asked as well.
"""

import base64
import gzip
import json
import os
import tempfile

import numpy as np

try:
    from torchvision.datasets.mnist import read_sn3_pascalvincent_tensor as read
except ImportError:
    read = None

CODES = {"uint8": 0x08, "int32": 0x0C}


def idx(array):
    sizes = np.array(array.shape, ">u4").tobytes()
    head = bytes([0, 0, CODES[array.dtype.name], array.ndim])
    return head + sizes + np.ascontiguousarray(array, array.dtype.newbyteorder(">")).tobytes()


random = np.random.default_rng(0)
bytes_of = lambda *shape: random.integers(0, 256, shape, np.uint8)
arrays = {
    "labels": bytes_of(9) % 10,
    "one label": np.array([7], np.uint8),
    "no labels": np.zeros(0, np.uint8),
    "images": bytes_of(2, 3, 4),
    "an image in the order of Fortran": np.asfortranarray(bytes_of(1, 5, 3)),
    "no images": np.zeros((0, 28, 28), np.uint8),
    "every other row": bytes_of(6, 4)[::2],
    "colours": bytes_of(2, 2, 2, 3),
    "identifiers": np.array([[-1, 0, 1], [2**31 - 1, -2**31, 65536]], np.int32),
    "labels.gz": bytes_of(12) % 26,
    "images.gz": bytes_of(3, 2, 2),
}
cases = []
for name, array in arrays.items():
    file = idx(array)
    # torchvision 0.14 reverses the order of int32 instead of that of their bytes.
    if read is not None and array.size > 0 and array.ndim <= 3 and array.dtype == np.uint8:
        with tempfile.NamedTemporaryFile() as out:
            out.write(file)
            out.flush()
            assert (read(out.name).numpy() == array).all(), name
    if name.endswith(".gz"):
        file = gzip.compress(file, mtime=0)
    cases.append({
        "name": name,
        "file": base64.b64encode(file).decode(),
        "type": array.dtype.name,
        "shape": array.shape,
        "values": array.flatten().tolist(),
    })

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/idx.json")
with open(path, "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
print(f"{len(cases)} files")
