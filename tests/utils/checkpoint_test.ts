import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  FileAccessError,
  FileFormatError,
  Generator,
  randn,
  Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import * as optim from "../../src/optim/mod.ts";
import * as checkpoint from "../../src/utils/checkpoint.ts";
import * as safetensors from "../../src/utils/safetensors/mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "gradus-checkpoint-"));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Saves `state` and returns what is loaded. */
function kept<T extends Readonly<Record<string, unknown>>>(state: T): T {
  return checkpoint.deserialize<T>(checkpoint.serialize(state));
}

test("what JSON holds comes back, and what it does not hold, too", () => {
  const state = {
    epoch: 3,
    best: Infinity,
    worst: -Infinity,
    missing: NaN,
    zero: -0,
    name: "run ∂",
    done: false,
    nothing: null,
    losses: [0.5, [NaN, "x"], []],
    nested: { "a.b": 1, "": { deep: [{ er: true }] } },
    byName: new Map<string, unknown>([["k", [1]], ["__proto__", 2]]),
    list: ["number", "NaN"],
  };
  assertSame(kept(state), state);
  const own = JSON.parse('{ "__proto__": 1 }') as Record<string, unknown>;
  assert(Object.hasOwn(kept({ own }).own, "__proto__"));
});

test("tensors keep their dtypes and shapes, and are named by their place", () => {
  const x = tensor([[1, 2], [3, 4]]);
  const state = {
    a: { b: [x.T, tensor(7, { dtype: "int32" })] },
    "a.b.0": tensor([true, false]),
    empty: zeros([0, 3], { dtype: "float64" }),
    again: x,
  };
  const bytes = checkpoint.serialize(state);
  assertEquals([...safetensors.deserialize(bytes).keys()].sort(), [
    "a.b.0",
    "a.b.0 (2)",
    "a.b.1",
    "again",
    "empty",
  ]);
  const back = checkpoint.deserialize<typeof state>(bytes);
  assertEquals(back.a.b[0].toArray(), [[1, 3], [2, 4]]);
  assertEquals(back.a.b[1].item(), 7);
  assertEquals(back["a.b.0"].dtype, "bool");
  assertSame(back["a.b.0"].toArray(), [1, 0]);
  assertSame([back.empty.dtype, back.empty.shape], ["float64", [0, 3]]);
  assertEquals(back.again.toArray(), x.toArray());
});

/** A run: a model with dropout and running statistics, its optimizer, schedule and randomness. */
function makeRun() {
  const generator = new Generator(5);
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.Dropout(0.5, { generator }),
    new nn.Linear(4, 1),
  );
  const optimizer = new optim.AdamW(model.parameters(), { lr: 0.1, amsgrad: true });
  const schedule = new optim.CosineAnnealingLR(optimizer, { tMax: 7 });
  const snapshot = () => ({
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    schedule: schedule.stateDict(),
    generator: generator.getState(),
  });
  const step = (): number => {
    const x = randn([8, 3], { generator });
    const loss = model(x).sub(x.sum({ axis: 1, keepDims: true })).square().mean();
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    schedule.step();
    return loss.item();
  };
  const resume = (run: ReturnType<typeof snapshot>): void => {
    model.loadStateDict(run.model);
    optimizer.loadStateDict(run.optimizer);
    schedule.loadStateDict(run.schedule);
    generator.setState(run.generator);
  };
  return { snapshot, step, resume, model };
}

test("a run that was resumed from a file goes on as if it had never stopped", () => {
  inFolder((folder) => {
    const path = join(folder, "run.safetensors");
    const run = makeRun();
    for (let i = 0; i < 5; i++) run.step();
    checkpoint.save(run.snapshot(), path);
    const expected = Array.from({ length: 5 }, () => run.step());

    const resumed = makeRun();
    resumed.resume(checkpoint.load(path));
    assertEquals(Array.from({ length: 5 }, () => resumed.step()), expected);
    for (const [name, value] of run.model.stateDict()) {
      assert(value.equal(resumed.model.stateDict().get(name)!), name);
    }
    assertEquals(readdirSync(folder), ["run.safetensors"]);
    // A later model can take the weights alone, by their names.
    const names = [...safetensors.load(path).keys()];
    assert(names.includes("model.0.weight") && names.includes("optimizer.state.0.exp_avg"));
  });
});

