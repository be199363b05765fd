import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { inTurns } from "../../../runtime/eventLoop.js"
import type { Json } from "../../../signal/Json.js"
import { type SpanRecord, SpanType } from "../../../signal/SpanRecord.js"
import { type OutlineSpan, Storage, type TraceOutline } from "../../../storage/Storage.js"
import * as Args from "./arguments.js"
import { status } from "./said.js"
import * as Text from "./text.js"
import * as Tool from "./tool.js"

export const outlineTrace = Tool.make({
  name: "outline_trace",
  title: "Outline a trace",
  description:
    "Shows the tree of the spans of a trace without their content, a line for each: what ran within what, types, failures, " +
    "times, models, tools, tokens, cost, and how large the content is. Read the content of one with read_span. A large " +
    "trace comes in pieces; type, errors_only and min_duration_ms show only some of its spans.",
  arguments: Schema.Struct({
    trace_id: Args.traceId,
    from_span: Args.integer("The number of the span to begin with: 1 when absent.", 1, 1_000_000),
    type: Schema.optional(SpanType.annotations({ description: "Only spans of this type." })),
    errors_only: Args.flag("Only spans that failed."),
    min_duration_ms: Schema.optional(
      Schema.NonNegative.annotations({ description: "Only spans that took at least this long." })
    )
  }),
  run: (given) =>
    Effect.gen(function* () {
      const { traceOutline } = yield* Storage
      const trace = Option.getOrUndefined(yield* traceOutline(given.trace_id))
      if (trace === undefined) return yield* Tool.refuse(`There is no trace ${given.trace_id}.`)
      const shown = (span: OutlineSpan): boolean =>
        (given.type === undefined || span.spanType === given.type) &&
        (given.errors_only !== true || span.status === "error") &&
        (given.min_duration_ms === undefined ||
          (span.endTime !== undefined && Number(span.endTime - span.startTime) >= given.min_duration_ms * 1e6))
      return { text: yield* inTurns(() => outline(trace, given.from_span ?? 1, shown)) }
    })
})

function* outline(trace: TraceOutline, from: number, shown: (span: OutlineSpan) => boolean): Generator<void, string> {
  const { spans, traceId } = trace
  const page = new Text.Page()
  const start = spans[0]?.startTime ?? 0n
  const failed = spans.filter(({ status }) => status === "error").length
  page.add(
    `# Trace ${traceId}`,
    Text.facts(
      `${spans.length} spans${trace.truncated ? ", and more that cannot be shown" : ""}`,
      `${failed} failed`,
      `begins ${Text.time(start)}`
    ),
    "number, span, type, status, start after the first span, duration, facts, span_id",
    ""
  )
  const depths = new Map<string, number>()
  let number = 0
  let hidden = 0
  for (const span of spans) {
    number++
    const depth = span.parentSpanId === undefined ? 0 : (depths.get(span.parentSpanId) ?? -1) + 1
    depths.set(span.spanId, depth)
    yield
    if (number < from) continue
    if (!shown(span)) {
      hidden++
      continue
    }
    if (!page.add(`${number}. ${line(span, depth, start)}`)) {
      return page.end(`[cut here: go on with from_span=${number}]`)
    }
  }
  return page.end(
    hidden === 0 ? "[the trace ends here]" : `[the trace ends here; ${hidden} spans do not fit the filters]`
  )
}

/** Deeper spans are indented no further. */
const maxDepth = 30

const line = (span: OutlineSpan, depth: number, start: bigint): string =>
  `${"  ".repeat(Math.min(depth, maxDepth))}${Text.facts(
    Text.inline(span.name, 100),
    span.spanType === "generic" ? undefined : span.spanType,
    span.errorType === undefined ? span.status : `${span.status} ${Text.inline(span.errorType, 60)}`,
    `+${Text.ms(span.startTime - start)}`,
    span.endTime !== undefined && Text.ms(span.endTime - span.startTime),
    span.model !== undefined && Text.inline(span.model, 60),
    span.toolName !== undefined && !span.name.includes(span.toolName) && Text.inline(span.toolName, 60),
    span.inputTokens !== undefined && `${span.inputTokens} → ${span.outputTokens ?? 0} tokens`,
    span.costUsd !== undefined && Text.usd(span.costUsd),
    span.attributesSize > 0 && Text.bytes(span.attributesSize),
    `span_id ${span.spanId}`
  )}`

