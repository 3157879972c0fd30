/**
 * Settings in saved states: numbers, switches, words and short lists, by PyTorch's names.
 *
 * @module
 */

/** A setting in a saved state. */
export type SavedValue = number | boolean | string | readonly number[] | null;

/** Settings in a saved state. */
export type SavedValues = Readonly<Record<string, SavedValue>>;

/** How saved values are read. */
interface ReadOptions {
  readonly place: string;
  readonly others: readonly string[];
  readonly anyLength?: boolean;
}

/**
 * The values in `saved` that `like` names, of the same kinds; faulty ones are replaced by `like`'s.
 *
 * @param saved what was saved
 * @param like a value for every name
 * @param faults gets a sentence for each name that is missing, unexpected, or of another kind
 * @param options where this is, for these sentences, names that may be there too, and whether lists
 *   may be of another length
 */
export function readValues(
  saved: SavedValues,
  like: SavedValues,
  faults: string[],
  { place, others, anyLength = false }: ReadOptions,
): SavedValues {
  const result: Record<string, SavedValue> = {};
  for (const [name, value] of Object.entries(like)) {
    const found = saved[name];
    const fits = kindOf(found) === kindOf(value) ||
      (isWord(found) && isWord(value)) ||
      (anyLength && Array.isArray(found) && Array.isArray(value));
    if (found === undefined) faults.push(`${place} has no "${name}"`);
    else if (!fits) faults.push(`${place}: "${name}" is ${kindOf(found)}, not ${kindOf(value)}`);
    result[name] = fits ? found : value;
  }
  for (const [name, value] of Object.entries(saved)) {
    // PyTorch also saves what is its own, such as `_step_count`, and switches that there are not
    // here, such as `foreach`: off, they mean nothing.
    const means = value !== null && value !== false && !name.startsWith("_");
    if (means && !(name in like) && !others.includes(name)) {
      faults.push(`${place} has an unexpected "${name}"`);
    }
  }
  return result;
}

/** Where PyTorch has a word, it may have nothing instead. */
function isWord(value: unknown): boolean {
  return typeof value === "string" || value === null;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "null" : `a ${typeof value}`;
}

/** Whether `value` has properties. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
