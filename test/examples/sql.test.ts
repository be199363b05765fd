/** What docs/queries.md says of SQL. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Storage } from "effect-observability"
import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8")
const guide = read("docs/queries.md")

/** What is in the tables beside the fields of a record. */
const internal =
  /^(trace_key|entry_key|replayed|input_size|output_size|attributes_size|in_sessions|messages|word_block)$/

describe("docs/queries.md", () => {
  it("lists the columns of DuckDB", () => {
    const ddl = read("test/golden/duckdb.ddl.sql")
    const [, listed = ""] = /\| table \| type \| columns \|\n\|---\|---\|---\|\n((?:\|.*\n)+)/.exec(guide) ?? []
    const columns = new Map<string, Array<string>>()
    let table = ""
    for (const [, name, type = "", names = ""] of listed.matchAll(/^\| (?:`(\w+)`)? ?\| (\w+) \| (.*) \|$/gm)) {
      table = name ?? table
      const more = Array.from(names.matchAll(/`(\w+)`/g), ([, column = ""]) => `${column} ${type}`)
      columns.set(table, [...(columns.get(table) ?? []), ...more])
    }
    assert.deepStrictEqual(Array.from(columns.keys()), [
      "mastra_ai_spans",
      "mastra_ai_logs",
      "mastra_ai_metrics",
      "mastra_ai_scores"
    ])
    for (const [table, listed] of columns) {
      const [, body = ""] = new RegExp(`CREATE TABLE ${table}\\(\n(.*?)\n\\);`, "s").exec(ddl) ?? []
      const made = body.split("\n").map((line) => line.replace(/["',]/g, "").trim())
      assert.sameMembers(
        listed,
        made.filter((column) => !internal.test(column.split(" ")[0] ?? ""))
      )
    }
  })

  it.live("its SQL runs", () =>
    Effect.gen(function* () {
      const statements = Array.from(guide.matchAll(/^```sql\n(.*?)^```$/gms), ([, statement = ""]) => statement)
      assert.isAtLeast(statements.length, 2)
      const sql = yield* DuckDbClient.DuckDbClient
      // The tables are made with the first question.
      yield* Storage.listSpans()
      for (const statement of statements) yield* sql.unsafe(statement)
    }).pipe(
      Effect.provide(DuckDbStorage.layerClient().pipe(Layer.provideMerge(DuckDbClient.layer({ path: ":memory:" }))))
    )
  )
})
