import * as Effect from "effect/Effect"

/** Lets the event loop turn once: an Effect yield alone stays in the same turn. */
export const nextTurn: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** Maps rows in parts, between which the event loop turns. */
export const mapInTurns = Effect.fnUntraced(function* <Row, A>(rows: ReadonlyArray<Row>, f: (row: Row) => A) {
  const mapped: Array<A> = []
  for (const row of rows) {
    mapped.push(f(row))
    if (mapped.length % rowsATurn === 0) yield* nextTurn
  }
  return mapped
})

const rowsATurn = 200
