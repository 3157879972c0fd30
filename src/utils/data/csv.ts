/**
 * Tables of text as data sets: numbers and categories in columns, with one of them as the target.
 *
 * @module
 */

import { checkKind, checkList, guardMembers, readOptions, REQUIRED } from "../../checks.ts";
import { type DType, type FloatDType, getDefaultDtype, isFloat } from "../../dtype.ts";
import { FileFormatError, ValueError } from "../../errors.ts";
import { tensor } from "../../tensor/create.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { readFile } from "../files.ts";
import { loadPackage } from "../package.ts";
import { refuseStandIn } from "../stand_in.ts";
import { type Indices, readIndices, TensorDataset } from "./dataset.ts";

/** The content of a column: numbers, or names of categories. */
export type ColumnType = "number" | "category";

/** Options of {@link CSVDataset.load} and {@link CSVDataset.parse}. */
export interface CSVOptions {
  /** The name of the column to predict. */
  readonly target: string;
  /** The names of the columns to predict it from, in the order of the features; by default all others. */
  readonly columns?: readonly string[];
  /** The types of columns, where the content does not tell: `{ postcode: "category" }`. */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /**
   * The treatment of missing cells: `"refuse"` them, `"drop"` their rows, or `"impute"` the mean of a
   * column of numbers, and the most frequent category; default `"refuse"`.
   */
  readonly missing?: "refuse" | "drop" | "impute";
  /** The texts that stand for a missing cell; by default those of pandas and `?`. */
  readonly missingValues?: readonly string[];
  /** The names of all columns, for files that do not begin with them. */
  readonly names?: readonly string[];
  /** The character between cells; default `","`. */
  readonly separator?: string;
  /** The dtype of the features, and of a target of numbers; by default the default dtype. */
  readonly dtype?: FloatDType;
  /** A data set whose columns, types, categories and standardization this file shares: the training data. */
  readonly like?: CSVDataset;
}

/** A column of a {@link CSVDataset}. */
export interface CSVColumn {
  /** The name. */
  readonly name: string;
  /** The names of the categories, sorted; `null` for numbers. */
  readonly categories: readonly string[] | null;
  /** The cell that replaces a missing one if cells are imputed. */
  readonly substitute: string;
}

const MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?"];

const DEFAULTS = {
  columns: undefined,
  types: {},
  missing: "refuse",
  missingValues: MISSING,
  names: undefined,
  separator: ",",
  dtype: undefined,
  like: undefined,
} as const;

/** More categories than this in a column of features were hardly meant: each is a feature. */
const MOST_CATEGORIES = 256;

/**
 * The rows of a CSV file: sample `i` is the pair `[features, target]`.
 *
 * A column of numbers is one feature. A column of texts has categories: each is a feature that is 1 in
 * its rows and 0 in others, named `column=category`. A target of numbers stays as it is, float `[n]`;
 * one of categories becomes the index of the category, int32 `[n]`, and `classes` names them.
 *
 * A column whose cells are partly numbers is refused, since nobody can tell which is the mistake; say
 * its type by `types`. {@link CSVDataset.standardize} moves and scales the features; a second file gets
 * the same treatment by `like`, a single record by {@link CSVDataset.encode}.
 *
 * The text is read by `@std/csv`, which is loaded with the first file: cells may be quoted, and all rows
 * must be of one length.
 *
 * @example
 * ```ts
 * import { CSVDataset, randomSplit } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * const text = "size,city,price\n70,Ulm,300\n50,Bern,500\n90,Ulm,420\n";
 * const set = await CSVDataset.parse(text, { target: "price" }); // or load("houses.csv", …)
 * assertEquals(set.featureNames, ["size", "city=Bern", "city=Ulm"]);
 * const [features, price] = set.get(1);
 * assertEquals([features.toArray(), price.item()], [[50, 1, 0], 500]);
 *
 * // The statistics of the training rows alone.
 * const [train, validation] = randomSplit(set, [2, 1]);
 * set.standardize(train.indices);
 * assertEquals(validation.get(0)[0].shape, [3]);
 * ```
 */
