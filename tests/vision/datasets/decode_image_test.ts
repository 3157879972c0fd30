import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { encode } from "fast-png";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { crc32, deflateSync } from "node:zlib";
import { FileFormatError, ValueError } from "../../../mod.ts";
import { datasets } from "../../../vision/mod.ts";

/** Files that `tools/oracle/make_image_fixtures.py` has written, with Pillow's colours, in base64. */
interface Case {
  readonly name: string;
  readonly file: string;
  readonly colors: string;
}

const fixture = new URL("../../fixtures/images.json", import.meta.url);
const cases: readonly Case[] = JSON.parse(readFileSync(fixture, "utf8"));
const decoded = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const fileOf = (name: string): Uint8Array =>
  decoded(cases.find((each) => each.name === name)!.file);

for (const { name, file, colors } of cases) {
  test(`the colours are Pillow's: ${name}`, async () => {
    const image = await datasets.decodeImage(decoded(file));
    assertEquals([image.shape, image.dtype], [[9, 13, 3], "uint8"]);
    assertEquals(new Uint8Array(image.data), decoded(colors));
  });
}

/** A PNG file of chunks with right checksums. */
function png(...chunks: [type: string, content: Uint8Array][]): Uint8Array {
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10);
  const parts = chunks.map(([type, content]) => {
    const chunk = new Uint8Array(12 + content.length);
    const view = new DataView(chunk.buffer);
    view.setUint32(0, content.length);
    chunk.set(new TextEncoder().encode(type), 4);
    chunk.set(content, 8);
    view.setUint32(8 + content.length, crc32(chunk.subarray(4, 8 + content.length)));
    return chunk;
  });
  return Uint8Array.from([signature, ...parts].flatMap((part) => [...part]));
}

/** The header of a PNG file: bits of a sample, and kind of colours. */
function header(width: number, height: number, depth: number, kind: number): Uint8Array {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  bytes.set([depth, kind], 8);
  return bytes;
}

const END: [string, Uint8Array] = ["IEND", new Uint8Array(0)];

test("gray samples of 2, 4 and 16 bits keep their brightness", async () => {
  for (
    const [depth, row, expected] of [
      [2, [0b00011011, 0b11000000], [0, 85, 170, 255, 255]],
      [4, [0x0f, 0x18, 0x20], [0, 255, 17, 136, 34]],
      [16, [0, 255, 1, 0, 128, 7, 255, 255, 9, 9], [0, 1, 128, 255, 9]],
    ] as const
  ) {
    const pixels = deflateSync(Uint8Array.of(0, ...row));
    const file = png(["IHDR", header(5, 1, depth, 0)], ["IDAT", pixels], END);
    const image = await datasets.decodeImage(file);
    assertEquals(image.at(0, ":", 1).toArray(), [...expected], `${depth} bits`);
  }
});

const good = encode({
  width: 20,
  height: 10,
  channels: 3,
  data: Uint8Array.from({ length: 600 }, (_, i) => i * 7 % 256),
});
const changed = (place: number, value: number): Uint8Array =>
  good.map((byte, i) => i === place ? value : byte);
const jpeg = fileOf("JPEG, 4:2:0");
const rows = (
  count: number,
): [string, Uint8Array] => ["IDAT", deflateSync(new Uint8Array(61 * count))];

/** A JPEG file for printers, of one pixel, by Pillow. */
const cmyk = Uint8Array.from(
  atob(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwD/////////////////////////////////////////////////" +
      "/////////////////////////////////////8AAFAgAAQABBEMRAE0RAFkRAEsRAP/EABQAAQAAAAAA" +
      "AAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRDAE0AWQBLAAA/AEIQj//Z",
  ),
  (letter) => letter.charCodeAt(0),
);

