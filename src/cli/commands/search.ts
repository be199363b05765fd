/** `search TEXT`: the spans and logs in which some words are, newest first, with the place where they are. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { searchedTexts, wordsIn } from "../../storage/Storage.js"
import { usage } from "../Failure.js"
import * as Arguments from "../internal/arguments.js"
import * as Table from "../internal/table.js"
import * as Text from "../internal/text.js"
import * as Times from "../internal/times.js"
import * as Output from "../Output.js"
import { described } from "../overview.js"
import * as Store from "../Store.js"

type Hit = SpanRecord | LogRecord

export const search = Command.make(
  "search",
  {
    words: Args.text({ name: "text" }).pipe(
      Args.withDescription('All of these words; "some words" literally.'),
      Args.atLeast(1)
    ),
    store: Store.options,
    session: Arguments.text("session", "id", "In this session."),
    user: Arguments.text("user", "id", "Of this user."),
    kind: Arguments.choice("in", ["spans", "logs"], "In spans or in logs; in both, if nothing is said."),
    range: Arguments.range,
    limit: Options.map(Arguments.integer("limit", 1, "As many at most, up to 1000."), (given = 50) => given),
    utc: Arguments.utc,
    json: Arguments.json
  },
  Effect.fnUntraced(function* ({ json, kind, limit, range, session, store, user, utc, words }) {
    if (limit > 1000) return yield* usage("--limit: expected a number from 1 to 1000")
    const text = words.join(" ")
    const times = yield* Arguments.timesOf(range, utc)
    const filters = Arguments.given({ search: text, sessionId: session, userId: user, ...times })
    const storage = yield* Effect.flatMap(Store.choose(store), Store.open)
    const pagination = { limit }
    const spans = kind === "logs" ? [] : (yield* storage.listSpans({ filters, pagination })).items
    const logs = kind === "spans" ? [] : (yield* storage.listLogs({ filters, pagination })).items
    const hits = [...spans, ...logs]
      .sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : timeOf(a) > timeOf(b) ? -1 : 0))
      .slice(0, limit)
    const last = hits.at(-1)
    if (json) yield* Output.print(...hits.map((hit) => JSON.stringify({ _tag: hit._tag, ...hit.toJSON() })))
    else if (last === undefined) yield* Output.note(`nothing has ${text}`)
    else yield* Output.print(...Table.make(columns(text, utc), Output.columns(), Output.paint)(hits))
    if (last !== undefined && (hits.length < spans.length + logs.length || hits.length === limit)) {
      yield* Output.note(`there may be more: --to ${timeOf(last)}`)
    }
  }, Effect.scoped)
).pipe(Command.withDescription(described.search))

const timeOf = (hit: Hit): bigint => (hit._tag === "SpanRecord" ? hit.startTime : hit.timestamp)

const columns = (text: string, utc: boolean): ReadonlyArray<Table.Column<Hit>> => [
  { title: "TIME", value: (hit) => Times.shown(timeOf(hit), utc), color: () => "dim", rank: 5 },
  { title: "IN", value: (hit) => (hit._tag === "SpanRecord" ? hit.name : `log ${hit.level}`), least: 10 },
  { title: "TEXT", value: (hit) => around(searchedTexts(hit), text), least: 40 },
  { title: "SESSION", value: ({ sessionId = "" }) => sessionId, least: 36, rank: 4 },
  { title: "TRACE", value: ({ traceId = "" }) => traceId, rank: 1 }
]

/** The text that has the first word, from a little before it. */
const around = (texts: ReadonlyArray<string>, asked: string): string => {
  const [word = ""] = wordsIn(asked)
  for (const text of texts) {
    const at = text.toLowerCase().indexOf(word)
    if (at < 0) continue
    const from = Math.max(0, at - 40)
    return Text.oneLine(`${from > 0 ? "…" : ""}${text.slice(from, at + 160).toWellFormed()}`, 200)
  }
  return Text.oneLine(texts[0] ?? "", 200)
}
