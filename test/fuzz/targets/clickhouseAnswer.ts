/** Whatever answers for ClickHouse, a question has an answer of records, or an error with a reason: never a defect. */
import { ok } from "node:assert/strict"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { Effect, Logger, LogLevel, Scope } from "effect"
import { ClickhouseStorage } from "effect-observability/clickhouse"
import { span } from "../../../src/testing/Records.js"
import { target } from "../fuzz.js"
import { type Random, unusual } from "../Random.js"

const exception = "Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED) (version 26.7.2.1)"

const drawJson = (random: Random, depth = 3): unknown =>
  random.pick([
    () => random.pick([null, true, false, 0, -1, 1.5, 1e308, "", "0", "-9223372036854775808", "1e3", "x".repeat(300)]),
    () => random.text(unusual, 20),
    () => (depth > 0 ? random.several(4, () => drawJson(random, depth - 1)) : []),
    () => (depth > 0 ? drawRow(random, depth - 1) : {})
  ])()

/** The columns of all that is asked. */
const columns = [
  "time",
  "ids",
  "position",
  "record",
  "matches",
  "shown",
  "isKnown",
  "id",
  "count",
  "traceId",
  "message"
]
const others = [
  "version",
  "sessionId",
  "bound",
  "newest",
  "from",
  "to",
  "errors",
  "suspects",
  "users",
  "firstActivity",
  "speakers",
  "said",
  "costUsd",
  "billionths"
]

const drawRow = (random: Random, depth = 2): object =>
  Object.fromEntries(
    random.several(20, () => [random.pick([...columns, ...others, "exception", "__proto__"]), drawJson(random, depth)])
  )

/** A row that may be one of ours, with records that may be some. */
const drawLikely = (random: Random): object => ({
  time: "1700000000000000000",
  ids: ["1".repeat(32), "2".repeat(16)],
  position: random.pick(["1700000000000000000", "1", ""]),
  record: random.mutated(
    JSON.stringify({ ...span().toJSON(), version: "1", ...drawRow(random, 1) }),
    '{}[]":,0123456789',
    2
  ),
  matches: random.pick([true, false, 0, 1]),
  id: random.text(unusual, 10),
  count: String(random.below(1000)),
  ...(random.oneIn(3) ? drawRow(random, 1) : {})
})

const draw = (random: Random) => {
  const rows = random.several(6, () => JSON.stringify(random.pick([drawLikely, drawRow, drawJson])(random)))
  const lines = rows.map((row) => `${row}\n`).join("")
  const text = random.pick([
    lines,
    lines.slice(0, random.below(lines.length + 1)),
    lines.slice(0, random.below(lines.length + 1)) + exception,
    `${lines}\r\n__exception__\r\nabcdefgh\n${exception}\n${exception.length} abcdefgh\r\n__exception__\r\n`,
    random.mutated(lines, [...unusual, ...'{}[]":,0123456789'], 6),
    `<html>${random.text(unusual, 200)}</html>`,
    random.text(unusual, 500),
    "Code: 1".repeat(random.below(2_000))
  ])
  return {
    status: random.oneIn(3) ? random.pick([302, 400, 404, 408, 413, 429, 500, 503, 599]) : 200,
    encoding: random.pick(["", "", "gzip", "gzip, but none", "br"]),
    isCut: random.oneIn(5),
    text
  }
}

type Answer = ReturnType<typeof draw>

let answer: Answer | undefined

const respond = (response: ServerResponse): void => {
  if (answer === undefined) return void response.end()
  const { encoding, isCut, status, text } = answer
  const body = encoding === "gzip" ? gzipSync(text) : Buffer.from(text)
  response.writeHead(status, encoding === "" ? {} : { "content-encoding": encoding.split(",")[0] })
  if (isCut) response.write(body, () => response.socket?.resetAndDestroy())
  else response.end(body)
}

/** A storage on a server that answers nothing while it is opened, which is what one with no tables does. */
const storage = Effect.gen(function* () {
  const server = createServer((request, response) => {
    request.resume().once("end", () => respond(response))
  })
  yield* Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
  server.unref()
  const { port } = server.address() as AddressInfo
  return yield* ClickhouseStorage.make({ url: `http://127.0.0.1:${port}`, timeout: "5 seconds" })
}).pipe(Scope.extend(Effect.runSync(Scope.make())), Effect.cached, Effect.runSync)

const isRecord = (record: unknown): boolean =>
  typeof record === "object" && record !== null && "traceId" in record && typeof record.traceId === "string"

export const clickhouseAnswer = target("clickhouseAnswer", draw, (drawn) =>
  Effect.gen(function* () {
    answer = undefined
    const { deleteBefore, deleteSession, getSpan, getTrace, insertSpans, listSessions, listSpans, listTraces } =
      yield* storage
    answer = drawn
    const ids = { traceId: "1".repeat(32), spanId: "2".repeat(16) }
    for (const asked of [listSpans(), listTraces(), getSpan(ids), getTrace(ids.traceId), listSessions()]) {
      const result = yield* Effect.either<unknown, Error, never>(asked)
      if (result._tag === "Left") ok(result.left.message.length > 10 && result.left.message.length < 5_000)
      else if (typeof result.right === "object" && result.right !== null && "items" in result.right) {
        const { items } = result.right as { readonly items: ReadonlyArray<object> }
        ok(
          items.every((item) => "traces" in item || isRecord(item)),
          "something is listed that is no record"
        )
        ok(drawn.text === "" || items.length > 0 || drawn.text.includes("{"), "an empty list in place of an error")
      }
    }
    for (const asked of [insertSpans([span()]), deleteBefore(0n), deleteSession("s")]) {
      const result = yield* Effect.either<unknown, Error, never>(asked)
      // A row that counts nothing is an answer.
      ok(
        result._tag === "Left" || drawn.text === "" || /"count":"0"/.test(drawn.text),
        "nobody did it, and it was done"
      )
    }
  }).pipe(Logger.withMinimumLogLevel(LogLevel.None), Effect.timeout("20 seconds"), Effect.runPromise)
)
