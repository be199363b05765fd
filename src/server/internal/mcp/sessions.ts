import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SessionSummary } from "../../../signal/SessionSummary.js"
import { Storage } from "../../../storage/Storage.js"
import * as Args from "./arguments.js"
import * as Text from "./text.js"
import * as Tool from "./tool.js"

export const listSessions = Tool.make({
  name: "list_sessions",
  title: "List sessions",
  description:
    "Lists sessions (conversations of users with AI agents), those active last first: who, when, turns, errors, tokens, " +
    "cost, scores, and the first and last words. Filters must all hold, each for some record of the session. Start here to " +
    "find a session, then read it with read_session.",
  arguments: Schema.Struct({
    ...Args.ofSpans,
    search: Args.optionalText(
      "Words that must all occur in some record of the session; words in double quotes must stand there literally."
    ),
    order: Schema.optional(
      Schema.Literal("newest", "oldest", "longest").annotations({
        description:
          "newest (the default) and oldest by last activity; longest by the time from first to last activity."
      })
    ),
    limit: Args.integer("How many sessions: 1 to 50, 20 when absent.", 1, 50),
    cursor: Args.cursor
  }),
  run: (given) =>
    Effect.gen(function* () {
      const { listSessions } = yield* Storage
      const filters = yield* Args.toSpanFilters(given)
      const { items, nextCursor } = yield* listSessions({
        filters,
        orderBy:
          given.order === "longest"
            ? { field: "duration", direction: "desc" }
            : { field: "time", direction: given.order === "oldest" ? "asc" : "desc" },
        pagination: { limit: given.limit ?? 20, cursor: given.cursor }
      })
      const none = given.cursor === undefined ? "No session fits these filters." : "No further session fits."
      return { text: Text.list(items.map(lines), Option.getOrUndefined(nextCursor), none) }
    })
})

/** A session in short, at most some 1,500 characters of it. */
const lines = (session: SessionSummary): ReadonlyArray<string> => [
  `## Session ${Text.inline(session.sessionId)}`,
  summary(session),
  ...(session.firstInput === undefined ? [] : ["first input:", ...said(session.firstInput)]),
  ...(session.lastOutput === undefined ? [] : ["last output:", ...said(session.lastOutput)]),
  ""
]

const said = (text: string) => Text.quote(Text.inline(text, 300), 300, "")

/** The counts and names of a session. */
export const summary = (session: SessionSummary): string => {
  const scores = Object.entries(session.scores).slice(0, 10)
  return Text.facts(
    `${Text.time(session.firstActivity)} to ${Text.time(session.lastActivity)}`,
    `lasted ${Text.ms(session.lastActivity - session.firstActivity)}`,
    `turns ${session.turns}`,
    `traces ${session.traces}`,
    `spans ${session.spans}`,
    `logs ${session.logs}`,
    `errors ${session.errors}`,
    `tokens ${session.inputTokens} in, ${session.outputTokens} out`,
    `cost ${Text.usd(session.costUsd)}`,
    names("users", session.users),
    names("agents", session.agents),
    names("models", session.models),
    scores.length > 0 &&
      `scores ${scores.map(([name, { count, mean }]) => `${Text.inline(name, 60)} ${mean} (${count})`).join(", ")}`
  )
}

const names = (what: string, names: ReadonlyArray<string>): string | undefined =>
  names.length === 0
    ? undefined
    : `${what} ${names
        .slice(0, 5)
        .map((name) => Text.inline(name, 80))
        .join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`
