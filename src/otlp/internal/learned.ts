/** Brings what is known of traces to the records of a request. */
import { type RecordOf, type SignalName, signals } from "../../signal/signals.js"
import type { Records, Sessions } from "./sessions.js"

type Record = RecordOf<SignalName>

/** So many records are looked at between two pauses. */
const atOnce = 200

/** The records of a request, each with what is known of its trace by now. Points of metrics have none. */
export function* learned(sessions: Sessions, records: ReadonlyArray<Record>): Generator<void, ReadonlyArray<Record>> {
  const all: Array<Record> = []
  for (let from = 0; from < records.length; from += atOnce) {
    const parts = { spans: [], logs: [], scores: [], metrics: [] } as { [S in SignalName]: Array<RecordOf<S>> }
    for (const record of records.slice(from, from + atOnce)) {
      if (record instanceof signals.spans.record) parts.spans.push(record)
      else if (record instanceof signals.logs.record) parts.logs.push(record)
      else if (record instanceof signals.scores.record) parts.scores.push(record)
      else parts.metrics.push(record as RecordOf<"metrics">)
    }
    all.push(...inOrder(sessions.learn(parts)), ...parts.metrics)
    yield
  }
  return all
}

/** Records as a list. */
export const inOrder = ({ logs, scores, spans }: Records): ReadonlyArray<Record> => [...spans, ...logs, ...scores]
