/** Records of what arrived by OTLP, whichever convention its sender follows. */
import type { Refused } from "../../signal/conventions/index.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { Score } from "../../signal/Score.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import * as codingAgents from "./mapping/codingAgents.js"
import { ofLog } from "./mapping/log.js"
import * as own from "./mapping/own.js"
import * as scores from "./mapping/score.js"
import { ofSpan } from "./mapping/span.js"
import type { ReceivedLog, ReceivedSpan } from "./received.js"
import { isOurs } from "./resources.js"

/** The span that was received. */
export const spanOf = (received: ReceivedSpan, refused?: Refused): SpanRecord =>
  isOurs(received.origin) ? marked(own.ofSpan(received)) : ofSpan(received, refused)

/** The log that was received; one that is an evaluation is a score, too: see `scoreOf`. */
export const logOf = (received: ReceivedLog, refused?: Refused): LogRecord =>
  isOurs(received.origin) ? marked(own.ofLog(received)) : ofLog(received, refused)

/** The score that a log is, if it is an evaluation: then it is no log. */
export const scoreOf = (received: ReceivedLog): Score | undefined => {
  if (isOurs(received.origin) && scores.isNamed(received)) {
    const score = own.ofScore(received)
    if (score !== undefined) return marked(score)
  }
  return scores.isScore(received) ? scores.ofEvaluation(received) : undefined
}

/** The spans that a log of a coding agent tells of, where that agent sends none. */
export const spansOf = (received: ReceivedLog): ReadonlyArray<SpanRecord> => codingAgents.spansOf(received)

/** The records that this library made: what they lack, they lack on purpose. */
const ours = new WeakSet<object>()

const marked = <R extends object>(record: R): R => {
  ours.add(record)
  return record
}

/** Whether a record was made by this library before it was sent. */
export const isOwn = (record: object): boolean => ours.has(record)
