/**
 * Finds the characters of a TypeScript file that compute something.
 *
 * @module
 */

/** Parts that compute nothing: comments, strings, imports, types, and messages of errors. */
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

/** Returns `text` with blanks where nothing is computed; lines and columns stay. */
export function computing(text: string): string {
  return IDLE.reduce(
    (rest, idle) => rest.replaceAll(idle, (found) => found.replaceAll(/[^\n]/g, " ")),
    text,
  );
}
