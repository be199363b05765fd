/** The commands that list: sessions, traces, spans, logs, metrics and scores. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { MetricPoint } from "../../signal/MetricPoint.js"
import type { Score } from "../../signal/Score.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { StorageError } from "../../storage/StorageError.js"
import type * as Storage from "../../storage/StorageService.js"
import type { ListOptions, OrderBy, PaginatedResult, StorageService } from "../../storage/StorageService.js"
import * as Arguments from "../internal/arguments.js"
import * as Filters from "../internal/filters.js"
import * as Rows from "../internal/rows.js"
import * as Table from "../internal/table.js"
import * as Output from "../Output.js"
import { described } from "../overview.js"
import * as Store from "../Store.js"

interface Listed {
  readonly toJSON: () => unknown
}

interface List<Filters, Item extends Listed> {
  readonly name: keyof typeof described & string
  readonly filters: Options.Options<Filters>
  readonly orders: ReadonlyArray<keyof typeof orders>
  readonly ask: (
    storage: StorageService,
    // biome-ignore lint/suspicious/noExplicitAny: the order of a list that may have no duration.
    options: ListOptions<Filters, any>
  ) => Effect.Effect<PaginatedResult<Item>, StorageError>
  readonly columns: (utc: boolean) => ReadonlyArray<Table.Column<Item>>
}

const orders = {
  newest: { field: "time", direction: "desc" },
  oldest: { field: "time", direction: "asc" },
  longest: { field: "duration", direction: "desc" },
  shortest: { field: "duration", direction: "asc" }
} as const satisfies { readonly [order: string]: OrderBy }

const byTime = ["newest", "oldest"] as const
const byDuration = ["newest", "oldest", "longest", "shortest"] as const

const page = {
  limit: Options.map(Arguments.integer("limit", 1, "As many at most."), (given = 50) => given),
  all: Arguments.flag("all", "All of them, page by page."),
  cursor: Arguments.text("cursor", "cursor", "Goes on after a page that was shown: with the same filters and order.")
}

const list = <Filters, Item extends Listed>({ ask, columns, filters, name, orders: names }: List<Filters, Item>) =>
  Command.make(
    name,
    {
      store: Store.options,
      filters,
      range: Arguments.range,
      order: Arguments.choice("order", names, "Newest first, if nothing is said."),
      ...page,
      utc: Arguments.utc,
      json: Arguments.json
    },
    Effect.fnUntraced(function* ({ all, cursor, filters, json, limit, order = "newest", range, store, utc }) {
      const begun = cursorOf(cursor)
      const times = { ...(yield* Arguments.timesOf(range, utc)), ...begun.times(range.since !== undefined) }
      const storage = yield* Effect.flatMap(Store.choose(store), Store.open)
      const lines = json
        ? (items: ReadonlyArray<Item>) => items.map((item) => JSON.stringify(item))
        : Table.make(columns(utc), Output.columns(), Output.paint)
      let left = all ? Number.POSITIVE_INFINITY : limit
      let next = begun.cursor
      let isFirst = true
      do {
        const { items, nextCursor } = yield* ask(storage, {
          filters: { ...filters, ...Arguments.given(times) },
          pagination: { limit: Math.min(left, 1000), cursor: next },
          orderBy: orders[order]
        })
        if (items.length > 0) yield* Output.print(...lines(items))
        else if (isFirst && !json) yield* Output.note(`no ${name}`)
        isFirst = false
        left -= items.length
        next = Option.getOrUndefined(nextCursor)
      } while (next !== undefined && left > 0)
      if (next !== undefined) yield* Output.note(`more: --cursor ${begun.with(next, range.since, times.startedAfter)}`)
    }, Effect.scoped)
  ).pipe(Command.withDescription(described[name]))

/** A cursor with the time that `--since` meant when the first page was read: a cursor is good for the same query alone. */
const cursorOf = (text: string | undefined) => {
  const [, since, cursor] = /^(-?\d{1,19})\.(.*)$/s.exec(text ?? "") ?? [undefined, undefined, text]
  return {
    cursor,
    times: (isSince: boolean) => (isSince && since !== undefined ? { startedAfter: BigInt(since) } : {}),
    with: (next: string, isSince: bigint | undefined, startedAfter: bigint | undefined) =>
      isSince === undefined ? next : `${startedAfter}.${next}`
  }
}

export const sessions = list<Storage.SessionFilters, SessionSummary>({
  name: "sessions",
  filters: Filters.ofSpans,
  orders: byDuration,
  ask: (storage, options) => storage.listSessions(options),
  columns: Rows.sessions
})

export const traces = list<Storage.SpanFilters, SpanRecord>({
  name: "traces",
  filters: Filters.ofSpans,
  orders: byDuration,
  ask: (storage, options) => storage.listTraces(options),
  columns: Rows.traces
})

export const spans = list<Storage.SpanFilters, SpanRecord>({
  name: "spans",
  filters: Filters.ofSpans,
  orders: byDuration,
  ask: (storage, options) => storage.listSpans(options),
  columns: Rows.spans
})

export const logs = list<Storage.LogFilters, LogRecord>({
  name: "logs",
  filters: Filters.ofLogs,
  orders: byTime,
  ask: (storage, options) => storage.listLogs(options),
  columns: Rows.logs
})

export const metrics = list<Storage.MetricFilters, MetricPoint>({
  name: "metrics",
  filters: Filters.ofMetrics,
  orders: byTime,
  ask: (storage, options) => storage.listMetrics(options),
  columns: Rows.metrics
})

export const scores = list<Storage.ScoreFilters, Score>({
  name: "scores",
  filters: Filters.ofScores,
  orders: byTime,
  ask: (storage, options) => storage.listScores(options),
  columns: Rows.scores
})
