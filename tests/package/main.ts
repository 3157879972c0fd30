/**
 * Prints the outcome on a console; in a browser, puts it into the page or sends it from the worker.
 *
 * @module
 */

import { train } from "./train.ts";

/** The global object of a page or of a worker, as far as it is used here. */
interface Web {
  readonly document?: { readonly body: { textContent: string | null } };
  readonly WorkerGlobalScope?: unknown;
  postMessage(message: string): void;
}

const web = globalThis as unknown as Web;

train().then(JSON.stringify, String).then((outcome) => {
  if (web.document !== undefined) web.document.body.textContent = outcome;
  else if (web.WorkerGlobalScope !== undefined && !("Deno" in globalThis)) web.postMessage(outcome);
  else console.log(outcome);
});
