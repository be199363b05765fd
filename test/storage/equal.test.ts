import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as DuckDbStorage from "../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../src/storage/Storage.js"
import { sameAggregates, sameAnswers, sameSessionsAndTraces, storeDrawn } from "../../src/testing/contract/equal.js"
import type { StorageLayer } from "../../src/testing/contract/utils.js"
import { draw } from "../../src/testing/drawn.js"
import * as Clickhouse from "../utils/chdb.js"
import { describeClickhouse } from "../utils/describeClickhouse.js"

/** `EQUAL_SEED=N npx vitest run test/storage/equal.test.ts` repeats a failure. */
const seed = Number(process.env["EQUAL_SEED"] ?? Math.floor(Math.random() * 2 ** 31))

const open = (layer: StorageLayer) => Effect.map(Layer.build(layer), Context.get(Storage.Storage))

const duckDb = DuckDbStorage.layer({ path: ":memory:" })

/** 2,000 spans, stored in up to three versions each, and as many logs, of which a random part is in sessions. */
const answerAlike = (one: StorageLayer, other: StorageLayer) =>
  it.scopedLive(
    `answer 120 random queries about the same 2,000 spans and logs alike (EQUAL_SEED=${seed})`,
    () =>
      Effect.gen(function* () {
        const drawn = draw({ seed, sessions: 60, traces: 2_000, spans: 2_300, logs: 2_000, limit: 1_000 })
        assert.isAtLeast(drawn.rounds[0]?.length ?? 0, 2_000)
        const [a, b] = yield* Effect.all([open(one), open(other)])
        yield* storeDrawn(a, drawn)
        yield* storeDrawn(b, drawn)
        let found = 0
        for (const list of ["listTraces", "listSpans", "listLogs", "listSessions"] as const) {
          found += yield* sameAnswers(a, b, drawn, list, 25)
        }
        for (const signal of ["spans", "logs", "metrics", "scores"] as const) {
          found += yield* sameAggregates(a, b, drawn, signal, 8)
        }
        assert.isAbove(found, 1_000, "the queries find something")
        const some = { traceIds: drawn.traceIds.slice(0, 50), sessionIds: drawn.sessionIds.slice(0, 10) }
        yield* sameSessionsAndTraces(a, b, some)
      }),
    360_000
  )

describe("memory and DuckDB", () => answerAlike(duckDb, Storage.layerMemory))

describeClickhouse("ClickHouse and DuckDB", () => answerAlike(Clickhouse.layer(), duckDb))
