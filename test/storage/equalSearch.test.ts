import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as DuckDbStorage from "../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../src/storage/Storage.js"
import { sameRows, storeDrawn } from "../../src/testing/contract/equal.js"
import type { StorageLayer } from "../../src/testing/contract/utils.js"
import { draw } from "../../src/testing/drawn.js"
import { at } from "../../src/testing/Records.js"
import * as Clickhouse from "../utils/chdb.js"
import { describeClickhouse } from "../utils/describeClickhouse.js"

/** `SEARCH_SEED=N npx vitest run test/storage/equalSearch.test.ts` repeats a failure. */
const seed = Number(process.env["SEARCH_SEED"] ?? Math.floor(Math.random() * 2 ** 31))

const open = (layer: StorageLayer) => Effect.map(Layer.build(layer), Context.get(Storage.Storage))

/**
 * 500 searches of the same spans and logs: 400 of all of them, 50 when a session and the oldest records are deleted, and 50
 * of a copy of the rest.
 */
const searchAlike = (layer: StorageLayer) =>
  it.scopedLive(
    `500 drawn searches (SEARCH_SEED=${seed})`,
    () =>
      Effect.gen(function* () {
        const drawn = draw({ seed, sessions: 12, traces: 50, spans: 130, logs: 100, limit: 60 })
        const [actual, expected] = yield* Effect.all([open(layer), open(Storage.layerMemory)])
        yield* storeDrawn(actual, drawn)
        yield* storeDrawn(expected, drawn)
        const searches = drawn.searches(500)
        assert.isAbove(yield* sameRows(actual, expected, searches.slice(0, 400)), 1_000, "the searches find something")
        for (const storage of [actual, expected]) {
          yield* storage.deleteSession("s1")
          yield* storage.deleteBefore(at(3))
        }
        assert.isAbove(yield* sameRows(actual, expected, searches.slice(400, 450)), 40)
        const copy = yield* open(layer)
        yield* Storage.copy({ from: actual, to: copy })
        assert.isAbove(yield* sameRows(copy, expected, searches.slice(450)), 40)
      }),
    360_000
  )

describe("DuckDB and memory answer alike", () => searchAlike(DuckDbStorage.layer({ path: ":memory:" })))

describeClickhouse("ClickHouse and memory answer alike", () => searchAlike(Clickhouse.layer()))
