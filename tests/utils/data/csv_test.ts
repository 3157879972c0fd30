import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { FileAccessError, FileFormatError, ValueError } from "../../../mod.ts";
import {
  CSVDataset,
  type CSVOptions,
  DataLoader,
  randomSplit,
} from "../../../src/utils/data/mod.ts";

/** Tables that `tools/oracle/make_csv_fixtures.py` has written, with the numbers of NumPy. */
interface Case {
  readonly name: string;
  readonly text: string;
  readonly options: CSVOptions;
  readonly features: readonly number[][];
  readonly standardized: readonly number[][];
  readonly targets: readonly number[];
  readonly classes: readonly string[] | null;
}

const fixture = new URL("../../fixtures/tables.json", import.meta.url);
const cases: readonly Case[] = JSON.parse(readFileSync(fixture, "utf8"));

for (const { name, text, options, ...expected } of cases) {
  test(`a file of Python's is read to NumPy's numbers: ${name}`, async () => {
    const set = await CSVDataset.parse(text, options);
    assertEquals(features(set), expected.features);
    assertEquals([targets(set), set.classes], [expected.targets, expected.classes]);
    const standardized = set.standardize([0, 1, 2]).tensors[0].data;
    expected.standardized.flat().forEach((x, i) => {
      assertAlmostEquals(standardized[i], x, 1e-9 * Math.max(1, Math.abs(x)));
    });
  });
}

const HOUSES = `size,city,garden,price
70,Ulm,yes,300.5
50,Bern,no,500
90,Ulm,no,-4.2e2
`;

const read = (text: string, options: Partial<CSVOptions> = {}): Promise<CSVDataset> =>
  CSVDataset.parse(text, { target: "y", ...options });
const features = (set: CSVDataset): unknown => set.tensors[0].toArray();
const targets = (set: CSVDataset): unknown => set.tensors[1].toArray();

test("numbers stay numbers, texts become categories, in the order of the columns", async () => {
  const set = await read(HOUSES, { target: "price" });
  assertEquals(set.featureNames, ["size", "city=Bern", "city=Ulm", "garden=no", "garden=yes"]);
  assertEquals(features(set), [[70, 0, 1, 0, 1], [50, 1, 0, 1, 0], [90, 0, 1, 1, 0]]);
  assertEquals(targets(set), [300.5, 500, -420]);
  assertEquals(set.tensors.map(({ dtype }) => dtype), ["float32", "float32"]);
  assertEquals(set.classes, null);
  const chosen = await read(HOUSES, { target: "price", columns: ["garden", "size"] });
  assertEquals(chosen.featureNames, ["garden=no", "garden=yes", "size"]);
  const [x, y] = chosen.getBatch([2, 0]);
  assertEquals([x.toArray(), y.toArray()], [[[1, 0, 90], [0, 1, 70]], [-420, 300.5]]);
  const double = await read(HOUSES, { target: "price", dtype: "float64" });
  assertEquals(double.tensors.map(({ dtype }) => dtype), ["float64", "float64"]);
});

test("a target of categories becomes class indices, and types can be said", async () => {
  const set = await read("x,y\n1,setosa\n2,virginica\n3,setosa\n");
  assertEquals([set.classes, targets(set)], [["setosa", "virginica"], [0, 1, 0]]);
  assertEquals(set.tensors[1].dtype, "int32");
  const [[, batch]] = new DataLoader(set, { batchSize: 3 });
  assertEquals(batch.dtype, "int32");
  const digits = await read("x,y\n10,7\n9,30\n10,7\n", { types: { x: "category", y: "category" } });
  assertEquals([digits.classes, targets(digits)], [["7", "30"], [0, 1, 0]]);
  assertEquals([digits.featureNames, features(digits)], [["x=9", "x=10"], [[0, 1], [1, 0], [
    0,
    1,
  ]]]);
});

