import { test } from "node:test";
import { Generator, randn } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertNear } from "../../support/assert.ts";

test("a cell in a loop is the layer", () => {
  const layer = new nn.LSTM(3, 4);
  const cell = new nn.LSTMCell(3, 4);
  cell.loadStateDict(
    new Map([...layer.stateDict()].map(([name, x]) => [name.replace("_l0", ""), x])),
  );
  const x = randn([300, 2, 3], { generator: new Generator(1) });
  const [output] = layer(x);
  let state: nn.LSTMState | undefined;
  for (let t = 0; t < 300; t++) {
    state = cell(x.at(t), state);
    assertNear(output.at(t), state[0], 1e-6);
  }
});
