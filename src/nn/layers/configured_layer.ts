/**
 * The base of the layers that are made with arguments: it stores and prints them.
 *
 * @module
 */

import { checkType, isAlmostNumber, isTensor, readOptions } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { guardFields } from "../fields.ts";
import { Module } from "../module.ts";
import { quoted } from "../../names.ts";

/** Names of arguments that may be lists of sizes. */
const LISTS = /^(kernelSize|outputSize|normalizedShape)$/;

/**
 * Base of the layers whose fields are the arguments of their constructor.
 *
 * The fields of subclasses are declared with `declare`: otherwise they would be cleared after this
 * constructor has set them.
 */
export abstract class ConfiguredLayer extends Module {
  private readonly argumentText: string;

  /**
   * Reads the options, and stores all arguments as fields of the layer, but for `bias`: it becomes a
   * parameter, which the layer makes.
   *
   * @param positional the arguments in front of the options, by the name of their field
   * @param options those that were given
   * @param defaults of all options, in the order in which they are printed
   * @param convert makes fields of the arguments, if they differ
   * @throws {ValueError} if an option is unknown, or options stand in the place of an argument
   */
  constructor(
    positional: object = {},
    options: object = {},
    defaults: object = {},
    convert: (fields: Readonly<Record<string, unknown>>) => object = (fields) => fields,
  ) {
    super();
    const action = `make ${new.target.name}`;
    for (const [name, value] of Object.entries(positional)) {
      if (isOpaque(value)) {
        throw new ValueError(`Cannot ${action} with an object as ${name}: pass the value alone`);
      }
      const isList = Array.isArray(value) && !LISTS.test(name);
      const isNone = value === null && name !== "outputSize";
      if (isList || isNone || typeof value === "string" || isAlmostNumber(value)) {
        checkType(action, name, value, "number");
      }
    }
    const read: object = readOptions(action, options, defaults);
    const { bias: _, ...fields }: Record<string, unknown> = { ...positional, ...read };
    for (const [name, value] of Object.entries(positional)) {
      // The caller may change a list later; those of options are copies.
      if (Array.isArray(value)) fields[name] = [...value];
    }
    Object.assign(this, convert(fields));
    guardFields(this);
    const texts = Object.entries(positional).map(([name, value]) =>
      name.endsWith("Shape") ? formatShape(value) : formatValue(value)
    );
    const usual = new Map(Object.entries(defaults));
    const unusual = Object.entries(read).filter(([name, value]) =>
      !isOpaque(value) && formatValue(value) !== formatValue(usual.get(name))
    ).map(([name, value]) => `${name}: ${formatValue(value)}`);
    if (unusual.length > 0) texts.push(`{ ${unusual.join(", ")} }`);
    this.argumentText = texts.join(", ");
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return this.argumentText;
  }
}

function isOpaque(value: unknown): boolean {
  return isTensor(value) || (typeof value === "object" && value !== null && !Array.isArray(value));
}

/** Formats `value` as it would be typed; equal sizes for height and width as one number. */
export function formatValue(value: unknown): string {
  if (!Array.isArray(value)) return quoted(value);
  const isPair = value.length === 2 && value[0] === value[1];
  return quoted(isPair ? value[0] : value);
}