export const readSpan = Tool.make({
  name: "read_span",
  title: "Read a span",
  description:
    "Shows all that is recorded of one span: ids, times, tokens, cost, failure, attributes (what a model or a tool was given " +
    "and answered is among them), events and links. Long values are cut; with attribute, one of them is shown from offset on.",
  arguments: Schema.Struct({
    trace_id: Args.traceId,
    span_id: Args.spanId,
    attribute: Args.optionalText(
      "The name of an attribute to read as a whole, as gen_ai.input.messages; or events, links."
    ),
    offset: Args.integer("The character of that attribute to begin with: 0 when absent.", 0, 1_000_000_000)
  }),
  run: ({ attribute, offset = 0, span_id, trace_id }) =>
    Effect.gen(function* () {
      const { getSpan } = yield* Storage
      const found = yield* getSpan({ traceId: trace_id, spanId: span_id })
      if (Option.isNone(found)) {
        return yield* Tool.refuse(
          `There is no span ${span_id} in trace ${trace_id}: outline_trace shows those of a trace.`
        )
      }
      const span = found.value
      if (attribute === undefined) return { text: whole(span) }
      const value = namedValue(span, attribute)
      if (value === undefined) {
        const names = Object.keys(span.attributes)
        return yield* Tool.misfit(
          `- attribute: this span has no ${Text.inline(attribute)}; it has ${names
            .slice(0, 100)
            .map((name) => Text.inline(name, 80))
            .join(", ")}`
        )
      }
      return { text: piece(attribute, Text.textOf(value), offset) }
    })
})

const namedValue = (span: SpanRecord, name: string): Json | undefined =>
  Object.hasOwn(span.attributes, name)
    ? span.attributes[name]
    : name === "events" || name === "links" || name === "resource" || name === "metadata" || name === "statusMessage"
      ? ((span.toJSON() as { readonly [name: string]: unknown })[name] as Json | undefined)
      : undefined

const pieceLength = 16_000

const piece = (name: string, text: string, offset: number): string => {
  const kept = text.slice(offset, offset + pieceLength)
  const next = offset + kept.length
  return [
    `${Text.inline(name)}: characters ${offset} to ${next} of ${text.length}`,
    ...Text.quote(kept, pieceLength, ""),
    next < text.length ? `[cut here: go on with offset=${next}]` : "[it ends here]"
  ].join("\n")
}

/** Fields that have a line of their own, or are in the head. */
const ofHead: ReadonlySet<string> = new Set([
  "traceId",
  "spanId",
  "name",
  "kind",
  "spanType",
  "status",
  "statusMessage",
  "startTime",
  "endTime",
  "costUsd",
  "timeToFirstToken",
  "attributes",
  "events",
  "links"
])

const whole = (span: SpanRecord): string => {
  const page = new Text.Page()
  const duration = span.endTime === undefined ? "still running" : Text.ms(span.endTime - span.startTime)
  page.add(
    `# Span ${Text.inline(span.name)}`,
    Text.facts(span.spanType, span.kind, Text.time(span.startTime), duration, status(span)),
    `trace_id ${span.traceId} span_id ${span.spanId}`,
    ...(span.costUsd === undefined ? [] : [`costUsd ${Text.usd(span.costUsd)}`]),
    ...(span.timeToFirstToken === undefined ? [] : [`time to first token ${Text.ms(span.timeToFirstToken)}`])
  )
  let left = 0
  const add = (name: string, value: Json, length: number) => {
    const text = Text.textOf(value)
    const isShort = text.length <= 80 && !text.includes("\n")
    const more = `read_span with attribute=${JSON.stringify(Text.inline(name))}`
    const lines = isShort
      ? [`${Text.inline(name)}: ${Text.inline(text)}`]
      : [`${Text.inline(name)}:`, ...Text.quote(text, length, more)]
    if (!page.add(...lines)) left++
  }
  for (const [name, value] of Object.entries(span.toJSON())) {
    if (!ofHead.has(name) && value !== undefined) add(name, value as Json, 500)
  }
  page.add("", "## Attributes")
  // The short ones first, so that a long one takes the room of none.
  const attributes = Object.entries(span.attributes).map(([name, value]) => ({
    name,
    value,
    size: Text.textOf(value).length
  }))
  const room = Math.max(500, Math.floor(16_000 / Math.max(1, attributes.filter(({ size }) => size > 500).length)))
  for (const { name, value } of attributes.sort((a, b) => a.size - b.size)) add(name, value, room)
  for (const name of ["events", "links"] as const) {
    if (span[name].length === 0) continue
    page.add("", `## ${name} (${span[name].length})`)
    add(name, span.toJSON()[name] as Json, 3_000)
  }
  return page.end(left === 0 ? "[the span ends here]" : `[${left} values have no room: read_span with attribute=NAME]`)
}
