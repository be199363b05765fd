/** `session ID`: a session as the conversation that it was, or as the trees of its turns. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Transcript from "../../server/Transcript.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { Score } from "../../signal/Score.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { Storage } from "../../storage/Storage.js"
import type { StorageService, TimelineItem } from "../../storage/StorageService.js"
import { notFound } from "../Failure.js"
import * as Arguments from "../internal/arguments.js"
import { counted, dollars, joined, tokens } from "../internal/numbers.js"
import * as Said from "../internal/said.js"
import { oneLine } from "../internal/text.js"
import * as Times from "../internal/times.js"
import * as Tree from "../internal/tree.js"
import * as Output from "../Output.js"
import { described } from "../overview.js"
import * as Store from "../Store.js"

export const session = Command.make(
  "session",
  {
    id: Args.text({ name: "id" }).pipe(Args.withDescription("The id of the session.")),
    store: Store.options,
    tree: Arguments.flag("tree", "The spans of each turn as a tree, in place of the conversation."),
    logs: Arguments.flag("logs", "The logs, too, each at its time."),
    full: Arguments.flag("full", "All of long texts."),
    utc: Arguments.utc,
    json: Arguments.json
  },
  Effect.fnUntraced(function* ({ full, id, json, logs, store, tree, utc }) {
    const chosen = yield* Store.choose(store)
    const storage = yield* Store.open(chosen)
    const summary = Option.getOrUndefined(yield* storage.getSession(id))
    if (summary === undefined) return yield* notFound(`there is no session ${id} in ${Store.nameOf(chosen)}`)
    if (json) return yield* asJson(storage, summary)
    yield* Output.print(...headOf(summary, utc))
    const options = { full, utc, logs }
    yield* tree ? asTrees(storage, summary, options) : asConversation(storage, summary, options)
  }, Effect.scoped)
).pipe(Command.withDescription(described.session))

interface Options {
  readonly full: boolean
  readonly utc: boolean
  readonly logs: boolean
}

const headOf = (summary: SessionSummary, utc: boolean): ReadonlyArray<string> => {
  const { agents, costUsd, errors, firstActivity, inputTokens, lastActivity, logs, models, outputTokens, scores } =
    summary
  const { sessionId, spans, turns, users } = summary
  const list = (values: ReadonlyArray<string>) => oneLine(values.join(", "))
  return [
    `${Output.paint("bold", `session ${oneLine(sessionId)}`)}  ${joined(" · ", list(users), list(agents), list(models))}`,
    joined(
      " · ",
      `${Times.shown(firstActivity, utc)} + ${Times.lasted(lastActivity - firstActivity)}`,
      counted(turns, "turn"),
      counted(spans, "span"),
      counted(logs, "log"),
      errors === 0 ? undefined : Output.paint("red", counted(errors, "error")),
      tokens(inputTokens, outputTokens),
      costUsd === 0 ? undefined : dollars(costUsd)
    ),
    ...Object.entries(scores).map(([name, { count, mean }]) =>
      joined(
        " ",
        Output.paint("blue", "score"),
        oneLine(name),
        String(mean),
        count === 1 ? undefined : `(mean of ${count})`
      )
    )
  ]
}

/** All of a timeline, page by page. */
const forEachItem = <E, R>(
  storage: StorageService,
  sessionId: string,
  f: (item: TimelineItem) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function* () {
    let cursor: string | undefined
    do {
      const { items, nextCursor } = yield* storage.sessionTimeline({ sessionId, pagination: { limit: 500, cursor } })
      yield* Effect.forEach(items, f, { discard: true })
      cursor = Option.getOrUndefined(nextCursor)
    } while (cursor !== undefined)
  })

/** A turn with the spans of its session that are below it. */
const spansOf = (storage: StorageService, turn: SpanRecord) =>
  Effect.map(storage.getTrace(turn.traceId), (trace) => {
    const spans = Option.match(trace, { onNone: () => [turn], onSome: ({ spans }) => spans })
    const below = new Set([turn.spanId])
    return spans.filter((span) => {
      // Each span comes after its parent.
      const isBelow = span.spanId === turn.spanId || below.has(span.parentSpanId ?? "")
      const isOfSession = span.sessionId === undefined || span.sessionId === turn.sessionId
      if (isBelow && isOfSession) below.add(span.spanId)
      return isBelow && isOfSession
    })
  })

const asJson = Effect.fnUntraced(function* (storage: StorageService, summary: SessionSummary) {
  const line = (_tag: string, record: { readonly toJSON: () => object }) =>
    Output.print(JSON.stringify({ _tag, ...record.toJSON() }))
  yield* line("SessionSummary", summary)
  yield* forEachItem(storage, summary.sessionId, (item) =>
    item._tag === "SpanRecord"
      ? Effect.flatMap(spansOf(storage, item), (spans) =>
          Effect.forEach(spans, (span) => line("SpanRecord", span), { discard: true })
        )
      : line(item._tag, item)
  )
})

const asConversation = (storage: StorageService, { sessionId, turns }: SessionSummary, options: Options) => {
  // The logs of a turn come after it, and stand among its words.
  let turn: Transcript.Turn | undefined
  let logs: Array<LogRecord> = []
  const flush = Effect.suspend(() => {
    const [before, among] = [turn, logs]
    turn = undefined
    logs = []
    return Output.print(
      ...(before === undefined ? [] : ["", Said.headOfTurn(before, turns, options)]),
      ...Said.lines(before, among, options)
    )
  })
  return Transcript.ofSession(sessionId, { textLength: options.full ? 2 ** 29 : Said.longest }).pipe(
    Stream.runForEach((item) => {
      switch (item._tag) {
        case "LogRecord":
          if (options.logs) logs.push(item)
          return logs.length < maxLogs ? Effect.void : flush
        case "Score":
          return Effect.zipRight(flush, Output.print(...Said.linesOfScore(item, options)))
        case "Turn":
          return Effect.zipRight(
            flush,
            Effect.sync(() => {
              turn = item
            })
          )
      }
    }),
    Effect.zipRight(flush),
    Effect.provideService(Storage, storage)
  )
}

/** Beyond so many, logs are shown before the rest of their turn is known. */
const maxLogs = 10_000

const asTrees = Effect.fnUntraced(function* (storage: StorageService, { sessionId }: SessionSummary, options: Options) {
  yield* forEachItem(storage, sessionId, (item) => {
    if (item._tag === "LogRecord") return options.logs ? Output.print(...Said.linesOfLog(item, options)) : Effect.void
    if (item._tag === "Score") return Output.print(...Said.linesOfScore(item as Score, options))
    return Effect.flatMap(spansOf(storage, item), (spans) =>
      Output.print(
        "",
        Output.paint("dim", `${Times.shown(item.startTime, options.utc, 3)}  trace ${item.traceId}`),
        ...Tree.lines(spans, Output.columns(), Output.paint)
      )
    )
  })
})
