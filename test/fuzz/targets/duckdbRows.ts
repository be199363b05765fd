/** Rows of a file that somebody changed: each read of the storage answers, with the other rows whole, and soon. */
import { deepStrictEqual, ok } from "node:assert/strict"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { Effect, Layer, Logger, ManagedRuntime, Option } from "effect"
import { Storage } from "effect-observability"
import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"
import { at, log, metric, score, span } from "../../../src/testing/Records.js"
import { target } from "../fuzz.js"
import { type Random, unusual } from "../Random.js"

const tables = ["spans", "logs", "metrics", "scores"] as const

const sessionId = "s"
const ids = { sessionId, traceId: "1".repeat(32) }
const details = { metadata: { a: 1 }, attributes: { list: [1, "b"] } }

/** Each kind twice: the first is changed, the second is not. */
const insert = Effect.gen(function* () {
  const storage = yield* Storage.Storage
  yield* storage.insertSpans([
    span({ sessionId, name: "bad", events: [{ name: "e", time: at(2), attributes: {} }], ...details }),
    span({ ...ids, name: "good", startTime: at(1), endTime: at(4), tags: ["t"], ...details })
  ])
  yield* storage.insertLogs([log({ sessionId, message: "bad", data: [{ a: 1 }] }), log({ ...ids, message: "good" })])
  yield* storage.insertMetrics([metric({ name: "bad" }), metric({ name: "good" })])
  yield* storage.insertScores([score({ sessionId, name: "bad" }), score({ ...ids, name: "good" })])
})

/** What each read shows of the rows that nobody has changed. */
const readAll = Effect.gen(function* () {
  const storage = yield* Storage.Storage
  const good = (records: ReadonlyArray<object>) =>
    records.filter((record) => "good" === ("message" in record ? record.message : "name" in record && record.name))
  const lists = ["listTraces", "listSpans", "listLogs", "listMetrics", "listScores"] as const
  const shown: Array<ReadonlyArray<object>> = []
  for (const direction of ["asc", "desc"] as const) {
    const orderBy = { field: "time", direction } as const
    for (const list of lists) shown.push(good((yield* storage[list]({ orderBy })).items))
    const sessions = (yield* storage.listSessions({ orderBy })).items
    ok(
      sessions.some((session) => session.sessionId === sessionId),
      "a session is hidden"
    )
  }
  shown.push(good((yield* storage.listSpans({ filters: { metadata: { a: 1 } } })).items))
  shown.push(good((yield* storage.listSpans({ orderBy: { field: "duration", direction: "desc" } })).items))
  shown.push(good((yield* storage.sessionTimeline({ sessionId })).items))
  shown.push(good(Option.getOrThrow(yield* storage.getTrace(ids.traceId)).spans))
  ok(Option.isSome(yield* storage.getSession(sessionId)), "the session is hidden")
  JSON.stringify(yield* storage.listSpans())
  return shown
})

interface Opened {
  readonly run: <A, E>(effect: Effect.Effect<A, E, Storage.Storage | DuckDbClient.DuckDbClient>) => Promise<A>
  /** Puts a text into the one row of the table `texts`, though it is no JSON: an appender checks nothing. */
  readonly append: (text: string) => void
  readonly types: ReadonlyMap<string, string>
  /** What is shown before anything is changed. */
  readonly whole: ReadonlyArray<ReadonlyArray<object>>
}

const open = async (): Promise<Opened> => {
  const folder = fs.mkdtempSync(join(tmpdir(), "effect-observability-fuzz-"))
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, "spans.duckdb")
  const { runPromise } = ManagedRuntime.make(
    DuckDbStorage.layerClient().pipe(
      Layer.provideMerge(DuckDbClient.layer({ path, settings: { threads: 1 } })),
      Layer.merge(Logger.remove(Logger.defaultLogger))
    )
  )
  return runPromise(
    Effect.gen(function* () {
      yield* insert
      const sql = yield* DuckDbClient.DuckDbClient
      yield* sql`CREATE TABLE texts (text JSON)`
      for (const table of tables) yield* sql.unsafe(`CREATE TABLE ${table}_was AS SELECT * FROM mastra_ai_${table}`)
      const columns = yield* sql<{ readonly name: string; readonly type: string }>`
        SELECT table_name || '.' || column_name AS name, data_type AS type FROM duckdb_columns()`
      const connection = yield* Effect.promise(() =>
        DuckDBInstance.fromCache(path, { threads: "1" }).then((database) => database.connect())
      )
      const appender = yield* Effect.promise(() => connection.createAppender("texts"))
      return {
        run: runPromise,
        append: (text) => {
          appender.appendVarchar(text)
          appender.endRow()
          appender.flushSync()
        },
        types: new Map(columns.map(({ name, type }) => [name, type])),
        whole: yield* readAll
      }
    })
  )
}

