/**
 * Outlines: the spans of a trace without their payload.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Struct from "effect/Struct"
import { mapInTurns } from "../../runtime/eventLoop.js"
import { count, type Fields } from "../../signal/Field.js"
import { attributesSize, inputSize, outputSize } from "../../signal/internal/contentSizes.js"
import { decoder, type Signal } from "../../signal/Signal.js"
import { type SpanRecord, fields as spanFields } from "../../signal/SpanRecord.js"
import { signals } from "../../signal/signals.js"
import type { Primitives } from "../Engine.js"
import type { OutlineSpan } from "../StorageService.js"
import { recordKey } from "./query.js"

/** The fields of spans that are in an outline. */
const ofSpan = Struct.pick(
  spanFields,
  "spanId",
  "parentSpanId",
  "parentIsRemote",
  "name",
  "kind",
  "spanType",
  "status",
  "errorType",
  "startTime",
  "endTime",
  "sessionId",
  "model",
  "provider",
  "toolName",
  "agentName",
  "inputTokens",
  "outputTokens",
  "costUsd",
  "costSource"
)

const sizes = { inputSize, outputSize, attributesSize }

/** The table of the fields of an outline. */
export const fields: Fields = { ...ofSpan, ...Record.map(sizes, () => count()) }

/** Makes a span of an outline of its encoded form. */
export const decode = decoder({ fields, record: { prototype: Object.prototype } } as Signal<string, OutlineSpan>)

const ofSpanNames = Struct.keys(ofSpan)
const sizeNames = Struct.keys(sizes)

/** A span without its payload. */
export const outlineOf = (span: SpanRecord): OutlineSpan => {
  const outline: { [name: string]: unknown } = {}
  for (const name of ofSpanNames) if (span[name] !== undefined) outline[name] = span[name]
  for (const name of sizeNames) outline[name] = sizes[name](span)
  return outline as unknown as OutlineSpan
}

/** The spans of a trace that start first, at most `limit`, read in pages of which the payload is let go of. */
export const traceOutline =
  <E>(engine: Pick<Primitives<E>, "select">) =>
  (traceId: string, limit: number): Effect.Effect<ReadonlyArray<OutlineSpan>, E> =>
    Effect.gen(function* () {
      const order = { field: "time", direction: "asc" } as const
      const found: Array<OutlineSpan> = []
      let last: SpanRecord | undefined
      while (true) {
        const page: ReadonlyArray<SpanRecord> = yield* engine.select("spans", {
          conditions: [{ op: "equals", fields: ["traceId"], value: traceId }],
          order,
          limit: Math.min(pageSize, limit - found.length),
          after: last === undefined ? Option.none() : Option.some(recordKey(signals.spans)(last, order))
        })
        for (const span of yield* mapInTurns(page, outlineOf)) found.push(span)
        last = page.at(-1)
        if (page.length < pageSize || found.length >= limit) return found
      }
    })

const pageSize = 500
