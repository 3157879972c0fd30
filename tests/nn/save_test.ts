import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DTypeError, FileAccessError, FileFormatError, StateDictError } from "../../mod.ts";
import { ones, randn, type Tensor, tensor, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { save as saveTensors, serialize } from "../../src/utils/safetensors/mod.ts";
import { fileOf } from "../utils/safetensors/fixtures.ts";
import { MALFORMED } from "../utils/safetensors/malformed_files.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

class Net extends nn.Module {
  conv = new nn.Conv2d(1, 2, 3, { padding: 1 });
  layers = new nn.Sequential(new nn.Flatten(), new nn.Linear(32, 4), new nn.ReLU());
  running_mean = new nn.Buffer(zeros([2]));

  override forward(x: Tensor): Tensor {
    return this.layers(this.conv(x));
  }
}

const KEYS = ["conv.weight", "conv.bias", "running_mean", "layers.1.weight", "layers.1.bias"];

function valuesOf(model: Net): unknown {
  return [...model.stateDict()].map(([name, x]) => [name, x.toArray()]);
}

function atPath(run: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "gradus-save-"));
  try {
    run(join(folder, "net.safetensors"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Checks that loading `path` throws, and that the model is as it was. */
function refuses(path: string, kind: new (...args: never[]) => Error, message: string | RegExp) {
  const model = new Net();
  const before = valuesOf(model);
  const error = assertThrows(() => nn.load(model, path), kind);
  if (typeof message === "string") assertEquals(error.message, message);
  else assertMatch(error.message, message);
  assertSame(valuesOf(model), before);
}

test("a model that is loaded computes what the saved one did", () => {
  atPath((path) => {
    const [first, second] = [new Net(), new Net()];
    first.running_mean.fill_(3);
    const x = randn([5, 1, 4, 4]);
    assertNotEquals(first(x).toArray(), second(x).toArray());
    nn.save(first, path);
    assertEquals(nn.load(second, path), { missing: [], unexpected: [] });
    assertSame(second(x).toArray(), first(x).toArray());
    assertEquals(second.running_mean.toArray(), [3, 3]);
    assertEquals(new Set(first.stateDict().keys()), new Set(KEYS));
  });
});

test("loading fills the parameters in place: they stay leaves, and optimizers keep them", () => {
  atPath((path) => {
    nn.save(new Net(), path);
    const model = new Net();
    const [weight] = model.parameters();
    nn.load(model, path);
    assertStrictEquals([...model.parameters()][0], weight);
    assert(weight.isLeaf && weight.requiresGrad);
    model(randn([1, 1, 4, 4])).sum().backward();
    assert(weight.grad !== null);
  });
});

test("what is not a state dict is refused, and nothing is loaded", () => {
  const layer = new nn.Linear(1, 1);
  const before = layer.weight.toArray();
  const load = (state: unknown) => () => layer.loadStateDict(state as nn.StateDict);
  for (const [state, type] of [[undefined, "undefined"], [null, "object"], ["w", "string"]]) {
    assertThrowsMessage(
      load(state),
      StateDictError,
      `Cannot load state into Linear: it is of type ${type}, and must be a map or an ` +
        `object of tensors`,
    );
  }
  assertThrowsMessage(
    load({ weight: [[1]], bias: zeros([2]) }),
    StateDictError,
    'Cannot load state into Linear: "weight" is not a tensor; "bias" is [2], expected [1]',
  );
  assertEquals(layer.weight.toArray(), before);
});

test("every name that is missing or unexpected, and every wrong shape, is in the message", () => {
  atPath((path) => {
    const state = new Net().stateDict();
    state.delete("conv.bias");
    state.set("fc.bias", zeros([1]));
    state.set("layers.1.weight", zeros([32, 4]));
    saveTensors(state, path);
    const shape = '"layers.1.weight" is [32, 4], expected [4, 32]';
    refuses(
      path,
      StateDictError,
      `Cannot load state into Net: missing "conv.bias"; unexpected "fc.bias"; ${shape}`,
    );
    const model = new Net();
    const before = valuesOf(model);
    assertThrowsMessage(
      () => nn.load(model, path, { strict: false }),
      Error,
      `Cannot load state into Net: ${shape}`,
    );
    assertSame(valuesOf(model), before);
  });
});

test("without strict, what fits is loaded, and the rest is reported", () => {
  atPath((path) => {
    saveTensors({ "conv.bias": ones([2]), extra: ones([1]) }, path);
    const model = new Net();
    const { missing, unexpected } = nn.load(model, path, { strict: false });
    assertEquals(new Set(missing), new Set(KEYS.filter((key) => key !== "conv.bias")));
    assertEquals(unexpected, ["extra"]);
    assertEquals(model.conv.bias!.toArray(), [1, 1]);
  });
});

test("a message names the first few dozen faults, and counts the others", () => {
  const layers = Array.from({ length: 50 }, () => new nn.Linear(1, 1, { bias: false }));
  const model = new nn.Sequential(layers);
  const names = Array.from({ length: 36 }, (_, i) => `"${i}.weight"`).join(", ");
  assertThrowsMessage(
    () => model.loadStateDict({}),
    StateDictError,
    `Cannot load state into Sequential: missing ${names}, and 14 more`,
  );
  const state = Object.fromEntries(layers.map((_, i) => [`${i}.weight`, zeros([2])]));
  const error = assertThrows(() => model.loadStateDict(state), StateDictError);
  assertEquals(error.faults.length, 50);
  assert(error.message.endsWith('"35.weight" is [2], expected [1, 1]; and 14 more'));
});

test("batch normalization is loaded from states without counters, which stay as they are", () => {
  const model = new nn.Sequential(new nn.BatchNorm1d(2));
  model(randn([4, 2]));
  const state = new nn.Sequential(new nn.BatchNorm1d(2)).stateDict();
  state.delete("0.num_batches_tracked");
  assertEquals(model.loadStateDict(state), { missing: [], unexpected: [] });
  assertEquals(model.stateDict().get("0.num_batches_tracked")!.item(), 1);
  assertSame(model.stateDict().get("0.running_mean")!.toArray(), [0, 0]);
});

test("every malformed file is refused by name, and leaves the model as it was", () => {
  atPath((path) => {
    for (const [file, state] of MALFORMED) {
      writeFileSync(path, file);
      refuses(path, FileFormatError, `Cannot read ${path}: ${state}`);
    }
  });
});

test("a file that is cut anywhere is refused, and leaves the model as it was", () => {
  atPath((path) => {
    const file = serialize(new Net().stateDict());
    for (const length of [0, 7, 8, 100, file.length - 400, file.length - 1]) {
      writeFileSync(path, file.subarray(0, length));
      refuses(path, FileFormatError, /cut short/);
    }
  });
});

test("a missing file is named with the way out", () => {
  refuses(
    "nowhere/net.safetensors",
    FileAccessError,
    "Cannot read nowhere/net.safetensors: there is no such file or folder; check the path",
  );
});

test("a model that PyTorch saved computes what it did there", () => {
  class Recorded extends nn.Module {
    model = new nn.Sequential(
      new nn.Conv2d(2, 4, 3, { stride: 2, groups: 2 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(16, 3),
    );
    input = new nn.Buffer(zeros([2, 2, 5, 5]));
    output = new nn.Buffer(zeros([2, 3]));

    override forward(x: Tensor): Tensor {
      return this.model(x);
    }
  }
  const recorded = new Recorded();
  nn.load(recorded, fileURLToPath(new URL("../fixtures/pytorch.safetensors", import.meta.url)));
  assert(recorded.output.abs().amax().item() > 0.1);
  const difference = recorded(recorded.input).sub(recorded.output).abs().amax().item();
  assert(difference < 1e-6, `${difference}`);
});

/** The bytes that `safetensors.torch.save_file` writes of a state dict with a half-precision weight. */
function halfPrecision(): Uint8Array {
  const header = '{"__metadata__":{"format":"pt"},' +
    '"bias":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},' +
    '"weight":{"dtype":"F16","shape":[1,2],"data_offsets":[2,6]}}';
  return fileOf(header, new Uint8Array(new Uint16Array([0x3c00, 0x4000, 0xc200]).buffer));
}

test("PyTorch's half precision is loaded on request, exactly", () => {
  atPath((path) => {
    writeFileSync(path, halfPrecision());
    const model = new nn.Linear(2, 1);
    const before = model.weight.toArray();
    assertThrows(() => nn.load(model, path), DTypeError);
    assertEquals(model.weight.toArray(), before);
    nn.load(model, path, { convert: true });
    assertEquals(model.weight.toArray(), [[2, -3]]);
    assertSame(model(tensor([1, 1])).toArray(), [0]);
  });
});

test("a tied weight is saved under both names, and loaded into the one that it is", () => {
  class Tied extends nn.Module {
    encode = new nn.Linear(2, 2, { bias: false });
    decode = new nn.Linear(2, 2, { bias: false });
    constructor() {
      super();
      this.decode.weight = this.encode.weight;
    }
    override forward(x: Tensor): Tensor {
      return this.decode(this.encode(x));
    }
  }
  atPath((path) => {
    const [first, second] = [new Tied(), new Tied()];
    nn.save(first, path);
    nn.load(second, path);
    assertStrictEquals(second.encode.weight, second.decode.weight);
    assertEquals(second.encode.weight.toArray(), first.encode.weight.toArray());
  });
});
