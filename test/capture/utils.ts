import { Duration, Effect, Layer } from "effect"
import { type LogRecord, Score, type SpanRecord } from "effect-observability"
import type { CaptureOptions } from "../../src/capture/internal/options.js"
import * as Logger from "../../src/capture/Logger.js"
import * as Sampler from "../../src/capture/Sampler.js"
import * as Tracer from "../../src/capture/Tracer.js"
import { Emitter } from "../../src/signal/Emitter.js"
import { LogRecord as Log } from "../../src/signal/LogRecord.js"
import { SpanRecord as Span } from "../../src/signal/SpanRecord.js"

export const limits: CaptureOptions["limits"] = {
  attributeCount: 128,
  attributeValueLength: 131_072,
  attributeDepth: 8,
  eventCount: 128,
  linkCount: 128
}

type Options = Partial<Tracer.TracerOptions & Logger.LoggerOptions>

/**
 * What a program records: its final records and their sizes, the snapshots of its open spans, and how many spans were only
 * counted.
 */
export const recorder = (options?: Options) => {
  const spans: Array<SpanRecord.SpanRecord> = []
  const logs: Array<LogRecord.LogRecord> = []
  const snapshots: Array<SpanRecord.SpanRecord> = []
  const refused: Array<number> = []
  const sizes: Array<number> = []
  const scores: Array<Score.Score> = []
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
        emit: (_, record, bytes) => {
          sizes.push(bytes)
          if (record instanceof Span) spans.push(record)
          if (record instanceof Log) logs.push(record)
          if (record instanceof Score.Score) scores.push(record)
        },
        snapshot: (record) => void snapshots.push(record),
        refuse: (spans) => void refused.push(spans)
      })
    )
  )
  return { spans, logs, snapshots, refused, sizes, scores, layer }
}

/** Runs a program to its end with its own recorder, and gives what was recorded. */
export const record = <A, E>(program: Effect.Effect<A, E, Tracer.Tracer>, options?: Options) =>
  Effect.suspend(() => {
    const { layer, ...recorded } = recorder(options)
    return Effect.as(Effect.exit(Effect.provide(program, layer)), recorded)
  })