let opened: Promise<Opened> | undefined

const database = () => {
  opened ??= open()
  return opened
}

const numbers = [
  ..."NaN,Infinity,-Infinity,-9223372036854775808,9223372036854775807,9007199254740993,1e308,-0".split(","),
  "170141183460469231731687303715884105727"
]

const jsons = [
  ...[
    "{",
    "",
    "nul",
    "NaN",
    "[NaN]",
    '{"a":Infinity}',
    "[null,1]",
    "1",
    '"x"',
    "null",
    '{"__proto__":{"a":1}}',
    "9e999"
  ],
  ...['[{"time":"x"},{"time":1,"name":2,"attributes":[]}]', '{"a":{"b":[{}]}}', '{"a":1,"a":2}', '["\\ud800"]'],
  ...[`${"[".repeat(99)}${"]".repeat(99)}`, `{"a":${"9".repeat(400)}}`]
]

const draw = (random: Random) =>
  Array.from({ length: 1 + random.below(4) }, () => {
    const number = random.pick([() => random.pick(numbers), () => `${random.below(2 ** 31) - 2 ** 30}`])()
    const json = random.pick(jsons)
    return {
      table: random.pick(tables),
      /** Which of its columns, whatever they are. */
      column: random.below(2 ** 20),
      isNull: random.oneIn(5),
      number,
      text: random.pick([() => random.text(unusual, 20), () => "zzz", () => number, () => json, () => sessionId])(),
      json: random.oneIn(2) ? json : random.mutated(json, [...'{}[]":,0123456789eE.-\\', ...unusual]),
      flag: random.oneIn(2)
    }
  })

const valueOf = (type: string, { flag, isNull, json, number, text }: ReturnType<typeof draw>[number]) =>
  isNull ? null : type === "JSON" ? json : type === "BOOLEAN" ? `${flag}` : type === "VARCHAR" ? text : number

/** What is no value of the type of a column changes nothing. */
const change = ({ append, types }: Opened, changed: ReturnType<typeof draw>[number]) =>
  Effect.gen(function* () {
    const sql = yield* DuckDbClient.DuckDbClient
    const table = `mastra_ai_${changed.table}`
    const columns = Array.from(types).filter(([name]) => name.startsWith(`${table}.`))
    const [name, type] = columns[changed.column % columns.length] as [string, string]
    const where = `"${changed.table === "logs" ? "message" : "name"}" IS DISTINCT FROM 'good'`
    const update = `UPDATE ${table} SET "${name.slice(table.length + 1)}"`
    const value = valueOf(type, changed)
    if (type === "JSON" && value !== null) {
      yield* sql`DELETE FROM texts`
      append(value)
      yield* sql.unsafe(`${update} = (SELECT text FROM texts) WHERE ${where}`)
    } else {
      yield* sql.unsafe(`${update} = CAST(? AS ${type}) WHERE ${where}`, [value])
    }
  }).pipe(Effect.ignore)

const restore = (changed: Iterable<string>) =>
  Effect.gen(function* () {
    const sql = yield* DuckDbClient.DuckDbClient
    for (const table of changed) {
      yield* sql.unsafe(`DELETE FROM mastra_ai_${table}; INSERT INTO mastra_ai_${table} SELECT * FROM ${table}_was`)
    }
  })

const check = async (changes: ReturnType<typeof draw>) => {
  const opened = await database()
  const shown = await opened.run(
    Effect.forEach(changes, (changed) => change(opened, changed)).pipe(
      Effect.zipRight(readAll),
      Effect.timeout("5 seconds"),
      Effect.ensuring(Effect.orDie(restore(new Set(changes.map(({ table }) => table)))))
    )
  )
  deepStrictEqual(shown, opened.whole)
}

export const duckdbRows = target("duckdbRows", draw, check)