test("every optimizer and schedule can be saved", () => {
  const options = { lr: 0.1 };
  const kinds: ((x: Tensor[]) => optim.Optimizer)[] = [
    (x) => new optim.SGD(x, { lr: 0.1, momentum: 0.9 }),
    (x) => new optim.Adam(x, options),
    (x) => new optim.NAdam(x, options),
    (x) => new optim.RMSprop(x, options),
    (x) => new optim.LBFGS(x, options),
    (x) => new optim.Lion(x, options),
  ];
  for (const kind of kinds) {
    const x = tensor([1, -2], { requiresGrad: true });
    const make = () => kind([x]);
    const optimizer = make();
    optimizer.step(() => {
      optimizer.zeroGrad();
      const loss = x.square().sum();
      loss.backward();
      return loss;
    });
    const other = make();
    other.loadStateDict(kept({ optimizer: optimizer.stateDict() }).optimizer);
    const plain = (value: unknown): unknown => {
      if (value instanceof Tensor) return value.toArray();
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
    };
    assertNotEquals(optimizer.stateDict().state, {});
    assertEquals(plain(other.stateDict()), plain(optimizer.stateDict()));
  }
  const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 0.1 });
  const plateau = new optim.ReduceLROnPlateau(optimizer);
  // Its best is ∞ at first, which JSON alone would make null.
  const { state } = kept({ state: plateau.stateDict() });
  plateau.loadStateDict(state);
  assertEquals(plateau.stateDict().best, Infinity);
});

test("what cannot be saved is refused with its place, and nothing is written", () => {
  inFolder((folder) => {
    const path = join(folder, "run.safetensors");
    checkpoint.save({ epoch: 1 }, path);
    const model = new nn.Linear(1, 1);
    const faults: [Record<string, unknown>, string][] = [
      [
        { model },
        'with a value of type Linear at "model": pass what its stateDict() returns',
      ],
      [
        { run: { optimizer: new optim.SGD(model.parameters(), { lr: 1 }) } },
        'with a value of type SGD at "run.optimizer": pass what its stateDict() returns',
      ],
      [
        { at: [1, new Date(0)] },
        'with a value of type Date at "at.1": pass tensors, and what JSON can hold',
      ],
      [
        { raw: new Float32Array(2) },
        'with a value of type Float32Array at "raw": pass tensors, and what JSON can hold',
      ],
      [
        { big: 1n },
        'with a value of type bigint at "big": pass tensors, and what JSON can hold',
      ],
      [
        { holes: [undefined] },
        'with a value of type undefined at "holes.0": pass tensors, and what JSON can hold',
      ],
      [{ s: { [Symbol("x")]: 1 } }, 'with a symbol as key at "s": use strings as keys'],
      [
        { l: Object.assign([1], { x: 2 }) },
        'with a list that has fields besides its entries at "l": save them apart',
      ],
      [{ m: new Map([[1, 2]]) }, 'with a key of type number at "m": use strings as keys'],
    ];
    for (const [state, message] of faults) {
      assertThrowsMessage(
        () => checkpoint.save(state, path),
        ValueError,
        `Cannot save a checkpoint ${message}`,
      );
    }
    assertEquals(checkpoint.load(path), { epoch: 1 });
    assertEquals(kept({ left: undefined }), {});
  });
});

