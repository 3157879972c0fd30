#!/usr/bin/env python3
"""Writes tests/fixtures/tables.json: CSV texts of Python's `csv`, and what NumPy makes of them.

Each case has a text, the options of `CSVDataset.parse`, the features, the features standardized by the
first three rows, and the targets. Needs NumPy.
"""

import csv
import io
import json
import os

import numpy as np

cases = []
GARDENS = [
    ["size", "city", "note", "price"],
    ["70", "Ulm", "quiet", "300.5"],
    ["50.25", "Bern", 'with a "view"', "-500"],
    ["9e1", "Ulm", "two rooms, one bath", "4.2E2"],
    [".5", "São Paulo", "quiet", "+17"],
    ["1234567.875", "Bern", "two\nlines", "0"],
]
MEASURED = [["t", "x", "kind"], ["1700000001", "-1", "b"], ["1700000002", "1", "a"],
            ["1700000003", "1", "b"], ["1700000004", "-1", "c"]]


def is_number(cell):
    try:
        float(cell)
        return True
    except ValueError:
        return False


def encode(column):
    """A column of numbers as it is, one of texts as a column for each category."""
    if all(map(is_number, column)):
        return np.array([[float(cell)] for cell in column]), [True]
    categories = sorted(set(column))
    return np.array([[float(cell == c) for c in categories] for cell in column]), [False] * len(categories)


def case(name, table, target, options=None, prefix="", columns=None, **dialect):
    file = io.StringIO(newline="")
    csv.writer(file, **dialect).writerows(table)
    names, rows = table[0], table[1:]
    used = columns or [n for n in names if n != target]
    parts = [encode([row[names.index(n)] for row in rows]) for n in used]
    features = np.concatenate([values for values, _ in parts], 1)
    numeric = np.array([flag for _, flags in parts for flag in flags])
    deviation = features[:3].std(0)
    standard = (features - features[:3].mean(0)) / np.where(deviation == 0, 1, deviation)
    wanted = [row[names.index(target)] for row in rows]
    classes = None if all(map(is_number, wanted)) else sorted(set(wanted))
    cases.append({
        "name": name,
        "text": prefix + file.getvalue(),
        "options": {"target": target, "dtype": "float64", **(options or {}),
                    **({"columns": columns} if columns else {})},
        "features": features.tolist(),
        "standardized": np.where(numeric, standard, features).tolist(),
        "targets": [float(w) if classes is None else classes.index(w) for w in wanted],
        "classes": classes,
    })


case("Excel", GARDENS, "price", dialect="excel")
case("Excel, with a byte order mark", GARDENS, "price", prefix="\ufeff", dialect="excel")
case("Unix, all quoted", GARDENS, "price", dialect="unix")
case("tabs", GARDENS, "price", {"separator": "\t"}, dialect="excel-tab")
case("semicolons", GARDENS, "price", {"separator": ";"}, delimiter=";", lineterminator="\n")
case("bars, texts quoted", GARDENS, "price", {"separator": "|"}, delimiter="|",
     quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
case("chosen columns", GARDENS, "price", columns=["city", "size"], lineterminator="\n")
case("a target of categories", GARDENS, "city", lineterminator="\n")
case("large numbers", MEASURED, "kind", lineterminator="\n")
case("two targets of one value each", MEASURED, "x", lineterminator="\n")

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/tables.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
