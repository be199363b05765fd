/** What the exporter sends comes back from the receiver equal, field by field. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "effect/FastCheck"
import type { Score, SpanRecord } from "effect-observability"
import { OtlpExporter } from "effect-observability/otlp"
import { keyOf, type SignalName, signalNames, signalOf, signals } from "../../src/signal/signals.js"
import { records } from "../../src/testing/arbitrary.js"
import { receiver } from "../utils/receiver.js"

const traceId = fc.stringMatching(/^[\da-f]{31}[1-9a-f]$/)
const spanId = fc.stringMatching(/^[\da-f]{15}[1-9a-f]$/)
const time = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n })
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((value) => value.isWellFormed())
const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const object = fc.dictionary(text, fc.oneof(text, real, fc.boolean(), fc.constant(null)), { maxKeys: 3 })
const count = fc.nat(2 ** 31)

/** OTLP cannot tell some values from none, or has no place for them: it says so in docs/exporters.md. */
const overrides = {
  spans: {
    traceId,
    spanId,
    parentSpanId: spanId,
    parentIsRemote: fc.constant(true),
    traceState: text,
    statusMessage: text,
    startTime: time,
    endTime: time,
    model: text,
    events: fc.array(fc.record({ time, name: text, attributes: object }), { maxLength: 2 }),
    links: fc.array(fc.record({ traceId, spanId, attributes: object }), { maxLength: 2 }),
    dropped: fc.record({ attributes: count.map((count) => count + 1), events: count, links: count })
  },
  logs: { traceId, spanId, timestamp: time, cause: text, dropped: fc.record({ attributes: fc.integer({ min: 1 }) }) },
  scores: { traceId, spanId, time, name: text }
}

/** Points as instruments make them. */
const points = fc
  .record({
    point: records("metrics", { name: text, startTime: time, time, unit: text, description: text }),
    counts: fc.array(count, { minLength: 1, maxLength: 4 }),
    kind: fc.constantFrom("counter" as const, "gauge" as const, "histogram" as const),
    measuredIn: fc.option(fc.record({ traceId, spanId }), { nil: undefined }),
    range: fc.option(fc.record({ min: real, max: real }), { nil: undefined })
  })
  .map(({ counts, kind, measuredIn, point, range }) => {
    const { histogram: _, traceId: __, spanId: ___, ...fields } = point
    const sum = counts.reduce((sum, count) => sum + count, 0)
    const bounds = counts.slice(1).map((_, i) => i + 0.5)
    const values =
      kind === "histogram" ? { value: 7.5, histogram: { count: sum, sum: 7.5, bounds, counts, ...range } } : {}
    const { record: MetricPoint } = signalOf("metrics")
    return new MetricPoint({ ...fields, kind, ...(kind === "histogram" && sum === 0 ? {} : measuredIn), ...values })
  })

/** Without the span of a record that is in no trace. */
const inTrace = <R extends { readonly traceId?: string | undefined; readonly spanId?: string | undefined }>(
  record: R
): R =>
  record.traceId === undefined && record.spanId !== undefined
    ? Object.assign(Object.create(Object.getPrototypeOf(record)), { ...record, spanId: undefined })
    : record

/** Without the model that was asked for where none is known to have answered. */
const withModel = (span: SpanRecord.SpanRecord): SpanRecord.SpanRecord =>
  span.model === undefined ? new signals.spans.record({ ...span, requestModel: undefined }) : span

const isSaid = ({ comment, correction, label, value }: Score.Score): boolean =>
  [comment, correction, label, value].some((said) => said !== undefined)

const arbitraries = {
  spans: records("spans", overrides.spans).map(withModel),
  logs: records("logs", overrides.logs).map(inTrace),
  metrics: points,
  scores: records("scores", overrides.scores).map(inTrace).filter(isSaid)
}

/** The records without what makes no difference: JSON has no order of fields. */
const byKey = (name: SignalName, records: ReadonlyArray<object>) =>
  Object.fromEntries(records.map((record) => [keyOf(signalOf(name), record), JSON.parse(JSON.stringify(record))]))

describe("OtlpReceiver", () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    for (const name of signalNames) {
      it.scopedLive(`gives back the ${name} that the exporter sends by ${protocol}`, () =>
        Effect.gen(function* () {
          const { url, records, stats } = yield* receiver({}, { sensitiveData: false })
          const sent = fc.sample(arbitraries[name] as fc.Arbitrary<never>, { numRuns: 200, seed: 7 })
          const exporter = OtlpExporter.make({ endpoint: url, protocol, compression: "gzip" })
          const batch = { spans: [], logs: [], [name]: sent }
          yield* exporter.export(batch)
          // A batch that comes again changes nothing.
          yield* exporter.export(batch)
          const received = yield* records
          const running = sent.filter(({ endTime, status }) => status === "running" && endTime === undefined)
          const [before, after] = [byKey(name, sent), byKey(name, received[name])]
          assert.hasAllKeys(after, Object.keys(before))
          for (const key in before) assert.deepStrictEqual(after[key], before[key])
          assert.strictEqual((yield* stats)[name]["storage"]?.emitted, 2 * (sent.length - running.length))
        })
      )
    }
  }
})
