import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Assembler } from "../../../src/kernels/wasm/assembler/assembler.ts";
import {
  block,
  br,
  drop,
  loopUntil,
  memoryCopy,
  memoryFill,
  ret,
  select,
  when,
} from "../../../src/kernels/wasm/assembler/control.ts";
import { f32, f64, i32, i64 } from "../../../src/kernels/wasm/assembler/scalars.ts";
import { moduleText } from "../../../src/kernels/wasm/assembler/text.ts";
import { f32x4, i32x4, i8x16, v128 } from "../../../src/kernels/wasm/assembler/vectors.ts";
import { wasmMemory } from "../../../src/storage/wasm_memory.ts";

/** The statements of a function, without the indentation. */
function linesOf(assembler: Assembler): string[] {
  return moduleText(assembler.bytes()).split("\n").map((line) => line.trim()).slice(2);
}

test("a module is printed with its functions, locals and calls", () => {
  const assembler = new Assembler();
  const twice = assembler.func(null, ["f32"], "f32", (_, x) => [f32.add(x, x)]);
  assembler.procedure("run", 2, (f, p, q) => {
    const x = f.local("f32");
    return [x.set(twice.call(f32.load(p, 4))), f32.store(q, x.tee(f32.const(-1.5)))];
  });
  const text = moduleText(assembler.bytes());
  const shared = wasmMemory.shared ? " shared" : "";
  const pages = `1 ${wasmMemory.maximum / 65536}${shared}`;
  assert(text.startsWith(`(module\n  (import "env" "memory" (memory ${pages}))\n`), text);
  assertEquals(text.split("\n").slice(2), [
    "  (func $f0 (param $f0 f32) (result f32)",
    "    (f32.add (local.get $f0) (local.get $f0)))",
    '  (func $run (export "run") (param $i0 i32) (param $i1 i32)',
    "    (local $f2 f32)",
    "    (local.set $f2 (call $f0 (f32.load offset=4 (local.get $i0))))",
    "    (f32.store (local.get $i1) (local.tee $f2 (f32.const -1.5)))))",
  ]);
});

test("blocks, loops, branches and choices are nested", () => {
  const assembler = new Assembler();
  assembler.procedure("run", 1, (_, p) => [
    block((end) => [
      when(p, [br(end)], [drop(select(p, i32.const(-7), i32.eqz(p)))]),
      loopUntil(p, 9, 1, [when(i32.eq(p, 5), [br(end)])]),
    ]),
    ret(),
  ]);
  assertEquals(linesOf(assembler), [
    '(func $run (export "run") (param $i0 i32)',
    "(block $block0",
    "(if (local.get $i0)",
    "(then",
    "(br $block0))",
    "(else",
    "(drop (select (local.get $i0) (i32.const -7) (i32.eqz (local.get $i0))))))",
    "(if (i32.lt_s (local.get $i0) (i32.const 9))",
    "(then",
    "(loop $loop1",
    "(if (i32.eq (local.get $i0) (i32.const 5))",
    "(then",
    "(br $block0)))",
    "(local.set $i0 (i32.add (local.get $i0) (i32.const 1)))",
    "(br_if $loop1 (i32.lt_s (local.get $i0) (i32.const 9)))))))",
    "(return)))",
  ]);
});

test("constants, lanes and moves of memory have their values", () => {
  const assembler = new Assembler();
  const bytes = Array.from({ length: 16 }, (_, i) => i);
  assembler.procedure("run", 1, (_, p) => [
    drop(i64.const(-(2n ** 62n))),
    drop(f64.const(-0)),
    drop(f32.const(Infinity)),
    drop(f64.const(NaN)),
    drop(i32.const(624485)),
    drop(v128.const(bytes)),
    drop(i8x16.shuffle(v128.load(p), v128.load(p, 300), bytes)),
    v128.store32Lane(p, f32x4.splat(2), 3, 8),
    drop(f32x4.extractLane(v128.load32Lane(p, v128.load(p), 2, 4), 1)),
    drop(select(v128.load(p), i32x4.truncSatF32x4S(v128.load(p)), p)),
    memoryCopy(p, p, 8),
    memoryFill(p, 0, 8),
  ]);
  const row = bytes.join(" ");
  assertEquals(linesOf(assembler).slice(1), [
    "(drop (i64.const -4611686018427387904))",
    "(drop (f64.const -0))",
    "(drop (f32.const inf))",
    "(drop (f64.const nan))",
    "(drop (i32.const 624485))",
    `(drop (v128.const i8x16 ${row}))`,
    "(drop",
    `(i8x16.shuffle ${row}`,
    "(v128.load (local.get $i0))",
    "(v128.load offset=300 (local.get $i0))))",
    "(v128.store32_lane offset=8 3 (local.get $i0) (f32x4.splat (f32.const 2)))",
    "(drop",
    "(f32x4.extract_lane 1",
    "(v128.load32_lane offset=4 2 (local.get $i0) (v128.load (local.get $i0)))))",
    "(drop",
    "(select (result v128)",
    "(v128.load (local.get $i0))",
    "(i32x4.trunc_sat_f32x4_s (v128.load (local.get $i0)))",
    "(local.get $i0)))",
    "(memory.copy (local.get $i0) (local.get $i0) (i32.const 8))",
    "(memory.fill (local.get $i0) (i32.const 0) (i32.const 8))))",
  ]);
});

test("locals are declared once, five on a line", () => {
  const assembler = new Assembler();
  assembler.procedure("run", 0, (f) => f.locals("i32", 12).map((x) => drop(x)));
  const declared = Array.from({ length: 12 }, (_, i) => `(local $i${i} i32)`);
  const lines = [[0, 5], [5, 10], [10, 12]].map((range) => declared.slice(...range).join(" "));
  assertEquals(linesOf(assembler).slice(1, 4), lines);
});
