/** What needs `@duckdb/node-api`, which is loaded with it and only then. */
export * as DuckDbStorage from "../../storage/duckdb/DuckDbStorage.js"
