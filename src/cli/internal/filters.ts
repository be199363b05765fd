/** The filters of `Storage`, as options. */
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SignalName } from "../../signal/signals.js"
import type { FiltersOf, LogFilters, MetricFilters, ScoreFilters, SpanFilters } from "../../storage/StorageService.js"
import { type Failure, usage } from "../Failure.js"
import * as Arguments from "./arguments.js"

const { choice, durationOf, flag, metadata, number, text, texts } = Arguments

const scope = {
  serviceName: text("service", "name", "The service that made the record."),
  environment: text("environment", "name", "Its environment, as production."),
  traceId: text("trace", "id", "The trace.")
}

const common = {
  sessionId: text("session", "id", "The session."),
  threadId: text("thread", "id", "The thread of memory."),
  runId: text("run", "id", "The execution of an agent or workflow."),
  requestId: text("request", "id", "The incoming call."),
  resourceId: text("resource", "id", "The resource."),
  userId: text("user", "id", "The user."),
  organizationId: text("organization", "id", "The organization."),
  conversationId: text("conversation", "id", "The conversation, as the provider calls it."),
  ...scope,
  tags: Options.map(texts("tag", "tag", "Has this tag; more than one may be given."), (tags) =>
    tags.length === 0 ? undefined : tags
  ),
  metadata
}

const search = { search: text("search", "words", 'All of these words; "some words" literally.') }

const spans = {
  ...common,
  spanType: choice(
    "type",
    ["agent_run", "model_generation", "tool_call", "workflow_run", "workflow_step", "retrieval", "generic"],
    "The type of the span."
  ),
  name: text("name", "name", "The name of the span."),
  status: choice("status", ["running", "ok", "error", "interrupted"], "The status of the span."),
  model: text("model", "name", "The model that answered, or that was asked for."),
  provider: text("provider", "name", "The provider of the model."),
  toolName: text("tool", "name", "The tool."),
  agentName: text("agent", "name", "The agent."),
  errorType: text("error-type", "name", "The kind of failure, as 429."),
  minDuration: Options.map(durationOf("min-duration", "duration", "At least this long: 500ms, 2s."), (nanos) =>
    nanos === undefined ? undefined : `${nanos} nanos`
  ),
  // An optional boolean of @effect/cli is never absent.
  hasError: Options.map(
    Options.all([flag("failed", "What failed."), flag("not-failed", "What did not fail.")]),
    ([failed, notFailed]) => (failed === notFailed ? undefined : failed)
  ),
  ...search
}

const logs = {
  ...common,
  level: choice("level", ["trace", "debug", "info", "warn", "error", "fatal"], "This level."),
  minLevel: choice(
    "min-level",
    ["trace", "debug", "info", "warn", "error", "fatal"],
    "This level or a more severe one."
  ),
  ...search
}

const metrics = {
  ...scope,
  name: text("name", "name", "The name of the metric."),
  kind: choice("kind", ["counter", "gauge", "histogram"], "The kind of the metric.")
}

const scores = {
  ...common,
  name: text("name", "name", "The quality that was scored."),
  label: text("label", "label", "The label."),
  dataType: choice("data-type", ["numeric", "categorical", "boolean", "text"], "The type of the value."),
  source: choice("source", ["code", "model", "human", "user"], "The side that scored."),
  minValue: number("min-value", "At least this."),
  maxValue: number("max-value", "At most this.")
}

const filtered = <Filters>(fields: { readonly [name: string]: Options.Options<unknown> }): Options.Options<Filters> =>
  Options.all(fields).pipe(Options.map(Arguments.given)) as Options.Options<Filters>

export const ofSpans = filtered<SpanFilters>(spans)
export const ofLogs = filtered<LogFilters>(logs)
export const ofMetrics = filtered<MetricFilters>(metrics)
export const ofScores = filtered<ScoreFilters>(scores)

const fields: { readonly [S in SignalName]: { readonly [name: string]: Options.Options<unknown> } } = {
  spans,
  logs,
  metrics,
  scores
}

type Any = FiltersOf[SignalName]

/** Filters of every signal, for a command that is told which one. */
export const ofAny = filtered<Any>({
  ...scores,
  ...metrics,
  ...logs,
  ...spans,
  name: text("name", "name", "The name of the span, the metric or the score.")
})

/** Refuses filters that the records of a signal do not have, by the names of their options. */
export const fitting = (of: SignalName, filters: Any): Effect.Effect<Any, Failure> => {
  const others = Object.keys(filters).filter((name) => !(name in fields[of]))
  const all = Object.assign({}, ...Object.values(fields)) as (typeof fields)[SignalName]
  const names = others.flatMap((name) => Option.toArray(Options.getIdentifier(all[name] as Options.Options<unknown>)))
  return others.length === 0
    ? Effect.succeed(filters)
    : usage(`${names.join(", ")}: ${of} have no such filter, see --of`)
}
