import { readFileSync } from "node:fs"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Field, Fields } from "../../../src/signal/Field.js"
import { keyOf } from "../../../src/signal/Signal.js"
import { type SignalName, sessionSignals, signalNames, signalOf, signals } from "../../../src/signal/signals.js"
import * as Storage from "../../../src/storage/Storage.js"
import { pages } from "../../../src/testing/contract/utils.js"
import { at, log, metric, score, span } from "../../../src/testing/Records.js"
import { onTables } from "../../utils/clickhouseTables.js"
import { describeClickhouse } from "../../utils/describeClickhouse.js"
import { made } from "../../utils/records.js"

describeClickhouse("ClickhouseStorage", () => {
  for (const name of signalNames) {
    onTables(`${name}: each field lies in its column, and what has none in an alias`, ({ named, open, run }) =>
      Effect.gen(function* () {
        const storage = yield* open
        const { fields, record: Record } = signalOf(name)
        const record = new Record(fullOf(fields))
        yield* Storage.methodsOf(storage, name).insert([record as never])
        for (const [field, { kind }] of Object.entries(fields)) {
          const column = field.charAt(0).toUpperCase() + field.slice(1)
          const asked = kind === "time" ? `toUnixTimestamp64Nano(${column})` : column
          const [row] = yield* run(`SELECT ${asked} AS value FROM ${named(name)}`)
          const value = Object.entries(record).find(([name]) => name === field)?.[1]
          assert.deepStrictEqual(plain(kind, row?.["value"]), encoded(value), field)
        }
      })
    )

    onTables(`${name}: lists and timelines are whole where each record is inserted three times`, ({ open }) =>
      Effect.gen(function* () {
        const storage = yield* open
        const { insert, list } = Storage.methodsOf(storage, name)
        const records = Array.from({ length: 60 }, () => made[name](inSession))
        for (let times = 0; times < 3; times++) yield* insert(records as never)
        const keys = records.map((record) => keyOf(signals[name], record)).reverse()
        const whole = (yield* pages((pagination) => list({ pagination }), 1000)).flat()
        for (const listed of [whole, (yield* pages((pagination) => list({ pagination }), 50)).flat()]) {
          assert.deepStrictEqual(
            listed.map((record) => keyOf(signals[name], record)),
            keys
          )
        }
        if (!(sessionSignals as ReadonlyArray<SignalName>).includes(name)) return
        const timeline = yield* pages((pagination) => storage.sessionTimeline({ sessionId: "s", pagination }), 25)
        assert.sameDeepOrderedMembers(timeline.flat() as Array<unknown>, whole.toReversed())
        if (name !== "spans") return
        const traces = yield* pages((pagination) => storage.listTraces({ pagination }), 25)
        assert.deepStrictEqual(traces.flat() as Array<unknown>, whole)
        const ofSession = yield* pages(
          (pagination) => storage.listTraces({ pagination, filters: { sessionId: "s" } }),
          25
        )
        assert.deepStrictEqual(ofSession.flat() as Array<unknown>, whole)
        const [session] = (yield* storage.listSessions()).items
        assert.strictEqual(session?.spans, 60)
      })
    )
  }

  onTables("tables of version 1.0 get the new columns and tables, and go on", ({ named, open, prefix, run }) =>
    Effect.gen(function* () {
      const statements = readFileSync(new URL("tables-1.0.sql", import.meta.url), "utf8").replaceAll("{prefix}", prefix)
      for (const statement of statements.split(";\n")) {
        if (statement.trim() !== "") yield* run(statement)
      }
      const [aSpan, aLog] = [span({ sessionId: "s", tags: ["old"] }), log({ sessionId: "s", message: "old" })]
      yield* run(`INSERT INTO ${named("spans")} (TraceId, SpanId, Name, Kind, SpanType, Status, StartTime, EndTime,
             SessionId, ServiceName, Tags, Version, IsEntry, Record)
           SELECT '${aSpan.traceId}', '${aSpan.spanId}', 'span', 'internal', 'generic', 'ok',
             fromUnixTimestamp64Nano(${aSpan.startTime}), fromUnixTimestamp64Nano(${aSpan.endTime}), 's', 'test', ['old'],
             9223372036854775809, true, '${JSON.stringify({ version: "9223372036854775809", ...aSpan.toJSON() })}'`)
      yield* run(`INSERT INTO ${named("logs")} (LogId, Timestamp, Level, Message, SessionId, ServiceName, Version, Record)
           SELECT '${aLog.logId}', fromUnixTimestamp64Nano(${aLog.timestamp}), 'info', 'old', 's', 'test', 1,
             '${JSON.stringify({ ...aLog.toJSON(), message: undefined })}'`)
      const [aMetric, aScore] = [metric(), score({ sessionId: "s" })]
      const newer = span({ sessionId: "s", toolName: "search", cachedInputTokens: 7 })
      for (let opened = 0; opened < 2; opened++) {
        const storage = yield* open
        yield* storage.insertSpans([newer])
        yield* storage.insertMetrics([aMetric])
        yield* storage.insertScores([aScore])
        assert.deepStrictEqual(yield* storage.getSpan(aSpan), Option.some(aSpan))
        assert.deepStrictEqual((yield* storage.listSpans()).items, [newer, aSpan])
        assert.deepStrictEqual((yield* storage.listSpans({ filters: { toolName: "search" } })).items, [newer])
        assert.deepStrictEqual((yield* storage.listLogs()).items, [aLog])
        assert.deepStrictEqual((yield* storage.listMetrics()).items, [aMetric])
        assert.deepStrictEqual((yield* storage.listScores()).items, [aScore])
        const [session] = (yield* storage.listSessions()).items
        assert.deepInclude({ ...session }, { spans: 2, logs: 1 })
      }
      const versions = yield* run(`SELECT Major, Minor FROM ${named("schema")} ORDER BY Minor`)
      assert.deepStrictEqual(versions, [
        { Major: 1, Minor: 0 },
        { Major: 1, Minor: 3 }
      ])
    })
  )

  onTables("a score that is given again at another time replaces the first, wherever it is asked", ({ open }) =>
    Effect.gen(function* () {
      const storage = yield* open
      const given = (n: number, time: bigint, value: number) =>
        score({ scoreId: `score-${n}`, sessionId: "s", time, value })
      const first = Array.from({ length: 20 }, (_, n) => given(n, at(n), 1))
      const later = first.map((_, n) => given(n, at(n % 2 ? 100 + n : n - 100), 2))
      yield* storage.insertScores(first)
      yield* storage.insertScores(later)
      const expected = later.toSorted((a, b) => (a.time < b.time ? -1 : 1))
      const listed = yield* pages((pagination) => storage.listScores({ pagination }), 3)
      assert.deepStrictEqual(listed.flat(), expected.toReversed())
      const timeline = yield* pages((pagination) => storage.sessionTimeline({ sessionId: "s", pagination }), 3)
      assert.deepStrictEqual(timeline.flat() as Array<unknown>, expected)
      assert.deepStrictEqual(yield* storage.deleteBefore(at(0)), { spans: 0, logs: 0, scores: 10 })
      assert.deepStrictEqual((yield* storage.listScores()).items, expected.toReversed().slice(0, 10))
      assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 0, logs: 0, scores: 10 })
      assert.deepStrictEqual((yield* storage.listScores()).items, [])
    })
  )
})

