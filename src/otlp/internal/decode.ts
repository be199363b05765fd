/** Makes records of a request. */
import type { Refused as RefusedAttribute } from "../../signal/conventions/index.js"
import type { MetricPoint } from "../../signal/MetricPoint.js"
import type { RecordOf, SignalName } from "../../signal/signals.js"
import { type Incoming, Malformed, NoJson, type Slice, TooManyRecords } from "./incoming.js"
import { logOf, scoreOf, spanOf, spansOf } from "./mapped.js"
import { type Envelope, nesting, pointForms } from "./messages.js"
import { toPoints } from "./points.js"
import { toLog, toSpan } from "./reading.js"
import type { Origin } from "./received.js"
import type { Series } from "./series.js"

/** The records of a request, and how many it had that are none, with why the first one is. */
export interface Decoded {
  readonly records: Array<RecordOf<SignalName>>
  rejected: number
  message: string
}

/** The bounds and the memory that a request is read with. */
export interface Context {
  /** How many records it may have. */
  readonly maxRecords: number
  /** The series that its cumulative points go on. */
  readonly series: Series
  /** Hears of attributes that fill no field because their value is none. */
  readonly refused: RefusedAttribute
}

/** Makes the records of a request, between any two of which it may pause. Throws where nothing of it can be read. */
export function* decode(
  envelope: Envelope,
  incoming: Incoming,
  bytes: Buffer,
  context: Context
): Generator<void, Decoded> {
  const { maxRecords } = context
  const decoded: Decoded = { records: [], rejected: 0, message: "" }
  const make = makers(decoded, incoming, bytes, context)[envelope]
  for (const { origin, slices } of yield* incoming.divide(envelope, bytes, maxRecords)) {
    for (const slice of slices) {
      try {
        yield* make(slice, origin)
      } catch (error) {
        if (error instanceof NoJson) throw error
        refuse(decoded, error instanceof Malformed ? error.message : "it cannot be read")
      }
      if (decoded.records.length > maxRecords) throw new TooManyRecords(maxRecords)
      yield
    }
  }
  return decoded
}

const refuse = (decoded: Decoded, message: string, count = 1): void => {
  decoded.rejected += count
  if (decoded.message === "") decoded.message = message
}

type Make = (slice: Slice, origin: Origin) => Generator<void>

const makers = (
  decoded: Decoded,
  incoming: Incoming,
  bytes: Buffer,
  { maxRecords, refused, series }: Context
): { readonly [E in Envelope]: Make } => {
  const { records } = decoded
  const read = (envelope: Envelope, slice: Slice) => incoming.read(nesting[envelope].record, bytes, slice)
  const twins = new Map<string, number>()
  return {
    *resourceSpans(slice, origin) {
      records.push(spanOf(toSpan(read("resourceSpans", slice), origin), refused))
    },
    *resourceLogs(slice, origin) {
      const log = toLog(read("resourceLogs", slice), origin)
      const score = scoreOf(log)
      if (score !== undefined) records.push(score)
      else records.push(distinct(twins, logOf(log, refused)), ...spansOf(log))
    },
    *resourceMetrics(slice, origin) {
      const metric = yield* incoming.divideMetric(bytes, slice, maxRecords)
      const points: ReadonlyArray<MetricPoint> = yield* toPoints(metric, origin, series, {
        read: (form, point) => incoming.read(pointForms[form], bytes, point),
        refuse: (message, count) => refuse(decoded, message, count)
      })
      for (const point of points) records.push(point)
    }
  }
}

/** Logs of a request that say the same are several, as they are each time that the request comes. */
const distinct = (twins: Map<string, number>, log: RecordOf<"logs">): RecordOf<"logs"> => {
  const before = twins.get(log.logId) ?? 0
  twins.set(log.logId, before + 1)
  if (before === 0 || log.attributes["log.record.uid"] !== undefined) return log
  return Object.assign(Object.create(Object.getPrototypeOf(log)), log, { logId: `${log.logId}-${before + 1}` })
}