test("circles and depths that no file can hold are refused; anything else comes back", () => {
  const circle: { inner: unknown[] } = { inner: [] };
  circle.inner.push(new Map([["back", circle]]));
  assertThrowsMessage(
    () => checkpoint.serialize({ circle }),
    ValueError,
    'Cannot save a checkpoint with an object inside itself at "circle.inner.0.back": ' +
      "leave the inner one out",
  );
  const nested = (depth: number): unknown => depth === 0 ? [] : [nested(depth - 1)];
  const deepest = { nested: nested(498) }; // the state itself is a level, and so is []
  assertEquals(kept(deepest), deepest);
  for (const depth of [499, 5000]) {
    assertThrowsMessage(
      () => checkpoint.serialize({ nested: nested(depth) }),
      ValueError,
      /^Cannot save a checkpoint with values nested deeper than 500 levels at "nested\.0/,
    );
  }
  const twice = [1];
  assertEquals(kept({ a: twice, b: [twice, twice] }), { a: [1], b: [[1], [1]] });
  assertThrows(() => checkpoint.serialize({ x: Array(1) }), Error, 'of type undefined at "x.0"');
});

test("files that are not checkpoints are refused by name", () => {
  inFolder((folder) => {
    const path = join(folder, "run.safetensors");
    const refused = (message: string | RegExp, kind: { name: string } = FileFormatError): void =>
      assertThrowsMessage(() => checkpoint.load(path), kind, message);
    const damaged =
      "the metadata is not that of a checkpoint; the file is damaged, or of a later " +
      "version of Gradus";

    refused(
      `Cannot read ${path}: there is no such file or folder; check the path`,
      FileAccessError,
    );
    nn.save(new nn.Linear(1, 1), path);
    refused(
      `Cannot read ${path}: it is not a checkpoint; read its tensors with load of ` +
        `"@gradus/gradus/safetensors"`,
    );
    const write = (text: string, tensors: Record<string, Tensor> = {}): void =>
      safetensors.save(tensors, path, { metadata: { "gradus.checkpoint": text } });
    const foreign = [
      ...["{", "{}", '["object",3]', '["object",[1]]', '["array"]', '["array",[],0]', "[1,2]"],
      ...['["number","abc"]', '["number",1]', '["number",null]', '["object",[["x",1,2]]]'],
      ...['["tensor",{"toString":1}]', '["tensor",["x"]]', '["object",[[1,2]]]', '[{"x":1},[]]'],
      '["map",[[{"toString":1},2]]]',
    ];
    for (const text of foreign) {
      write(text, { x: zeros([1]) });
      refused(`Cannot read ${path}: ${damaged}`);
    }
    for (const depth of [501, 20_000, 100_000]) {
      write(`${'["array",['.repeat(depth)}${"]]".repeat(depth)}`);
      refused(/deeper than 500 levels|is not that of a checkpoint/);
    }
    for (const kind of ["map", "object"]) {
      write(`["${kind}",[["a",1],["a",2]]]`);
      refused(/the checkpoint has the key "a" twice in one object; the file is damaged/);
    }
    write('["object",[["x",["tensor","x"]]]]');
    refused(
      `Cannot read ${path}: tensor "x" is missing; the file is damaged, download or save it again`,
    );
    write('["object",[["x",["date",0]]]]');
    refused(
      /the checkpoint has a value of kind "date"; the file is damaged, or of a later version/,
    );
    checkpoint.save({ x: zeros([100]) }, path);
    writeFileSync(path, readFileSync(path).subarray(0, 200));
    refused(/^Cannot read .*run\.safetensors: .*cut short/);
  });
});

test("the text about a file can be read again", () => {
  inFolder((folder) => {
    const path = join(folder, "noted.safetensors");
    safetensors.save({ x: zeros([1]) }, path, { metadata: { epoch: "3", note: "∂" } });
    const metadata = safetensors.loadMetadata(path);
    assertEquals([...metadata], [["epoch", "3"], ["note", "∂"]]);
    safetensors.save({ x: zeros([1]) }, path);
    assertStrictEquals(safetensors.loadMetadata(path).size, 0);
    assertThrows(() => safetensors.loadMetadata(join(folder, "none")), FileAccessError);
  });
});
