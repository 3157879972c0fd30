/**
 * Lets Node resolve the names that `paths` in `tsconfig.json` maps, as Bun does by itself.
 *
 * Run with `node --import ./tools/node_hooks.ts file.ts`.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const config = new URL("../tsconfig.json", import.meta.url);
const { compilerOptions } = JSON.parse(readFileSync(config, "utf8"));
const prefixes = Object.entries(compilerOptions.paths as Record<string, string[]>).map(
  ([name, [path]]) => [name.replace("*", ""), path] as const,
);

registerHooks({
  resolve(specifier, context, next) {
    for (const [prefix, path] of prefixes) {
      if (!specifier.startsWith(prefix)) continue;
      const file = path.replace("*", specifier.slice(prefix.length));
      return next(new URL(file, config).href, context);
    }
    return next(specifier, context);
  },
});
