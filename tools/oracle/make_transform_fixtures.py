#!/usr/bin/env python3
"""Writes tests/fixtures/transforms.json: images as torchvision transforms them, without chance.

Each case has a class of `transforms`, its positionals, its options, and the transformed images: the
bytes of `picture(channels)` below, and the same divided by 255. Needs torchvision 0.14 or later.
"""

import json
import os

import torch
from torchvision.transforms import functional as F

cases = []


def picture(channels):
    """Bytes of an irregular image of 7 by 9 pixels."""
    return (torch.arange(channels * 63) * 37 % 251).to(torch.uint8).reshape(channels, 7, 9)


def case(name, arguments, options, function, channels=3):
    image = picture(channels)
    floats = function(image.to(torch.float32) / 255)
    cases.append({
        "name": name, "arguments": arguments, "options": options, "channels": channels,
        "shape": list(floats.shape),
        "bytes": function(image).flatten().tolist(),
        "floats": [float(f"{v:.6g}") for v in floats.flatten().tolist()],
    })


for channels in [1, 3]:
    # Of gray images torchvision returns one channel, also if three are asked for.
    for outputs in [1, 3] if channels == 3 else [1]:
        case("Grayscale", [], {"numOutputChannels": outputs},
             lambda x: F.rgb_to_grayscale(x, outputs), channels)
    for factor in [0.5, 1.6]:
        for name in ["brightness", "contrast", "saturation"]:
            case("ColorJitter", [], {name: [factor, factor]},
                 lambda x: getattr(F, f"adjust_{name}")(x, factor), channels)
    for shift in [-0.4, -0.07, 0.21, 0.5]:
        case("ColorJitter", [], {"hue": [shift, shift]}, lambda x: F.adjust_hue(x, shift), channels)
for mode in ["constant", "edge", "reflect", "symmetric"]:
    for padding in [2, [1, 3], [4, 1, 0, 2]]:
        case("Pad", [padding], {"paddingMode": mode}, lambda x: F.pad(x, padding, 0, mode), 1)
case("Pad", [1], {"fill": 1}, lambda x: F.pad(x, 1, 1), 1)
for kernel in [3, [5, 3], [1, 7]]:
    for sigma in [0.3, 1.7]:
        case("GaussianBlur", [kernel], {"sigma": sigma}, lambda x: F.gaussian_blur(x, kernel, sigma), 1)
for angle, scale, shear in [(33, 1, [0, 0]), (0, 1.7, [0, 0]), (0, 1, [20, 0]), (0, 1, [0, -25]),
                            (-58, 1.4, [11, 17])]:
    for interpolation in ["nearest", "bilinear"]:
        options = {"scale": [scale, scale], "shear": [shear[0], shear[0], shear[1], shear[1]],
                   "interpolation": interpolation}
        case("RandomAffine", [[angle, angle]], options, lambda x: F.affine(
            x, angle, [0, 0], scale, shear, F.InterpolationMode(interpolation)), 1)
# Of images that are too wide or too narrow for the ratio, the middle is taken.
for ratio, (height, width) in [([0.5, 0.5], (7, 4)), ([3, 3], (3, 9))]:
    case("RandomResizedCrop", [[5, 6]], {"ratio": ratio, "scale": [1, 1]},
         lambda x: F.resize(F.center_crop(x, [height, width]), [5, 6], antialias=True), 1)
case("RandomResizedCrop", [[14, 3]], {"ratio": [9 / 7, 9 / 7], "scale": [1, 1]},
     lambda x: F.resize(x, [14, 3], antialias=True), 1)

path = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/transforms.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
