// Written by `deno task book`: the code of 13_simd.md.

/** Instructions of WebAssembly, as bytes. */
export type Code = readonly number[];

/** A whole number as WebAssembly writes it: seven bits in a byte, and 128 if more follow. */
const size = (n: number): Code => (n < 128 ? [n] : [(n % 128) + 128, ...size(n >> 7)]);

export const getLocal = (local: number): Code => [0x20, local];
export const setLocal = (local: number): Code => [0x21, local];
/** Puts an integer below 64 on the stack. */
export const int = (n: number): Code => [0x41, n];
export const intAdd: Code = [0x6a];
export const intLess: Code = [0x49];
/** Repeats `body` as long as it leaves a true condition on the stack. */
export const repeat = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0, 0x0b];
/** Puts a number on the stack, in all four lanes. */
export const splat = (x: number): Code => {
  return [0x43, ...new Uint8Array(Float32Array.of(x).buffer), 0xfd, 0x13];
};
/** Takes an address off the stack, and puts the four numbers there on it. */
export const load: Code = [0xfd, 0x00, 4, 0];
/** Takes four numbers and an address off the stack, and writes the numbers there. */
export const store: Code = [0xfd, 0x0b, 4, 0];
export const f32x4 = {
  add: [0xfd, 0xe4, 1],
  sub: [0xfd, 0xe5, 1],
  mul: [0xfd, 0xe6, 1],
  div: [0xfd, 0xe7, 1],
};

/** Makes a function of `body`, whose parameters are integers, and which computes on `memory`. */
export function assemble(
  memory: WebAssembly.Memory,
  parameters: number,
  body: Code,
): (...parameters: number[]) => void {
  const section = (id: number, content: Code): Code => [id, ...size(content.length), ...content];
  const text = (name: string): Code => [name.length, ...new TextEncoder().encode(name)];
  const code = [0, ...body, 0x0b];
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, parameters, ...new Array<number>(parameters).fill(0x7f), 0]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, 0, 1]), // the import
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0, 0]),
    ...section(10, [1, ...size(code.length), ...code]),
  ]);
  const module = new WebAssembly.Module(bytes);
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return run as (...parameters: number[]) => void;
}