const inSession = { sessionId: "s" }

let distinct = 0

/** Values for all fields, of which no two are alike, so that two columns that changed places are found. */
const fullOf = (fields: Fields): object =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueOf(name, field)]))

const valueOf = (name: string, { fields = {}, isValid, kind, words = [] }: Field): unknown => {
  distinct++
  switch (kind) {
    case "id":
      return [32, 16].map((digits) => distinct.toString(16).padStart(digits, "a")).find(isValid)
    case "key":
    case "name":
    case "text":
      return `${name} ${distinct}`
    case "word":
      return words.at(-1)
    case "flag":
      return true
    case "time":
    case "duration":
      return at(distinct)
    case "count":
      return distinct
    case "real":
      return distinct + 0.5
    case "names":
      return [`${name} ${distinct}`]
    case "object":
      return { [name]: { z: distinct, a: null } }
    case "values":
      return [distinct, { a: [] }]
    case "numbers":
      return { [name]: distinct }
    case "reals":
      return [distinct, 0.5]
    case "struct":
      return fullOf(fields)
    case "list":
      return [fullOf(fields)]
  }
}

/** What SQL gives for a value, with the types of its encoded form. */
const plain = (kind: Field["kind"], value: unknown): unknown => {
  switch (kind) {
    case "count":
      return Number(value)
    case "object":
      // The map of metadata has a text of JSON for each key; an alias is a text itself.
      return typeof value === "string"
        ? JSON.parse(value)
        : Object.fromEntries(Object.entries(value as object).map(([key, text]) => [key, JSON.parse(text)]))
    case "values":
    case "numbers":
    case "reals":
    case "struct":
    case "list":
      return JSON.parse(value as string)
    default:
      return value
  }
}

const encoded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)))
