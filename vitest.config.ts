import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** `npm run engines` sets it: the release of DuckDB that is tested. */
const duckdb = process.env["DUCKDB_NODE_API"]

export default defineConfig({
  resolve: {
    alias: [
      ...(duckdb === undefined ? [] : [{ find: /^@duckdb\/node-api$/, replacement: duckdb }]),
      { find: /^effect-observability$/, replacement: src("index.ts") },
      { find: /^effect-observability\/(.+)$/, replacement: src("$1.ts") }
    ]
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/tools/page.ts",
    pool: "forks",
    // Many tests wait for an engine, a server or a browser: on two cores, three files at a time.
    poolOptions: { forks: { maxForks: Math.max(3, availableParallelism() - 1), minForks: 1 } },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default", ["json", { outputFile: "node_modules/.cache/vitest.json" }]]
  }
})
