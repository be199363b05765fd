/**
 * The families of Effect v3 that are tested: the packages of one release of it, which fit together only as they are. Their
 * 0.x versions move together, and a package of one family refuses those of another.
 */

/** Those of the library's peers, and what they need themselves. */
export interface Family {
  readonly [name: string]: string
}

/** The lower ends of the ranges of the peers. `@effect/sql-clickhouse` has no release for a later family. */
export const oldest: Family = {
  effect: "3.20.0",
  "@effect/platform": "0.94.0",
  "@effect/platform-node": "0.104.0",
  "@effect/experimental": "0.58.0",
  "@effect/sql": "0.49.0",
  "@effect/sql-clickhouse": "0.46.0",
  "@effect/ai": "0.33.0",
  "@effect/rpc": "0.73.0",
  "@effect/workflow": "0.16.0",
  "@effect/cluster": "0.56.0",
  "@effect/vitest": "0.27.0"
}

/** The last of v3. */
export const newest: Family = {
  effect: "3.22.4",
  "@effect/platform": "0.97.2",
  "@effect/platform-node": "0.108.2",
  "@effect/experimental": "0.61.1",
  "@effect/sql": "0.52.1",
  "@effect/ai": "0.37.0",
  "@effect/rpc": "0.76.2",
  "@effect/workflow": "0.19.1",
  "@effect/cluster": "0.60.2",
  "@effect/vitest": "0.30.0"
}

/** One that has neither a ClickHouse nor a guide's column. */
const between: Family = {
  effect: "3.21.5",
  "@effect/platform": "0.96.3",
  "@effect/platform-node": "0.107.0",
  "@effect/experimental": "0.60.0",
  "@effect/sql": "0.51.1",
  "@effect/ai": "0.36.0",
  "@effect/rpc": "0.75.1",
  "@effect/workflow": "0.18.2",
  "@effect/cluster": "0.59.0",
  "@effect/vitest": "0.29.0"
}

export const families = { oldest, between, newest }

/** The lower ends of the ranges of the other peers. `npm run engines` tries those of `@duckdb/node-api`. */
export const oldestOthers: Family = {
  "@clickhouse/client": "1.23.0",
  "@modelcontextprotocol/server": "2.4.0",
  "@pydantic/genai-prices": "0.1.7",
  undici: "6.14.0",
  vitest: "3.2.0"
}
