/**
 * The parts of statements: the connection, the names of the tables, and the values that go into them.
 */
import type { Fragment } from "@effect/sql/Statement"
import type { Connection } from "./connection.js"
import type { Names } from "./tables.js"

/** A constant travels to a shard as a text, and one before the last full second of 64 bits overflows when that is read. */
const earliestInText = -9_223_372_036n * 1_000_000_000n

export const make = (connection: Connection, name: Names) => {
  const { sql } = connection
  const all = (conditions: ReadonlyArray<Fragment>): Fragment => sql.and([sql`true`, ...conditions])
  return {
    ...connection,
    name,
    text: (value: string) => sql.param("String", value),
    texts: (values: ReadonlyArray<string>) => sql.param("Array(String)", values),
    wide: (value: bigint) => sql.param("Int128", value),
    times: (values: ReadonlyArray<string>) => sql.param("Array(Int64)", values.map(BigInt)),
    nanos: (time: bigint) =>
      time < earliestInText
        ? sql`fromUnixTimestamp64Nano(materialize(${sql.param("Int64", time)}), 'UTC')`
        : sql`fromUnixTimestamp64Nano(${sql.param("Int64", time)}, 'UTC')`,
    count: (value: number) => sql.literal(String(value)),
    all,
    /** Whether conditions hold, where NULL is no answer. */
    holds: (conditions: ReadonlyArray<Fragment>): Fragment => sql`ifNull(${all(conditions)}, false)`,
    /** How long spans took. The difference of two times may need 65 bits. */
    duration: sql`(toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime)))`
  }
}

export type Store = ReturnType<typeof make>
