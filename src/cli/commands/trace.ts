/** `trace ID`: a trace as a tree, or one of its spans whole. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { StorageService, TraceOutline } from "../../storage/StorageService.js"
import { notFound } from "../Failure.js"
import * as Arguments from "../internal/arguments.js"
import { counted } from "../internal/numbers.js"
import * as Text from "../internal/text.js"
import * as Times from "../internal/times.js"
import * as Tree from "../internal/tree.js"
import * as Output from "../Output.js"
import { described } from "../overview.js"
import * as Store from "../Store.js"

export const trace = Command.make(
  "trace",
  {
    id: Args.text({ name: "id" }).pipe(Args.withDescription("The id of the trace.")),
    store: Store.options,
    span: Arguments.text("span", "id", "One span of it, with all of its attributes and events."),
    full: Arguments.flag("full", "All of long texts."),
    utc: Arguments.utc,
    json: Arguments.json
  },
  Effect.fnUntraced(function* ({ full, id, json, span: spanId, store, utc }) {
    const chosen = yield* Store.choose(store)
    const storage = yield* Store.open(chosen)
    if (spanId !== undefined) {
      const span = Option.getOrUndefined(yield* storage.getSpan({ traceId: id, spanId }))
      if (span === undefined)
        return yield* notFound(`there is no span ${spanId} of trace ${id} in ${Store.nameOf(chosen)}`)
      return yield* Output.print(...(json ? [JSON.stringify(span)] : whole(span, full, utc)))
    }
    if (json) {
      const found = Option.getOrUndefined(yield* storage.getTrace(id))
      if (found === undefined) return yield* absent(id, chosen)
      for (const span of found.spans) yield* Output.print(JSON.stringify(span))
      return found.truncated ? yield* cutOff(found.spans.length) : undefined
    }
    const outline = Option.getOrUndefined(yield* storage.traceOutline(id))
    if (outline === undefined) return yield* absent(id, chosen)
    yield* Output.print(...headOf(outline, utc))
    yield* Output.print(...Tree.lines(yield* withMessages(storage, outline), Output.columns(), Output.paint))
    if (outline.truncated) yield* cutOff(outline.spans.length)
  }, Effect.scoped)
).pipe(Command.withDescription(described.trace))

const absent = (id: string, store: Store.Store) => notFound(`there is no trace ${id} in ${Store.nameOf(store)}`)

const cutOff = (spans: number) =>
  Output.note(`only the first ${spans} spans are shown: for all of them, spans --trace ID --all`)

/** An outline has no messages of errors. */
const withMessages = (storage: StorageService, { spans, traceId }: TraceOutline) =>
  Effect.gen(function* () {
    if (!spans.some(({ status }) => status === "error")) return spans
    const { items } = yield* storage.listSpans({ filters: { traceId, hasError: true }, pagination: { limit: 200 } })
    const messages = new Map(items.map(({ spanId, statusMessage }) => [spanId, statusMessage]))
    return spans.map((span) => ({ ...span, statusMessage: messages.get(span.spanId) }))
  })

const headOf = ({ spans, traceId }: TraceOutline, utc: boolean): ReadonlyArray<string> => {
  const [first] = spans
  const session = spans.find(({ sessionId }) => sessionId !== undefined)?.sessionId
  return [
    `${Output.paint("bold", `trace ${traceId}`)}  ${[
      first === undefined ? "" : Times.shown(first.startTime, utc, 3),
      counted(spans.length, "span"),
      session === undefined ? "" : `session ${Text.oneLine(session)}`
    ]
      .filter((part) => part !== "")
      .join(" · ")}`
  ]
}

/** Every field of a span that has a value, and its attributes and events a line each. */
const whole = (span: SpanRecord, full: boolean, utc: boolean): ReadonlyArray<string> => {
  const { attributes, events, metadata = {}, resource, ...fields } = span.toJSON()
  const most = full ? 2 ** 29 : 2_000
  const { startTime, endTime } = span
  const texts = (name: string, value: unknown): ReadonlyArray<string> => {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return []
    const [first = "", ...others] = Text.lines(typeof value === "string" ? value : JSON.stringify(value), most)
    return [`${Output.paint("cyan", Text.oneLine(name))}: ${first}`, ...others.map((line) => `  ${line}`)]
  }
  const section = (title: string, values: object) => {
    const lines = Object.entries(values).flatMap(([name, value]) => texts(name, value).map((line) => `  ${line}`))
    return lines.length === 0 ? [] : [Output.paint("bold", title), ...lines]
  }
  return [
    Output.paint("bold", `span ${Text.oneLine(span.name)}`),
    ...Object.entries({
      ...fields,
      startTime: Times.shown(startTime, utc, 3),
      endTime:
        endTime === undefined ? undefined : `${Times.shown(endTime, utc, 3)} (${Times.lasted(endTime - startTime)})`
    }).flatMap(([name, value]) => (name === "name" ? [] : texts(name, value).map((line) => `  ${line}`))),
    ...section("attributes", attributes),
    ...section("metadata", metadata),
    ...section("resource", resource),
    ...events.flatMap(({ attributes, name, time }) =>
      section(`event ${Text.oneLine(name)} ${Times.shown(BigInt(time), utc, 3)}`, attributes)
    )
  ]
}
