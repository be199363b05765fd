/** `tail`: spans and logs as they come. A span is shown when it has ended. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { StorageError } from "../../storage/StorageError.js"
import type { PaginatedResult, StorageService } from "../../storage/StorageService.js"
import { Failure } from "../Failure.js"
import * as Arguments from "../internal/arguments.js"
import { dollars, joined, tokens } from "../internal/numbers.js"
import * as Said from "../internal/said.js"
import * as Text from "../internal/text.js"
import * as Times from "../internal/times.js"
import * as Output from "../Output.js"
import { described } from "../overview.js"
import * as Store from "../Store.js"

type Shown = SpanRecord | LogRecord

export const tail = Command.make(
  "tail",
  {
    store: Store.options,
    lines: Options.map(Arguments.integer("lines", 0, "As many records from before at first."), (given = 10) => given),
    session: Arguments.text("session", "id", "Of this session."),
    user: Arguments.text("user", "id", "Of this user."),
    service: Arguments.text("service", "name", "Of this service."),
    kind: Arguments.choice("only", ["spans", "logs"], "Spans or logs; both, if nothing is said."),
    utc: Arguments.utc,
    json: Arguments.json
  },
  Effect.fnUntraced(function* ({ json, kind, lines, service, session, store, user, utc }) {
    const chosen = yield* Store.choose(store)
    const filters = Arguments.given({ sessionId: session, userId: user, serviceName: service })
    const follower = new Follower(kind, filters)
    const show = (records: ReadonlyArray<Shown>) => Output.print(...records.map((record) => lineOf(record, json, utc)))
    const poll = (storage: StorageService, isFirst: boolean) =>
      Effect.flatMap(follower.poll(storage), (records) =>
        show(isFirst ? records.slice(records.length - Math.min(records.length, lines)) : records)
      )
    const storage = chosen.kind === "duckdb" ? undefined : yield* Store.open(chosen)
    // A file is left to others between two looks: it grows while somebody else has it.
    const look = (isFirst: boolean) =>
      storage === undefined
        ? Effect.scoped(Effect.flatMap(Store.open(chosen), (storage) => poll(storage, isFirst)))
        : poll(storage, isFirst)
    yield* look(true)
    let said: string | undefined
    return yield* Effect.forever(
      Effect.sleep("1 second").pipe(
        Effect.zipRight(look(false)),
        Effect.tap(() => {
          said = undefined
        }),
        Effect.catchIf(mayPass, ({ message }) => {
          const isNew = said !== message
          said = message
          return isNew ? Output.note(`waiting: ${message}`) : Effect.void
        })
      )
    )
  }, Effect.scoped)
).pipe(Command.withDescription(described.tail))

/** A store that is away for a while, or a file that a program holds, is waited for. */
const mayPass = (error: unknown): error is StorageError | Failure =>
  (error instanceof StorageError && error.retryable) ||
  (error instanceof Failure && error.cause instanceof StorageError && error.cause.retryable)

/** How far back it is looked for what was stored since: nanoseconds. */
const window = 600_000_000_000n

/** As many spans that are open are waited for. */
const maxOpen = 1_000

/** Finds what is new in a store. Spans are stored when they end, long after some that began later. */
class Follower {
  private readonly seen = new Map<string, bigint>()
  private readonly open = new Map<string, SpanRecord>()
  private isFirst = true
  private polls = 0

  constructor(
    private readonly kind: "spans" | "logs" | undefined,
    private readonly filters: { readonly [name: string]: string | undefined }
  ) {}

  poll(storage: StorageService): Effect.Effect<ReadonlyArray<Shown>, StorageError> {
    const self = this
    return Effect.gen(function* () {
      const now = BigInt(yield* Effect.clockWith((clock) => clock.currentTimeMillis)) * 1_000_000n
      // A page that has nothing new is the last one, but for each tenth time: late ones are behind those.
      const isThorough = self.polls++ % 10 === 9
      const found: Array<Shown> = []
      if (self.kind !== "logs") {
        if (self.isFirst) {
          const { items } = yield* storage.listSpans({
            filters: { ...self.filters, status: "running" },
            pagination: { limit: maxOpen }
          })
          for (const span of items) self.open.set(keyOf(span), span)
        }
        found.push(...(yield* self.pages((options) => storage.listSpans(options), now, isThorough)))
        found.push(...(yield* self.ended(storage)))
      }
      if (self.kind !== "spans")
        found.push(...(yield* self.pages((options) => storage.listLogs(options), now, isThorough)))
      self.isFirst = false
      for (const [key, time] of self.seen) if (time < now - 2n * window) self.seen.delete(key)
      return found.toSorted((a, b) => (shownAt(a) < shownAt(b) ? -1 : shownAt(a) > shownAt(b) ? 1 : 0))
    })
  }

