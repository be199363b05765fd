/**
 * Records at random, made of what the tables say of their fields.
 */
import * as fc from "effect/FastCheck"
import type { Field, Fields, Kind } from "../signal/Field.js"
import type { Json } from "../signal/Json.js"
import type { Signal } from "../signal/Signal.js"
import { type RecordOf, type SignalName, signalOf } from "../signal/signals.js"

/** Arbitraries that stand in for those of the table, by the name of a field. */
export type Overrides = { readonly [field: string]: fc.Arbitrary<unknown> }

/**
 * Records of a signal, with any value that each field may have: all kinds of text, numbers at the ends of their range.
 *
 * @since 0.1.0
 * @category arbitraries
 */
export const records = <N extends SignalName>(name: N, overrides: Overrides = {}): fc.Arbitrary<RecordOf<N>> => {
  const signal = signalOf(name)
  return fieldsOf(signal.fields, overrides)
    .map((fields) => obeying(signal, fields))
    .map((fields) => new signal.record(fields))
}

/** The values of the fields of a table. */
const fieldsOf = (fields: Fields, overrides: Overrides = {}): fc.Arbitrary<{ [field: string]: unknown }> =>
  fc.record(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, overrides[name] ?? valueOf(name, field)])),
    { requiredKeys: Object.keys(fields).filter((name) => !fields[name]?.optional) }
  )

/** A span that has no end is running, and none other: the one rule over several fields. */
const obeying = (signal: Signal, fields: { [field: string]: unknown }): object => {
  if (signal.rule?.(fields as never) === undefined) return fields
  const { endTime, ...others } = fields
  return endTime === undefined ? { ...others, status: "running" } : { ...others, endTime, status: "ok" }
}

const valueOf = (name: string, { fields = {}, kind, words = [] }: Field): fc.Arbitrary<unknown> =>
  name === "sessionId"
    ? fc.stringMatching(/^[!-~]{1,20}$/)
    : name.endsWith("Id") && kind === "key"
      ? fc.uuid({ version: 7 })
      : kinds[kind]({ fields, words, digits: name.startsWith("trace") ? 32 : 16 })

interface Row {
  readonly fields: Fields
  readonly words: ReadonlyArray<string>
  readonly digits: number
}

const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((value) => value.isWellFormed())
const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    fc.boolean(),
    real,
    text,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 3 })
  )
})).value
const object = fc.dictionary(text, json, { maxKeys: 4 }).map((entries) => ({ ...entries }))

const kinds: { readonly [K in Kind]: (row: Row) => fc.Arbitrary<unknown> } = {
  id: ({ digits }) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)),
  key: () => text,
  word: ({ words }) => fc.constantFrom(...words),
  name: () => text,
  text: () => text,
  flag: () => fc.boolean(),
  time: () => int64,
  duration: () => int64,
  count: () => fc.maxSafeInteger(),
  real: () => real,
  names: () => fc.array(text, { maxLength: 3 }),
  object: () => object,
  values: () => fc.array(json, { maxLength: 3 }),
  numbers: () => fc.dictionary(text, real, { maxKeys: 3 }).map((entries) => ({ ...entries })),
  reals: () => fc.array(real, { maxLength: 4 }),
  struct: ({ fields }) => fieldsOf(fields),
  list: ({ fields }) => fc.array(fieldsOf(fields), { maxLength: 3 })
}
