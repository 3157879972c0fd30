import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { decode as decodePNG } from "fast-png";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  FileAccessError,
  GradientError,
  noGrad,
  randn,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { SummaryWriter } from "../../../src/utils/tensorboard/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";
import {
  all,
  doubles,
  eventFile,
  eventsIn,
  inside,
  type Message,
  number,
  recordsIn,
  text,
} from "./events.ts";

/** Lets `write` write into a new folder, and `read` read it. */
function inFolder(
  write: (writer: SummaryWriter) => void,
  read: (folder: string) => void,
): void {
  const folder = mkdtempSync(join(tmpdir(), "gradus-"));
  try {
    const writer = new SummaryWriter(folder);
    write(writer);
    writer.close();
    read(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the value of a summary of one. */
function valueOf(event: Message): Message {
  return inside(event, 5, 1);
}

test("scalars have their tag, value, step and time", () => {
  inFolder((writer) => {
    writer.addScalar("train/loss", 0.5, { globalStep: 3, walltime: 1e9 + 0.25 });
    writer.addScalar("train/loss", tensor([1.5]), { globalStep: 2 ** 40 + 300 });
    writer.addScalar("größe", NaN);
  }, (folder) => {
    const events = eventsIn(folder);
    const tags = events.map((event) => text(valueOf(event), 1));
    assertEquals(tags, ["train/loss", "train/loss", "größe"]);
    assertEquals(events.map((event) => number(valueOf(event), 2)), [0.5, 1.5, NaN]);
    assertEquals(events.map((event) => number(event, 2)), [3, 2 ** 40 + 300, 0]);
    assertEquals(number(events[0], 1), 1e9 + 0.25);
    assertAlmostEquals(number(events[1], 1), Date.now() / 1000, 60);
  });
});

test("the checksum of a record is that of CRC-32C, masked", () => {
  // The reader, which has another algorithm, accepts what was written, and nothing else.
  inFolder(() => {}, (folder) => {
    const file = readFileSync(eventFile(folder));
    // So begins every file that TensorFlow writes: 24 bytes, and their checksum.
    assertEquals([...file.subarray(0, 12)], [24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22]);
    for (const place of [0, 8, 13, file.length - 1]) {
      const broken = Uint8Array.from(file);
      broken[place] ^= 1;
      assertThrowsMessage(() => recordsIn(broken), Error, /checksum|data/);
    }
    assertEquals(recordsIn(file).length, 1);
  });
});

test("a record that was cut loses only itself, and what was written before a crash is there", () => {
  inFolder((writer) => {
    for (let step = 0; step < 5; step++) writer.addScalar("a", step, { globalStep: step });
    // Nothing was flushed or closed yet.
    assertEquals(eventsIn(writer.logDir).length, 5);
  }, (folder) => {
    const path = eventFile(folder);
    const file = readFileSync(path);
    const record = file.length - recordsIn(file).at(-1)!.length - 16;
    for (const end of [record + 1, record + 11, record + 13, file.length - 1]) {
      writeFileSync(path, file.subarray(0, end));
      assertEquals(eventsIn(folder).map((event) => number(event, 2)), [0, 1, 2, 3]);
    }
  });
});

test("two writers in one folder do not write into one file", () => {
  inFolder((writer) => {
    writer.addScalar("a", 1);
    new SummaryWriter(writer.logDir).close();
  }, (folder) => assertEquals(readdirSync(folder).length, 2));
});

test("scalars of one chart have a folder each", () => {
  inFolder((writer) => {
    writer.addScalars("loss/all", { train: 1, test: 2 }, { globalStep: 1 });
    writer.addScalars("loss/all", { train: 3 }, { globalStep: 2 });
  }, (folder) => {
    const read = (name: string) =>
      eventsIn(join(folder, name)).map((event) => [
        text(valueOf(event), 1),
        number(valueOf(event), 2),
        number(event, 2),
      ]);
    assertEquals(read("loss_all_train"), [["loss/all", 1, 1], ["loss/all", 3, 2]]);
    assertEquals(read("loss_all_test"), [["loss/all", 2, 1]]);
  });
});

test("histograms count every number between limits", () => {
  const values = [-2, 0, 0, 1e-20, 0.5, 3, 1e30, -1e-3];
  inFolder((writer) => {
    writer.addHistogram("w", tensor(values, { dtype: "float64" }));
    writer.addHistogram("one", tensor([[4]]));
  }, (folder) => {
    const [histogram, one] = eventsIn(folder).map((event) => inside(valueOf(event), 5));
    const sum = values.reduce((a, b) => a + b, 0);
    const squares = values.reduce((a, b) => a + b * b, 0);
    assertEquals([1, 2, 3, 4, 5].map((i) => number(histogram, i)), [-2, 1e30, 8, sum, squares]);
    const [limits, counts] = [doubles(histogram, 6), doubles(histogram, 7)];
    assertEquals([limits.length, counts[0]], [counts.length, 0]);
    for (let i = 1; i < limits.length; i++) {
      assert(limits[i] > limits[i - 1]);
      const inInterval = values.filter((value) => value >= limits[i - 1] && value < limits[i]);
      assertEquals(counts[i], inInterval.length, `from ${limits[i - 1]} to ${limits[i]}`);
    }
    assertEquals(counts.reduce((a, b) => a + b), values.length);
    assertEquals(doubles(one, 7), [0, 1]);
    const [low, high] = doubles(one, 6);
    assert(low <= 4 && 4 < high && high / low < 1.11);
  });
});

test("images are PNG with their sizes", () => {
  inFolder((writer) => {
    writer.addImage("x", tensor([[[0, 1]], [[0.5, 0]], [[0, 0]]]));
    writer.addImage("gray", zeros([3, 2]));
  }, (folder) => {
    const [colors, gray] = eventsIn(folder).map((event) => inside(valueOf(event), 4));
    assertEquals([1, 2, 3].map((i) => number(colors, i)), [1, 2, 3]);
    assertEquals([...decodePNG(colors.get(4)![0] as Uint8Array).data], [0, 128, 0, 255, 0, 0]);
    assertEquals([1, 2, 3].map((i) => number(gray, i)), [3, 2, 1]);
  });
});

test("texts go to the plugin of texts", () => {
  inFolder((writer) => writer.addText("notes", "**schön**"), (folder) => {
    const value = valueOf(eventsIn(folder)[0]);
    assertEquals(text(value, 1), "notes/text_summary");
    assertEquals(text(inside(value, 9, 1), 1), "text");
    const strings = inside(value, 8);
    assertEquals([number(strings, 1), text(strings, 8)], [7, "**schön**"]);
    assertEquals(number(inside(strings, 2, 2), 1), 1);
  });
});

test("a graph has the modules in the names of its nodes, and edges between nodes that exist", () => {
  class Net extends nn.Module {
    body = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.ReLU());
    head = new nn.Linear(4, 2);
    override forward(x: Tensor): Tensor {
      return this.head(this.body(x).add(1));
    }
  }
  const model = new Net();
  inFolder((writer) => noGrad(() => writer.addGraph(model, randn([5, 3]))), (folder) => {
    const graph = inside(eventsIn(folder)[0], 4);
    const nodes = all(graph, 1);
    const names = nodes.map((node) => text(node, 1));
    assertEquals(names, [
      "constant",
      "body/0/weight",
      "body/0/bias",
      "body/0/linear",
      "body/1",
      "body/2",
      "Net/add",
      "head/weight",
      "head/bias",
      "head/linear",
    ]);
    const seen = new Set<string>();
    nodes.forEach((node, i) => {
      for (const input of node.get(3) ?? []) {
        assert(seen.has(new TextDecoder().decode(input as Uint8Array)));
      }
      seen.add(names[i]);
    });
    const shapes = all(nodes[3], 5).find((entry) => text(entry, 1) === "_output_shapes")!;
    assertEquals(all(inside(shapes, 2, 1, 7), 2).map((axis) => number(axis, 1)), [5, 4]);
    assertEquals(nodes.map((node) => text(node, 2)).slice(0, 4), [
      "Const",
      "Parameter",
      "Parameter",
      "linear",
    ]);
  });
  model.requiresGrad_(false);
  inFolder((writer) => {
    assertThrowsMessage(() => writer.addGraph(model, randn([5, 3])), GradientError, /no graph/);
  }, (folder) => assertEquals(eventsIn(folder), []));
});

test("hyperparameters and metrics make a run", () => {
  inFolder((writer) => {
    const hparams = { lr: 0.5, optimizer: "Adam", shuffle: true };
    writer.addHparams(hparams, { "hparam/loss": 0.25 }, { runName: "first" });
  }, (folder) => {
    const events = eventsIn(join(folder, "first"));
    const tags = events.map((event) => text(valueOf(event), 1));
    assertEquals(tags, [
      "_hparams_/experiment",
      "_hparams_/session_start_info",
      "_hparams_/session_end_info",
      "hparam/loss",
    ]);
    const [experiment, start, end] = events.slice(0, 3).map((event) => {
      const plugin = inside(valueOf(event), 9, 1);
      assertEquals(text(plugin, 1), "hparams");
      return inside(plugin, 2);
    });
    const infos = all(inside(experiment, 2), 4).map((info) => [text(info, 1), number(info, 4)]);
    assertEquals(infos, [["lr", 3], ["optimizer", 1], ["shuffle", 2]]);
    assertEquals(text(inside(experiment, 2, 5, 1), 2), "hparam/loss");
    const [lr, optimizer, shuffle] = all(inside(start, 3), 1).map((entry) => inside(entry, 2));
    assertEquals([number(lr, 2), text(optimizer, 3), number(shuffle, 4)], [0.5, "Adam", 1]);
    assertEquals(number(inside(end, 4), 1), 1);
    assertEquals(number(valueOf(events[3]), 2), 0.25);
  });
});

test("misuse is refused, and leaves no event", () => {
  inFolder((writer) => {
    const refuse = (action: () => void, message: RegExp | string) =>
      assertThrowsMessage(action, Error, message);
    refuse(() => writer.addScalar("a", randn([2])), /2 elements/);
    refuse(() => writer.addScalar("a", "1" as unknown as number), /pass a number/);
    refuse(() => writer.addScalar("a", 1, { globalStep: -1 }), /whole number, 0 or more/);
    refuse(() => writer.addScalar("a", 1, { step: 1 } as never), /takes "globalStep", "walltime"/);
    refuse(() => writer.addScalar("a", 1, 7 as never), /options of type number/);
    refuse(() => writer.addScalars("a", { b: 1, c: "2" as unknown as number }), /pass a number/);
    refuse(() => writer.addHistogram("h", tensor([1, NaN])), /with NaN at place 1/);
    refuse(() => writer.addHistogram("h", zeros([0])), /no elements/);
    refuse(() => writer.addImage("i", tensor([[2]])), /floats go from 0 to 1/);
    refuse(() => writer.addHparams({ a: null as unknown as number }, {}), /hyperparameter "a"/);
    refuse(() => writer.addHparams({ a: 1 }, undefined as never), /names numbers, the metrics/);
    refuse(() => writer.addHparams(3 as never, {}), /names hyperparameters/);
    refuse(() => writer.addScalar("a", 1, { walltime: NaN }), /walltime NaN: use seconds/);
    for (const values of [3, "ab", null, [1], new Map([["a", 1]])]) {
      refuse(() => writer.addScalars("a", values as never), /names numbers, such as/);
    }
    refuse(() => writer.addScalars("a", { b: 1 }, { globalStep: -1 }), /whole number, 0 or more/);
    refuse(() => writer.addScalars("a", { "/../../b": 1 }), /the name leads elsewhere/);
    for (const runName of ["..", "../b", "a/../..", ""]) {
      refuse(() => writer.addHparams({ a: 1 }, {}, { runName }), /the name leads elsewhere/);
    }
    refuse(() => writer.addGraph(new nn.Linear(1, 1), undefined as never), /must be a tensor/);
    refuse(() => new SummaryWriter(""), /without a name/);
  }, (folder) => {
    assertEquals(eventsIn(folder), []);
    assertEquals(readdirSync(folder).length, 1);
  });
  const folder = mkdtempSync(join(tmpdir(), "gradus-"));
  const writer = new SummaryWriter(folder);
  writer.close();
  writer.close();
  const later = [
    () => writer.addScalar("a", 1),
    () => writer.addScalars("a", { b: 1 }),
    () => writer.addHparams({ a: 1 }, {}),
    () => writer.addGraph(new nn.Linear(1, 1), zeros([1, 1])),
  ];
  for (const add of later) {
    assertThrowsMessage(add, ValueError, /it was closed; make a new/);
    assertEquals(readdirSync(folder).length, 1);
  }
  const path = eventFile(folder);
  assertThrowsMessage(() => new SummaryWriter(path), FileAccessError, /Cannot write/);
  assertThrowsMessage(() => new SummaryWriter(folder, { comment: "x" }), ValueError, /comment/);
  rmSync(folder, { recursive: true });
});
