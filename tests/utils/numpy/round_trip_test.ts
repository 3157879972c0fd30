import { assert, assertEquals, assertThrows } from "@std/assert";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { arange, eye, rand, type Tensor, tensor, zeros } from "../../../mod.ts";
import * as numpy from "../../../src/utils/numpy/mod.ts";

const folder = mkdtempSync(join(tmpdir(), "gradus-numpy-"));
after(() => rmSync(folder, { recursive: true }));

const TENSORS: Readonly<Record<string, Tensor>> = {
  float32: rand([2, 3, 4]),
  float64: rand([5], { dtype: "float64" }),
  int32: tensor([[-1, 2 ** 31 - 1]], { dtype: "int32" }),
  uint8: tensor([0, 255], { dtype: "uint8" }),
  bool: tensor([true, false, true]),
  scalar: tensor(3),
  empty: zeros([0, 2]),
  transposed: arange(6).reshape(2, 3).T,
  special: tensor([NaN, -0, Infinity, 1e-45]),
};

function assertSame(actual: Tensor, expected: Tensor): void {
  assertEquals([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
  assertEquals([...actual.data], [...expected.data]);
}

test("tensors of every dtype and shape come back from a .npy file", () => {
  for (const [name, x] of Object.entries(TENSORS)) {
    const path = join(folder, `${name}.npy`);
    numpy.save(x, path);
    assertSame(numpy.load(path), x);
    assertEquals(numpy.serialize(x).length % 64, x.contiguous().data.byteLength % 64);
  }
});

test("tensors come back by name from a .npz file, compressed or not", () => {
  for (const compressed of [false, true]) {
    const path = join(folder, `${compressed}.npz`);
    numpy.savez(new Map(Object.entries(TENSORS)), path, { compressed });
    const found = numpy.loadz(path);
    assertEquals([...found.keys()], Object.keys(TENSORS));
    for (const [name, x] of found) assertSame(x, TENSORS[name]);
  }
  const large = { zeros: zeros([1000]) };
  const sizes = [false, true].map((compressed) => numpy.serializez(large, { compressed }).length);
  assert(sizes[1] < sizes[0] / 10);
  assertEquals(numpy.serializez(large), numpy.serializez(large));
});

test("NumPy reads what was written", { skip: !existsSync("/usr/bin/python3") }, () => {
  numpy.save(eye(2), join(folder, "eye.npy"));
  numpy.savez({ "a/b": tensor([1, 2]), ü: tensor([true]) }, join(folder, "x.npz"), {
    compressed: true,
  });
  const script = `
import numpy as np, sys
eye, x = np.load("eye.npy"), np.load("x.npz")
assert eye.tolist() == [[1, 0], [0, 1]] and eye.dtype == np.float32
assert x["a/b"].tolist() == [1, 2] and x["ü"].dtype == bool
print("read")`;
  const { status, stdout } = spawnSync("/usr/bin/python3", ["-c", script], { cwd: folder });
  // Without NumPy there is nothing to ask.
  if (status === 0) assertEquals(String(stdout), "read\n");
});

test("names and tensors that cannot be written are refused, and leave the file as it was", () => {
  const path = join(folder, "kept.npz");
  numpy.savez({ x: tensor([1]) }, path);
  const before = readFileSync(path);
  const refusals: readonly (readonly [() => void, string])[] = [
    [() => numpy.savez({ "": tensor([1]) }, path), 'under the name ""'],
    [() => numpy.savez({ "\ud800": tensor([1]) }, path), "under the name"],
    [() => numpy.savez({ x: 3 as never }, path), 'Cannot save "x" with a value of type number'],
    [() => numpy.savez(null as never, path), "it must be tensors by name"],
    [() => numpy.savez({ x: tensor([1]) }, path, { compress: true } as never), 'is "compressed"'],
    [() => numpy.save(tensor([1]), join(folder, "none", "x.npy")), "Cannot write"],
    [() => numpy.load(join(folder, "absent.npy")), "there is no such file or folder"],
  ];
  for (const [call, message] of refusals) assertThrows(call, Error, message);
  assertEquals(readFileSync(path), before);
  assertEquals(readdirSync(folder).filter((name) => name.endsWith(".tmp")), []);
});