test("files of other forms: no names, other separators, quotes, BOM, CRLF, empty lines", async () => {
  const texts: [string, Partial<CSVOptions>][] = [
    ["1,a,0\n2,b,1\n", { names: ["x", "kind", "y"] }],
    ["x;kind;y\n1;a;0\n2;b;1\n", { separator: ";" }],
    ["\uFEFFx,kind,y\r\n1,a,0\r\n\r\n2,b,1", {}],
    ['"x","kind","y"\n"1","a","0"\n2,"b",1\n', {}],
    [" x , kind,y\n 1 ,a , 0\n2, b,1\n", {}],
  ];
  for (const [text, options] of texts) {
    const set = await read(text, options);
    assertEquals(set.featureNames, ["x", "kind=a", "kind=b"]);
    assertEquals([features(set), targets(set)], [[[1, 1, 0], [2, 0, 1]], [0, 1]]);
  }
  const quoted = await read('x,y\n"a, ""b""",1\n"line\nbreak",2\n');
  assertEquals(quoted.featureNames, ['x=a, "b"', "x=line\nbreak"]);
});

const GAPS = "x,kind,y\n1,a,1\nNA,b,2\n3,?,3\n5,a,4\n";

test("missing cells are refused, dropped or imputed", async () => {
  await assertRejects(
    () => read(GAPS),
    FileFormatError,
    'Cannot read CSV: row 3 has no "x"; pass { missing: "drop" } or "impute"',
  );
  const dropped = await read(GAPS, { missing: "drop" });
  assertEquals([dropped.featureNames, targets(dropped)], [["x", "kind=a"], [1, 4]]);
  const imputed = await read(GAPS, { missing: "impute" });
  assertEquals(features(imputed), [[1, 1, 0], [3, 0, 1], [3, 1, 0], [5, 1, 0]]);
  const own = await read("x,y\n-999,1\n4,2\n", { missing: "impute", missingValues: ["-999"] });
  assertEquals(features(own), [[4], [4]]);
  await assertRejects(
    () => read("x,y\n1,1\n2,\n", { missing: "impute" }),
    FileFormatError,
    'row 3 has no "y"; a target cannot be imputed',
  );
  assertEquals(targets(await read("x,y\n1,1\n2,\n", { missing: "drop" })), [1]);
});

test("standardization takes the statistics of the rows that it is told, and parts see it", async () => {
  const text = "x,kind,flat,y\n1,a,7,0\n3,b,7,1\n5,a,7,0\n100,b,7,1\n";
  const set = await read(text);
  const [train, rest] = randomSplit(set, [0.5, 0.5]);
  set.standardize([0, 1, 2]);
  const deviation = Math.sqrt(8 / 3);
  const column = set.tensors[0].at(":", 0).toArray() as number[];
  column.forEach((x, i) => assertAlmostEquals(x, ([1, 3, 5, 100][i] - 3) / deviation, 1e-5));
  assertEquals(set.tensors[0].at(":", [1, null]).toArray(), [[1, 0, 0], [0, 1, 0], [1, 0, 0], [
    0,
    1,
    0,
  ]]);
  for (const part of [train, rest]) {
    part.indices.forEach((index, i) => {
      assertEquals(part.get(i)[0].toArray(), set.get(index)[0].toArray());
    });
  }
  assertThrows(() => set.standardize(), ValueError, "Cannot standardize features twice");
  const fresh = await read(text);
  assertThrows(() => fresh.standardize([4]), ValueError, "Cannot get sample 4 of 4");
  assertThrows(() => fresh.standardize([]), ValueError, "Cannot standardize by no rows");
});

test("large numbers keep their differences: statistics come before float32", async () => {
  const set = await read("time,y\n1700000001,0\n1700000002,0\n1700000003,0\n");
  const values = set.standardize().tensors[0].data;
  [-1, 0, 1].forEach((x, i) => assertAlmostEquals(values[i], x * Math.sqrt(1.5), 1e-6));
});

