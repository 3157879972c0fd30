// `@std/assert` for Bun and Node, to which `paths` in tsconfig.json leads.
export * from "deno-std/assert/mod.js";
