/** A process that answers on its standard streams, over a file of DuckDB: `tsx main.ts FILE`. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { DuckDbStorage } from "effect-observability/duckdb"
import * as Mcp from "../../src/server/Mcp.js"

NodeRuntime.runMain(Effect.provide(Mcp.stdio(), DuckDbStorage.layer({ path: process.argv[2] ?? "" })))