test("another file, and records, get the columns and scales of the training data", async () => {
  const train = (await read("x,kind,y\n1,a,no\n3,b,yes\n")).standardize();
  const test = await read("kind,other,x,y\nb,9,5,yes\na,9,1,no\n", { like: train });
  assertEquals(test.featureNames, train.featureNames);
  assertEquals([features(test), targets(test)], [[[3, 0, 1], [-1, 1, 0]], [1, 0]]);
  assertEquals(
    train.encode([{ x: 5, kind: "b" }, { x: "1", kind: "a" }]).toArray(),
    features(test),
  );
  assertEquals(train.encode([]).shape, [0, 3]);
  await assertRejects(
    () => read("x,kind,y\n1,c,no\n", { like: train }),
    FileFormatError,
    'row 2 has "c" as "kind", and the categories are a, b',
  );
  await assertRejects(
    () => read("x,kind,y\n1,a,no\n", { like: train, columns: ["x"] }),
    ValueError,
    "Cannot read CSV with both like and columns or types",
  );
  const gap = await read("x,kind,y\n,a,no\n", { like: train, missing: "impute" });
  assertEquals(features(gap), [[0, 1, 0]]);
  assertThrows(
    () => train.encode([{ x: "much", kind: "a" }]),
    FileFormatError,
    "which is no number",
  );
  assertThrows(() => train.encode([{ kind: "a" }]), FileFormatError, 'record 0 has "" as "x"');
  assertThrows(
    () => train.encode([{ x: 1e39, kind: "a" }]),
    FileFormatError,
    "float32 cannot hold",
  );
});

const MALFORMED: [what: string, text: string, reason: string, options?: Partial<CSVOptions>][] = [
  ["nothing", "", "it is empty"],
  ["empty lines", "\n\n", "it is empty"],
  ["names alone", "x,y\n", "there are no rows in it"],
  ["a short row", "x,y\n1,2\n3\n", "on line 3: expected 2 fields but got 1; correct the file"],
  ["a long row", "x,y\n1,2,3\n", "on line 2: expected 2 fields but got 3"],
  ["an open quote", 'x,y\n1,"2\n', 'extraneous or missing " in quoted-field'],
  ["a quote inside", 'x,y\n1,2"3\n', 'bare " in non-quoted-field'],
  ["another separator", "x;y\n1;2\n", 'Cannot read column "y" of CSV: the columns are x;y'],
  ["one name twice", "x,x,y\n1,2,3\n", 'two columns have the name "x"'],
  [
    "texts among numbers",
    "x,y\n1,2\n12kg,3\n",
    'has numbers and texts, such as "12kg"; correct them',
  ],
  ["hexadecimal", "x,y\n1,2\n0x1F,3\n", 'such as "0x1F"'],
  ["infinity", "x,y\n1,2\n1e999,3\n", 'such as "1e999"'],
  ["a decimal comma", "x;y\n1,5;2\n2;3\n", 'such as "1,5"', { separator: ";" }],
  ["an empty column", "x,y\n,1\n,2\n", 'the column "x" is empty', { missing: "impute" }],
  ["a row without all", "x,y\n,1\n", "there are no rows in it", { missing: "drop" }],
  ["no number", "x,y\n1,1\nb,2\n", 'row 3 has "b" as "x", which is no number', {
    types: { x: "number" },
  }],
  [
    "identifiers",
    `x,y\n${Array.from({ length: 300 }, (_, i) => `id${i},1`).join("\n")}`,
    "300 different",
  ],
  ["thousands", 'x,y\n"1,000",2\n3,4\n', 'such as "1,000"'],
  ["a unit of money", "x,y\n€5,2\n3,4\n", 'such as "€5"'],
  ["a share", "x,y\n5%,2\n3,4\n", 'such as "5%"'],
  ["a minus of typographers", "x,y\n−5,2\n3,4\n", 'such as "−5"'],
  ["two signs", "x,y\n--5,2\n3,4\n", 'such as "--5"'],
  ["a number without its exponent", "x,y\n1e,2\n3,4\n", 'such as "1e"'],
  ["the word for infinity", "x,y\nInfinity,2\n3,4\n", 'such as "Infinity"'],
  ["a line between digits", "x,y\n1_000,2\n3,4\n", 'such as "1_000"'],
  ["a formula", "x,y\n=1+1,2\n3,4\n", 'such as "=1+1"'],
  ["truth among numbers", "x,y\ntrue,1\n0,2\n", 'such as "true"'],
  ["a number too large for float32", "x,y\n1e300,2\n", 'row 2 has "1e300" as "x", which float32'],
  ["a target too large for float32", "x,y\n1,-1e39\n", 'row 2 has "-1e39" as "y", which float32'],
  ["a missing cell", "x,y\n3,4\n,2\n", 'row 3 has no "x"; pass { missing: "drop" } or "impute"'],
  ["a missing target", "x,y\n1,\n3,4\n", 'row 2 has no "y"; a target cannot', {
    missing: "impute",
  }],
  ["targets of two kinds", "x,y\n1,a\n2,3\n", 'the column "y" has numbers and texts, such as "a"'],
  ["a separator at the end of rows", "x,y\n1,2,\n", "on line 2: expected 2 fields but got 3"],
  ["a separator at the end of lines", "x,y,\n1,2,\n", 'the column "" is empty'],
  ["two columns without names", ",,y\n1,2,3\n", 'two columns have the name ""'],
  ["no names", "1,2\n3,4\n", 'Cannot read column "y" of CSV: the columns are 1, 2'],
  ["nothing but the target", "y\n1\n2\n", "without columns"],
  ["a remark above", "# by hand\nx,y\n1,2\n", "on line 2: expected 1 fields but got 2"],
  ["a file cut in a row", "x,y\n1,2\n3", "on line 3: expected 2 fields but got 1"],
  ["tabs", "x\ty\n1\t2\n", 'Cannot read column "y"'],
  ["a quote in the names", '"x,y\n1,2\n', 'extraneous or missing " in quoted-field'],
  ["letters after a quote", 'x,y\n"1"2,3\n', 'extraneous or missing " in quoted-field'],
  ["JSON", '[{"x":1,"y":2}]', 'bare " in non-quoted-field'],
  ["a web page", "<html>\n<body>x,y</body>\n</html>", "it is a web page"],
];

