import * as fs from "node:fs"
import { dirname, join } from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import { Effect } from "effect"
import { DuckDbClient } from "effect-observability/duckdb"
import { emit, type Fault, flush, folder, ledger, observed, type Row, same, settled, stored, until } from "./fault.js"

const before = 200
const after = 300

/** Something happens to the file of the store between two lots of spans. */
const loss = (name: string, lose: (path: string) => Effect.Effect<unknown, unknown>): Fault => ({
  name,
  run: () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "made", "agents.duckdb")
      const counted = yield* Effect.gen(function* () {
        yield* emit(0, before, 2_000)
        yield* flush
        yield* Effect.withTracerEnabled(lose(path), false)
        yield* emit(before, before + after, 300)
        yield* settled
        return yield* ledger
      }).pipe(observed(path, { batch: { scheduledDelay: "50 millis" } }))
      const found = yield* stored(path)
      same([counted.dropped, counted.failed, counted.exported], [{}, {}, before + after], "the ledger")
      same(found.filter((number) => number >= before).length, after, "stored of what came after")
      return `${counted.emitted} emitted, ${counted.retried} sent again, ${found.length} stored: all ${after} that came after`
    })
})

const replaced = Effect.fnUntraced(function* (path: string) {
  const other = join(dirname(path), "other.duckdb")
  yield* Effect.scoped(
    Effect.flatMap(DuckDbClient.make({ path: other }), (sql) => sql`CREATE TABLE theirs AS SELECT 1 AS i`)
  ).pipe(Effect.provide(Reactivity.layer))
  fs.renameSync(other, path)
})

const dropped = (path: string) =>
  Effect.scoped(Effect.flatMap(DuckDbClient.make({ path }), (sql) => sql`DROP TABLE mastra_ai_spans`)).pipe(
    Effect.provide(Reactivity.layer)
  )

const silent: Fault = {
  name: "the file is deleted while nobody writes",
  run: () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "agents.duckdb")
      return yield* Effect.gen(function* () {
        fs.rmSync(path)
        const began = performance.now()
        yield* until(
          Effect.sync(() => fs.existsSync(path)),
          "it is there again"
        )
        return `there again after ${((performance.now() - began) / 1_000).toFixed(1)} s`
      }).pipe(observed(path, {}))
    })
}

export const files: Row = {
  fault: "the file of the store changes while it is open",
  promise: "noticed within seconds, said, opened anew; records wait; what came after is stored",
  faults: [
    loss("it is deleted", (path) => Effect.sync(() => fs.rmSync(path))),
    loss("its folder is deleted", (path) => Effect.sync(() => fs.rmSync(dirname(path), { recursive: true }))),
    loss("it is replaced by another database", replaced),
    loss("its table of spans is dropped", dropped),
    silent
  ]
}
