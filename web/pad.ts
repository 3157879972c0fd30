/**
 * The paper to draw on: with a mouse, a finger, a pen, or the keyboard.
 *
 * @module
 */

/** Pixels in a row of the paper, and in a column. */
export const PAPER = 280;

/** Width of the pen: that of MNIST's digits, when a digit fills most of the paper. */
const PEN = 22;

/** One press of an arrow key moves the pen this far. */
const KEY_STEP = 10;

const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-KEY_STEP, 0],
  ArrowRight: [KEY_STEP, 0],
  ArrowUp: [0, -KEY_STEP],
  ArrowDown: [0, KEY_STEP],
};

const MIDDLE: readonly [x: number, y: number] = [PAPER / 2, PAPER / 2];

/** A canvas to draw on; `cursor` shows the place of the pen to those who draw with keys. */
export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #cursor: HTMLElement;
  readonly #onInk: () => void;
  /** The place of the pen. */
  #at = MIDDLE;
  #isDown = false;
  /** True while the paper shows an example, which goes with the first stroke. */
  #isExample = false;

  /** Listens to `canvas`; `onInk` runs whenever the drawing has changed. */
  constructor(canvas: HTMLCanvasElement, cursor: HTMLElement, onInk: () => void) {
    this.#canvas = canvas;
    this.#cursor = cursor;
    this.#onInk = onInk;
    canvas.width = canvas.height = PAPER;
    this.#context = canvas.getContext("2d", { willReadFrequently: true })!;
    Object.assign(this.#context, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#lower(this.#place(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length > 0 ? events : [event]) this.#lineTo(this.#place(each));
    });
    canvas.addEventListener("lostpointercapture", () => this.#lift());
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Takes a clean sheet. */
  clear(): void {
    this.#context.clearRect(0, 0, PAPER, PAPER);
    this.#isExample = false;
    this.#at = MIDDLE;
    this.#lift();
    this.#onInk();
  }

  /** Draws a line through `points` as an example. */
  example(points: readonly (readonly [x: number, y: number])[]): void {
    this.#lower(points[0]);
    for (const point of points) this.#lineTo(point);
    this.#lift();
    this.#isExample = true;
  }

  /** Returns the drawing row by row: 0 for paper, 1 for ink. */
  ink(): Float32Array {
    const { data } = this.#context.getImageData(0, 0, PAPER, PAPER);
    const ink = new Float32Array(PAPER * PAPER);
    for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3] / 255;
    return ink;
  }

  /** Returns the place on the paper that a pointer is over. */
  #place({ clientX, clientY }: PointerEvent): [x: number, y: number] {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [(clientX - left) / width * PAPER, (clientY - top) / height * PAPER];
  }

  #lower(at: readonly [x: number, y: number]): void {
    if (this.#isExample) this.clear();
    this.#isDown = true;
    this.#at = at;
    this.#lineTo(at);
  }

  #lift(): void {
    this.#isDown = false;
    this.#showCursor();
  }

  /** Moves the pen, which draws if it is down. */
  #lineTo(to: readonly [x: number, y: number]): void {
    if (this.#isDown) {
      this.#context.beginPath();
      this.#context.moveTo(...this.#at);
      this.#context.lineTo(...to);
      this.#context.stroke();
      this.#onInk();
    }
    this.#at = to;
    this.#showCursor();
  }

  #showCursor(): void {
    const [x, y] = this.#at;
    this.#cursor.style.translate = `${x / PAPER * 100}cqw ${y / PAPER * 100}cqw`;
    this.#cursor.classList.toggle("down", this.#isDown);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key in ARROWS) {
      const [x, y] = this.#at.map((value, i) =>
        Math.min(PAPER, Math.max(0, value + ARROWS[event.key][i]))
      );
      this.#lineTo([x, y]);
    } else if (event.key === " ") {
      if (this.#isDown) this.#lift();
      else this.#lower(this.#at);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
  }
}
