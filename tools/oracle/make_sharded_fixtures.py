"""Writes tests/fixtures/sharded/: sharded safetensors, as transformers lays them out, and expected.json
with what they hold.

Run with `python3 tools/oracle/make_sharded_fixtures.py` (safetensors 0.4 or later, and NumPy).
"""

import json
import os

import numpy as np
from safetensors.numpy import save_file

FOLDER = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/sharded")
os.makedirs(FOLDER, exist_ok=True)
rng = np.random.default_rng(0)
expected = {}


def save(name, shards):
    """Writes shards (dicts of arrays) and `name.safetensors.index.json`."""
    weights = {}
    for i, tensors in enumerate(shards):
        file = f"{name}-{i + 1:05}-of-{len(shards):05}.safetensors"
        save_file(tensors, os.path.join(FOLDER, file), metadata={"format": "pt"})
        weights.update({key: file for key in tensors})
    total = sum(x.nbytes for tensors in shards for x in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weights.items()))}
    with open(os.path.join(FOLDER, f"{name}.safetensors.index.json"), "w") as file:
        file.write(json.dumps(index, indent=2, sort_keys=True) + "\n")
    expected[name] = {key: {"shape": list(x.shape), "values": x.astype(float).ravel().tolist()}
                      for tensors in shards for key, x in tensors.items()}


def floats(*shape):
    return rng.standard_normal(shape).astype("f4")


save("model", [
    {"encoder.weight": floats(3, 4), "encoder.bias": floats(3)},
    {"decoder.weight": floats(2, 3)},
    {"decoder.bias": floats(2), "norm.num_batches_tracked": np.array(7)},
])
save("half", [{"a": floats(4).astype("f2")}, {"b": np.arange(5, dtype="i8"), "c": floats(0, 2)}])
save("layers", [{f"layer.{i}.weight": floats(2, 2), f"layer.{i}.bias": floats(2)}
                for i in range(5)])

with open(os.path.join(FOLDER, "expected.json"), "w") as file:
    json.dump(expected, file, separators=(",", ":"))
    file.write("\n")