  /** Records of a list that were not shown, newest first, until a page has nothing new. */
  private pages<A extends Shown>(
    list: (options: {
      readonly filters: { readonly [name: string]: string | bigint | undefined }
      readonly pagination: { readonly limit: number; readonly cursor: string | undefined }
    }) => Effect.Effect<PaginatedResult<A>, StorageError>,
    now: bigint,
    isThorough: boolean
  ): Effect.Effect<ReadonlyArray<A>, StorageError> {
    const self = this
    return Effect.gen(function* () {
      const found: Array<A> = []
      // At first there is something to show, however long ago that was.
      const filters = self.isFirst ? self.filters : { ...self.filters, startedAfter: now - window }
      let cursor: string | undefined
      do {
        const { items, nextCursor } = yield* list({ filters, pagination: { limit: 200, cursor } })
        const fresh = items.filter((item) => self.isNew(item))
        found.push(...fresh)
        cursor = self.isFirst || (fresh.length === 0 && !isThorough) ? undefined : Option.getOrUndefined(nextCursor)
      } while (cursor !== undefined)
      return found
    })
  }

  /** Marks a record as shown; a span that is open is kept for later. */
  private isNew(record: Shown): boolean {
    const key = keyOf(record)
    if (this.seen.has(key)) return false
    if (record._tag === "SpanRecord" && record.endTime === undefined) {
      if (this.open.size < maxOpen) this.open.set(key, record)
      return false
    }
    this.open.delete(key)
    this.seen.set(key, record._tag === "SpanRecord" ? record.startTime : record.timestamp)
    return true
  }

  /** Of the spans that were open, those that have ended. */
  private ended(storage: StorageService): Effect.Effect<ReadonlyArray<SpanRecord>, StorageError> {
    return Effect.map(
      Effect.forEach(Array.from(this.open.values()), ({ spanId, traceId }) => storage.getSpan({ traceId, spanId }), {
        concurrency: 4
      }),
      (spans) =>
        spans.flatMap((span) => Option.toArray(span)).filter((span) => span.endTime !== undefined && this.isNew(span))
    )
  }
}

const keyOf = (record: Shown): string => (record._tag === "SpanRecord" ? record.traceId + record.spanId : record.logId)

const shownAt = (record: Shown): bigint =>
  record._tag === "SpanRecord" ? (record.endTime ?? record.startTime) : record.timestamp

const lineOf = (record: Shown, json: boolean, utc: boolean): string => {
  if (json) return JSON.stringify({ _tag: record._tag, ...record.toJSON() })
  const { sessionId, traceId } = record
  const from = Output.paint(
    "dim",
    joined(
      " ",
      sessionId === undefined ? undefined : `session=${Text.oneLine(sessionId)}`,
      traceId === undefined ? undefined : `#${traceId.slice(0, 8)}`
    )
  )
  if (record._tag === "LogRecord") return joined("  ", Said.linesOfLog(record, { full: false, utc })[0], from)
  const {
    costUsd,
    endTime = record.startTime,
    inputTokens,
    model,
    name,
    outputTokens,
    spanType,
    startTime,
    status
  } = record
  const line = joined(
    "  ",
    Output.paint("dim", Times.shown(startTime, utc, 3)),
    Output.paint(status === "error" ? "red" : "bold", Text.oneLine(name)),
    Times.lasted(endTime - startTime),
    joined(
      " · ",
      model === undefined || name.includes(model) ? undefined : Text.oneLine(model),
      spanType === "agent_run" ? undefined : tokens(inputTokens, outputTokens),
      dollars(costUsd)
    ),
    status === "error"
      ? Output.paint("red", `✗ ${Said.failureOf(record)}`)
      : status === "ok"
        ? undefined
        : Output.paint("yellow", status),
    from
  )
  return line
}
