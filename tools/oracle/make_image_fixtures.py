#!/usr/bin/env python3
"""Writes tests/fixtures/images.json: PNG and JPEG files, and the colours that Pillow finds in them.

Each case has a name, its file and its colours, row by row, both in base64. Needs Pillow 9 or later.
"""

import base64
import io
import json
import os

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 13, 9
cases = []
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
rgb = Image.fromarray(np.stack([x * 19, y * 28, (x * y * 7) % 256], -1).astype("uint8"))
gray = rgb.convert("L")
opacity = Image.fromarray(((x + y) * 11).astype("uint8"))
rgba = rgb.copy()
rgba.putalpha(opacity)
la = Image.merge("LA", [gray, opacity])


def case(name, image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    colors = Image.open(io.BytesIO(file.getvalue())).convert("RGB")
    cases.append({
        "name": name,
        "file": base64.b64encode(file.getvalue()).decode(),
        "colors": base64.b64encode(colors.tobytes()).decode(),
    })


case("PNG, RGB", rgb, "PNG")
case("PNG, RGB with opacity", rgba, "PNG")
case("PNG, gray", gray, "PNG")
case("PNG, gray with opacity", la, "PNG")
case("PNG, gray of 1 bit", gray.convert("1"), "PNG")
for colors, bits in [(2, 1), (4, 2), (16, 4), (200, 8)]:
    case(f"PNG, palette of {bits} bits", rgb.quantize(colors), "PNG", bits=bits)
case("PNG, palette with opacity", rgb.quantize(8), "PNG", transparency=0)
case("JPEG, 4:4:4", rgb, "JPEG", quality=90, subsampling=0)
case("JPEG, 4:2:0", rgb, "JPEG", quality=75, subsampling=2)
case("JPEG, progressive", rgb, "JPEG", quality=80, progressive=True)
case("JPEG, gray", gray, "JPEG", quality=80)

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/images.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
