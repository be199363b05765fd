import { Duration, Effect, Layer } from "effect"
import type { LogRecord, SpanRecord } from "effect-observability"
import type { CaptureOptions } from "../../src/capture/internal/options.js"
import * as Logger from "../../src/capture/Logger.js"
import * as Sampler from "../../src/capture/Sampler.js"
import * as Tracer from "../../src/capture/Tracer.js"
import { Emitter } from "../../src/signal/Emitter.js"
import { SpanRecord as Span } from "../../src/signal/SpanRecord.js"

export const limits: CaptureOptions["limits"] = {
  attributeCount: 128,
  attributeValueLength: 131_072,
  attributeDepth: 8,
  eventCount: 128,
  linkCount: 128
}

type Options = Partial<Tracer.TracerOptions & Logger.LoggerOptions>

/** What a program records: its final records, the snapshots of its open spans, and how many spans were only counted. */
export const recorder = (options?: Options) => {
  const spans: Array<SpanRecord.SpanRecord> = []
  const logs: Array<LogRecord.LogRecord> = []
  const snapshots: Array<SpanRecord.SpanRecord> = []
  const abandoned: Array<number> = []
  const all = {
    serviceName: "test",
    resource: { "service.name": "test" },
    limits,
    snapshotInterval: Duration.seconds(1),
    sampler: Sampler.always,
    ignoreParent: false,
    logLevel: "info" as const,
    ...options
  }
  const layer = Layer.provideMerge(Logger.layer(all), Tracer.layer(all)).pipe(
    Layer.provide(
      Layer.succeed(Emitter, {
        emit: (record) => void (record instanceof Span ? spans.push(record) : logs.push(record as LogRecord.LogRecord)),
        snapshot: (record) => void snapshots.push(record),
        abandon: (spans) => void abandoned.push(spans)
      })
    )
  )
  return { spans, logs, snapshots, abandoned, layer }
}

/** Runs a program to its end with its own recorder, and gives what was recorded. */
export const record = <A, E>(program: Effect.Effect<A, E, Tracer.Tracer>, options?: Options) =>
  Effect.suspend(() => {
    const { layer, ...recorded } = recorder(options)
    return Effect.as(Effect.exit(Effect.provide(program, layer)), recorded)
  })
