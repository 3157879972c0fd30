/**
 * The kinds of mistakes that are made on purpose.
 *
 * @module
 */

import { computing } from "./source.ts";

/** One small change of one file. */
export interface Mutant {
  /** Path from the root of the project. */
  readonly file: string;
  /** Name of the mistake. */
  readonly rule: string;
  /** Index of its first character. */
  readonly start: number;
  /** Index after the replaced text. */
  readonly end: number;
  /** The replacement. */
  readonly text: string;
}

/** Replaces the matches of a pattern, which sees only code that computes (see `source.ts`). */
type Change = readonly [pattern: RegExp, change: (found: string, ...groups: string[]) => string];

/** Exchanges two words. */
function exchange(before: string, a: string, b: string, after: string): Change {
  const either = `${RegExp.escape(a)}|${RegExp.escape(b)}`;
  return [
    new RegExp(`(?<=${before})(?:${either})(?=${after})`, "g"),
    (found) => (found === a ? b : a),
  ];
}

const method = (a: string, b: string): Change => exchange("\\.", a, b, "\\(");
const operator = (a: string, b: string): Change => exchange("[\\w)\\]] ", a, b, " [\\w(\\[!-]");

/** A term or a factor with its operator, at the end of a sum or product. */
const TERM = /(?<=[\w)\]]) [+*-] [\w.]+(?:\[\w+\])?(?= ?[;,)\]])/g;

/** A statement on a line of its own, after one that has ended; the declaration of a field is none. */
const STATEMENT =
  /(?<=[;{}]\n *)(?! |return|const|let|using|break|continue|throw|super|(?:readonly )?#?\w+\??: [^=\n]+;$)[^\n{}]+;$/gm;

/** Mistakes by name. */
export const RULES: Readonly<Record<string, readonly Change[]>> = {
  "another sign": [
    exchange("\\b(?:k|lanes|[if]\\d\\d(?:x\\d)?)\\.", "add", "sub", "\\("),
    [/(?<=[\w)\]] )[+-](?= [\w(\[])/g, (found) => (found === "+" ? "-" : "+")],
    [/(?<= )[+-](?== )/g, (found) => (found === "+" ? "-" : "+")],
    [/\bk\.neg\((\w+)\)/g, (_, x) => `k.abs(${x})`],
    [/(?<=[(,=?:] )-(?=\w)/g, () => ""],
  ],
  "a factor of 1.001": [
    [/(?<=\bk\.(?:mul|div)\()g(?=, )/g, () => "k.mul(g, 1.001)"],
    [/(?<![\w.])\d+\.\d+(?:e-?\d+)?(?!\w)/g, (found) => `(${found} * 1.001)`],
    [/(?<=sum \+= )[^;]+(?=;)/g, (found) => `1.001 * (${found})`],
  ],
  "off by one": [
    [/(?<![\w.$[<])\d+(?![\w.\]])/g, (found) => `${Number(found) + 1}`],
  ],
  "another axis": [
    [/(?<=[\w)\]]\[)[01](?=\])/g, (found) => (found === "0" ? "1" : "0")],
    [/(?<=\.at\(-)[12](?=\))/g, (found) => (found === "1" ? "2" : "1")],
    [/(?<=[(, ])axis(?=,|\)(?! (?:=>|\{)))/g, () => "(axis === 0 ? 1 : axis - 1)"],
  ],
  "another comparison": [
    operator("<", "<="),
    operator(">", ">="),
    operator("===", "!=="),
    ...["", "S", "U"].flatMap((kind) => [
      method(`lt${kind}`, `le${kind}`),
      method(`gt${kind}`, `ge${kind}`),
    ]),
    method("eq", "ne"),
  ],
  "another function": [
    method("minimum", "maximum"),
    method("min", "max"),
    method("pmin", "pmax"),
    method("floor", "ceil"),
    [/(?<=\bk\.)(?:mul|div)(?=\()/g, (found) => (found === "mul" ? "div" : "mul")],
  ],
  "another condition": [
    operator("&&", "||"),
    exchange("[ (]", "true", "false", "[,;) ]"),
    [/(?<=[(,=&|] ?)!(?=[\w(])/g, () => ""],
  ],
  "swapped operands": [
    [/(?<=\.(?:sub|div|pow|matmul|lt|gt|set)\()(\w+), (\w+)(?=\))/g, (_, a, b) => `${b}, ${a}`],
    [/(?<=\bk\.where\(.*), (\w+), (\w+)(?=\))/g, (_, a, b) => `, ${b}, ${a}`],
  ],
  "a dropped term": [[TERM, () => ""]],
  "a dropped statement": [[STATEMENT, () => ""]],
};

/** Returns all mutants of a file by one rule. */
export function mutantsOf(file: string, text: string, rule: string): Mutant[] {
  const visible = computing(text);
  return RULES[rule].flatMap(([pattern, change]) =>
    Array.from(visible.matchAll(pattern), (match) => ({
      file,
      rule,
      start: match.index,
      end: match.index + match[0].length,
      text: change(match[0], ...match.slice(1)),
    })).filter((mutant) => mutant.text !== text.slice(mutant.start, mutant.end))
  );
}
