import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { arange, gradCheck, type Tensor, tensor, ValueError, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;

/** `[1, 2, 3, 4]`, and a weight `[2, 2, 3, 2]`. */
const image = arange(1, 25, { dtype: "float64" }).reshape(1, 2, 3, 4).div(8);
const weight = arange(24, { dtype: "float64" }).mul(7).remainder(11).sub(5)
  .reshape(2, 2, 3, 2).div(4);

const WINDOWS = [
  { padding: [1, 1] },
  { padding: [2, 1], stride: 2 },
  { padding: "same" },
  { padding: "same", dilation: [1, 2] },
] as const;

/**
 * The numbers of PyTorch 1.13 in each mode for each window, with the result `y`, which gets the
 * gradient 0, 1, 2, …: `Σ y`, `Σ y²`, the first gradients of the image, and the sums of
 * squares of the gradients of image and weight.
 */
const EXPECTED = {
  zeros: [
    [-22.75, 172.53515625, [18.75, 20.25, 21.75, 23.25, 29.5, 30.75], 19242.25, 1857167.75],
    [-19.5, 68.9453125, [4.5, -5.75, 4.75, -7.0, 6.75, 14.25], 1891.5, 88315.6875],
    [-21.875, 143.25390625, [18.0, 15.0, 16.5, 18.0, 9.0, 23.5], 9901.25, 914275.5625],
    [-16.125, 136.48046875, [18.0, 15.0, 16.5, 0.0, 8.5, 23.0], 8735.625, 656217.8125],
  ],
  reflect: [
    [-58.1875, 137.556640625, [18.75, 42.75, 24.0, 23.25, 29.5, 32.25], 68253.1875, 4528458.46875],
    [-30.1875, 61.91796875, [15.0, -30.25, 31.5, -17.75, 20.25, 83.25], 25093.25, 547887.09375],
    [-46.4375, 109.775390625, [18.0, 15.0, 18.0, 18.0, 2.0, 23.25], 31860.875, 1887852.0],
    [-45.5, 104.146484375, [18.0, 33.0, 18.0, 0.0, 0.25, 23.5], 34564.875, 1824942.75],
  ],
  replicate: [
    [-61.90625, 150.2861328125, [48.0, 18.75, 19.5, 15.0, 40.75, 30.75], 59353.0625, 4762473.71875],
    [-34.78125, 78.1865234375, [13.5, 10.0, 4.0, 14.5, 20.25, 14.25], 9839.5, 604123.03125],
    [-49.75, 122.201171875, [24.0, 14.25, 15.0, 11.25, 9.0, 23.5], 28593.75, 2012056.9375],
    [-48.34375, 112.5712890625, [47.25, 13.5, 14.25, -10.5, 17.5, 23.0], 36955.0, 1922639.6875],
  ],
  circular: [
    [-55.125, 140.755859375, [40.25, 20.75, 22.0, 29.5, 55.25, 30.75], 49883.0625, 4344693.09375],
    [-34.125, 89.6484375, [35.0, 10.75, 17.5, 21.5, 29.0, 7.75], 7430.625, 543085.59375],
    [-43.3125, 108.666015625, [21.25, 15.5, 16.75, 18.0, 29.25, 23.5], 19237.375, 1757565.75],
    [-43.3125, 108.830078125, [20.75, 15.0, 16.25, 19.5, 28.75, 23.0], 19236.625, 1745881.5],
  ],
} as const;

const MODES = Object.keys(EXPECTED) as nn.PaddingMode[];

for (const paddingMode of MODES) {
  WINDOWS.forEach((window, i) => {
    test(`Conv2d with ${paddingMode} and ${JSON.stringify(window)} is PyTorch's`, () => {
      const layer = new nn.Conv2d(2, 2, [3, 2], { ...window, paddingMode, bias: false }).double();
      layer.weight.requiresGrad_(false).copy_(weight).requiresGrad_();
      const x = image.clone().requiresGrad_();
      const y = layer(x);
      const start = arange(y.numel(), { dtype: "float64" }).reshape(y.shape);
      y.backward(start);
      const squares = (x: Tensor) => x.square().sum().item();
      assertSame([
        y.sum().item(),
        squares(y),
        [...x.grad!.data.slice(0, 6)],
        squares(x.grad!),
        squares(layer.weight.grad!),
      ], EXPECTED[paddingMode][i]);
    });
  });
}

test("Conv1d pads sequences, alone and in a batch, as PyTorch does", () => {
  const expected = {
    zeros: [100, 210, 321, 432, 543, 54, 5],
    reflect: [123, 212, 321, 432, 543, 454, 345],
    replicate: [111, 211, 321, 432, 543, 554, 555],
    circular: [154, 215, 321, 432, 543, 154, 215],
  };
  for (const paddingMode of MODES) {
    const layer = new nn.Conv1d(1, 1, 3, { padding: 2, paddingMode, bias: false });
    layer.loadStateDict({ weight: tensor([[[1, 10, 100]]]) });
    const x = tensor([[1, 2, 3, 4, 5]]);
    assertEquals(layer(x).toArray(), [expected[paddingMode]]);
    assertEquals(layer(x.unsqueeze(0)).toArray(), [[expected[paddingMode]]]);
  }
});

test("the functions and the layers pad alike, with a bias and groups too", () => {
  const x = image.float();
  for (const paddingMode of MODES) {
    const options = { padding: 1, paddingMode, groups: 2 } as const;
    const layer = new nn.Conv2d(2, 4, 3, options);
    const { weight, bias } = layer;
    assertEquals(layer(x).toArray(), F.conv2d(x, weight, { ...options, bias }).toArray());
    assertSame(layer(x.squeeze(0)).toArray(), layer(x).squeeze(0).toArray());
  }
});

test("gradients of padded convolutions agree with finite differences", () => {
  for (const paddingMode of MODES) {
    const inputs = [image.clone().requiresGrad_(), weight.clone().requiresGrad_()];
    const conv = (x: Tensor, w: Tensor) => F.conv2d(x, w, { padding: "same", paddingMode });
    assert(gradCheck(conv, inputs, { secondOrder: true }));
  }
});

test("a printed layer shows its padding mode, unless it is zeros", () => {
  const layer = new nn.Conv1d(1, 2, 3, { padding: 1, paddingMode: "circular" });
  assertEquals(`${layer}`, 'Conv1d(1, 2, 3, { padding: 1, paddingMode: "circular" })');
  assertEquals(layer.paddingMode, "circular");
  assertEquals(`${new nn.Conv1d(1, 2, 3)}`, "Conv1d(1, 2, 3)");
  assertEquals(new nn.ConvTranspose2d(1, 2, 3).paddingMode, "zeros");
});

test("modes that do not exist, and borders that are too wide, are refused", () => {
  const mirror = "mirror" as nn.PaddingMode;
  const refused = 'with padding mode "mirror": use zeros, reflect, replicate, circular';
  const faults: [() => unknown, string][] = [
    [() => new nn.Conv2d(1, 1, 3, { paddingMode: mirror }), `Cannot make Conv2d ${refused}`],
    [() => new nn.Conv1d(1, 1, 3, { paddingMode: mirror }), `Cannot make Conv1d ${refused}`],
    [
      () => F.conv2d(image, weight, { paddingMode: mirror }),
      `Cannot conv2d ${refused}`,
    ],
    [
      () => new nn.Conv2d(1, 1, 7, { padding: 3, paddingMode: "reflect" })(zeros([1, 1, 3, 9])),
      'Cannot pad shape [1, 1, 3, 9] by [3, 3, 3, 3]: a border with mode "reflect" of axis 2 can be ' +
      "at most 2 wide",
    ],
  ];
  for (const [run, message] of faults) assertThrowsMessage(run, ValueError, message);
});