export class CSVDataset extends TensorDataset<[features: Tensor, targets: Tensor]> {
  /** The columns that the features come from. */
  readonly columns: readonly CSVColumn[];
  /** The column of the target. */
  readonly target: CSVColumn;
  /** The name of each feature. */
  readonly featureNames: readonly string[];
  /** The names of the classes, if the target has categories. */
  readonly classes: readonly string[] | null;
  /** The features before standardization, row by row. */
  readonly #values: Float64Array;
  #scales: readonly Scale[];
  #isStandardized: boolean;

  private constructor(table: Table, scales: readonly Scale[] | null) {
    const isTable = typeof table === "object" && table !== null && "columns" in table;
    checkKind("make CSVDataset", table, isTable, "read from a file: await CSVDataset.load(path)");
    const { columns, target, values, targets, dtype } = table;
    const names = columns.flatMap(({ name, categories }) =>
      categories?.map((category) => `${name}=${category}`) ?? [name]
    );
    const rows = targets.length;
    super(
      tensor(values, { dtype }).reshape(rows, names.length),
      tensor(targets, { dtype: target.categories === null ? dtype : "int32" }),
    );
    this.columns = columns;
    this.target = target;
    this.featureNames = names;
    this.classes = target.categories;
    this.#values = values;
    this.#scales = scales ?? names.map(() => UNCHANGED);
    this.#isStandardized = scales !== null && scales.some((scale) => scale !== UNCHANGED);
    if (this.#isStandardized) this.#rescale();
  }

  /**
   * Reads a CSV file, in UTF-8.
   *
   * In Deno this needs `--allow-read`.
   *
   * @param path the file, or its `file:` URL
   * @param options `target`, which must be given, `columns`, `types`, `missing` and more
   * @throws {FileAccessError} if the file cannot be read
   * @throws {FileFormatError} if it is no CSV file of one row length, or a cell does not fit its column
   * @throws {ValueError} if options name columns that are not there
   * @example
   * ```ts
   * import { CSVDataset } from "@gradus/gradus/utils/data";
   * import { assertEquals } from "@std/assert";
   * import { rmSync, writeFileSync } from "node:fs";
   *
   * writeFileSync("flowers.csv", "petal,kind\n1.4,setosa\n4.7,versicolor\n");
   * const set = await CSVDataset.load("flowers.csv", { target: "kind" });
   * assertEquals([set.length, set.classes], [2, ["setosa", "versicolor"]]);
   * rmSync("flowers.csv");
   * ```
   */
  static async load(path: string | URL, options: CSVOptions): Promise<CSVDataset> {
    const bytes = readFile(path, (source) => source.read(0, source.size).slice());
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw damaged(String(path), "it is not UTF-8; convert it");
    }
    return await CSVDataset.#read(text, String(path), options);
  }

  /**
   * Reads the text of a CSV file.
   *
   * @param text the whole text
   * @param options as those of {@link CSVDataset.load}
   * @throws {FileFormatError} if it is no CSV text of one row length, or a cell does not fit its column
   * @throws {ValueError} if options name columns that are not there
   * @example
   * ```ts
   * import { CSVDataset } from "@gradus/gradus/utils/data";
   * import { assertEquals } from "@std/assert";
   *
   * const text = "3;yes\n?;no\n5;yes\n";
   * const options = { names: ["x", "y"], target: "y", separator: ";", missing: "impute" } as const;
   * const set = await CSVDataset.parse(text, options);
   * assertEquals(set.tensors.map((x) => x.toArray()), [[[3], [4], [5]], [1, 0, 1]]);
   * ```
   */
  static async parse(text: string, options: CSVOptions): Promise<CSVDataset> {
    checkKind("parse CSV", text, typeof text === "string", "the text of a file");
    return await CSVDataset.#read(text, "CSV", options);
  }

