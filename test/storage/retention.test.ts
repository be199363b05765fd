import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as ClickhouseStorage from "../../src/storage/clickhouse/ClickhouseStorage.js"
import * as DuckDbStorage from "../../src/storage/duckdb/DuckDbStorage.js"
import { refuses } from "../../src/testing/contract/utils.js"

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "retention-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

describe("a retention that is no positive, finite time fails the storage before anything is opened:", () => {
  for (const value of [Number.NaN, 0, -1, "-5 days", Duration.zero, "5 dys", Number.POSITIVE_INFINITY, null]) {
    const retention = value as Duration.DurationInput

    it.scoped(`${value} in DuckDB`, () =>
      Effect.gen(function* () {
        const path = join(yield* directory, "spans.duckdb")
        yield* refuses(Effect.scoped(DuckDbStorage.make({ path, retention })), "retention")
        assert.isFalse(existsSync(path))
      })
    )

    it.effect(`${value} in ClickHouse`, () =>
      refuses(
        Effect.scoped(ClickhouseStorage.make({ url: "http://localhost:1", retention, connect: "eager" })),
        "retention"
      )
    )
  }
})