/** The JPEG file without its segments of a kind. */
function withoutSegments(kind: number): Uint8Array {
  const kept = [...jpeg.subarray(0, 2)];
  let at = 2;
  for (; jpeg[at + 1] !== 0xda; at += 2 + 256 * jpeg[at + 2] + jpeg[at + 3]) {
    const next = at + 2 + 256 * jpeg[at + 2] + jpeg[at + 3];
    if (jpeg[at + 1] !== kind) kept.push(...jpeg.subarray(at, next));
  }
  return Uint8Array.from([...kept, ...jpeg.subarray(at)]);
}

const MALFORMED: [what: string, file: Uint8Array, reason: string][] = [
  ["no bytes", new Uint8Array(0), "it is neither PNG nor JPEG"],
  ["a web page", new TextEncoder().encode("<html></html>"), "it is a web page"],
  ["a GIF", new TextEncoder().encode("GIF89a\x01\x00\x01\x00"), "convert it, or pass a loader"],
  ["the start of a PNG", good.subarray(0, 10), "it is cut short: as PNG it has no size"],
  ["a PNG cut in its header", good.subarray(0, 30), "it is cut short or damaged"],
  ["half a PNG", good.subarray(0, good.length >> 1), "it is cut short or damaged"],
  ["a PNG without its end", good.subarray(0, good.length - 12), "it is cut short or damaged"],
  ["a PNG cut in its end", good.subarray(0, good.length - 3), "it is cut short or damaged"],
  ["a changed pixel", changed(60, good[60] ^ 1), "damaged (CRC mismatch for chunk IDAT"],
  ["a changed width", changed(19, 21), "damaged (CRC mismatch for chunk IHDR"],
  ["too few rows", png(["IHDR", header(20, 10, 8, 2)], rows(9), END), "is cut short or damaged"],
  ["no pixels", png(["IHDR", header(20, 10, 8, 2)], END), "it is cut short or damaged"],
  [
    "pixels that are no zlib",
    png(["IHDR", header(20, 10, 8, 2)], ["IDAT", new Uint8Array(50)], END),
    "it is cut short or damaged",
  ],
  ["no width", png(["IHDR", header(0, 10, 8, 2)], rows(1), END), "it claims 0 by 10 pixels"],
  [
    "a bomb",
    png(["IHDR", header(60_000, 60_000, 8, 2)], rows(10), END),
    "it claims 60000 by 60000 pixels, and must have from 1 to 178956970",
  ],
  ["a depth that does not exist", png(["IHDR", header(20, 10, 3, 2)], rows(10), END), "damaged"],
  ["a palette that is missing", png(["IHDR", header(20, 10, 8, 3)], rows(10), END), "damaged"],
  [
    "a colour that is missing",
    png(
      ["IHDR", header(1, 1, 8, 3)],
      ["PLTE", new Uint8Array(6)],
      ["IDAT", deflateSync(Uint8Array.of(0, 2))],
      END,
    ),
    "a colour is missing",
  ],
  ["no height", png(["IHDR", header(20, 0, 8, 2)], rows(1), END), "it claims 20 by 0 pixels"],
  ["a width of 2^32 - 1", png(["IHDR", header(2 ** 32 - 1, 1, 8, 2)], rows(1), END), "claims 4294"],
  [
    "a kind of colours that does not exist",
    png(["IHDR", header(20, 10, 8, 5)], rows(10), END),
    "d",
  ],
  [
    "a header that is short",
    png(["IHDR", new Uint8Array(9)], rows(10), END),
    "it claims 0 by 0 pixels",
  ],
  ["no header", png(rows(10), END), "it claims 2023514976 by"],
  [
    "a filter that does not exist",
    png(["IHDR", header(1, 1, 8, 2)], [
      "IDAT",
      deflateSync(Uint8Array.of(9, 1, 2, 3)),
    ], END),
    "damaged",
  ],
  ["a changed signature", changed(1, 0x51), "it is neither PNG nor JPEG"],
  ["line ends that a transfer changed", good.slice(1), "it is neither PNG nor JPEG"],
  ["a WebP", new TextEncoder().encode("RIFF\x1a\0\0\0WEBPVP8L"), "it is neither PNG nor JPEG"],
  ["an SVG", new TextEncoder().encode('<svg xmlns="http://x"/>'), "it is neither PNG nor JPEG"],
  ["a JPEG without a frame", Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), "as JPEG it has no size"],
  ["a JPEG for printers", cmyk, "its colours are CMYK, of printing; convert it to RGB"],
  ["a JPEG without tables", withoutSegments(0xdb), "damaged"],
  ["the start of a JPEG", jpeg.subarray(0, 100), "it is cut short: as JPEG it has no size"],
  ["half a JPEG", jpeg.subarray(0, jpeg.length - 80), "Premature end of JPEG file"],
  ["a JPEG without its end", jpeg.subarray(0, jpeg.length - 2), "Premature end of JPEG file"],
  ["a JPEG whose frame is damaged", jpeg.map((byte, i) => i > 580 ? byte ^ 85 : byte), "damaged"],
];

