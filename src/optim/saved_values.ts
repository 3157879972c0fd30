/**
 * Settings in saved states: numbers, switches and short lists, by PyTorch's names.
 *
 * @module
 */

/** A setting in a saved state. */
export type SavedValue = number | boolean | readonly number[] | null;

/** Settings in a saved state. */
export type SavedValues = Readonly<Record<string, SavedValue>>;

/**
 * The values in `saved` that `like` names, of the same kinds; faulty ones are replaced by `like`'s.
 *
 * @param saved what was saved
 * @param like a value for every name
 * @param faults gets a sentence for each name that is missing, unexpected, or of another kind
 * @param options where this is, for these sentences, and names that may be there too
 */
export function readValues(
  saved: SavedValues,
  like: SavedValues,
  faults: string[],
  { place, others }: { readonly place: string; readonly others: readonly string[] },
): SavedValues {
  const result: Record<string, SavedValue> = {};
  for (const [name, value] of Object.entries(like)) {
    const found = saved[name];
    const fits = kindOf(found) === kindOf(value);
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

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "null" : `a ${typeof value}`;
}

/** Whether `value` has properties. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
