import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option } from "effect"
import * as DuckDbStorage from "../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../src/storage/Storage.js"
import type { StorageLayer } from "../../src/testing/contract/utils.js"
import { at, span, spanId, traceId } from "../../src/testing/Records.js"
import * as Clickhouse from "../utils/chdb.js"
import { describeClickhouse } from "../utils/describeClickhouse.js"

const most = 100_000

/** The contract has smaller traces: these take some seconds each. */
const isCutOff = (layer: StorageLayer) =>
  it.scopedLive(
    "an outline has the first 100,000 spans of a trace, and says whether there are more",
    () =>
      Effect.gen(function* () {
        const storage = Context.get(yield* Layer.build(layer), Storage.Storage)
        const of = (n: number) =>
          span({
            traceId: traceId(1),
            spanId: spanId(n + 1),
            startTime: at(n),
            endTime: at(n + 1),
            ...(n > 0 && { parentSpanId: spanId(1) })
          })
        for (let from = 0; from < most; from += 20_000) {
          yield* storage.insertSpans(Array.from({ length: 20_000 }, (_, i) => of(from + i)))
        }
        const outline = Effect.map(storage.traceOutline(traceId(1)), Option.getOrThrow)
        const whole = yield* outline
        assert.deepStrictEqual([whole.spans.length, whole.truncated], [most, false])
        yield* storage.insertSpans([of(most), of(most + 1)])
        const cut = yield* outline
        assert.isTrue(cut.truncated)
        assert.strictEqual(cut.spans.length, most)
        assert.isTrue(cut.spans.every(({ spanId }, i) => spanId === whole.spans[i]?.spanId))
        const { spans, truncated } = Option.getOrThrow(yield* storage.getTrace(traceId(1)))
        assert.deepStrictEqual([spans.length, truncated], [10_000, true])
      }),
    120_000
  )

describe("in memory", () => isCutOff(Storage.layerMemory))
describe("in DuckDB", () => isCutOff(DuckDbStorage.layer({ path: ":memory:" })))
describeClickhouse("in ClickHouse", () => isCutOff(Clickhouse.layer()))
