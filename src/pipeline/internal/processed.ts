/**
 * What processors make of a record. Whatever a processor of the program returns is checked before anybody else sees it:
 * masking above all, which would not find a secret in a `Map`.
 */
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import { disregard } from "../../runtime/call.js"
import { type Field, type Fields, faultOf } from "../../signal/Field.js"
import { isJson } from "../../signal/internal/json.js"
import { toJson } from "../../signal/internal/jsonWalk.js"
import { withEvents } from "../../signal/internal/spanEvent.js"
import { isFormKept } from "../../signal/internal/trusted.js"
import { type Signal, unchecked } from "../../signal/Signal.js"
import { type SignalName, signals } from "../../signal/signals.js"
import type { SignalProcessor } from "../SignalProcessor.js"
import type { AnyRecord } from "./record.js"

type Step = (record: AnyRecord) => AnyRecord | undefined

/**
 * One processor made of several, in their order. A record that one of them drops goes no further; one that a processor
 * left in a form that is no record's throws.
 */
export const chain = (processors: ReadonlyArray<SignalProcessor>, name: SignalName): Step => {
  const signal: Signal = signals[name]
  const form = former(signal)
  const steps = processors.flatMap((processor): ReadonlyArray<Step> => {
    const step = (processor as unknown as Readonly<Record<string, Step | undefined>>)[signal.one]?.bind(processor)
    return step === undefined ? [] : [isFormKept(processor) ? step : (record) => form(step(record))]
  })
  const [first, second] = steps
  if (first === undefined) return identity
  if (second === undefined) return first
  return (record) => {
    let result: AnyRecord | undefined = record
    for (let i = 0; i < steps.length && result !== undefined; i++) result = (steps[i] as Step)(result)
    return result
  }
}

/** The record that a processor returned. A copy by `{ ...record }` becomes a record again. */
const former = (signal: Signal): ((result: unknown) => AnyRecord | undefined) => {
  const { fields, one, record: Record, rule } = signal
  const make = unchecked(signal)
  const fault = (record: object) => faultOf(fields, record) ?? rule?.(record)
  return (result) => {
    if (Predicate.isNullable(result)) return undefined
    if (!Predicate.isRecord(result) || Predicate.isPromiseLike(result)) {
      disregard(result)
      throw new TypeError(`A processor returned what is no ${one}`)
    }
    const record: AnyRecord = result instanceof Record ? result : make(withEvents(result))
    if (fault(record) === undefined) return record
    const plain: AnyRecord = make(withEvents(toPlain(fields, record as object)))
    const field = fault(plain)
    if (field === undefined) return plain
    throw new TypeError(`A processor returned a ${one} whose ${field} is none`)
  }
}

/** The fields of a record, with JSON where JSON is to be, as far as there is one. */
const toPlain = (fields: Fields, record: object): object =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => {
      const value = plainOf(field, (record as Values)[name])
      return value === undefined ? [] : [[name, value]]
    })
  )

interface Values {
  readonly [name: string]: unknown
}

const plainOf = ({ fields, kind }: Field, value: unknown): unknown => {
  switch (kind) {
    case "name":
    case "text":
      return typeof value === "string" ? value.toWellFormed() : value
    case "names":
      return Array.isArray(value) ? value.map((item) => (typeof item === "string" ? item.toWellFormed() : item)) : value
    case "object":
      return isPlainObject(value) ? plainEntries(value) : json(value)
    case "values":
      return Array.isArray(value) ? value.map((item) => json(item) ?? null) : value
    case "struct":
      return Predicate.isRecord(value) && fields !== undefined ? toPlain(fields, value) : value
    case "list":
      return Array.isArray(value) && fields !== undefined
        ? value.map((item) => (Predicate.isRecord(item) ? toPlain(fields, item) : item))
        : value
    default:
      return value
  }
}

/** Deeper and longer values are cut, as capture does it by the limits of the configuration. */
const limits = { attributeCount: 1_000, attributeValueLength: 2 ** 20, attributeDepth: 64 }

/** The entries of an object of which some are no JSON: the others stay what they are. */
const plainEntries = (object: Values): Values =>
  Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      const part = json(value)
      return part === undefined ? [] : [[key.toWellFormed(), part]]
    })
  )

const isPlainObject = (value: unknown): value is Values =>
  Predicate.isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value))

const json = (value: unknown): unknown => (isJson(value, isWellFormed) ? value : toJson(value, limits))

const isWellFormed = (text: string): boolean => text.isWellFormed()
