/**
 * Transforms without chance, beside the numbers of torchvision that
 * `tools/oracle/make_transform_fixtures.py` has written.
 */

import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { arange, type Shape, type Tensor } from "../../../mod.ts";
import { transforms } from "../../../vision/mod.ts";
import { assertSame } from "../../support/assert.ts";

interface Case {
  readonly name: string;
  readonly arguments: readonly unknown[];
  readonly options: object;
  readonly channels: number;
  readonly shape: Shape;
  readonly bytes: readonly number[];
  readonly floats: readonly number[];
}

const fixture = new URL("../../fixtures/transforms.json", import.meta.url);
const cases: readonly Case[] = JSON.parse(readFileSync(fixture, "utf8"));
const classes: Readonly<Record<string, unknown>> = transforms;

/** The image of the script: irregular bytes of 7 by 9 pixels. */
function picture(channels: number): Tensor {
  const places = arange(channels * 63, { dtype: "int32" });
  return places.mul(37).remainder(251).to("uint8").reshape(channels, 7, 9);
}

function assertNear(actual: Tensor, expected: readonly number[], tolerance: number): void {
  actual.data.forEach((value, i) => {
    const isNear = Math.abs(value - expected[i]) <= tolerance;
    assert(isNear, `element ${i} is ${value}, torchvision's is ${expected[i]}`);
  });
}

for (const { name, arguments: positionals, options, channels, shape, bytes, floats } of cases) {
  const call = [...positionals, options].map((value) => JSON.stringify(value)).join(", ");
  test(`${name}(${call}) of ${channels} channels is torchvision's`, () => {
    const Made = classes[name] as new (...values: unknown[]) => transforms.Transform;
    const transform = new Made(...positionals, options);
    const image = picture(channels);
    const ofBytes = transform(image);
    assertSame(ofBytes.shape, shape);
    assertEquals(ofBytes.dtype, "uint8");
    // Resizing with antialias rounds weights, too: ties may fall to either side.
    assertNear(ofBytes, bytes, name === "RandomResizedCrop" ? 1 : 0);
    assertNear(transform(image.float().div(255)), floats, 2e-6);
    const double = transform(image.double().div(255));
    assertEquals(double.dtype, "float64");
    assertNear(double, floats, 2e-6);
  });
}
