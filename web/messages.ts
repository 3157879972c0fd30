/**
 * The messages between the page and its worker.
 *
 * @module
 */

/** The networks to choose from. */
export type Kind = "mlp" | "cnn";

/** The pictures of a network's layers, by their names. */
export type Pictures = ReadonlyMap<string, ImageData>;

/** A request of the page to the worker. */
export type Request =
  /** Takes another network, with the weights that come with the page. */
  | { readonly type: "use"; readonly kind: Kind }
  /** Forgets all that was learnt. */
  | { readonly type: "restart" }
  | { readonly type: "train" }
  | { readonly type: "pause" }
  /** Looks at a drawing of 28×28 numbers from 0 to 1. */
  | { readonly type: "see"; readonly pixels: Float32Array }
  /** Asks for the weights, as a safetensors file. */
  | { readonly type: "save" }
  /** Takes weights, and the network that they are for. */
  | { readonly type: "load"; readonly bytes: Uint8Array };

/** A report of the worker to the page. */
export type Reply =
  /** Another network, or other weights. */
  | {
    readonly type: "network";
    readonly kind: Kind;
    readonly parameters: number;
    readonly threads: number;
  }
  | { readonly type: "training"; readonly isTraining: boolean }
  /** The losses of the steps since the last such message. */
  | { readonly type: "losses"; readonly losses: readonly number[] }
  /** The share of test images that are classified correctly. */
  | { readonly type: "accuracy"; readonly accuracy: number }
  | { readonly type: "weights"; readonly pictures: Pictures }
  /** The opinion about the last drawing, and how it came about. */
  | {
    readonly type: "opinion";
    readonly probabilities: ArrayLike<number>;
    readonly activations: Pictures;
  }
  | { readonly type: "saved"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "error"; readonly message: string };
