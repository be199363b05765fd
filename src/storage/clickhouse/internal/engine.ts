/**
 * The engine over the tables of one prefix.
 */
import type { Engine } from "../../Engine.js"
import type { Connection } from "./connection.js"
import { aggregate } from "./read/aggregate.js"
import { select } from "./read/pages.js"
import { listSessions } from "./read/sessions.js"
import * as Spans from "./read/spans.js"
import { getSession } from "./read/summaries.js"
import { sessionTimeline } from "./read/timeline.js"
import { listTraces } from "./read/traces.js"
import * as Remove from "./remove.js"
import * as Store from "./store.js"
import type { Names } from "./tables.js"
import { insert } from "./write.js"

export const make = (connection: Connection, name: Names): Engine => {
  const store = Store.make(connection, name)
  return {
    insert: insert(store),
    select: (signal, query) => select(store, signal, query),
    candidates: (signal, query) => select(store, signal, query),
    remove: Remove.remove(store),
    listTraces: listTraces(store),
    ...Spans.make(store),
    listSessions: listSessions(store),
    getSession: getSession(store),
    sessionTimeline: sessionTimeline(store),
    aggregate: aggregate(store),
    ...Remove.make(store)
  }
}
