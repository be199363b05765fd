/**
 * For a storage in another process: the checks of arguments that every storage makes, before they are sent, and the way back
 * from what was sent to what a storage answers.
 */
import type * as Effect from "effect/Effect"
import * as Aggregate from "./internal/aggregateOptions.js"
import * as outline from "./internal/outline.js"
import * as query from "./internal/query.js"
import type { StorageError } from "./StorageError.js"
import type { StorageService } from "./StorageService.js"

export { invalidArgument, storageError } from "./internal/errors.js"
export { decodeOrFail } from "./internal/query.js"

/** The methods that ask or delete. */
type Asking = Exclude<keyof StorageService, `insert${string}`>

/** For each method, what it says of an argument that is none. */
export const checks: { readonly [M in Asking]: (argument: unknown) => Effect.Effect<unknown, StorageError> } = {
  listTraces: query.traces,
  listSpans: query.lists.spans,
  listLogs: query.lists.logs,
  listMetrics: query.lists.metrics,
  listScores: query.lists.scores,
  listSessions: query.sessions,
  sessionTimeline: query.timeline,
  getTrace: query.traceId,
  traceOutline: query.traceId,
  getSpan: query.spanId,
  getSession: query.sessionId,
  aggregate: Aggregate.asked,
  deleteBefore: query.time,
  deleteSession: query.sessionId
}

/** The table of the fields of a span of an outline, and how one is made of its encoded form or of a span. */
export const outlineSpans = { fields: outline.fields, decode: outline.decode, of: outline.outlineOf }
