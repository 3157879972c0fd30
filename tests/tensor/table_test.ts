/** Notebooks show tensors as tables of HTML. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { arange, eye, full, memory, randn, type Tensor, tensor, zeros } from "../../mod.ts";

/** The bundle that a notebook gets. */
function shown(x: Tensor): Record<string, string> {
  return (x as unknown as Record<symbol, () => Record<string, string>>)[
    Symbol.for("Jupyter.display")
  ]();
}

/** The line above the table, and its cells, row by row; those of headings begin with #. */
function parse(x: Tensor): [head: string, cells: string[][]] {
  const [, head, table] = /^<code>(.*)<\/code>(?:\n<table>\n([^]*)\n<\/table>)?$/.exec(
    shown(x)["text/html"],
  )!;
  const rows = table?.split("\n") ?? [];
  return [
    head,
    rows.map((row) => {
      const [, inner] = /^<tr>(.*)<\/tr>$/.exec(row)!;
      assertEquals(inner.replace(/<(t[dh])[^<>]*>[^<>]*<\/\1>/g, ""), "", "only cells");
      return Array.from(
        inner.matchAll(/<t([dh])[^<>]*>([^<>]*)</g),
        ([, kind, text]) => kind === "h" ? `#${text}` : text,
      );
    }),
  ];
}

const tables: readonly [name: string, make: () => Tensor, head: string, cells: string[][]][] = [
  ["scalar", () => tensor(0.5), "float32 []", [["0.5000"]]],
  ["row", () => tensor([1, 2]), "float32 [2]", [["#0", "#1"], ["1", "2"]]],
  ["matrix", () => tensor([[1, 2]]), "float32 [1, 2]", [["#", "#0", "#1"], ["#0", "1", "2"]]],
  [
    "NaN, infinities and zeros",
    () => tensor([NaN, Infinity, -Infinity, -0, 0.25]),
    "float32 [5]",
    [["#0", "#1", "#2", "#3", "#4"], ["NaN", "Infinity", "-Infinity", "0.0000", "0.2500"]],
  ],
  ["bool", () => tensor([true, false]), "bool [2]", [["#0", "#1"], ["true", "false"]]],
  [
    "integers",
    () => tensor([[-1], [2147483647]], { dtype: "int32" }),
    "int32 [2, 1]",
    [["#", "#0"], ["#0", "-1"], ["#1", "2147483647"]],
  ],
  ["uint8", () => tensor([255], { dtype: "uint8" }), "uint8 [1]", [["#0"], ["255"]]],
  [
    "gradient",
    () => tensor([3], { requiresGrad: true, dtype: "float64" }),
    "float64 [1], requiresGrad",
    [["#0"], ["3"]],
  ],
  ["empty row", () => zeros([0]), "float32 [0], no elements", []],
  ["empty matrix", () => zeros([3, 0]), "float32 [3, 0], no elements", []],
  ["empty matrices", () => zeros([0, 2, 2]), "float32 [0, 2, 2], no elements", []],
  [
    "matrices",
    () => arange(8).reshape(2, 1, 2, 2),
    "float32 [2, 1, 2, 2]",
    [
      ["#", "#0", "#1"],
      ["#[0, 0]"],
      ["#0", "0", "1"],
      ["#1", "2", "3"],
      ["#[1, 0]"],
      ["#0", "4", "5"],
      ["#1", "6", "7"],
    ],
  ],
  [
    "one matrix with a third axis",
    () => arange(2).reshape(1, 1, 2),
    "float32 [1, 1, 2]",
    [["#", "#0", "#1"], ["#[0]"], ["#0", "0", "1"]],
  ],
  [
    "transposed, reversed and stretched",
    () => arange(6).reshape(2, 3).T.flip(0).unsqueeze(0).expand(2, 3, 2),
    "float32 [2, 3, 2]",
    [0, 1].reduce<string[][]>((rows, i) => [
      ...rows,
      [`#[${i}]`],
      ["#0", "2", "5"],
      ["#1", "1", "4"],
      ["#2", "0", "3"],
    ], [["#", "#0", "#1"]]),
  ],
  [
    "view",
    () => eye(4).at([null, null, -1], [1, 3]),
    "float32 [4, 2]",
    [["#", "#0", "#1"], ["#0", "0", "0"], ["#1", "0", "1"], ["#2", "1", "0"], ["#3", "0", "0"]],
  ],
];

for (const [name, make, head, cells] of tables) {
  test(`a table of ${name}`, () => {
    const x = make();
    assertEquals(parse(x), [head, cells]);
    assertStrictEquals(shown(x)["text/plain"], String(x));
    assertEquals(Object.keys(shown(x)), ["text/plain", "text/html"]);
  });
}

test("rows and columns in the middle of a large matrix are left out", () => {
  const [head, [names, ...rows]] = parse(arange(1200).reshape(12, 100));
  assertEquals(head, "float32 [12, 100]");
  const columns = [0, 1, 2, 3, 4, -1, 95, 96, 97, 98, 99];
  assertEquals(names, ["#", ...columns.map((j) => j < 0 ? "#…" : `#${j}`)]);
  const expected = [0, 1, 2, 3, 4, -1, 7, 8, 9, 10, 11].map((i) => [
    i < 0 ? "#⋮" : `#${i}`,
    ...columns.map((j) => i < 0 ? "⋮" : j < 0 ? "…" : `${100 * i + j}`),
  ]);
  assertEquals(rows, expected);
  // As many as are shown are shown without a gap.
  assertEquals(parse(zeros([10, 10]))[1].flat().filter((cell) => /[…⋮]/.test(cell)), []);
});

test("a long row is cut", () => {
  const [, rows] = parse(arange(11));
  assertEquals(rows[1], ["0", "1", "2", "3", "4", "…", "6", "7", "8", "9", "10"]);
});

test("of many matrices two at each end are shown, smaller ones of each", () => {
  const [, rows] = parse(arange(7 * 8 * 9).reshape(7, 1, 8, 9));
  const headings = rows.filter((row) => row.length === 1).map(([text]) => text);
  assertEquals(headings, ["#[0, 0]", "#[1, 0]", "#⋮", "#[5, 0]", "#[6, 0]"]);
  assertEquals(rows[0], ["#", "#0", "#1", "#2", "#…", "#6", "#7", "#8"]);
  assertEquals(rows.at(-1), ["#7", "495", "496", "497", "…", "501", "502", "503"]);
  assertStrictEquals(rows.length, 1 + 5 + 4 * 7);
  assertEquals(parse(zeros([4, 1, 1]))[1].filter((row) => row[0] === "#⋮"), []);
});

test("what is left out is not read: a large tensor is shown without a copy", () => {
  const x = full([1], 2).expand(30_000, 30_000);
  const before = memory.stats();
  const [head, rows] = parse(x);
  assertEquals([head, rows.length], ["float32 [30000, 30000]", 12]);
  assertEquals(memory.stats(), before);
});

test("one notation holds for the whole table", () => {
  assertEquals(parse(tensor([[1e-6, 1]]))[1][1], ["#0", "1.0000e-6", "1.0000e+0"]);
});

test("a freed tensor is text only, and does not throw", () => {
  const x = randn([2]);
  x[Symbol.dispose]();
  assertEquals(shown(x), { "text/plain": "tensor(<freed>, shape: [2])" });
});
