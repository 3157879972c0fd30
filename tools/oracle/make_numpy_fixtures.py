"""Writes tests/fixtures/numpy/: .npy and .npz files as NumPy writes them, and expected.json with what
they hold.

Run with `/usr/bin/python3 tools/oracle/make_numpy_fixtures.py` (NumPy 1.24 or later).
"""

import json
import os

import numpy as np

FOLDER = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/numpy")
os.makedirs(FOLDER, exist_ok=True)
rng = np.random.default_rng(0)
expected = {}


def plain(x):
    x = np.asarray(x)
    values = [str(v) if v != v or abs(v) == np.inf else v for v in x.astype(object).ravel().tolist()]
    return {"dtype": str(x.dtype), "shape": list(x.shape), "values": values}


def npy(name, x, **options):
    with open(os.path.join(FOLDER, name), "wb") as file:
        np.lib.format.write_array(file, np.asanyarray(x), **options)
    expected[name] = plain(x)


def npz(name, compressed=False, **arrays):
    path = os.path.join(FOLDER, name)
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    expected[name] = {key: plain(x) for key, x in arrays.items()}


floats = rng.standard_normal((3, 4))
npy("float64.npy", floats)
npy("float32_fortran.npy", np.asfortranarray(floats.astype("f4").reshape(2, 3, 2)))
npy("big_endian.npy", floats.astype(">f4"))
npy("int64.npy", np.array([0, -1, 2**31 - 1, -(2**31)]))
npy("int16_version2.npy", np.array([[1, -2], [3, 32767]], dtype="i2"), version=(2, 0))
npy("uint8.npy", np.arange(256, dtype="u1").reshape(16, 16)[::2, ::-3])
npy("bool.npy", np.array([[True, False, True]]))
npy("scalar.npy", np.float32(2.5))
npy("empty.npy", np.zeros((0, 3), dtype="f4"))
npy("float16_edges.npy", np.array([0.1, -0.0, np.inf, np.nan, 6e-8, 65504], dtype="f2"))

npz("one.npz", x=floats)
npz("labels.npz", images=np.arange(12, dtype="u1").reshape(3, 2, 2), labels=np.array([3, 1, 2]))
npz("compressed.npz", True, zeros=np.zeros((40, 40), dtype="f4"), ones=np.ones(1000, dtype="i4"))
npz("names.npz", **{"layer.0/weight": floats, "größe": np.array([1.5]), "a b": np.array(7)})
npz("scalars.npz", epoch=np.array(3), lr=np.float64(1e-3), done=np.array(False))
npz("empty_array.npz", nothing=np.zeros((2, 0)), something=np.ones(1))
npz("mixed_order.npz", True, c=floats, f=np.asfortranarray(floats), big=floats.astype(">f8"))
npz("integers.npz", i1=np.array([-128], "i1"), u2=np.array([65535], "u2"), u4=np.array([7], "u4"),
    u8=np.array([2**31 - 1], "u8"))
npz("many.npz", **{f"x{i}": np.full(i, i, dtype="f4") for i in range(20)})
npz("none.npz")

with open(os.path.join(FOLDER, "expected.json"), "w") as file:
    json.dump(expected, file, separators=(",", ":"))
    file.write("\n")
