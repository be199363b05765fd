/**
 * The questions of a storage over HTTP, as an `HttpApi`: each is a `POST` to the name of its method, with its options as
 * JSON.
 *
 * @since 0.1.0
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { version } from "../runtime/version.js"
import { StorageError } from "../storage/Storage.js"
import { statuses, tooLargeStatus } from "./internal/status.js"
import { type Arguments, answersOf, argumentsOf, Scores, Stats, Taken } from "./internal/wire.js"

const StorageErrors = Schema.Union(
  ...Array.from(new Set([...Object.values(statuses), tooLargeStatus]), (status) =>
    StorageError.annotations({ identifier: "StorageError", ...HttpApiSchema.annotations({ status }) })
  )
)

const ask = <M extends keyof Arguments>(method: M, description: string) =>
  HttpApiEndpoint.post(method, `/api/${method}`)
    .setPayload(argumentsOf[method])
    .addSuccess(answersOf[method])
    .addError(StorageErrors)
    .annotate(OpenApi.Description, description)

/**
 * The questions, to be added to an `HttpApi` of a program's own: `StorageServer.handlers` answers them.
 *
 * @since 0.1.0
 * @category api
 */
export const group = HttpApiGroup.make("storage")
  .add(ask("listSessions", "A page of sessions, those first that were active last."))
  .add(ask("getSession", "The summary of a session, or null."))
  .add(ask("sessionTimeline", "A page of the turns, logs and scores of a session, oldest first, each with a _tag."))
  .add(
    ask(
      "sessionTranscript",
      "What was said in some turns of a session, 50 when absent, each with a _tag; the turn to go on with, if there is one."
    )
  )
  .add(ask("listTraces", "A page of traces, newest first: one span of each."))
  .add(ask("getTrace", "The spans of a trace in the order of its tree, at most 10,000, or null."))
  .add(ask("traceOutline", "The spans of a trace without their payload, at most 100,000, or null."))
  .add(ask("listSpans", "A page of spans, newest first."))
  .add(ask("getSpan", "A span, or null."))
  .add(
    ask("spanContent", "What a span was given and answered, as messages by whichever convention it follows, or null.")
  )
  .add(ask("listLogs", "A page of logs, newest first."))
  .add(ask("listMetrics", "A page of points of metrics, newest first."))
  .add(ask("listScores", "A page of scores, newest first."))
  .add(ask("aggregate", "Counts, sums, means, extremes and quantiles of records, by group and by time."))
  .add(ask("deleteBefore", "Deletes the records before a time, where the server is not read-only."))
  .add(ask("deleteSession", "Deletes a session, where the server is not read-only."))
  .add(
    HttpApiEndpoint.post("insertScores", "/api/insertScores")
      .setPayload(Scores)
      .addSuccess(Taken)
      .addError(StorageErrors)
      .annotate(OpenApi.Description, "Records scores, where the server is not read-only. An id that is absent is made.")
  )
  .add(
    HttpApiEndpoint.get("stats", "/api/stats")
      .addSuccess(Stats)
      .annotate(OpenApi.Description, "The version of the server, and the fate of what its pipeline was given.")
  )

/**
 * All that a server answers beside OTLP: its description is at `/api/openapi.json`.
 *
 * @example
 * ```ts
 * import { FetchHttpClient, HttpApiClient } from "@effect/platform"
 * import { Effect } from "effect"
 * import { StorageApi } from "effect-observability/server"
 *
 * const failed = Effect.gen(function* () {
 *   const client = yield* HttpApiClient.make(StorageApi.StorageApi, { baseUrl: "http://localhost:4318" })
 *   const { items } = yield* client.storage.listSessions({ payload: { filters: { hasError: true } } })
 *   return items.map((session) => session.sessionId)
 * }).pipe(Effect.provide(FetchHttpClient.layer))
 * ```
 *
 * @since 0.1.0
 * @category api
 */
export class StorageApi extends HttpApi.make("effect-observability")
  .add(group)
  .annotate(OpenApi.Title, "effect-observability")
  .annotate(OpenApi.Version, version) {}
