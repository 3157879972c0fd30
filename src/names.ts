/**
 * Names in messages: lists of them, and those of classes.
 *
 * @module
 */

/** Joins the first few dozen texts, and counts the others. */
export function listed(texts: readonly string[], separator = ", "): string {
  const others = texts.length - 36;
  const first = texts.slice(0, 36).join(separator);
  return others > 0 ? `${first}${separator}and ${others} more` : first;
}

/** Gives the classes that a module exports their names, which minifiers change, for messages. */
export function nameClasses(exported: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value === "function") Object.defineProperty(value, "name", { value: name });
  }
}
