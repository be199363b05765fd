/**
 * The timeline of a session: its entry spans, its logs and its scores, as pages of each that are put together.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { timeOf } from "../../../../signal/Signal.js"
import { sessionSignals, signals } from "../../../../signal/signals.js"
import type { Derived, Key } from "../../../Engine.js"
import { compare } from "../../../internal/select.js"
import type { TimelineItem } from "../../../StorageService.js"
import type { Store } from "../store.js"
import { select } from "./pages.js"

type Shown = (typeof sessionSignals)[number]

export const sessionTimeline =
  (store: Store): Derived["sessionTimeline"] =>
  ({ sessionId, ...page }) => {
    const { sql, text } = store
    const of = (signal: Shown) =>
      Effect.map(
        select<Shown>(store, signal, { ...page, after: Option.map(page.after, keyIn(signal)), conditions: [] }, [
          sql`SessionId = ${text(sessionId)}`,
          ...(signal === "spans" ? [sql`IsEntry`] : [])
        ]),
        (records: ReadonlyArray<TimelineItem>) =>
          records.map((record) => ({ record, time: timeOf(signals[signal], record) }))
      )
    return Effect.map(Effect.all(sessionSignals.map(of)), (found) =>
      found
        .flat()
        .sort((a, b) => compare(a.time, b.time))
        .slice(0, page.limit)
        .map(({ record }) => record)
    )
  }

/** Where a page of one signal begins that follows a key of the timeline. */
const keyIn =
  (signal: Shown) =>
  ([time, rank, id]: Key): Key => {
    const own = String(sessionSignals.indexOf(signal))
    if (own < (rank as string)) return [time as bigint]
    if (own > (rank as string)) return [time as bigint, ""]
    return [time as bigint, ...(signal === "spans" ? [String(id).slice(0, 32), String(id).slice(32)] : [String(id)])]
  }
