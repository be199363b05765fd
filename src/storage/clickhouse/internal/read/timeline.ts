/**
 * The timeline of a session: its turns, its logs and its scores, as pages of each that are put together.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { timeOf } from "../../../../signal/Signal.js"
import { sessionSignals, signals } from "../../../../signal/signals.js"
import type { Derived, Key, Page } from "../../../Engine.js"
import { compare } from "../../../internal/select.js"
import type { TimelineItem } from "../../../StorageService.js"
import { layouts } from "../layouts.js"
import type { Store } from "../store.js"
import { idsOf, newestAt, pageThrough, places, select } from "./pages.js"

type Shown = (typeof sessionSignals)[number]

export const sessionTimeline =
  (store: Store): Derived["sessionTimeline"] =>
  ({ sessionId, ...page }) => {
    const { sql, text } = store
    const ofSession = sql`SessionId = ${text(sessionId)}`
    const of = (signal: Shown) => {
      const query = { ...page, after: Option.map(page.after, keyIn(signal)), conditions: [] }
      const records =
        signal === "spans" ? turns(store, query, ofSession) : select<Shown>(store, signal, query, [ofSession])
      return Effect.map(records, (records: ReadonlyArray<TimelineItem>) =>
        records.map((record) => ({ record, time: timeOf(signals[signal], record) }))
      )
    }
    return Effect.map(Effect.all(sessionSignals.map(of), { concurrency: "unbounded" }), (found) =>
      found
        .flat()
        .sort((a, b) => compare(a.time, b.time))
        .slice(0, page.limit)
        .map(({ record }) => record)
    )
  }

/**
 * The topmost spans of a session: their parents are not of it, as the newest rows have them. Only of a span that is found
 * so, and is no entry span, it is asked again where its parent is.
 */
const turns = (store: Store, page: Page, ofSession: Fragment) => {
  const { name, sql } = store
  const spans = sql.literal(name.spans)
  const isTurn = sql`(IsEntry OR (TraceId, ParentSpanId) NOT IN (
    SELECT TraceId, SpanId FROM (
      SELECT TraceId, SpanId, SessionId FROM ${spans} WHERE StartTime IN (SELECT StartTime FROM ${spans} WHERE ${ofSession})
      ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
    ) WHERE ${ofSession}))`
  return pageThrough(
    page,
    (page) => places(store, layouts.spans, page, [ofSession, isTurn]),
    Effect.fnUntraced(function* (found) {
      const newest = yield* newestAt(store, "spans", found, [ofSession, sql`IsEntry`])
      const others = found.filter((place) => !newest.get(idsOf(place))?.matches)
      const below = yield* newestAt(store, "spans", others, [ofSession, isTurn])
      return found.flatMap((place) => {
        const row = below.get(idsOf(place)) ?? newest.get(idsOf(place))
        return row?.matches ? [row.record] : []
      })
    })
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
