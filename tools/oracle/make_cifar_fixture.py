#!/usr/bin/env python3
"""Writes tests/fixtures/cifar_batch.pickle: a batch of CIFAR-10 for Python, with three images.

The published files were written by Python 2: texts and bytes are one type, of the codes U and T. Needs
NumPy 1.
"""

import io
import os
import pickle
import struct

import numpy as np


class Python2Pickler(pickle._Pickler):
    """Writes texts and bytes as Python 2 wrote its texts."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_old_text(self, value):
        data = value.encode() if isinstance(value, str) else value
        short = len(data) < 256
        self.write(b"U" + bytes([len(data)]) if short else b"T" + struct.pack("<i", len(data)))
        self.write(data)
        self.memoize(value)

    dispatch[str] = save_old_text
    dispatch[bytes] = save_old_text


batch = {
    "batch_label": "training batch 1 of 5",
    "labels": [6, 9, 0],
    "data": (np.arange(3 * 3072) * 7 % 256).astype(np.uint8).reshape(3, 3072),
    "filenames": ["leptodactylus_pentadactylus_s_000004.png", "camion_s_000148.png", "a.png"],
}
file = io.BytesIO()
Python2Pickler(file, 2).dump(batch)
read = pickle.loads(file.getvalue(), encoding="latin1")  # as torchvision reads it
assert read["labels"] == batch["labels"] and (read["data"] == batch["data"]).all()
path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/cifar_batch.pickle")
with open(path, "wb") as out:
    out.write(file.getvalue())
