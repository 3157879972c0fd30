/**
 * Node's built-in modules where there are any.
 *
 * An `import` of `node:fs` keeps a file from loading in a browser, even if nothing that needs it is
 * called there. Node, Deno and Bun also hand their modules out when they are asked.
 *
 * @module
 */

import { FileAccessError } from "../errors.ts";

interface Builtins {
  "node:crypto": typeof import("node:crypto");
  "node:fs": typeof import("node:fs");
  "node:path": typeof import("node:path");
  "node:process": typeof import("node:process");
  "node:zlib": typeof import("node:zlib");
}

/** Where Node, Deno and Bun keep their modules; a browser has no `process`. */
interface Host {
  readonly process?: {
    getBuiltinModule?<K extends keyof Builtins>(name: K): Builtins[K] | undefined;
  };
}

/**
 * A built-in module of Node.
 *
 * @param name which one
 * @param action what it is needed for, for the message
 * @throws {FileAccessError} if the runtime has none, as browsers
 */
export function builtin<K extends keyof Builtins>(name: K, action: string): Builtins[K] {
  const found = (globalThis as Host).process?.getBuiltinModule?.(name);
  if (found !== undefined) return found;
  throw new FileAccessError(
    `Cannot ${action}: this runtime has no files, or is too old to hand out ${name}; in a browser, ` +
      `fetch() the bytes of a file, and use serialize() and deserialize()`,
  );
}
