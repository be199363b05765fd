import { afterAll, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { DuckDbStorage } from "effect-observability/duckdb"
import * as ai from "./ai.js"
import * as fibers from "./fibers.js"
import * as http from "./http.js"
import { recording } from "./row.js"
import * as rpc from "./rpc.js"
import * as workflows from "./workflows.js"

const rows = [...fibers.rows, ...http.rows, ...rpc.rows, ...workflows.rows, ...ai.rows]
const results: Array<string> = []

for (const [index, { boundary, holds, run }] of rows.entries()) {
  it.scopedLive(
    `${boundary}: ${holds}`,
    () =>
      run.pipe(
        Effect.provide(recording(DuckDbStorage.layer({ path: ":memory:" }))),
        Effect.onExit((exit) =>
          Effect.sync(() => {
            results[index] = Exit.isSuccess(exit) ? "holds" : `FAILED: ${Cause.pretty(exit.cause).split("\n", 1)[0]}`
          })
        )
      ),
    { concurrent: true, timeout: 240_000 }
  )
}

afterAll(() => {
  const lines = rows.map(({ boundary, holds }, index) => `| ${boundary} | ${holds} | ${results[index] ?? "not run"} |`)
  console.log(["| boundary | what must hold | result |", "|---|---|---|", ...lines].join("\n"))
})
