/**
 * Changes that no test can notice, because no promise depends on them.
 *
 * @module
 */

import type { Mutant } from "./rules.ts";

/** Lines whose mutants are not made. */
export interface Exclusion {
  /** Matches the path. */
  readonly file: RegExp;
  /** Matches the line, without its indentation. */
  readonly line: RegExp;
  /** Matches the text before the mistake; any text if left out. */
  readonly before?: RegExp;
  /** Names of the rules; all of them if left out. */
  readonly rules?: readonly string[];
  readonly reason: string;
}

/** All of them. */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    file: /^src\/ops\//,
    line:
      /^-?\d+(\.\d+)?,$|^(\{ )?(inputs|attrs|groups): |^samples?: |\b(sample|indices|listed|make|samplesOf)\(|^\[[-x\d., ]+\],$|^const (\w*[sS]amples?|attrs|window)\b/,
    reason: "samples are what tests are made of: others are as good",
  },
  {
    file: /\/wasm\/\w+\/\w+\.ts$/,
    line:
      /^(export )?const (DEPTH|COLUMNS|ROWS|FEW_ROWS|FEW|CHUNK|STRIDED_BLOCK|TILE_ROWS|WATCH|MANY|MOST_BY_DEFAULT|SHORT|UNIT|UNROLLED|MOST_OPERANDS|TOLERATED_WAIT|ABREAST|SHORT_ROW|SHORT_CALL|THIN_BLOCK|FEW_CHANNELS|WIDE|SMALL|PATIENCE|SAVED_PER_WAIT|STRIP|CACHE_LINE|TOUCHED_ROWS)\b/,
    reason: "sizes of blocks decide how fast the work is done, and not what comes out",
  },
  {
    file: /^src\/ops\/table\.ts$/,
    line: /arity < 0/,
    reason: "no op has 0 inputs",
  },
  {
    file: /^src\/autograd\/apply\.ts$/,
    line: /floats\[0\]/,
    reason: "gradients are linear, so a constant one is 0, which is the same in every dtype",
  },
  {
    file: /^src\/kernels\/wasm\/threads\/worker_handle\.ts$/,
    line: /\+ BLOCK\.published/,
    reason: "it is the word number 0",
  },
  {
    file: /^src\/kernels\/wasm\/threads\/worker_handle\.ts$/,
    line: /2 \* RECORD <= this/,
    before: /\+ $|RECORD $/,
    rules: ["another comparison", "off by one"],
    reason: "a list may go on in new memory a record earlier",
  },
  {
    file: /^src\/kernels\/wasm\/threads\/worker_handle\.ts$/,
    line: /turn < WATCH/,
    rules: ["another comparison", "off by one"],
    reason: "how long to spin before sleeping decides how fast the work is done",
  },
  {
    file: /^src\/kernels\/wasm\/threads\/pool\.ts$/,
    line: /^\w+: (\{ float32: )?[\d.]+,/,
    reason: "how long work will take is a guess, which decides who does it",
  },
  {
    file: /^src\/kernels\/wasm\/threads\/pool\.ts$/,
    line:
      /WORTH\.(start|wake)|^let (seen|missed|alone|penalty|saved) = 0|if \((alone > 0|count > 1)\)|waited <= shared|^const more = |penalty = |alone = Math|^saved \+= /,
    rules: [
      "another comparison",
      "off by one",
      "a dropped term",
      "another function",
      "another sign",
    ],
    reason: "whether threads pay is a guess, which decides who does the work",
  },
  {
    file: /^src\/kernels\/wasm\/simd\/math_trig\.ts$/,
    line: /^const left = v128\.and\(f64x2\.lt/,
    rules: ["another comparison"],
    reason: "0 is not among the angles that are computed so",
  },
  {
    file: /^src\/kernels\/wasm\//,
    line: /threadsFor\(|^const work = /,
    before: /threadsFor\([^)]*$|const work = [^;]*$/,
    reason: "how long work will take is a guess, which decides who does it",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/reduce\.ts$/,
    line: /const column = first \* UNIT/,
    rules: ["a dropped term"],
    reason: "a thread may compute columns that another one computes too",
  },
  {
    file: /^src\/kernels\/reference\/(indexing|softmax)\.ts$/,
    line: /\.strides\[axis\] \?\? 0;/,
    rules: ["off by one"],
    reason: "only a scalar has no stride, and its one place is 0 times that",
  },
  {
    file: /^src\/kernels\/reference\/(conv|indexing|random|reduce|scan|softmax|sort)\.ts$/,
    line:
      /^for \(let (i = 0; i < (to\.length|sums\.length|words\.length|count|length; i\+\+\) \{$)|done = 0; done < (out|index)\.size|(line|start) = 0|[xy] = -(above|left))|to\[all\.offsets\[1\]\] = from/,
    rules: ["another comparison"],
    reason:
      "one turn too many computes the first result again, reads nothing, or writes behind an array",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/map\.ts$/,
    line: /^const (from = long|last = sizes)|^if \(sizes\[(last - 1|from)\]/,
    rules: [
      "another comparison",
      "another function",
      "another sign",
      "off by one",
      "a dropped term",
    ],
    reason: "which axis is the last decides how fast the work is done",
  },
  {
    file:
      /^src\/kernels\/wasm\/(kernels\/(dots|svd|qr)|assembler\/assembler|scratch|threads\/worker_handle)\.ts$/,
    line:
      /^for \(let (row = 0; row < m;|j = 0; j < columns\.length \/|i = 0; i < (bytes|sizes|args|y|sum)\.length; i\+\+\) (bytes|this|i32|y|sum))/,
    rules: ["another comparison"],
    reason: "what is written behind the end of an array is lost, or not read",
  },
  {
    file: /^src\/kernels\/wasm\/simd\/specialize\.ts$/,
    line: /^if \(code < 0\)/,
    rules: ["another comparison"],
    reason: "the power 0 is 1 by the general way, too",
  },
  {
    file: /^src\/kernels\/wasm\/simd\/math_\w+\.ts$/,
    line: /\bclamp\(w, /,
    before: /\bclamp\(w, [^()]*$/,
    rules: ["off by one"],
    reason: "the result is the same long before these bounds",
  },
  {
    file: /\.ts$/,
    line: /: \d( \| \d)+\b/,
    before: /: (\d \| )*$/,
    rules: ["off by one"],
    reason: "trials do not check types",
  },
  {
    file: /^src\/kernels\/reference\/(random|reduce)\.ts$/,
    line: /^const (\w+ = new \w+Array\(|BLOCK = )/,
    rules: ["off by one"],
    reason: "a larger buffer holds the same, and longer blocks round alike",
  },
  {
    file: /^src\/kernels\/reference\/(linalg|map|reduce)\.ts$/,
    line: /^if \((x\.contiguous|dtype === to|of === identity)\) return/,
    rules: ["a dropped statement"],
    reason: "a shortcut to the same",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/svd\.ts$/,
    line: /^const (shift = |\[s(mall|um), |ratio = |square = )|^\(Math\.sqrt\(sum|2 \*\* -53 \*/,
    reason: "the shift decides how fast the steps converge",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/svd\.ts$/,
    line: /\b(MAX_SWEEPS|MOST_ITERATIONS)\b|^for \(let i = first; i < last;|^above\.push\(/,
    rules: ["off by one", "another comparison", "a dropped term", "a dropped statement"],
    reason: "steps converge long before, or Jacobi's method takes over",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/sort\.ts$/,
    line: /^const are(Few|Most) |^if \(([24] \* |areFew)|isWide: boolean = /,
    before:
      /areFew = [^;]*$|areMost = length $|\n *(if \(((?!return)[^;])*)?$|if \(areFew $|boolean = ?$/,
    reason: "both ways sort alike, one is faster",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/sort\.ts$/,
    line:
      /^for \(let i = 0; i < \w+.*length; i\+\+\) (values|keys|this\.#?(places|keys))\[i\] =|values\.length; i\+\+\) \{$|^if \(descending\)|^for \(let done = 0;|^const bits = /,
    rules: ["another comparison"],
    reason:
      "what is written behind the end of a typed array is lost, or done twice, and any digits do",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/pooling\.ts$/,
    line: /^if \(fits && /,
    before: /step === (1 )?$/,
    rules: ["off by one", "another condition"],
    reason: "images may be copied where they could be read in place",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/(pooling|winograd|dots|map|map_cache)\.ts$/,
    line:
      /^const isWide = |^if \(width < FEW|columns >= count;$|>= (LEAST_CHANNELS|SHORT) |operand\.ptr === out\.ptr|bytes <= bytes/,
    before:
      /(kernel\[|kernel\[1\] |width |columns |sizes\.to\) |&& shape\[1\] |operand\.dtype |\.bytes )$/,
    rules: ["another axis", "another comparison"],
    reason: "either way of computing, reading or copying is right; one is faster",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/linalg\.ts$/,
    line: /^for \(let (row = end; row < this|k = first; k < end; k\+\+\) if)/,
    before: /(row|k) $/,
    reason: "to look for what is left to do decides how fast the work is done",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/linalg\.ts$/,
    line:
      /^for \(let (i = k \+ 1|first = 0|row = end|j = [in]); \w+ < (n|width);|^for \(let i = 0; i < n; i\+\+\) (unit|values)/,
    rules: ["another comparison"],
    reason: "what is written behind the end is lost, and what is below the diagonal is not read",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\//,
    line: /\bloopWhile\(i32\.geU\((tap, |block, |left, (ABREAST|8|lanes)|count, 4|this\.#left, )/,
    rules: ["another comparison"],
    reason: "the loop for the rest takes the last whole vector, too",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/(qr|svd)\.ts$/,
    line: /^if \((factor|leftFactors\[k\]|rightFactors\[k\]) > 0\)|^v\[0\] \+= \(v\[0\] < 0/,
    rules: ["another comparison"],
    reason: "a reflection by 0 changes nothing, and one of 0 may have either sign",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\//,
    line: /< SMALL\) return reference\./,
    rules: ["another comparison"],
    reason: "the reference serves for matrices of any size",
  },
  {
    file: /^src\/kernels\/wasm\/(kernels|simd)\//,
    line: /\brank \* \d|\(pair \* 4 |\[2 \* DTYPES|^let key = 0;/,
    before: /(\* |compiled\[|\d |rank |Number\((kind|lanes\.count) |let key = )$/,
    rules: ["off by one", "another sign", "another comparison"],
    reason: "kernels are kept by any numbers that differ",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/image\.ts$/,
    line: /first < Math\.min\(stride, columns\)/,
    rules: ["another comparison", "another function"],
    reason: "columns may be copied twice",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/layout\.ts$/,
    line: /^const hasVectors = /,
    before: /bytes\), i32\.$/,
    reason: "one vector of elements may be copied one by one",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/matmul\.ts$/,
    line: /shape\[0\] > 1 && strides\[0\] === 1;$/,
    before: /b\.shape\[1\] === 1 && [^;]*$/,
    rules: ["another axis", "another comparison", "off by one"],
    reason: "a product with a vector is computed by rows or by columns, to the same bits",
  },
  {
    file: /^src\/kernels\/wasm\//,
    line: /\b(locals|procedure)\(/,
    before: /\b(locals|procedure)\([^()]*, $/,
    rules: ["off by one"],
    reason: "a function may have more parameters and local variables than it uses",
  },
  {
    file: /^src\/kernels\/wasm\/(scratch|threads\/worker)\.ts$/,
    line: /^(export const ZEROS|awaited|begun|message|records)\b/,
    rules: ["off by one"],
    reason: "these words may stand elsewhere",
  },
  {
    file: /^src\/kernels\/wasm\/threads\/worker\.ts$/,
    line: /^if \((now < end|end === 0)\)/,
    rules: ["another comparison", "off by one", "another sign", "a dropped term"],
    reason: "how long to spin before sleeping decides how fast the work is done",
  },
  {
    file: /^src\/kernels\/wasm\/simd\/math_(f32|f64|wide|trig)\.ts$/,
    line:
      /^const (isFar|isNear|isMiddle|isClose|isTiny|isLarge|isSteep|isOuter|isDenormal|denormal|nearby|NEAR) = |^w\.patch\(w\.let\(/,
    rules: ["another comparison", "a factor of 1.001"],
    reason: "at the borders both formulas serve",
  },
  {
    file: /^src\/kernels\/wasm\/simd\/math_(f64|pow_f64|trig_f64)\.ts$/,
    line:
      /^const (half = w\.let\(f64x2\.add\(f64x2\.mul\(n, |shifted = .*-1020|inner = sub\(w\.double\(1 )|^return v128\.bitselect\(x, result, |^v128\.or\(f64x2\.lt\(z, /,
    rules: ["another comparison", "off by one", "a factor of 1.001"],
    reason:
      "at the borders both formulas serve, so does any split of a power, and a term is too small",
  },
  {
    file: /^src\/kernels\/reference\/(distances|linalg|pooling)\.ts$/,
    line:
      /^for \(let (b = 0; b < x\.shape\[0\]|i = (0|k|(k|column) \+ 1); i < (x\.length|m|n); i\+\+\) (\{|result|best|column|inverse|a\[)|p = 0|i = 0; i < result\.length|j = 0; j < columns)|^else for/,
    rules: ["another comparison"],
    reason: "what lies behind the end of a typed array takes no value, and is not larger than any",
  },
  {
    file: /^src\/kernels\/reference\/linalg\.ts$/,
    line: /^for \(let j = k; j < n; j\+\+\) a\[i/,
    rules: ["another comparison"],
    reason: "it takes multiples of 0 from the first column, which nothing reads any more",
  },
  {
    file: /^src\/kernels\/reference\/linalg\.ts$/,
    line: /\bFEW\b/,
    rules: ["another comparison", "another condition", "off by one"],
    reason: "a loop and set() copy alike",
  },
  {
    file: /^src\/kernels\/reference\/linalg\.ts$/,
    line: /^let rotated|^if \(!rotated\)|return false;$|^const (tangent|tolerance) =/,
    before: /(rotated = |return |\}\n *|(tangent|tolerance) = .*)$/,
    rules: ["another condition", "a dropped statement", "off by one", "another comparison"],
    reason: "more sweeps, by other angles, come to the same",
  },
  {
    file: /\/linalg\.ts$/,
    line: /^if \(Math\.abs\((a|values)\[.*\) best = i;$/,
    rules: ["another comparison"],
    reason: "of rows that serve equally well, any may be the pivot",
  },
  {
    file: /^src\/kernels\/reference\/linalg\.ts$/,
    line: /^(export )?const (TINY|MAX_SWEEPS) = |sweep < MAX_SWEEPS|largest\)\), -1000\);$/,
    rules: ["off by one", "another comparison"],
    reason: "any number as small or as large does",
  },
  {
    file: /^src\/ops\/math\.ts$/,
    line: /^const (isPlain|LARGE) = |k\.gt\(size, LARGE\)/,
    rules: ["another comparison", "off by one"],
    reason: "at the borders both formulas serve",
  },
  {
    file: /^src\/ops\/(activation|recurrent)\.ts$/,
    line:
      /k\.where\(k\.(lt\((x, (-1\), below, above|0\), k\.sub\(1, t\))|sum, 0)|gt\(x, 0\), 0, k\.mul)/,
    rules: ["another comparison"],
    reason: "at the borders both formulas serve",
  },
  {
    file: /^src\/ops\/activation\.ts$/,
    line: /k\.lt\(k\.abs\(x\), 0\.1\)/,
    rules: ["another comparison", "a factor of 1.001"],
    reason: "at the borders both formulas serve",
  },
  {
    file: /^src\/ops\/activation\.ts$/,
    line: /^(-21844|929569) \//,
    rules: ["off by one"],
    reason: "the last digits of small terms are below those of the sum",
  },
  {
    file: /^src\/ops\/(loss|math|moments)\.ts$/,
    line: /k\.sub\(/,
    before:
      /(const distance = (k\.abs\()?|forward: [^}]*const error = |softplusTail\(k, )k\.sub\($/,
    rules: ["swapped operands"],
    reason: "only the size of the difference counts",
  },
  {
    file: /^src\/ops\/(shape|recurrent)\.ts$/,
    line: /^if \(2 \* mixed|^const byElement = |\bFEW\b/,
    rules: ["another comparison", "off by one", "a dropped term"],
    reason: "either way gives the same, one is faster",
  },
  {
    file: /^src\/ops\/integers\.ts$/,
    line: /^if \((most |isSmall\)|Math\.abs\(exact)|^const isSmall = /,
    rules: ["another comparison", "a dropped statement"],
    reason: "a shortcut at whose borders both ways give the same",
  },
  {
    file: /^src\/ops\/(elementwise|sorting)\.ts$/,
    line: /k\.reduce\("min", areNonZero|^const largest = /,
    rules: ["another condition"],
    reason: "one element is read, whatever its shape",
  },
  {
    file: /^src\/ops\/math\.ts$/,
    line: /k\.eq\(x, 0\), \w+, k\.where/,
    before: /k\.eq\(x, 0\), \w+, k\.where\(k\.$/,
    rules: ["another comparison"],
    reason: "0 was taken before",
  },
  {
    file: /^src\/ops\/(elementwise|shape)\.ts$/,
    line: /x >= least && x <= most|^return length <= 0$/,
    rules: ["another comparison"],
    reason: "at the border, what follows gives the same",
  },
  {
    file: /^src\/ops\/elementwise\.ts$/,
    line: /^const ones = |^return rule<number>/,
    rules: ["off by one"],
    reason: "any numbers do: only the number of gradients is asked for",
  },
  {
    file: /^src\/autograd\/gradients\.ts$/,
    line: /: 0 as unknown as T;$/,
    rules: ["off by one"],
    reason: "rules do not look at what their op does not read",
  },
  {
    file: /^src\/(autograd\/engine|ops\/recurrent)\.ts$/,
    line: /const keepDims = axes\.length > added;|k\.sum\(a, /,
    rules: ["another comparison", "another condition"],
    reason: "the shape is put right afterwards",
  },
  {
    file: /^src\/autograd\/node\.ts$/,
    line: /^for \(let i = 0; i < inputs\.length; i\+\+\) \{$/,
    rules: ["another comparison"],
    reason: "for an input that an op does not have, its gradient reads nothing",
  },
  {
    file: /^src\/autograd\/node\.ts$/,
    line: /^let nextId = 0;$/,
    reason: "numbers of nodes are only compared",
  },
  {
    file: /^src\/kernels\/reference\/linalg\.ts$/,
    line: /0\.5 \/ Math\.sqrt\(m\)|^best\[k\] = 1;$/,
    before: /( < |k |length |best\[k\] = )$/,
    rules: ["a factor of 1.001", "another comparison", "off by one"],
    reason: "any bound below 1 / √m finds a vector",
  },
  {
    file: /^src\/kernels\/reference\/linalg\.ts$/,
    line: /Math\.floor\(Math\.log2\(largest\)\)/,
    before: /Math\.max\(Math\.$/,
    rules: ["another function"],
    reason: "the power of 2 below or above: both bring the squares into range, and change no bits",
  },
  {
    file: /^src\/ops\/reduction\.ts$/,
    line: /if \(attrs\.p === 2\) return/,
    rules: ["a dropped statement"],
    reason: "the rule for any order, which follows, gives the same in more passes",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/(matmul|conv)\.ts$/,
    line: /const by(Columns|Image) =|^const count = Math\.min\(parts, units\)/,
    reason: "either way of sharing a result out among threads gives the same bits",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/map\.ts$/,
    line: /const block = .* STRIDED_BLOCK : columns/,
    reason: "strided rows are visited in blocks because that is faster; the elements are the same",
  },
  {
    file: /^src\/ops\//,
    line: /new Formulas?\(|^\d,$|^arity: \d/,
    before:
      /(new Formula\(\s*("[^"]*"|`[^`]*`),\s*(arity \+ )?|\barity: |gradient = new Formulas\([^)]*)$/,
    rules: ["off by one"],
    reason: "a formula may have more inputs than it reads",
  },
  {
    file: /grad_check\.ts$/,
    line: /value \+ 0\.5/,
    rules: ["a factor of 1.001"],
    reason: "outputs may be weighted with any irregular numbers between 0.5 and 1.5",
  },
  {
    file: /grad_check\.ts$/,
    line: /Generator\(output/,
    rules: ["off by one", "a dropped term"],
    reason: "any other numbers for each output do",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/(gemm|conv_kernels|winograd|pooling)\.ts$/,
    line:
      /^return .*\b(DEPTH|COLUMNS|ROWS)\)|^const (tiles = line|PACKED_ROW = |taps = tapTable\(layout, 1)|^return VECTOR \+ PRODUCTS/,
    before: /(?<!line \* Math\.)$/,
    rules: ["another function", "off by one"],
    reason: "scratch memory may be larger than what is used of it",
  },
  {
    file: /^src\/kernels\/wasm\/threads\/(pool|worker_handle)\.ts$/,
    line: /^#isStolen = |isLoading( = false;| \|\|=|\) judge)/,
    reason: "it is set before it is read, or only tells whether threads pay, which is a guess",
  },
  {
    file: /^src\/kernels\/wasm\//,
    line: /^(this\.#fixed|guards)\.set\(|^if \(known !== undefined\) return known;$/,
    rules: ["swapped operands", "a dropped statement"],
    reason: "what is not kept is made again",
  },
  {
    file: /^src\/kernels\/wasm\/simd\/lower\.ts$/,
    line: /^return COSTLY\.|^if \(.*#isCostly\((a|args\[0\])\)/,
    reason: "both sides of a choice may be computed for all elements; it takes longer",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/(rank_kernel|winograd)\.ts$/,
    line: /^stop\.set\(i32\.sub\(columns, 4\)\)|^Math\.min\(sizes\.from, sizes\.to\) >=/,
    rules: ["swapped operands", "off by one", "another function"],
    reason:
      "whether vectors are looked over first, or made into tiles, decides how fast the work is done",
  },
  {
    file: /^src\/kernels\/wasm\/simd\/lower\.ts$/,
    line: /^const known = e\.name === "where"/,
    rules: ["another condition"],
    reason: "lanes of float64 compute integers, too",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/reduce\.ts$/,
    line: /^if \(count \* inner === 1 && x\.size > PIECE\)/,
    before: /(\n *|x\.size )$/,
    rules: ["a dropped statement", "another comparison"],
    reason: "the elements are added in the same way on one thread",
  },
  {
    file: /^src\/kernels\/wasm\/simd\/lanes\.ts$/,
    line: /^for \(let count = lanes\.count - 2; /,
    rules: ["a dropped term"],
    reason: "more branches, which no tail takes",
  },
  {
    file: /^src\/kernels\/wasm\/kernels\/(map|map_cache|matmul|conv|winograd|svd)\.ts$/,
    line:
      /^const (byRows|isApart|isThin|long|isEven|line) = |^\(g\.strides\[3\] === 1|unrolls: true|^if \(batch % threads|vectors: false|^Math\.min\(sizes\.from/,
    before:
      /(byRows|isApart|isThin|long) = [^;]*$|strides\[3\]( === 1)?$|unrolls: ?$|if \(batch % threads[^)]*$|vectors: ?$|\(columns |line = Math\.$|LEAST_CHANNELS$/,
    rules: ["another comparison", "another condition", "another function", "off by one"],
    reason:
      "either way of computing, reading or sharing is right; one is faster, or needs less memory",
  },
  {
    file: /^src\/kernels\/wasm\/(kernels\/linalg|simd\/lower)\.ts$/,
    line: /^return false;$|^if \(e\.kind !== "apply" \|\| this\.#values\.has/,
    before: /(return|return ) ?$|#values\.has\(e\)$/,
    rules: ["another condition"],
    reason: "what is computed in vain, or twice, gives the same",
  },
];

/** Returns the reason why a mutant is not worth a trial, if there is one. */
export function excusedBy(mutant: Mutant, source: string): string | undefined {
  const from = source.lastIndexOf("\n", mutant.start - 1) + 1;
  const line = source.slice(from, source.indexOf("\n", mutant.start)).trim();
  const before = source.slice(0, mutant.start);
  return EXCLUSIONS.find((e) =>
    e.file.test(mutant.file) && e.line.test(line) && (e.before?.test(before) ?? true) &&
    (e.rules?.includes(mutant.rule) ?? true)
  )?.reason;
}
