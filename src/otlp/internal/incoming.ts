/**
 * The reading of a request, as far as both formats have it in common. A request is divided first: where each record begins
 * and ends is known before any of them is looked at, so that one that is malformed costs itself alone.
 */
import type { Json } from "../../signal/Json.js"
import type { Envelope, Message, PointForm } from "./messages.js"
import type { Origin } from "./received.js"

/**
 * Why bytes are no message. It has no stack, which would cost more than all else: a hostile request may have a million
 * records that are none.
 */
export class Malformed {
  constructor(readonly message: string) {}
}

/** The text of a request is no JSON: nothing of it can be taken. */
export class NoJson extends Malformed {}

/** The bytes of a request that are one record. */
export interface Slice {
  readonly start: number
  readonly end: number
  /** Why it is not to be read. */
  readonly fault?: Malformed
}

/** The records of one scope of a resource. */
export interface Division {
  readonly origin: Origin
  readonly slices: ReadonlyArray<Slice>
}

/** Reads a format. Both throw {@link Malformed}: of the request while it is divided, of a record while that is read. */
export interface Incoming {
  /** Divides a request of at most so many records. */
  readonly divide: (envelope: Envelope, bytes: Buffer, maxRecords: number) => Generator<void, ReadonlyArray<Division>>
  readonly read: (message: Message, bytes: Buffer, slice: Slice) => Raw
  /** Reads a metric of at most so many points, each of which is still to be read. */
  readonly divideMetric: (bytes: Buffer, slice: Slice, maxRecords: number) => Generator<void, DividedMetric>
}

/** A metric without its points, and where those are. */
export interface DividedMetric {
  readonly raw: Raw
  readonly points: { readonly [F in PointForm]?: ReadonlyArray<Slice> }
}

/**
 * A message as it was read, by the names of its JSON form: bytes as hex digits or base64, integers of 64 bits as `bigint`,
 * attributes as the JSON object that they are.
 */
export interface Raw {
  [field: string]: unknown
}

export type JsonFields = Record<string, Json>

/** So many resources and scopes a request may have, however few records it may have: two more for each that it may. */
export const minAround = 1_000

/** How deep a value may be. */
export const maxDepth = 64

/** How many values one record may have, lists and objects among them. A metric may have as many for each of its points. */
export const maxValues = 32_768

export const tooDeep = new Malformed(`a value is nested deeper than ${maxDepth} levels`)
export const tooMany = new Malformed(`it has more than ${maxValues} values`)

/** Says that a request is larger than it may be. */
export class TooManyRecords {
  constructor(readonly max: number) {}
}

/** JSON has no integers beyond 53 bits: larger ones are texts. */
export const jsonOfInt = (value: bigint): Json => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** JSON has no numbers that are not finite, which become texts, and no zero below zero. */
export const jsonOfDouble = (value: number): Json => (Number.isFinite(value) ? value + 0 : String(value))

const none: JsonFields = Object.freeze({})

export const originOf = (resource: Raw | undefined, scope: Raw | undefined): Origin => ({
  resource: (resource?.["attributes"] as JsonFields | undefined) ?? none,
  scope: {
    name: (scope?.["name"] as string | undefined) ?? "",
    version: (scope?.["version"] as string | undefined) ?? "",
    attributes: (scope?.["attributes"] as JsonFields | undefined) ?? none
  }
})
