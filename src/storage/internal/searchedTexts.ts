/**
 * The texts of a record that a search looks at: one function of the whole record, for those who decide and for indexes.
 */

import type { Signal } from "../../signal/Signal.js"

/** The fields whose texts are searched, of spans and of logs. */
const searched = ["name", "statusMessage", "message", "attributes", "events", "data"]

/** The searched fields that a signal has. */
export const searchedFields = ({ fields }: Signal): ReadonlyArray<string> =>
  searched.filter((name) => Object.hasOwn(fields, name))

/** The texts of a record that are searched. Names of attributes and of keys are none. */
export const searchedTexts = (record: object): ReadonlyArray<string> => {
  const texts: Array<string> = []
  for (const name of searched) collect((record as { readonly [name: string]: unknown })[name], texts)
  return texts
}

const collect = (value: unknown, texts: Array<string>): void => {
  if (typeof value === "string") {
    texts.push(value)
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, texts)
  } else if (typeof value === "object" && value !== null) {
    for (const key in value) collect((value as { readonly [key: string]: unknown })[key], texts)
  }
}
