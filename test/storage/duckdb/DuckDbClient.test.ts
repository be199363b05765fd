import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Config, ConfigProvider, Context, Deferred, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as DuckDbClient from "../../../src/storage/duckdb/DuckDbClient.js"
import { databaseFailure } from "../../../src/storage/duckdb/internal/error.js"

const make = (options: Partial<DuckDbClient.DuckDbClientConfig> = {}) =>
  Effect.provide(DuckDbClient.make({ path: ":memory:", ...options }), Reactivity.layer)

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "duckdb-client-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

const file = Effect.map(directory, (path) => Path.join(path, "spans.duckdb"))

const duckDbError = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    const cause = (error as { readonly cause?: unknown }).cause
    assert.instanceOf(cause, DuckDbClient.DuckDbError)
    return cause as DuckDbClient.DuckDbError
  })

const endless = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE (a.range * b.range) % 7 = 3"

describe("DuckDbClient", () => {
  it.scoped("runs a statement with bound parameters", () =>
    Effect.gen(function* () {
      const sql = yield* make()
      assert.deepStrictEqual(yield* sql`SELECT ${1} AS a, ${"x"} AS b`, [{ a: 1, b: "x" }])
      assert.deepStrictEqual(yield* sql`SELECT ${1} AS a, ${"x"} AS b`.values, [[1, "x"]])
    }))
})
