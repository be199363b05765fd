import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type RecordOf, type SignalName, sessionSignals, signalNames } from "../../signal/signals.js"
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
import { methodsOf } from "./methods.js"

export const copy = Effect.fnUntraced(function* <E, R>({
  filters = {},
  from,
  onProgress = () => Effect.void,
  resumeAfter,
  to
}: CopyOptions<E, R>) {
  const isFiltered = Object.values(filters).some((filter) => filter !== undefined)
  const [list = "", cursor] = resumeAfter?.split(":") ?? [isFiltered ? "sessions" : "spans"]
  if (!(isFiltered ? ["sessions"] : signalNames).includes(list as SignalName)) {
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
  const writeOf = <N extends SignalName>(name: N, batch: Chunk.Chunk<Tagged>) => {
    const records = Chunk.filterMap(batch, (tagged) =>
      tagged.name === name ? Option.some(tagged.record as RecordOf<N>) : Option.none()
    )
    if (records.length === 0) return Effect.succeed({})
    return Effect.map(methodsOf(to, name).insert(Chunk.toReadonlyArray(records)), () => ({
      [name]: (progress[name] ?? 0) + records.length
    }))
  }
  const write = (batch: Chunk.Chunk<Tagged>) =>
    Effect.flatMap(
      Effect.forEach(signalNames, (name) => writeOf(name, batch)),
      (counts) => report(Object.assign({}, ...counts))
    )
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

/** The records that are copied before there is a new place to resume at. */
interface Part {
  readonly records: Records
  readonly sessions: number
  readonly resumeAfter: string | undefined
}

/** A record, and which signal it is of. */
type Tagged = { readonly [N in SignalName]: { readonly name: N; readonly record: RecordOf<N> } }[SignalName]

type Records = Stream.Stream<Tagged, StorageError>

/** A list of the storage, and what it has shown so far. */
interface Place {
  readonly list: string
  readonly cursor: string | undefined
}

const everything = (from: StorageService, { cursor, list }: Place): Stream.Stream<Part, StorageError> => {
  const first = signalNames.indexOf(list as SignalName)
  return Stream.flatMap(Stream.fromIterable(signalNames.slice(first)), (name) => {
    const next = signalNames[signalNames.indexOf(name) + 1]
    return Stream.map(
      pagesOf(from, name, { cursor: name === list ? cursor : undefined }),
      ({ items, nextCursor }): Part => ({
        records: Stream.fromIterable(items),
        sessions: 0,
        resumeAfter: placeAfter(name, nextCursor) ?? (next && `${next}:`)
      })
    )
  })
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

/** The signals whose records may be of a session and of no trace. */
const ofSessions = sessionSignals.filter((name) => name !== "spans")

/** The logs and scores of a session, and all that is in its traces: those that `deleteSession` would go through. */
const session = (from: StorageService, sessionId: string): Records => {
  const seen = new Set<string>()
  const isNew = (traceId: string) => {
    if (seen.size === tracesRemembered) seen.clear()
    return seen.size < seen.add(traceId).size
  }
  const traceIds = concat(sessionSignals.map((name) => rows(from, name, { sessionId }))).pipe(
    Stream.filterMap(({ record }) => Option.filter(Option.fromNullable(record.traceId), isNew))
  )
  const trace = (traceId: string): Records => concat(signalNames.map((name) => rows(from, name, { traceId })))
  return Stream.concat(
    concat(ofSessions.map((name) => rows(from, name, { sessionId }))),
    Stream.flatMap(traceIds, trace, { concurrency: 4, bufferSize: 1 })
  )
}

const concat = (streams: ReadonlyArray<Records>): Records => Stream.flatten(Stream.fromIterable(streams))

/** Traces that a copy remembers as copied. To copy a forgotten one twice costs time and does no harm. */
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

/** Pages of one signal. A storage that does not know the signal has none of it. */
const pagesOf = (
  from: StorageService,
  name: SignalName,
  options: { readonly cursor?: string | undefined; readonly filters?: never }
): Stream.Stream<PaginatedResult<Tagged>, StorageError> =>
  pages(methodsOf(from, name).list, options).pipe(
    Stream.map(({ items, nextCursor }) => ({ items: items.map((record) => ({ name, record }) as Tagged), nextCursor })),
    Stream.catchSome((error) => (error.reason === "Unsupported" ? Option.some(Stream.empty) : Option.none()))
  )

const rows = (from: StorageService, name: SignalName, filters: object): Records =>
  Stream.mapConcat(pagesOf(from, name, { filters: filters as never }), ({ items }) => items)

const placeAfter = (list: string, cursor: Option.Option<string>): string | undefined =>
  Option.getOrUndefined(Option.map(cursor, (cursor) => `${list}:${cursor}`))
