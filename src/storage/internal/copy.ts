import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { LogRecord } from "../../signal/LogRecord.js"
import { SpanRecord } from "../../signal/SpanRecord.js"
import type { StorageError } from "../StorageError.js"
import type {
  CopyOptions,
  CopyProgress,
  ListOptions,
  PaginatedResult,
  SessionFilters,
  StorageService
} from "../StorageService.js"
import { invalidArgument } from "./errors.js"

export const copy = Effect.fnUntraced(function* <E, R>({
  filters = {},
  from,
  onProgress = () => Effect.void,
  resumeAfter,
  to
}: CopyOptions<E, R>) {
  const isFiltered = Object.values(filters).some((filter) => filter !== undefined)
  const [list = "", cursor] = resumeAfter?.split(":") ?? [isFiltered ? "sessions" : "spans"]
  if (!(isFiltered ? ["sessions"] : ["spans", "logs"]).includes(list)) {
    return yield* otherPlace()
  }
  const place = { list, cursor: cursor || undefined }
  const parts = Stream.mapError(isFiltered ? sessions(from, filters, place) : everything(from, place), (error) =>
    error.field === "pagination.cursor" ? otherPlace() : error
  )

  let progress: CopyProgress = { sessions: 0, spans: 0, logs: 0, resumeAfter }
  const report = (next: Partial<CopyProgress>) => {
    progress = { ...progress, ...next }
    return onProgress(progress)
  }
  const write = (records: Chunk.Chunk<SpanRecord | LogRecord>) => {
    const [logs, spans] = Chunk.partition(records, (record) => record instanceof SpanRecord)
    return to
      .insertSpans(Chunk.toReadonlyArray(spans))
      .pipe(
        Effect.zipRight(to.insertLogs(Chunk.toReadonlyArray(logs))),
        Effect.zipRight(
          Effect.suspend(() => report({ spans: progress.spans + spans.length, logs: progress.logs + logs.length }))
        )
      )
  }
  yield* Stream.runForEach(parts, ({ records, resumeAfter, sessions }) =>
    Stream.grouped(records, batchSize).pipe(
      Stream.runForEach(write),
      Effect.zipRight(Effect.suspend(() => report({ sessions: progress.sessions + sessions, resumeAfter })))
    )
  )
  return progress
})

const batchSize = 1000

const otherPlace = () => invalidArgument("resumeAfter", "expected what a copy with the same filters has reported")

/** What is copied before there is a new place to resume at. */
interface Part {
  readonly records: Records
  readonly sessions: number
  readonly resumeAfter: string | undefined
}

type Records = Stream.Stream<SpanRecord | LogRecord, StorageError>

/** A list of the storage, and what it has shown so far. */
interface Place {
  readonly list: string
  readonly cursor: string | undefined
}

const everything = (from: StorageService, { cursor, list }: Place): Stream.Stream<Part, StorageError> => {
  const part =
    (list: string, end?: string) =>
    ({ items, nextCursor }: PaginatedResult<SpanRecord | LogRecord>): Part => ({
      records: Stream.fromIterable(items),
      sessions: 0,
      resumeAfter: placeAfter(list, nextCursor) ?? end
    })
  const spans = Stream.map(pages(from.listSpans, { cursor }), part("spans", "logs:"))
  const logs = (cursor?: string) => Stream.map(pages(from.listLogs, { cursor }), part("logs"))
  return list === "logs" ? logs(cursor) : Stream.concat(spans, logs())
}

const sessions = (
  from: StorageService,
  filters: SessionFilters,
  { cursor }: Place
): Stream.Stream<Part, StorageError> =>
  Stream.map(pages(from.listSessions, { cursor, filters, limit: 50 }), ({ items, nextCursor }) => ({
    records: Stream.flatMap(Stream.fromIterable(items), ({ sessionId }) => session(from, sessionId)),
    sessions: items.length,
    resumeAfter: placeAfter("sessions", nextCursor)
  }))

/** The logs of a session, and all that is in its traces. */
const session = (from: StorageService, sessionId: string): Records => {
  const seen = new Set<string>()
  const isNew = (traceId: string) => {
    if (seen.size === tracesRemembered) seen.clear()
    return seen.size < seen.add(traceId).size
  }
  const traceIds = rows(from.listSpans, { sessionId }).pipe(
    Stream.map((span) => span.traceId),
    Stream.filter(isNew)
  )
  const trace = (traceId: string): Records =>
    Stream.concat(rows(from.listSpans, { traceId }), rows(from.listLogs, { traceId }))
  return Stream.concat(
    rows(from.listLogs, { sessionId }),
    Stream.flatMap(traceIds, trace, { concurrency: 4, bufferSize: 1 })
  )
}

/** It costs time and does no harm to copy a trace twice. */
const tracesRemembered = 100_000

type List<Filters, A> = (options: ListOptions<Filters, "time">) => Effect.Effect<PaginatedResult<A>, StorageError>

/** Oldest first, so that what is written meanwhile comes last. */
const pages = <Filters, A>(
  list: List<Filters, A>,
  options: { readonly cursor?: string | undefined; readonly filters?: Filters; readonly limit?: number }
): Stream.Stream<PaginatedResult<A>, StorageError> =>
  Stream.paginateEffect(options.cursor, (cursor) =>
    Effect.map(
      list({
        filters: options.filters,
        pagination: { cursor, limit: options.limit ?? batchSize },
        orderBy: { field: "time", direction: "asc" }
      }),
      (page) => [page, page.nextCursor]
    )
  )

const rows = <Filters, A>(list: List<Filters, A>, filters: Filters): Stream.Stream<A, StorageError> =>
  Stream.mapConcat(pages(list, { filters }), ({ items }) => items)

const placeAfter = (list: string, cursor: Option.Option<string>): string | undefined =>
  Option.getOrUndefined(Option.map(cursor, (cursor) => `${list}:${cursor}`))
