/**
 * DuckDB: a client of `@effect/sql`, and the storage on it.
 *
 * @since 0.1.0
 */
/** A client of `@effect/sql` for DuckDB. */
export * as DuckDbClient from "./storage/duckdb/DuckDbClient.js"
/** Keeps records in a file of DuckDB: `DuckDbStorage.layer({ path })`. */
export * as DuckDbStorage from "./storage/duckdb/DuckDbStorage.js"
