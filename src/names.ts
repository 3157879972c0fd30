/**
 * Names and values in messages and in pictures: lists of them, names of classes, and those in markup.
 *
 * @module
 */

/** Joins the first few dozen texts, and counts the others. */
export function listed(texts: readonly string[], separator = ", "): string {
  const others = texts.length - 36;
  const first = texts.slice(0, 36).join(separator);
  return others > 0 ? `${first}${separator}and ${others} more` : first;
}

/** Returns a number of things: "1 group", "2 groups"; the plural is `many` if no "s" makes it. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Returns a word with its article, as it is spoken: "a Module", "an SGD", "an undefined". */
export function withArticle(word: string): string {
  return `${
    /^(?:[aeio]|u(?!ni|int))/i.test(word) || /^[FHLMNRSX][A-Z]/.test(word) ? "an" : "a"
  } ${word}`;
}

/** Returns `value` for a message, which shows texts as such; it may be of any type. */
export function quoted(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return `[${listed(Array.from(value as ArrayLike<unknown>, quotedEntry))}]`;
  }
  if (typeof value === "bigint") return `${value}n`;
  return Object(value) === value ? `of type ${typeof value}` : String(value);
}

/** As {@link quoted}, for an entry of a list. */
export function quotedEntry(value: unknown): string {
  return quoted(value).replace(/^of type (\w+)$/, (_, type) => withArticle(type));
}

/** Gives the classes that a module exports their names back, where a minifier has changed them. */
export function nameClasses(exported: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(exported)) {
    // Left alone otherwise: engines run functions slower that were changed.
    if (typeof value !== "function" || value.name === name || !/^[A-Z]/.test(name)) continue;
    Object.defineProperty(value, "name", { value: name });
  }
}

/** Returns text for HTML and its relatives: what would be markup is written as the letter that it is. */
export function escapeMarkup(text: string): string {
  return text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
