/**
 * The upkeep of what is kept beside the records. What waits for that is written. So are summaries that were made for lists of
 * sessions, and those that are missing are made once nobody writes, so that a list finds them.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { background } from "../../../runtime/background.js"
import { compare } from "../../internal/select.js"
import { earliestTime } from "../../internal/summarized.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { summaries } from "./read/summaries.js"
import type { Made, RollUp } from "./rollUp.js"
import type { Tables } from "./table.js"
import * as Words from "./words.js"

/**
 * Goes on until the scope closes, and then writes what waits and what was made. `check` fails once the file is not there any
 * more: what would be written then might get into the log of another one.
 */
export const start = (
  sql: DuckDbClient,
  tables: Tables,
  rollUp: RollUp,
  made: Map<string, Made>,
  check: Effect.Effect<void, unknown>
) => {
  const words = Words.writers(sql, tables)
  const closeWords = sql.withWriteLock(Effect.forEach(words, ({ close }) => close, { discard: true }))

  const write = Effect.suspend(() => {
    const some = Array.from(made)
    return Effect.map(rollUp.keep(some.map(([, one]) => one)), () => {
      for (const [id, one] of some) if (made.get(id) === one) made.delete(id)
    })
  })

  const fillSome = Effect.gen(function* () {
    const lacking = yield* rollUp.lacking(sessionsAtOnce)
    if (lacking.length === 0) return false
    const [from] = lacking.map(({ first }) => (first === null ? earliestTime : BigInt(first))).sort(compare)
    const stamps = new Map(lacking.map(({ id, stamp }) => [id, stamp]))
    const found = yield* summaries(sql, tables, Array.from(stamps.keys()), from)
    yield* rollUp.keep(found.map((summary) => ({ summary, stamp: stamps.get(summary.sessionId) ?? "" })))
    return found.length > 0
  })

  let before: string | undefined
  let isFull = false

  /** Fills the table, as long as it is the one of which `before` tells. */
  const fill: Effect.Effect<void, SqlError> = Effect.gen(function* () {
    isFull = !(yield* fillSome)
    if (isFull || (yield* rollUp.state) !== before) return
    yield* Effect.sleep("100 millis")
    yield* fill
  })

  const step = Effect.gen(function* () {
    yield* check
    yield* rollUp.written
    yield* Effect.forEach(words, ({ written }) => written, { discard: true })
    yield* write
    const now = yield* rollUp.state
    const isIdle = now === before
    before = now
    if (!isIdle) {
      isFull = false
      yield* rollUp.compact
    } else if (!isFull) {
      yield* fill
    }
  })

  return Effect.zipRight(
    Effect.addFinalizer(() =>
      Effect.zipRight(
        check,
        Effect.forEach([rollUp.written, closeWords, write], Effect.ignore, { discard: true })
      ).pipe(Effect.interruptible, Effect.timeout(patience), Effect.ignore)
    ),
    Effect.forkScoped(background(Effect.forever(Effect.delay(Effect.ignore(step), "5 seconds"))))
  )
}

/** At the close, others who write are waited for no longer: what was not written is made anew. */
const patience = "1 second"

const sessionsAtOnce = 200