  static async #read(text: string, name: string, options: CSVOptions): Promise<CSVDataset> {
    const known = { target: REQUIRED, ...DEFAULTS };
    const read = readOptions("read CSV", options, known);
    refuseStandIn(new TextEncoder().encode(text.slice(0, 64)), (state, wayOut) => {
      throw damaged(name, `${state}; ${wayOut}`);
    });
    const { parse } = await loadPackage("@std/csv", "read CSV", () => import("@std/csv"));
    let rows: string[][];
    try {
      rows = parse(text, { separator: read.separator, fieldsPerRecord: 0 });
    } catch (cause) {
      const reason = (cause as Error).message.replace(/^Syntax error on /, "on ");
      throw damaged(name, `${reason}; correct the file, or pass its separator`, cause);
    }
    const { like } = read;
    const isSet = like === undefined || like instanceof CSVDataset;
    checkKind("read CSV", like, isSet, "a CSVDataset, as the option like");
    return new CSVDataset(tableOf(rows, name, read), like === undefined ? null : like.#scales);
  }

  /**
   * Moves and scales the features that are numbers to mean 0 and deviation 1, in place: subsets that
   * were made before see it. Features of categories stay 0 and 1; a feature that never changes becomes
   * 0. The deviation divides by the number of rows.
   *
   * @param rows the rows whose mean and deviation count, such as the `indices` of the training part; by
   *   default all
   * @returns this data set
   * @throws {ValueError} if the features are standardized already, or a row does not exist
   * @example
   * ```ts
   * import { CSVDataset } from "@gradus/gradus/utils/data";
   * import { assertEquals } from "@std/assert";
   *
   * const set = await CSVDataset.parse("x,y\n1,0\n3,1\n", { target: "y" });
   * assertEquals(set.standardize().tensors[0].toArray(), [[-1], [1]]);
   * ```
   */
  standardize(rows?: Indices): this {
    if (this.#isStandardized) {
      throw new ValueError(
        "Cannot standardize features twice: they have mean 0 and deviation 1 already",
      );
    }
    const chosen = rows === undefined ? null : readIndices(rows, this.length);
    const count = chosen?.length ?? this.length;
    if (count === 0) throw new ValueError("Cannot standardize by no rows: give at least one");
    const width = this.featureNames.length;
    const isNumber = this.columns.flatMap(({ categories }) =>
      categories?.map(() => false) ?? [true]
    );
    this.#scales = isNumber.map((isNumber, feature) => {
      if (!isNumber) return UNCHANGED;
      const value = (i: number): number => this.#values[(chosen?.[i] ?? i) * width + feature];
      let mean = 0;
      for (let i = 0; i < count; i++) mean += (value(i) - mean) / (i + 1);
      let squares = 0;
      for (let i = 0; i < count; i++) squares += (value(i) - mean) ** 2;
      return { mean, std: Math.sqrt(squares / count) || 1 };
    });
    this.#isStandardized = true;
    this.#rescale();
    return this;
  }

  /**
   * Returns the features of records, encoded and standardized as those of the rows are: to predict
   * what is in no file.
   *
   * @param records the cells of each record by the names of the columns, texts or numbers
   * @returns the features `[records, features]`
   * @throws {FileFormatError} if a cell is missing, or does not fit its column
   * @example
   * ```ts
   * import { CSVDataset } from "@gradus/gradus/utils/data";
   * import { assertEquals } from "@std/assert";
   *
   * const set = await CSVDataset.parse("x,kind,y\n1,a,0\n3,b,1\n", { target: "y" });
   * const features = set.standardize().encode([{ x: 2, kind: "b" }]);
   * assertEquals(features.toArray(), [[0, 0, 1]]);
   * ```
   */
  encode(records: readonly Readonly<Record<string, string | number>>[]): Tensor {
    checkList("encode records", records);
    const [{ dtype }] = this.tensors;
    const values = records.flatMap((record, i) =>
      this.columns.flatMap((column) => {
        const cell = Object.hasOwn(record, column.name) ? String(record[column.name]) : "";
        return encodeCell(cell.trim(), column, dtype, `record ${i}`, "the record");
      })
    );
    return scope(() => {
      const scaled = this.#scaled(Float64Array.from(values));
      return tensor(scaled, { dtype }).reshape(records.length, this.#scales.length);
    });
  }

  /** Writes the features anew, after a change of the scales. */
  #rescale(): void {
    const [features] = this.tensors;
    scope(() => features.copy_(tensor(this.#scaled(this.#values)).reshape(features.shape)));
  }

  #scaled(values: Float64Array): Float64Array {
    const scales = this.#scales;
    return values.map((value, i) => {
      const { mean, std } = scales[i % scales.length];
      return (value - mean) / std;
    });
  }
}

guardMembers(CSVDataset);

/** The mean and the deviation of a feature. */
interface Scale {
  readonly mean: number;
  readonly std: number;
}

const UNCHANGED: Scale = { mean: 0, std: 1 };

/** The content of a file, encoded. */
interface Table {
  readonly columns: readonly CSVColumn[];
  readonly target: CSVColumn;
  /** The features, row by row. */
  readonly values: Float64Array;
  readonly targets: Float64Array;
  readonly dtype: FloatDType;
}

type Read = Omit<Required<CSVOptions>, "columns" | "names" | "dtype" | "like"> & CSVOptions;

/** A row of cells, and its number in the file. */
interface Row {
  readonly cells: readonly string[];
  readonly number: number;
}

function tableOf(rows: readonly (readonly string[])[], name: string, options: Read): Table {
  const { target, types, missing, like } = options;
  checkChoice("missing", missing, ["refuse", "drop", "impute"]);
  const dtype = options.dtype ?? like?.tensors[0].dtype as FloatDType ?? getDefaultDtype();
  if (!isFloat(dtype)) {
    throw new ValueError(`Cannot read CSV as ${dtype}: features are float32 or float64`);
  }
  if (like !== undefined && (options.columns !== undefined || Object.keys(types).length > 0)) {
    throw new ValueError(
      "Cannot read CSV with both like and columns or types: those of the other data set count; leave " +
        "one out",
    );
  }
  const names = (options.names ?? rows[0] ?? []).map((each) => each.trim());
  checkNames(names, rows[0]?.length ?? 0, name);
  const columns = options.columns ?? like?.columns.map((column) => column.name) ??
    names.filter((each) => each !== target);
  checkList("read CSV", columns);
  const used = [...columns, target];
  for (const each of [...used, ...Object.keys(types)]) {
    if (names.includes(each)) continue;
    throw new ValueError(
      `Cannot read column ${JSON.stringify(each)} of ${name}: the columns are ${names.join(", ")}`,
    );
  }
  if (columns.length === 0) throw new ValueError(`Cannot read ${name} without columns: name some`);
  const places = used.map((each) => names.indexOf(each));
  const first = options.names === undefined ? 1 : 0;
  const isMissing = (cell: string): boolean => options.missingValues.includes(cell);
  const all = rows.slice(first).map((row, i): Row => ({
    cells: places.map((place) => row[place].trim()),
    number: first + i + 1,
  }));
  const kept = missing === "drop" ? all.filter(({ cells }) => !cells.some(isMissing)) : all;
  if (kept.length === 0) throw damaged(name, "there are no rows in it; check the file");

  const known = like === undefined ? null : [...like.columns, like.target];
  const made = used.map((each, i) =>
    known?.find((column) => column.name === each) ??
      columnOf(each, kept, i, { name, type: types[each], isMissing, isTarget: each === target })
  );
  const cellOf = (row: Row, i: number): string => {
    const cell = row.cells[i];
    if (!isMissing(cell)) return cell;
    const column = made[i];
    if (missing === "impute" && column.name !== target) return column.substitute;
    throw damaged(
      name,
      `row ${row.number} has no ${JSON.stringify(column.name)}; ` +
        (missing === "impute" ? "a target cannot be imputed" : 'pass { missing: "drop" }') +
        (missing === "refuse" ? ' or "impute"' : ""),
    );
  };
  const last = used.length - 1;
  const encode = (row: Row, i: number): number[] =>
    encodeCell(cellOf(row, i), made[i], dtype, `row ${row.number}`, name);
  const targetColumn = made[last];
  return {
    columns: made.slice(0, last),
    target: targetColumn,
    values: Float64Array.from(
      kept.flatMap((row) => columns.flatMap((_, i) => encode(row, i))),
    ),
    targets: Float64Array.from(kept, (row) => {
      const index = targetColumn.categories?.indexOf(cellOf(row, last)) ?? -1;
      return index >= 0 ? index : encode(row, last)[0];
    }),
    dtype,
  };
}

/** @throws {FileFormatError} if columns have no names, or two have one */
function checkNames(names: readonly string[], width: number, name: string): void {
  if (width === 0) throw damaged(name, "it is empty; check the file");
  if (names.length !== width) {
    throw new ValueError(
      `Cannot read ${name} with ${names.length} names: it has ${width} columns`,
    );
  }
  const twice = names.find((each, i) => names.indexOf(each) < i);
  if (twice === undefined) return;
  throw damaged(
    name,
    `two columns have the name ${JSON.stringify(twice)}; rename one, or pass names`,
  );
}

/** Finds the type of a column, and its categories. */
function columnOf(
  column: string,
  rows: readonly Row[],
  place: number,
  { name, type, isMissing, isTarget }: {
    name: string;
    type: ColumnType | undefined;
    isMissing: (cell: string) => boolean;
    isTarget: boolean;
  },
): CSVColumn {
  if (type !== undefined) checkChoice("type", type, ["number", "category"]);
  const cells = rows.map((row) => row.cells[place]).filter((cell) => !isMissing(cell));
  const quoted = JSON.stringify(column);
  if (cells.length === 0) {
    throw damaged(name, `the column ${quoted} is empty; leave it out by columns`);
  }
  const texts = cells.filter((cell) => !isNumber(cell));
  const isNumeric = type === undefined ? texts.length === 0 : type === "number";
  if (type === undefined && texts.length > 0 && texts.length < cells.length) {
    throw damaged(
      name,
      `the column ${quoted} has numbers and texts, such as ${JSON.stringify(texts[0])}; correct ` +
        `them, or pass types: { ${quoted}: "category" }, or missingValues`,
    );
  }
  if (isNumeric) {
    const sum = cells.reduce((total, cell) => total + Number(cell), 0);
    return { name: column, categories: null, substitute: String(sum / cells.length) };
  }
  const counts = new Map<string, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  if (counts.size > MOST_CATEGORIES && type === undefined && !isTarget) {
    throw damaged(
      name,
      `the column ${quoted} has ${counts.size} different texts; leave it out by columns, or pass ` +
        `types: { ${quoted}: "category" }`,
    );
  }
  const categories = [...counts.keys()].sort();
  if (texts.length === 0) categories.sort((a, b) => Number(a) - Number(b));
  const most = Math.max(...counts.values());
  const substitute = categories.find((category) => counts.get(category) === most)!;
  return { name: column, categories, substitute };
}

/** Returns the features of a cell. */
function encodeCell(
  cell: string,
  { name: column, categories }: CSVColumn,
  dtype: DType,
  place: string,
  name: string,
): number[] {
  const quoted = JSON.stringify(cell);
  if (categories === null) {
    const state = `${place} has ${quoted} as ${JSON.stringify(column)}, which`;
    if (!isNumber(cell)) throw damaged(name, `${state} is no number`);
    const number = Number(cell);
    if (dtype === "float64" || Number.isFinite(Math.fround(number))) return [number];
    throw damaged(name, `${state} float32 cannot hold; pass { dtype: "float64" }`);
  }
  if (categories.includes(cell)) return categories.map((category) => Number(category === cell));
  throw damaged(
    name,
    `${place} has ${quoted} as ${JSON.stringify(column)}, and the categories are ` +
      categories.slice(0, 10).join(", ") + (categories.length > 10 ? ", …" : ""),
  );
}

/** Returns true for a finite decimal number, unlike `Number()`, which takes "" and "0x1F" too. */
function isNumber(cell: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(cell) && Number.isFinite(Number(cell));
}

function checkChoice(option: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  const known = choices.map((choice) => `"${choice}"`).join(", ");
  throw new ValueError(`Cannot read CSV with ${option} "${value}": there are ${known}`);
}

function damaged(name: string, reason: string, cause?: unknown): FileFormatError {
  return new FileFormatError(`Cannot read ${name}: ${reason}`, { cause });
}
