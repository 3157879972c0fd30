/**
 * The base of the layers that are made with arguments: it stores and prints them.
 *
 * @module
 */

import { type Defaults, isTensor, type ReadOptions, readOptions } from "../../checks.ts";
import { formatShape } from "../../shape.ts";
import { Module } from "../module.ts";

/** Base of the layers whose fields are the arguments of their constructor. */
export abstract class ConfiguredLayer extends Module {
  #call = "";

  /**
   * Reads the options, and stores all arguments as fields of the layer; a bias becomes a parameter,
   * which is left to the layer.
   *
   * @internal
   * @param positional the arguments in front of the options, by the name of their field
   * @param options those that were given
   * @param defaults of all options, in the order in which they are printed
   * @param convert makes fields of the arguments, if they differ
   * @returns all options
   */
  protected configure<
    O extends object,
    const D extends Defaults<O>,
  >(
    positional: object,
    options: O | undefined,
    defaults: D,
    convert: (fields: Readonly<Record<string, unknown>>) => object = (fields) => fields,
  ): ReadOptions<O, D> {
    const read = readOptions(`make a ${this.constructor.name}`, options, defaults);
    const { bias: _, ...fields }: Record<string, unknown> = { ...positional, ...read };
    Object.assign(this, convert(fields));
    const unusual = Object.entries(read).flatMap(([name, value]) => {
      const text = formatValue(value);
      const isUsual = text === formatValue(defaults[name as keyof D]);
      return isUsual || isOpaque(value) ? [] : [`${name}: ${text}`];
    });
    const named = unusual.length === 0 ? [] : [`{ ${unusual.join(", ")} }`];
    const texts = Object.entries(positional).map(([name, value]) =>
      name.endsWith("Shape") ? formatShape(value) : formatValue(value)
    );
    this.#call = [...texts, ...named].join(", ");
    return read;
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return this.#call;
  }
}

function isOpaque(value: unknown): boolean {
  return isTensor(value) || (typeof value === "object" && value !== null && !Array.isArray(value));
}

/** Formats `value` as it would be typed; equal sizes for height and width as one number. */
export function formatValue(value: unknown): string {
  if (!Array.isArray(value)) return typeof value === "string" ? `"${value}"` : String(value);
  const isPair = value.length === 2 && value[0] === value[1];
  return isPair ? `${value[0]}` : `[${value.join(", ")}]`;
}
