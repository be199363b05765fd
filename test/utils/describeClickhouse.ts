import { describe } from "@effect/vitest"
import { isAvailable } from "./chdb.js"

/** Tests that need ClickHouse: skipped by name where there is none. */
export const describeClickhouse = describe.skipIf(!isAvailable)
