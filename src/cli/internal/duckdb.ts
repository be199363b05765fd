/** The module that needs `@duckdb/node-api`: that package is loaded with it and only then. */
export * as DuckDbStorage from "../../storage/duckdb/DuckDbStorage.js"
