/**
 * The page: one draws a digit, and a network says what it reads, shows why, and learns.
 *
 * The network lives in a worker, so that the page never waits for it.
 *
 * @module
 */

import { drawCurve } from "./curve.ts";
import { SIDE, toDigit } from "./digit.ts";
import type { Kind, Reply, Request } from "./messages.ts";
import { Pad, PAPER } from "./pad.ts";
import { paintTiles } from "./tiles.ts";

/** The layers of the networks, and what the page tells about them. */
const LAYERS: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  cnn: {
    conv1: "8 filters of 5×5 pixels, then ReLU",
    conv2: "16 filters of 8×5×5, two in a row, then ReLU",
    fc: "a row for each digit: how much each place counts",
  },
  mlp: {
    fc1: "64 neurons, each weighs all pixels, then ReLU",
    fc2: "32 neurons, each weighs those 64, then ReLU",
    fc3: "10 neurons, one for each digit",
  },
};

/** A three, for those who have not drawn yet: two arcs, the lower one larger. */
const EXAMPLE = [[100, 46, -2.6], [182, 54, -1.4]].flatMap(([y, radius, start]) =>
  Array.from({ length: 20 }, (_, i): [x: number, y: number] => {
    const angle = start + 4 * i / 19;
    return [138 + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  })
);

/** Returns the element of an id. */
function element<E extends Element = HTMLElement>(id: string): E {
  return document.querySelector<E>(`#${id}`)!;
}

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const ask = (request: Request): void => worker.postMessage(request);

let isTraining = false;
let losses: number[] = [];
let facts = { parameters: 0, threads: 1, accuracy: NaN };

// The drawing goes to the worker as soon as that has answered the last one.

let isWaiting = true;
let isNew = false;
let isEmpty = true;

const pad = new Pad(element("pad"), element("cursor"), () => {
  isNew = true;
  requestAnimationFrame(showDrawing);
});

function showDrawing(): void {
  if (isWaiting || !isNew) return;
  const pixels = toDigit(pad.ink(), PAPER);
  isEmpty = pixels.every((value) => value === 0);
  show("input", paintTiles(pixels, [SIDE, SIDE], 1));
  [isWaiting, isNew] = [true, false];
  ask({ type: "see", pixels });
}

/** Fills the ten bars, and names the longest. */
function showOpinion(probabilities: ArrayLike<number>): void {
  const shares = Array.from(probabilities, (value) => isEmpty ? 0 : value);
  const best = isEmpty ? -1 : shares.indexOf(Math.max(...shares));
  shares.forEach((share, digit) => {
    const bar = element("bars").children[digit] as HTMLElement;
    const percent = `${Math.round(share * 100)} %`;
    bar.style.setProperty("--share", `${share * 100}%`);
    bar.classList.toggle("best", digit === best);
    if (bar.lastElementChild!.textContent !== percent) bar.lastElementChild!.textContent = percent;
  });
  // Written only when it changes: screen readers say each change.
  const guess = best < 0 ? "…" : String(best);
  if (element("guess").textContent !== guess) element("guess").textContent = guess;
}

/** Makes places for the pictures of a network's layers. */
function makeLayers(kind: Kind): void {
  const canvas = (id: string, label: string): string =>
    `<canvas id="${id}" role="img" aria-label="${label}" width="0" height="0"></canvas>`;
  const figure = (name: string, text: string, content: string): string =>
    `<figure><figcaption>${name} <small>${text}</small></figcaption>${content}</figure>`;
  element("layers").innerHTML =
    figure("input", "centred, 28×28", canvas("input", "The drawing, as the network gets it")) +
    Object.entries(LAYERS[kind]).map(([name, text]) => {
      const weights = canvas(`${name}-weights`, `Weights of ${name}: ${text}`);
      return figure(name, text, weights + canvas(`${name}-results`, `Results of ${name}`));
    }).join("");
}

function show(id: string, picture: ImageData): void {
  const canvas = element<HTMLCanvasElement>(id);
  // A new size clears a canvas, which takes time.
  if (canvas.width !== picture.width) canvas.width = picture.width;
  if (canvas.height !== picture.height) canvas.height = picture.height;
  canvas.getContext("2d")!.putImageData(picture, 0, 0);
}

function showTraining(): void {
  drawCurve(element("curve"), losses);
  const { parameters, threads, accuracy } = facts;
  const parts = [`${parameters.toLocaleString("en")} parameters`];
  parts.push(threads === 1 ? "1 thread" : `${threads} threads`);
  if (accuracy > 0) {
    parts.push(`${(accuracy * 100).toFixed(1)} % of unseen digits right`);
  }
  element("facts").textContent = parts.join(" · ");
}

/** Shows what the worker says. */
function onReply(reply: Reply): void {
  switch (reply.type) {
    case "network":
      makeLayers(reply.kind);
      document.querySelector<HTMLInputElement>(`[value=${reply.kind}]`)!.checked = true;
      facts = { ...reply, accuracy: NaN };
      losses = [];
      element<HTMLFieldSetElement>("controls").disabled = false;
      element("error").textContent = "";
      showTraining();
      [isWaiting, isNew] = [false, true];
      return showDrawing();
    case "training":
      isTraining = reply.isTraining;
      if (isTraining) element("error").textContent = "";
      element("train").textContent = isTraining ? "Pause" : "Train";
      return;
    case "losses":
      losses.push(...reply.losses);
      return showTraining();
    case "accuracy":
      facts = { ...facts, accuracy: reply.accuracy };
      return showTraining();
    case "weights":
      reply.pictures.forEach((picture, layer) => show(`${layer}-weights`, picture));
      return;
    case "opinion":
      isWaiting = false;
      if (!isEmpty) performance.mark("first-opinion");
      showOpinion(reply.probabilities);
      reply.activations.forEach((picture, layer) => show(`${layer}-results`, picture));
      return showDrawing();
    case "saved":
      return download(reply.bytes);
    case "error":
      element("error").textContent = reply.message;
  }
}

/** Gives a file to the browser's downloads. */
function download(bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = `${document.querySelector<HTMLInputElement>(":checked")!.value}.safetensors`;
  link.click();
  URL.revokeObjectURL(link.href);
}

element("bars").innerHTML = Array.from(
  { length: 10 },
  (_, digit) => `<li><span>${digit}</span><i></i><span>0 %</span></li>`,
).join("");
makeLayers("cnn");
showTraining();
pad.example(EXAMPLE);

worker.onmessage = ({ data }: MessageEvent<Reply>) => onReply(data);
worker.onerror = ({ message }) => onReply({ type: "error", message });
ask({ type: "use", kind: "cnn" });

element("clear").onclick = () => pad.clear();
element("train").onclick = () => ask({ type: isTraining ? "pause" : "train" });
element("restart").onclick = () => ask({ type: "restart" });
element("save").onclick = () => ask({ type: "save" });
element<HTMLInputElement>("load").onchange = async ({ target }) => {
  const input = target as HTMLInputElement;
  const [file] = input.files!;
  ask({ type: "load", bytes: new Uint8Array(await file.arrayBuffer()) });
  input.value = "";
};
for (const choice of document.querySelectorAll<HTMLInputElement>("[name=kind]")) {
  choice.onchange = () => ask({ type: "use", kind: choice.value as Kind });
}
