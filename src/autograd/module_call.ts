/**
 * The calls of modules that are running, which nodes remember, so that a graph can be shown by module.
 *
 * @module
 */

/** A call of a module, and the one around it. */
export interface ModuleCall {
  readonly module: object;
  /** Storages with a larger serial were made since it began. */
  readonly since: number;
  /** The inputs while the call runs; none afterwards. */
  inputs: readonly unknown[];
  readonly outer: ModuleCall | null;
}

/** The innermost call that is running; `null` outside of modules. */
export let runningCall: ModuleCall | null = null;

/** Makes `call` the running one. */
export function setRunningCall(call: ModuleCall | null): void {
  runningCall = call;
}

/** Parameters that an optimizer has, or that the fields of a known module show. */
export const shownParameters: WeakSet<object> = new WeakSet();
