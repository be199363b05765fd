/**
 * The engine over the tables of one prefix.
 */
import type { SignalName } from "../../../signal/signals.js"
import type { Engine, Query } from "../../Engine.js"
import * as Searched from "../../sql/searched.js"
import * as Whole from "../../sql/whole.js"
import type { Connection } from "./connection.js"
import * as Messages from "./messages.js"
import { aggregate } from "./read/aggregate.js"
import { candidates, candidatesOfEach } from "./read/candidates.js"
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
  const messages = Messages.make(store)
  return {
    insert: insert(store, messages),
    ...Whole.reads(
      {
        select: <N extends SignalName>(signal: N, query: Query) => select(store, signal, query),
        listTraces: listTraces(store),
        ...Spans.make(store),
        sessionTimeline: sessionTimeline(store)
      },
      messages.read
    ),
    candidates: candidates(store),
    candidatesOfEach: candidatesOfEach(store),
    ...Searched.make(messages.read),
    listSessions: listSessions(store),
    getSession: getSession(store),
    aggregate: aggregate(store),
    ...Remove.make(store, messages)
  }
}
