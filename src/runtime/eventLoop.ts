import * as Effect from "effect/Effect"

/** Lets the event loop turn once: an Effect yield alone stays in the same turn. */
export const nextTurn: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** How long work holds the event loop at a time. */
const sliceMillis = 4

/** As many steps are made without a look at the clock, which costs more than a short step. They may all be long. */
const fewSteps = 8

/** Work that may pause wherever it yields: it does when it has held the event loop for a few milliseconds. */
export const inTurns = <A>(start: () => Generator<void, A>): Effect.Effect<A> =>
  Effect.suspend(() => {
    const work = start()
    const slice: Effect.Effect<A> = Effect.suspend(() => {
      let now = performance.now()
      const end = now + sliceMillis
      let steps = 1
      while (now < end) {
        for (let i = 0; i < steps; i++) {
          const step = work.next()
          if (step.done) return Effect.succeed(step.value)
        }
        const before = now
        now = performance.now()
        steps = now - before < sliceMillis / fewSteps ? Math.min(2 * steps, fewSteps) : 1
      }
      return Effect.zipRight(nextTurn, slice)
    })
    return slice
  })

/** Maps rows, between any two of which the event loop may turn: some take as long as a thousand others. */
export const mapInTurns = <Row, A>(rows: ReadonlyArray<Row>, f: (row: Row) => A): Effect.Effect<Array<A>> =>
  inTurns(function* () {
    const mapped: Array<A> = []
    for (const row of rows) {
      mapped.push(f(row))
      yield
    }
    return mapped
  })
/** Does something for each of some items, between any two of which the event loop may turn. */
export const forEachInTurns = <A>(items: ReadonlyArray<A>, f: (item: A) => void): Effect.Effect<void> =>
  inTurns(function* () {
    for (const item of items) {
      f(item)
      yield
    }
  })
