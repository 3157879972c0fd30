/** Packed sequences, and recurrent layers over them, against PyTorch. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { arange, gradCheck, ones, type Tensor, tensor } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly layer: "RNN" | "GRU" | "LSTM";
  readonly args: readonly unknown[];
  readonly lengths: readonly number[];
  readonly batchFirst: boolean;
  readonly state: Readonly<Record<string, Plain>>;
  readonly x: Plain;
  readonly states: readonly Plain[];
  readonly y: Plain;
  readonly last: readonly Plain[];
  readonly xGrad: Plain;
  readonly stateGrads: readonly Plain[];
  readonly grads: Readonly<Record<string, Plain>>;
}

/** A layer as these tests call it. */
type Recurrent = nn.Module & {
  (x: nn.PackedSequence, state: unknown): [nn.PackedSequence, Tensor | nn.LSTMState];
};

const cases: Case[] = JSON.parse(
  readFileSync(new URL("../../fixtures/packed.json", import.meta.url), "utf8"),
);

const float64 = { dtype: "float64" } as const;
const make = ({ shape, data }: Plain): Tensor => tensor([...data], float64).reshape(shape);
const leaf = (plain: Plain): Tensor => make(plain).clone().requiresGrad_();

function near(actual: Tensor, expected: Plain): void {
  assertSame(actual.shape, expected.shape);
  assert(actual.allclose(make(expected), { rtol: 1e-11, atol: 1e-12 }), `${actual}`);
}

function weighed(x: Tensor): Tensor {
  return x.mul(arange(1, x.numel() + 1, float64).sin().reshape(x.shape)).sum();
}

for (const c of cases) {
  test(`${c.layer}(${JSON.stringify(c.args)}) over lengths ${c.lengths} is PyTorch's`, () => {
    const layer = (new (nn[c.layer] as new (...args: never[]) => nn.Module)(
      ...c.args as never[],
    )).double() as Recurrent;
    layer.loadStateDict(
      Object.fromEntries(Object.entries(c.state).map(([name, plain]) => [name, make(plain)])),
    );
    const { lengths, batchFirst } = c;
    const x = leaf(c.x);
    const states = c.states.map(leaf);
    const packed = nn.packPaddedSequence(x, lengths, { batchFirst, enforceSorted: false });
    const state = states.length === 0 ? null : c.layer === "LSTM" ? states : states[0];
    const [output, last] = layer(packed, state);
    const [y, found] = nn.padPackedSequence(output, { batchFirst });
    assertSame(found.toArray(), lengths);
    near(y, c.y);
    const lasts = [last].flat();
    lasts.forEach((each, i) => near(each, c.last[i]));
    [y, ...lasts].map(weighed).reduce((a, b) => a.add(b)).backward();
    near(x.grad!, c.xGrad);
    states.forEach((each, i) => near(each.grad!, c.stateGrads[i]));
    for (const [name, parameter] of layer.namedParameters()) near(parameter.grad!, c.grads[name]);
  });
}

test("packing and padding are each other's inverse, with gradients", () => {
  const lengths = [2, 4, 1];
  const x = arange(24, float64).reshape(3, 4, 2).clone().requiresGrad_();
  const options = { batchFirst: true, enforceSorted: false };
  const through = (x: Tensor) =>
    nn.padPackedSequence(nn.packPaddedSequence(x, tensor(lengths), options), {
      batchFirst: true,
      paddingValue: 7,
      totalLength: 5,
    })[0];
  const y = through(x);
  assertEquals(y.shape, [3, 5, 2]);
  lengths.forEach((length, i) => {
    assertSame(y.at(i, [0, length]).toArray(), x.at(i, [0, length]).toArray());
    assert(y.at(i, [length, 5]).eq(7).all().item());
  });
  gradCheck(through, [x]);
});

test("the sizes of a packed sequence are its own, and cannot be edited", () => {
  const packed = nn.packPaddedSequence(ones([3, 2, 1]), [3, 1]);
  const sizes = packed.batchSizes as number[];
  for (const edit of [() => sizes[0] = 5, () => sizes.push(1), () => sizes.length = 0]) {
    assertThrows(edit, TypeError);
  }
  assertEquals(packed.batchSizes, [2, 1, 1]);
  const own = [2, 1, 1];
  const made = new nn.PackedSequence(packed.data, own, [0, 1]);
  own[0] = 7;
  assertEquals(made.batchSizes, [2, 1, 1]);
});

test("what cannot be packed or padded is refused", () => {
  const x = ones([3, 2, 1]);
  const refusals: readonly (readonly [() => unknown, string, RegExp])[] = [
    [() => nn.packPaddedSequence(x, [2, 3]), "ValueError", /lengths 2, 3: they must fall; sort/],
    [
      () => nn.packPaddedSequence(x, [3]),
      "ShapeError",
      /with 1 lengths: the input must be \[l, n, …/,
    ],
    [() => nn.packPaddedSequence(x, [4, 1]), "ValueError", /length 4: .* from 1 to 3/],
    [() => nn.packPaddedSequence(x, [2, 0]), "ValueError", /length 0/],
    [() => nn.packPaddedSequence(x, [2, 1.5]), "ValueError", /length 1.5/],
    [() => nn.packPaddedSequence(ones([3]), []), "ShapeError", /shape \[3\] with 0 lengths/],
    [() => nn.padPackedSequence(x as never), "ValueError", /what is not packed/],
    [
      () => nn.padPackedSequence(nn.packPaddedSequence(x, [3, 1]), { totalLength: 2 }),
      "ValueError",
      /up to 3 elements to length 2/,
    ],
    [
      () => new nn.GRU(2, 3)(nn.packPaddedSequence(x, [3, 1])),
      "ShapeError",
      /GRU\(2, 3\) to shape \[4, 1\]: the packed data must be \[elements, in\] with in = 2/,
    ],
    [() => nn.packPaddedSequence(x, [3, 1]).withData(ones([3])), "ShapeError", /have 4 elements/],
  ];
  for (const [call, name, message] of refusals) assertThrowsMessage(call, name, message);
});
