/**
 * Questions of people who run agents, asked of 1,000,000 spans, or as many as BENCH_SPANS says; `answers5m` asks 5,000,000.
 * Each part has tasks, which can be run alone: `npm run bench -- answers --task searchDuckdb`.
 */
import * as aggregate from "./answersAggregate.js"
import * as conversations from "./answersConversations.js"
import * as search from "./answersSearch.js"
import * as sessions from "./answersSessions.js"
import * as traces from "./answersTraces.js"
import type { Figure, Suite } from "./harness.js"

const parts = [sessions, traces, aggregate, search, conversations]

export const tasks: Suite["tasks"] = Object.assign({}, ...parts.map((part) => part.tasks))

export const run: Suite["run"] = async () => {
  const figures: Array<Figure> = []
  for (const part of parts) figures.push(...(await part.run("answers")))
  return figures
}
