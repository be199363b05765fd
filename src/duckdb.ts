/**
 * DuckDB: a client of `@effect/sql`, and the storage on it.
 *
 * @since 0.1.0
 */
export * as DuckDbClient from "./storage/duckdb/DuckDbClient.js"
export * as DuckDbStorage from "./storage/duckdb/DuckDbStorage.js"
