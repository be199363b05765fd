/**
 * A request says in protobuf what it says in JSON, and whatever is damaged in one costs at most itself: what is read of it
 * can be stored.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { decode } from "../../../src/otlp/internal/decode.js"
import { type Incoming, Malformed, TooManyRecords } from "../../../src/otlp/internal/incoming.js"
import { jsonReader } from "../../../src/otlp/internal/jsonReader.js"
import { type Envelope, nesting, resources } from "../../../src/otlp/internal/messages.js"
import { encode } from "../../../src/otlp/internal/protobuf.js"
import { protobufReader } from "../../../src/otlp/internal/protobufReader.js"
import { Series } from "../../../src/otlp/internal/series.js"
import { faultOf } from "../../../src/signal/Field.js"
import { type RecordOf, type SignalName, signalNames, signals } from "../../../src/signal/signals.js"
import { target } from "../fuzz.js"
import { digits, hex, letters, type Random, unusual } from "../Random.js"

const names = ["session.id", "gen_ai.request.model", "__proto__", "constructor", "", "é", "effect_observability.added"]

const drawText = (random: Random): string => random.text(unusual, random.oneIn(20) ? 400 : 12).toWellFormed()

const drawInt = (random: Random): string =>
  random.pick(["0", "-1", String(2 ** 53), "-9223372036854775808", String(random.below(2 ** 31))])

const drawValue = (random: Random, depth = 0): object =>
  random.pick([
    () => ({}),
    () => ({ stringValue: drawText(random) }),
    () => ({ boolValue: random.oneIn(2) }),
    () => ({ intValue: drawInt(random) }),
    () => ({ doubleValue: random.pick([0.5, -1e300, 7]) }),
    () => ({ bytesValue: Buffer.from(random.text(hex, 9)).toString("base64") }),
    () => (depth > 4 ? {} : { arrayValue: { values: random.several(4, () => drawValue(random, depth + 1)) } }),
    () => (depth > 4 ? {} : { kvlistValue: { values: drawAttributes(random, depth + 1) } })
  ])()

const drawAttributes = (random: Random, depth = 0): ReadonlyArray<object> =>
  random.several(5, () => ({ key: random.pick([...names, random.text(letters, 8)]), value: drawValue(random, depth) }))

const drawId = (random: Random, length: number): string =>
  random.oneIn(8) ? random.pick(["", "00", "0".repeat(length)]) : random.exactly(hex, length)

const drawTime = (random: Random): string =>
  random.pick(["0", "18446744073709551615", `17${random.exactly(digits, 17)}`, `17${random.exactly(digits, 17)}`])

const drawSpan = (random: Random): object => ({
  traceId: drawId(random, 32),
  spanId: drawId(random, 16),
  parentSpanId: drawId(random, 16),
  traceState: drawText(random),
  name: drawText(random),
  kind: random.below(8),
  startTimeUnixNano: drawTime(random),
  endTimeUnixNano: drawTime(random),
  attributes: drawAttributes(random),
  events: random.several(3, () => ({
    timeUnixNano: drawTime(random),
    name: drawText(random),
    attributes: drawAttributes(random)
  })),
  links: random.several(3, () => ({ traceId: drawId(random, 32), spanId: drawId(random, 16), attributes: [] })),
  status: { message: drawText(random), code: random.below(4) },
  flags: random.pick([0, 0x301, 2 ** 32 - 1]),
  droppedAttributesCount: random.below(4)
})

const drawLog = (random: Random): object => ({
  timeUnixNano: drawTime(random),
  observedTimeUnixNano: drawTime(random),
  severityNumber: random.below(30),
  severityText: drawText(random),
  body: drawValue(random),
  attributes: [
    ...drawAttributes(random),
    { key: "gen_ai.evaluation.name", value: { stringValue: drawText(random) } },
    { key: "gen_ai.evaluation.score.value", value: { doubleValue: 0.5 } }
  ],
  eventName: random.pick(["", "gen_ai.evaluation.result"]),
  traceId: drawId(random, 32),
  spanId: drawId(random, 16)
})

const drawCounts = (random: Random, length: number) => Array.from({ length }, () => String(random.below(9)))

const drawPoint = (random: Random): object => {
  const length = random.below(4)
  return {
    attributes: drawAttributes(random),
    startTimeUnixNano: drawTime(random),
    timeUnixNano: drawTime(random),
    flags: random.below(3),
    ...random.pick([{ asDouble: 1.5 }, { asInt: drawInt(random) }, {}]),
    count: "3",
    sum: 1.5,
    explicitBounds: Array.from({ length }, (_, i) => (i + 1) * random.pick([1, 1, 1, -1])),
    bucketCounts: drawCounts(random, length + random.pick([1, 1, 0])),
    scale: random.pick([0, 3, -2, 20, -(2 ** 31)]),
    zeroCount: "1",
    zeroThreshold: random.pick([0, 0.5]),
    positive: { offset: random.pick([0, -3, 2 ** 31 - 1]), bucketCounts: drawCounts(random, length) },
    negative: { offset: 0, bucketCounts: drawCounts(random, length) },
    quantileValues: [{ quantile: 0.5, value: 2 }]
  }
}

const drawMetric = (random: Random): object => ({
  name: drawText(random),
  unit: drawText(random),
  [random.pick(["gauge", "sum", "histogram", "exponentialHistogram", "summary"])]: {
    dataPoints: random.several(4, () => drawPoint(random)),
    aggregationTemporality: random.below(3),
    isMonotonic: random.oneIn(2)
  }
})

const drawRecord: { readonly [E in Envelope]: (random: Random) => object } = {
  resourceSpans: drawSpan,
  resourceLogs: drawLog,
  resourceMetrics: drawMetric
}

const drawResources = (random: Random, envelope: Envelope): ReadonlyArray<object> => {
  const { records, scopes } = nesting[envelope]
  return random.several(3, () => ({
    resource: { attributes: drawAttributes(random) },
    [scopes]: random.several(3, () => ({
      scope: { name: random.pick(["effect-observability", drawText(random)]), attributes: drawAttributes(random) },
      [records]: random.several(4, () => drawRecord[envelope](random))
    }))
  }))
}

const drawDamaged = (random: Random, bytes: Buffer): Buffer => {
  const damaged = Buffer.from(bytes)
  for (let i = random.below(6); i >= 0 && damaged.length > 0; i--) {
    damaged[random.below(damaged.length)] = random.pick([0, 128, 255, 10, 18, random.below(256)])
  }
  return random.oneIn(3) ? damaged.subarray(0, random.below(damaged.length + 1)) : damaged
}

/** The records of a request; nothing where it is refused as a whole. */
const read = (envelope: Envelope, incoming: Incoming, bytes: Buffer) => {
  try {
    const work = decode(envelope, incoming, bytes, {
      maxRecords: 1_000,
      series: new Series(100, 0n),
      refused: () => {}
    })
    while (true) {
      const step = work.next()
      if (step.done) return step.value
    }
  } catch (error) {
    ok(error instanceof Malformed || error instanceof TooManyRecords, String(error))
    return undefined
  }
}

