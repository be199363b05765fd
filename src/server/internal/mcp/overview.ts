import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type MeasureValue, Storage } from "../../../storage/Storage.js"
import * as Args from "./arguments.js"
import * as Text from "./text.js"
import * as Tool from "./tool.js"

const { environment, service, since, until } = Args.common

export const overview = Tool.make({
  name: "overview",
  title: "Overview of what is stored",
  description:
    "Says in short what the store holds: how many sessions, traces, spans, logs and scores, from when to when, failures, " +
    "tokens and cost, and which services, models, agents, tools and scores there are, those with the most records first. " +
    "Call it first to learn the names that other tools filter by.",
  arguments: Schema.Struct({ since, until, service, environment }),
  run: (given) =>
    Effect.gen(function* () {
      const { aggregate } = yield* Storage
      const filters = yield* Args.toCommon(given)
      const most = (dimension: "serviceName" | "model" | "agentName" | "toolName") =>
        aggregate({ of: "spans", filters, measures: { count: "count" }, groupBy: [dimension], limit: 11 })
      const [spans, logs, scores, services, models, agents, tools, names] = yield* Effect.all(
        [
          aggregate({ of: "spans", filters, measures: ofSpans }),
          aggregate({
            of: "logs",
            filters,
            measures: { logs: "count", sessions: { distinct: "sessionId" }, errors: "errors" }
          }),
          aggregate({ of: "scores", filters, measures: { scores: "count" } }),
          most("serviceName"),
          most("model"),
          most("agentName"),
          most("toolName"),
          aggregate({
            of: "scores",
            filters,
            measures: { count: "count", mean: { mean: "value" } },
            groupBy: ["name"],
            limit: 11
          })
        ],
        { concurrency: 2 }
      )
      const { errors = 0, logs: count = 0, sessions = 0 } = logs[0]?.values ?? {}
      return {
        text: [
          ...lines(spans[0]?.values),
          `logs ${count} in ${sessions} sessions, of them errors ${errors} · scores ${scores[0]?.values.scores ?? 0}`,
          ...list("services", services, ({ group }) => group.serviceName),
          ...list("models", models, ({ group }) => group.model),
          ...list("agents", agents, ({ group }) => group.agentName),
          ...list("tools", tools, ({ group }) => group.toolName),
          ...list(
            "scores",
            names,
            ({ group }) => group.name,
            ({ values }) => (values.mean === null ? "" : `, mean ${values.mean}`)
          )
        ].join("\n")
      }
    })
})

const ofSpans = {
  spans: "count",
  sessions: { distinct: "sessionId" },
  traces: { distinct: "traceId" },
  users: { distinct: "userId" },
  errors: "errors",
  first: { min: "time" },
  last: { max: "time" },
  input: { sum: "inputTokens" },
  output: { sum: "outputTokens" },
  cost: { sum: "costUsd" }
} as const

const lines = (all: { readonly [M in keyof typeof ofSpans]: MeasureValue<(typeof ofSpans)[M]> } | undefined) =>
  all === undefined || all.spans === 0
    ? ["no spans"]
    : [
        Text.facts(
          all.first !== null && all.last !== null && `spans from ${Text.time(all.first)} to ${Text.time(all.last)}`,
          `sessions ${all.sessions}`,
          `traces ${all.traces}`,
          `spans ${all.spans}`,
          `users ${all.users}`,
          `failed spans ${all.errors}`
        ),
        `tokens ${all.input} in, ${all.output} out · cost ${Text.usd(all.cost)}`
      ]

/** The names of a dimension, with the number of records. */
const list = <R extends { readonly values: { readonly count: number } }>(
  what: string,
  rows: ReadonlyArray<R>,
  nameOf: (row: R) => string | null,
  more: (row: R) => string = () => ""
): ReadonlyArray<string> => {
  const named = rows.flatMap((row) => {
    const name = nameOf(row)
    return name === null ? [] : [`${Text.inline(name, 80)} (${row.values.count}${more(row)})`]
  })
  if (named.length === 0) return []
  return [`${what}: ${named.slice(0, 10).join(", ")}${named.length > 10 ? ", …" : ""}`]
}
