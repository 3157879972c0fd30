"""Writes tests/fixtures/metrics.json: metrics of classes as scikit-learn computes them.

Run with `python3 tools/oracle/make_metric_fixtures.py` (scikit-learn 1.3 or later).
"""

import json
import os

import numpy as np
from sklearn import metrics as M

rng = np.random.default_rng(0)
cases = []
for classes, n in [(2, 12), (3, 40), (5, 9), (4, 1)]:
    scores = rng.standard_normal((n, classes)).round(3)
    target = rng.integers(0, classes, n)
    found = scores.argmax(1)
    case = {"classes": classes, "scores": scores.tolist(), "target": target.tolist(),
            "accuracy": M.accuracy_score(target, found),
            "confusion": M.confusion_matrix(target, found, labels=range(classes)).tolist()}
    if classes > 2:
        case["top2"] = M.top_k_accuracy_score(target, scores, k=2, labels=range(classes))
    for average in ["macro", "weighted", "micro"]:
        options = {"average": average, "zero_division": 0}
        case[average] = [M.precision_score(target, found, **options),
                         M.recall_score(target, found, **options),
                         M.f1_score(target, found, **options)]
    cases.append(case)

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/metrics.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