const isStorable = (record: RecordOf<SignalName>): boolean => {
  const name = signalNames.find((name) => record instanceof signals[name].record)
  return name !== undefined && faultOf(signals[name].fields, record) === undefined
}

export const otlpRequest = target(
  "otlpRequest",
  (random) => {
    const envelope = random.pick(Object.keys(resources) as Array<Envelope>)
    const values = drawResources(random, envelope)
    const json = JSON.stringify({ [envelope]: values })
    return {
      envelope,
      json,
      values,
      mutated: random.mutated(json, [...unusual, ...'{}[]":,0123456789']),
      damaged: drawDamaged(random, Buffer.from(encode(envelope, values)))
    }
  },
  ({ damaged, envelope, json, mutated, values }) => {
    const inJson = read(envelope, jsonReader, Buffer.from(json))
    const inProtobuf = read(envelope, protobufReader, Buffer.from(encode(envelope, values)))
    ok(inJson !== undefined && inProtobuf !== undefined, "a whole request is refused")
    strictEqual(inProtobuf.rejected, inJson.rejected)
    deepStrictEqual(inProtobuf.records, inJson.records)
    const others = [read(envelope, jsonReader, Buffer.from(mutated)), read(envelope, protobufReader, damaged)]
    for (const decoded of [inJson, inProtobuf, ...others]) {
      for (const record of decoded?.records ?? []) ok(isStorable(record), JSON.stringify(record))
    }
  }
)
