#!/usr/bin/env python3
"""Writes tests/fixtures/math.csv: true values of elementary functions, from mpmath.

Each row is `function,x[,x2],y,rest`: the arguments, the float64 nearest to the true value, and how
far the true value lies above it, in units in the last place of y. With the rest, a test can tell an
error of 0.51 ulp from one of 0.99.

    python3 tools/oracle/make_math_fixture.py [points per function] > tests/fixtures/math.csv

Needs mpmath 1.3 (Debian: python3-mpmath). The points are the same on every run.
"""

import math
import random
import sys

import mpmath
from mpmath import mp, mpf

mp.prec = 1400  # sin(1e308) needs 1024 bits of pi beyond the 53 of the result


def linear(low, high):
    return lambda: random.uniform(low, high)


def logarithmic(low, high, signed=True):
    """Magnitudes spread evenly over the exponents from 2^low to 2^high."""

    def draw():
        x = math.ldexp(random.uniform(1, 2), random.randint(low, high - 1))
        return -x if signed and random.random() < 0.5 else x

    return draw


def around(*centres):
    """A few ulps to either side of points where an implementation may change its method."""

    def draw():
        x = random.choice(centres)
        for _ in range(random.randint(0, 3)):
            x = math.nextafter(x, random.choice([-math.inf, math.inf]))
        return x

    return draw


LN2 = math.log(2)
TURNS = [k * math.pi / 4 for k in range(1, 40)] + [6381956970095103.0 * 2.0**797, 1e22, 1647099.0]
EVERYWHERE = logarithmic(-1074, 1024)
POSITIVE = logarithmic(-1074, 1024, signed=False)
SMALL = logarithmic(-60, 1)

UNARY = {
    "exp": (
        mp.exp, linear(-745, 710), linear(-2, 2), SMALL,
        around(LN2 / 2, 1.5 * LN2, -708.4, -745),
    ),
    "expm1": (
        mp.expm1, linear(-50, 710), linear(-2, 2), SMALL,
        around(LN2 / 2, -LN2 / 2, -0.25, 14.2),
    ),
    "log": (mp.log, POSITIVE, linear(0.4, 2.5), linear(0, 1000), around(1, 0.5**0.5, 2**0.5)),
    "log1p": (
        mp.log1p, POSITIVE, linear(-1, 2), SMALL,
        around(0.41421356237309503, -0.2928932188134524),
    ),
    "log2": (lambda x: mp.log(x, 2), POSITIVE, linear(0.4, 2.5), around(1, 0.5**0.5, 2**0.5)),
    "log10": (mp.log10, POSITIVE, linear(0.4, 2.5), linear(0, 1000), around(1, 0.5**0.5, 2**0.5)),
    "tanh": (mp.tanh, linear(-3, 3), linear(-22, 22), SMALL, around(1, 22)),
    "sinh": (mp.sinh, linear(-3, 3), linear(-710.4, 710.4), SMALL, around(1, 22, 709.8)),
    "cosh": (mp.cosh, linear(-3, 3), linear(-710.4, 710.4), SMALL, around(LN2 / 2, 22, 709.8)),
    "sin": (mp.sin, linear(-10, 10), linear(-1e6, 1e6), EVERYWHERE, around(*TURNS)),
    "cos": (mp.cos, linear(-10, 10), linear(-1e6, 1e6), EVERYWHERE, around(*TURNS)),
    "tan": (mp.tan, linear(-10, 10), linear(-1e6, 1e6), EVERYWHERE, around(*TURNS)),
    "asin": (mp.asin, linear(-1, 1), SMALL, around(0.5, 0.975, 1)),
    "acos": (mp.acos, linear(-1, 1), SMALL, around(0.5, 0.975, 1)),
    "atan": (mp.atan, linear(-4, 4), EVERYWHERE, around(0.4375, 0.6875, 1.1875, 2.4375)),
    "erf": (
        mp.erf, linear(-6, 6), linear(-1.5, 1.5), EVERYWHERE,
        around(0.84375, 1.25, 2.857142857142857),
    ),
    "erfc": (mp.erfc, linear(-6, 27), linear(-1.5, 1.5), SMALL, around(0.25, 0.84375, 1.25, 26.54)),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), linear(-10, 10), linear(-745, 40), SMALL),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), linear(-10, 10), linear(-745, 100), SMALL),
}


def power_arguments():
    """Arguments whose power is of any magnitude, the extremes included."""
    kind = random.randrange(4)
    if kind == 0:
        x = random.uniform(0, 10)
        return x, random.uniform(-20, 20)
    if kind == 1:
        return -random.uniform(0, 20), float(random.randint(-60, 60))
    x = POSITIVE() if kind == 2 else 1 + logarithmic(-50, -5)()
    return x, random.uniform(-1070, 1020) / float(mp.log(x, 2))


BINARY = {
    "pow": (mp.power, power_arguments),
    "atan2": (mp.atan2, lambda: (logarithmic(-30, 30)(), logarithmic(-30, 30)())),
}


def round_to_float(value):
    """The nearest float64, and what is left in ulps; None if that is not finite or vanishes."""
    if value == 0:
        return None
    exponent = max(int(mp.floor(mp.log(abs(value), 2))), -1022) - 52
    scaled = mpmath.ldexp(value, -exponent)
    nearest = mp.nint(scaled)
    y = mpmath.ldexp(nearest, exponent)
    if abs(y) >= mpf(2) ** 1024 or nearest == 0:
        return None
    return float(y), float(scaled - nearest)


def rows(name, function, draw, points):
    while points:
        arguments = draw()
        try:
            value = function(*map(mpf, arguments))
        except (ValueError, ZeroDivisionError):
            continue
        if isinstance(value, mpmath.mpc) or not mp.isfinite(value):
            continue
        rounded = round_to_float(value)
        if rounded:
            points -= 1
            y, rest = rounded
            yield ",".join([name, *map(repr, arguments), repr(y), f"{rest:.4f}"])


def main():
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 240
    random.seed(20260101)
    for name, (function, *draws) in UNARY.items():
        # Every sampler gets its turn, in order.
        turn = iter(range(10**9))
        for row in rows(name, function, lambda: (draws[next(turn) % len(draws)](),), points):
            print(row)
    for name, (function, draw) in BINARY.items():
        for row in rows(name, function, draw, points):
            print(row)


main()
