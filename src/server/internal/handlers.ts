/** Answers what is asked over HTTP by what a storage answers. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Observability } from "../../Observability.js"
import { isolated } from "../../runtime/isolated.js"
import { version } from "../../runtime/version.js"
import { encode } from "../../signal/internal/fields.js"
import { read } from "../../signal/internal/messages.js"
import { decodeOrFail, storageError } from "../../storage/exchange.js"
import { Storage, type StorageError, type StorageService } from "../../storage/Storage.js"
import * as Transcript from "../Transcript.js"
import * as answer from "./answer.js"
import { bodyOf } from "./body.js"
import * as scores from "./scores.js"
import { type Arguments, argumentsOf, piecesOfItem, stringify } from "./wire.js"

type Method = keyof Arguments
type Answer = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  StorageError,
  HttpServerRequest.HttpServerRequest | Scope.Scope
>

const rows = (answered: Effect.Effect<answer.Rows, StorageError>): Answer => Effect.flatMap(answered, answer.rows)
const value = (answered: Effect.Effect<unknown, StorageError>): Answer => Effect.flatMap(answered, answer.value)

const page = (
  answered: Effect.Effect<
    { readonly items: ReadonlyArray<object>; readonly nextCursor: Option.Option<string> },
    StorageError
  >,
  encode?: (row: never) => string
): Answer =>
  rows(
    Effect.map(answered, ({ items, nextCursor }) => ({
      head: { nextCursor: Option.getOrUndefined(nextCursor) },
      name: "items",
      rows: items,
      encode
    }))
  )

const tree = (
  answered: Effect.Effect<
    Option.Option<{ readonly traceId: string; readonly truncated: boolean; readonly spans: ReadonlyArray<object> }>,
    StorageError
  >
): Answer =>
  Effect.flatMap(
    answered,
    Option.match({
      onNone: () => answer.value(null),
      onSome: ({ spans, ...head }) => answer.rows({ head, name: "spans", rows: spans })
    })
  )

const one = (answered: Effect.Effect<Option.Option<object>, StorageError>): Answer =>
  value(Effect.map(answered, Option.getOrNull))

/** Turns that are told at a time, where nobody says how many. */
const someTurns = 50

/** Some turns of a session. The number of all is known before the first is read. */
const transcript = (storage: StorageService, options: Arguments["sessionTranscript"]): Answer =>
  Effect.gen(function* () {
    const { fromTurn = 1, sessionId, turns = someTurns } = options
    const session = yield* storage.getSession(sessionId)
    const next = fromTurn + turns
    return yield* answer.streamed({
      head: Option.exists(session, (session) => session.turns >= next) ? { nextTurn: next } : {},
      name: "items",
      rows: Stream.provideService(
        Transcript.ofSession(sessionId, { ...options, turns, images: true }),
        Storage,
        storage
      ),
      encode: piecesOfItem
    })
  })

/** By method, what a storage is asked. */
const asks: { readonly [M in Method]: (storage: StorageService, argument: Arguments[M]) => Answer } = {
  listTraces: (storage, options) => page(storage.listTraces(options)),
  listSpans: (storage, options) => page(storage.listSpans(options)),
  listLogs: (storage, options) => page(storage.listLogs(options)),
  listMetrics: (storage, options) => page(storage.listMetrics(options)),
  listScores: (storage, options) => page(storage.listScores(options)),
  listSessions: (storage, options) => page(storage.listSessions(options)),
  sessionTimeline: (storage, options) =>
    page(storage.sessionTimeline(options), (item: { readonly _tag: string }) =>
      stringify({ _tag: item._tag, ...encode<object>(item) })
    ),
  sessionTranscript: transcript,
  getTrace: (storage, { traceId }) => tree(storage.getTrace(traceId)),
  traceOutline: (storage, { traceId }) => tree(storage.traceOutline(traceId)),
  getSpan: (storage, id) => one(storage.getSpan(id)),
  spanContent: (storage, id) => one(Effect.map(storage.getSpan(id), Option.map(read))),
  getSession: (storage, { sessionId }) => one(storage.getSession(sessionId)),
  aggregate: (storage, options) =>
    rows(Effect.map(storage.aggregate(options as never), (rows) => ({ head: {}, name: "rows", rows }))),
  deleteBefore: (storage, { time }) => value(storage.deleteBefore(time)),
  deleteSession: (storage, { sessionId }) => value(storage.deleteSession(sessionId))
}

const writes: ReadonlySet<string> = new Set(["deleteBefore", "deleteSession"])

/** Questions that are answered at a time: each may hold an answer in memory until whoever asked has read it. */
const maxAtOnce = 16
/** Questions that are there at a time, those among them that wait. */
const maxAsked = 256

const readOnlyError = storageError("ReadOnly", "the server is read-only")

/** The handlers of the group, which ask the storage that is there when they are built. */
export const make = (readOnly: boolean) => {
  const places = Effect.unsafeMakeSemaphore(maxAtOnce)
  let asked = 0
  /** Takes a place until the answer is sent. */
  const place = Effect.uninterruptibleMask((restore) =>
    Effect.zipRight(
      restore(places.take(1)),
      Effect.addFinalizer(() => places.release(1))
    )
  )
  /** Answers every failure, and takes no more than it can hold. A question that nobody waits for any more ends. */
  const bounded = <R>(ask: Effect.Effect<HttpServerResponse.HttpServerResponse, StorageError, R>) =>
    Effect.suspend(() => {
      if (asked >= maxAsked) return storageError("Unavailable", "the server is asked too many questions already")
      asked++
      return Effect.zipRight(
        Effect.addFinalizer(() => Effect.sync(() => void asked--)),
        Effect.interruptible(Effect.zipRight(place, isolated(ask)))
      )
    }).pipe(Effect.catchAll((error) => Effect.succeed(answer.error(error))))

  const handle = <M extends Method>(method: M) => {
    const decode = decodeOrFail(argumentsOf[method])
    return () =>
      bounded(
        writes.has(method) && readOnly
          ? readOnlyError
          : Effect.gen(function* () {
              const argument = yield* decode(yield* bodyOf(yield* HttpServerRequest.HttpServerRequest))
              return yield* asks[method](yield* Storage, argument)
            })
      )
  }
  const insertScores = () =>
    bounded(
      readOnly
        ? readOnlyError
        : Effect.gen(function* () {
            const posted = yield* bodyOf(yield* HttpServerRequest.HttpServerRequest)
            return yield* answer.value({ scores: yield* scores.record(posted) })
          })
    )
  const stats = () =>
    bounded(
      Effect.flatMap(Observability, ({ stats }) =>
        Effect.flatMap(stats, (pipeline) => answer.value({ version, readOnly, pipeline }))
      )
    )
  return { handle, insertScores, stats }
}
