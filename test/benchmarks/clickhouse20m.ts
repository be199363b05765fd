/**
 * The questions of the suite `clickhouse` among 20,000,000 spans of 100,000 sessions, which are made inside the engine:
 * takes minutes and some 6 GB of disk. BENCH_SPANS makes it smaller.
 */
import { ClickhouseClient } from "@effect/sql-clickhouse"
import { Effect } from "effect"
import { asked, figuresOf, rows, withStorage } from "./clickhouse.js"
import { type Figure, inProcess, spansOr } from "./harness.js"

const spans = spansOr(20_000_000)
const tracesASession = 20
const traces = spans / 10
const sessions = traces / tracesASession
/** Sessions that go on at a time; their turns alternate. With 20,000,000 spans a session lasts two hours. */
const atOnce = 800

const traceId = (trace: string) => `lower(hex(MD5(toString(${trace}))))`
const spanId = (span: string) => `lower(substring(hex(MD5(toString(${span}))), 1, 16))`

/** Traces of ten spans, over ten days. */
const columns: Readonly<Record<string, string>> = {
  TraceId: traceId("intDiv(number, 10)"),
  SpanId: spanId("number"),
  ParentSpanId: `if(number % 10 = 0, '', ${spanId("number - number % 10")})`,
  Name: "['invoke_agent support', 'chat gpt-4o', 'execute_tool search'][if(number % 10 = 0, 1, 2 + number % 2)]",
  Kind: "'internal'",
  SpanType: "['agent_run', 'model_generation', 'tool_call'][if(number % 10 = 0, 1, 2 + number % 2)]",
  Status: "if(number % 500 = 3, 'error', 'ok')",
  StartTime: `fromUnixTimestamp64Nano(toInt64(1750000000000000000 + intDiv(number, 10) * ${Math.floor(864e12 / traces)} + number % 10 * 1000000), 'UTC')`,
  EndTime: "StartTime + toIntervalMicrosecond(900)",
  SessionId: `concat('session-', toString(intDiv(number, ${10 * atOnce * tracesASession}) * ${atOnce} + intDiv(number, 10) % ${atOnce}))`,
  UserId: "concat('user-', toString(intDiv(number, 10) % 5000))",
  ServiceName: "'bench'",
  Model: "if(number % 2 = 0, 'gpt-4o', NULL)",
  InputTokens: "if(number % 2 = 0, 900, NULL)",
  OutputTokens: "if(number % 2 = 0, 120, NULL)",
  Version: "bitShiftLeft(toUInt64(1), 63) + number",
  Record: `concat('{"version":"', toString(Version), '","traceId":"', TraceId, '","spanId":"', SpanId,
    if(ParentSpanId = '', '', concat('","parentSpanId":"', ParentSpanId)), '","name":"', Name,
    '","kind":"internal","spanType":"', SpanType, '","status":"', Status,
    '","startTime":"', toString(toUnixTimestamp64Nano(StartTime)), '","endTime":"', toString(toUnixTimestamp64Nano(EndTime)),
    '","sessionId":"', SessionId, '","userId":"', UserId, '","serviceName":"bench"',
    if(number % 2 = 0, ',"model":"gpt-4o","inputTokens":900,"outputTokens":120', ''),
    ',"attributes":{"app.turn.index":', toString(number), ',"app.prompt":"',
    repeat(hex(MD5(toString(intDiv(number, 10)))), 20),
    '"},"events":[],"links":[],"tags":[],"resource":{"service.name":"bench"}}')`
}

const questions = () =>
  withStorage((prefix) =>
    Effect.gen(function* () {
      const sql = yield* ClickhouseClient.ClickhouseClient
      const perInsert = 500_000
      for (let from = 0; from < spans; from += perInsert) {
        yield* sql.asCommand(
          sql.unsafe(
            `INSERT INTO ${prefix}mastra_ai_spans (${Object.keys(columns)})
            SELECT ${Object.entries(columns).map(([name, of]) => `${of} AS ${name}`)}
            FROM numbers(${from}, ${Math.min(perInsert, spans - from)})`
          )
        )
      }
      const some = yield* rows<{ readonly id: string }>(
        `SELECT ${traceId(`number * 7919 % ${traces}`)} AS id FROM numbers(210)`
      )
      return yield* asked(prefix, { sessions, traceIds: some.map(({ id }) => id) })
    })
  )

export const tasks = { questions }

export const run = async (): Promise<ReadonlyArray<Figure>> =>
  figuresOf(
    `${spans.toLocaleString("en")} spans of ${sessions.toLocaleString("en")} sessions`,
    await inProcess<Awaited<ReturnType<typeof questions>>>("clickhouse20m", "questions"),
    { listTraces: 25, getTrace: 25, listSessions: 60 }
  )