for (const [what, file, reason] of MALFORMED) {
  test(`a malformed image is refused: ${what}`, async () => {
    const error = await assertRejects(() => datasets.decodeImage(file), FileFormatError);
    assertStringIncludes(error.message, "Cannot decode the image: ");
    assertStringIncludes(error.message, reason);
  });
}

test("a file that is cut anywhere is refused, whatever it holds", async () => {
  for (const { name, file } of cases) {
    const bytes = decoded(file);
    for (let length = 0; length < bytes.length; length += 1 + (length >> 5)) {
      await assertRejects(
        () => datasets.decodeImage(bytes.subarray(0, length)),
        FileFormatError,
        "Cannot decode the image: ",
        `${name}, ${length} of ${bytes.length} bytes`,
      );
    }
  }
});

test("a changed byte of a PNG file is refused, or changes nothing", async () => {
  const image = await datasets.decodeImage(good);
  let refused = 0;
  for (let place = 0; place < good.length; place++) {
    try {
      const found = await datasets.decodeImage(changed(place, good[place] ^ 0x40));
      assertEquals(found.data, image.data, `byte ${place}`);
    } catch (error) {
      assertInstanceOf(error, FileFormatError);
      refused++;
    }
  }
  assert(refused > good.length - 20, `${refused} of ${good.length}`);
});

test("after damaged images, good ones are decoded as before", async () => {
  for (let i = 0; i < 50; i++) {
    await assertRejects(
      () => datasets.decodeImage(jpeg.subarray(0, jpeg.length - 60)),
      FileFormatError,
    );
    await assertRejects(
      () => datasets.decodeImage(jpeg.map((byte, k) => k > 400 ? byte ^ 85 : byte)),
      FileFormatError,
    );
  }
  const { colors } = cases.find(({ name }) => name === "JPEG, 4:2:0")!;
  assertEquals(new Uint8Array((await datasets.decodeImage(jpeg)).data), decoded(colors));
});

test("what is no bytes is refused", async () => {
  await assertRejects(
    () => datasets.decodeImage("a.png" as unknown as Uint8Array),
    ValueError,
    "Cannot decode an image with a value of type string: it must be the bytes of a file",
  );
});

test("a format whose package was not loaded is an error that says how to load it", async () => {
  // A copy of the module that has loaded nothing yet.
  const copy = "../../../vision/datasets/decode_image.ts?copy";
  const fresh: typeof import("../../../vision/datasets/decode_image.ts") = await import(copy);
  assertThrows(
    () => fresh.decodeLoaded(jpeg, "cat.png"),
    FileFormatError,
    "Cannot decode cat.png: its content is JPEG; give it that name, or load the package by",
  );
  await fresh.decodeImage(jpeg);
  assertEquals(fresh.decodeLoaded(jpeg, "cat.png").shape, [9, 13, 3]);
});
