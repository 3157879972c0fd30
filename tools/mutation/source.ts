/**
 * Which characters of a TypeScript file compute something.
 *
 * @module
 */

/** What computes nothing: comments, texts, imports, types, and what is said when something fails. */
const IDLE: readonly RegExp[] = [
  /\/\*[\s\S]*?\*\//g,
  /\/\/.*/g,
  /"(?:\\.|[^"\\\n])*"/g,
  /`(?:\\.|[^`\\])*`/g,
  /^(?:import|export) (?:type )?(?:\*|\{)[^;]*;/gm,
  /^import [^;]*;/gm,
  /^ *(?:export )?type \w[^;]*;/gm,
  /^(?:export )?interface [\s\S]*?^\}/gm,
  /\bthrow [\s\S]*?;$/gm,
  // Regular expressions and generics
  /(?<=[(=,] )\/(?:\\.|[^/\\\n])+\/[a-z]*/g,
  /(?<=\w)<[\w\s,<>"|[\]]*>(?=\()/g,
];

/** `text` with blanks where nothing is computed, line by line and column by column as it was. */
export function computing(text: string): string {
  return IDLE.reduce(
    (rest, idle) => rest.replaceAll(idle, (found) => found.replaceAll(/[^\n]/g, " ")),
    text,
  );
}