for (const [what, text, reason, options] of MALFORMED) {
  test(`a malformed file is refused: ${what}`, async () => {
    const error = await assertRejects(() => read(text, options));
    assertStringIncludes((error as Error).message, reason);
    assertStringIncludes((error as Error).message, "Cannot read");
  });
}

test("options that make no sense are refused", async () => {
  const refused: [Partial<CSVOptions>, string][] = [
    [{ target: "price" }, 'Cannot read column "price" of CSV: the columns are x, y'],
    [{ columns: ["z"] }, 'Cannot read column "z"'],
    [{ columns: [] }, "without columns"],
    [{ types: { z: "number" } }, 'Cannot read column "z"'],
    [{ types: { x: "text" as "number" } }, 'with type "text": there are "number", "category"'],
    [{ missing: "skip" as "drop" }, 'with missing "skip": there are "refuse", "drop", "impute"'],
    [{ names: ["x"] }, "with 1 names: it has 2 columns"],
    [{ dtype: "int32" as "float32" }, "as int32: features are float32 or float64"],
    [{ like: {} as CSVDataset }, "it must be a CSVDataset, as the option like"],
    [{ target: undefined }, 'without "target"'],
    [{ seperator: ";" } as Partial<CSVOptions>, 'its name is "separator" here'],
  ];
  for (const [options, reason] of refused) {
    await assertRejects(() => read("x,y\n1,2\n", options), ValueError, reason);
  }
  await assertRejects(() => read(7 as unknown as string), ValueError, "the text of a file");
});

test("a file is read by path or URL, as UTF-8, and named in errors", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gradus-csv-"));
  try {
    const path = join(folder, "houses.csv");
    writeFileSync(path, HOUSES.replaceAll("Ulm", "Köln"));
    for (const place of [path, pathToFileURL(path)]) {
      const set = await CSVDataset.load(place, { target: "price" });
      assertEquals(set.columns[1].categories, ["Bern", "Köln"]);
    }
    writeFileSync(path, Uint8Array.of(120, 44, 121, 10, 0xff, 44, 49));
    const options = { target: "y" };
    await assertRejects(
      () => CSVDataset.load(path, options),
      FileFormatError,
      `Cannot read ${path}: it is not UTF-8; convert it`,
    );
    await assertRejects(() => CSVDataset.load(join(folder, "no.csv"), options), FileAccessError);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
