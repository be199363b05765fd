/** The help of the command, in short: it is shown before anything else is loaded. */
import { version } from "../runtime/version.js"

/** The commands, in the order in which they are shown. */
export const described = {
  sessions: "Lists sessions, those that were active last first.",
  session: "Shows a session: who said what, the tools, what it cost and what failed.",
  traces: "Lists traces, a span of each.",
  trace: "Shows a trace as a tree, or one of its spans whole.",
  spans: "Lists spans.",
  logs: "Lists logs.",
  scores: "Lists scores.",
  metrics: "Lists points of metrics.",
  search: "Finds words in spans and logs.",
  stats: "Tells what is stored: how much, from when to when, with what errors and cost.",
  costs: "Tells what it cost, by model, user, tool or day.",
  aggregate: "Counts, sums, means and quantiles of records, by group and by time.",
  tail: "Shows spans and logs as they come, until it is interrupted.",
  copy: "Copies sessions, or all records, to another store.",
  snapshot: "Writes a consistent copy of a DuckDB file.",
  delete: "Deletes a session, or all records before a time.",
  serve: "Receives OTLP, stores it, and answers over HTTP.",
  mcp: "Answers a coding agent by the Model Context Protocol, on stdin and stdout."
} as const

export const name = "effect-observability"

export { version }

const width = Math.max(...Object.keys(described).map(({ length }) => length))

export const overview = `${name} ${version}: what AI agents did, session by session

USAGE
  ${name} COMMAND [OPTIONS]        ${name} COMMAND --help

COMMANDS
${Object.entries(described)
  .map(([name, description]) => `  ${name.padEnd(width)}  ${description}`)
  .join("\n")}

WHERE THE RECORDS ARE
  --db FILE          a DuckDB file                    EFFECT_OBSERVABILITY_DB
  --clickhouse URL   a ClickHouse                     EFFECT_OBSERVABILITY_CLICKHOUSE, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD
  --url URL          a server: serve, or a program    EFFECT_OBSERVABILITY_URL, EFFECT_OBSERVABILITY_TOKEN

EXAMPLES
  ${name} sessions --db agents.duckdb --since 2h --failed
  ${name} session 0197e1a0-5c1e-7cc3-98c4-dc0c0c07398f --db agents.duckdb
  ${name} costs --by model --every day --since 7d --url http://127.0.0.1:4318
  ${name} spans --tool cancel_reservation --all --json | jq .attributes

ALSO
  --version, --completions bash|fish|zsh, --log-level debug; ends with 0, 1 where it failed, 2 where it was used wrongly,
  3 where there is no such session, trace or span, 130 where it was interrupted`
