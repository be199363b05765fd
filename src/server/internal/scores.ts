/** Scores that are posted. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { aboutOf, idOf } from "../../capture/Score.js"
import { Observability } from "../../Observability.js"
import { nextTurn } from "../../runtime/eventLoop.js"
import * as ids from "../../runtime/ids.js"
import { Score } from "../../signal/Score.js"
import { decodeOrFail, invalidArgument, storageError } from "../../storage/exchange.js"
import type { StorageError } from "../../storage/Storage.js"

const decodePosted = decodeOrFail(Schema.Struct({ records: Schema.Array(Schema.Unknown) }))

/** So many scores are read between two turns of the event loop. */
const perTurn = 50

/** Hands scores to the pipeline, which masks, stores and exports them; says how many, when they are stored. */
export const record = Effect.fnUntraced(function* (
  posted: unknown
): Effect.fn.Return<number, StorageError, Observability> {
  const { records } = yield* decodePosted(posted)
  const now = yield* Clock.currentTimeMillis
  const scores: Array<Score> = []
  for (const [i, given] of records.entries()) {
    if (i % perTurn === perTurn - 1) yield* nextTurn
    const score = yield* decodeOrFail(Score, `records.${i}`)(isObject(given) ? completed(given, now) : given)
    const { comment, correction, label, value } = score
    if ((value ?? label ?? comment ?? correction) === undefined) {
      return yield* invalidArgument(`records.${i}`, "expected a value, a label, a comment or a correction")
    }
    scores.push(score)
  }
  const observability = yield* Observability
  const taken = yield* observability
    .record(scores, { whole: true })
    .pipe(Effect.mapError(({ field, index }) => invalidArgument(`records.${index}.${field}`, "it cannot be kept")))
  if (taken < scores.length) return yield* storageError("Unavailable", "the queue of the server is full")
  yield* Effect.catchAll(observability.flush, ({ remaining }) =>
    (remaining["storage"]?.scores ?? 0) > 0
      ? storageError("Unavailable", "the scores are taken, and not stored yet")
      : Effect.void
  )
  return scores.length
})

interface Posted {
  readonly [field: string]: unknown
}

const isObject = (value: unknown): value is Posted =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A score with what it lacks, as `Score.record` would make it. */
const completed = (score: Posted, now: number): Posted => {
  const { label, source = "code", value } = score
  const dataType =
    typeof value === "boolean"
      ? "boolean"
      : typeof value === "number"
        ? "numeric"
        : label === undefined
          ? "text"
          : "categorical"
  return {
    time: `${now}000000`,
    dataType,
    tags: [],
    serviceName: "effect-observability",
    ...score,
    source,
    ...(typeof value === "boolean" && { value: Number(value) }),
    scoreId: score["scoreId"] ?? scoreIdOf({ ...score, source }, now)
  }
}

/** The second opinion of the same scorer on the same target replaces the first. */
const scoreIdOf = ({ authorId, name, scorer, sessionId, source, spanId, traceId }: Posted, now: number): string => {
  const text = (value: unknown) => (typeof value === "string" ? value : undefined)
  const about = aboutOf(text(traceId), text(spanId), text(sessionId) as never)
  return about === undefined
    ? ids.uuid7(now)
    : idOf([...about, text(name), text(source), isObject(scorer) ? text(scorer["name"]) : undefined, text(authorId)])
}
