import type { Version } from "./tables.js"

/** The version of the tables of every SQL engine, which a new column or table raises: see `Version`. */
export const version: Version = { major: 1, minor: 3 }
