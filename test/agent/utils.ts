import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { Observability, type SpanRecord, Storage } from "effect-observability"

/** Runs a program until it ends in any way, and gives what it left in a store. */
export const recorded = <A, E>(program: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const storage = yield* Storage.Storage
    const exit = yield* Effect.exit(program).pipe(
      Effect.provide(Observability.layer({ serviceName: "test", environment: "test", userId: "default-user" })),
      Effect.provideService(Storage.Storage, storage)
    )
    const all = { orderBy: { field: "time", direction: "asc" }, pagination: { limit: 1_000 } } as const
    const { items: spans } = yield* storage.listSpans(all)
    const { items: logs } = yield* storage.listLogs(all)
    return { exit, spans, logs }
  }).pipe(Effect.provide(Storage.layerMemory))

/** The spans as a tree of names and types. */
export const tree = (spans: ReadonlyArray<SpanRecord.SpanRecord>, parent?: SpanRecord.SpanRecord): unknown =>
  Object.fromEntries(
    spans
      .filter(({ parentSpanId }) => parentSpanId === parent?.spanId)
      .map((span) => [`${span.name}: ${span.spanType}`, tree(spans, span)])
  )

export const ofType = (spans: ReadonlyArray<SpanRecord.SpanRecord>, type: SpanRecord.SpanType) =>
  spans.filter(({ spanType }) => spanType === type)

export const only = <A>(items: ReadonlyArray<A>): A => {
  assert.strictEqual(items.length, 1)
  return items[0] as A
}
