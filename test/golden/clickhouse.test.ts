/**
 * What a fresh store in ClickHouse has, how a whole record lies in it and travels to it, and what it is asked: compared
 * with the files clickhouse.* of this folder; golden.ts says how to write them anew. Statements and the bytes of
 * inserts are taken where they arrive, behind the HTTP interface.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { gunzipSync } from "node:zlib"
import { createClient } from "@clickhouse/client"
import { describe, it } from "@effect/vitest"
import { Effect, Redacted, TestClock } from "effect"
import { ClickhouseStorage } from "effect-observability/clickhouse"
import { at } from "../../src/testing/Records.js"
import * as ClickhouseServer from "../utils/clickhouseServer.js"
import { describeEngine } from "../utils/describeEngine.js"
import { definition, hex, lines, matchesGolden, sections, statement } from "./golden.js"
import { fill, questions, wholeLog, wholeSpan } from "./records.js"

const path = mkdtempSync(join(tmpdir(), "clickhouse-golden-"))
process.once("exit", () => rmSync(path, { recursive: true, force: true }))

/** A server, at a time that stands still. */
const serve = Effect.zipRight(TestClock.setTime(Number(at(100) / 1_000_000n)), ClickhouseServer.make({ path }))

const open = (
  { password, url, username }: ClickhouseServer.ClickhouseServer,
  options: Omit<ClickhouseStorage.Options, "url">
) => ClickhouseStorage.make({ url, username, password: Redacted.make(password), connect: "eager", ...options })

/** What anyone's SQL gives. */
const rows = <Row>({ password, url, username }: ClickhouseServer.ClickhouseServer, query: string) =>
  Effect.promise(async () => {
    const client = createClient({ url, username, password })
    const result = await client.query({ query, format: "JSONEachRow" })
    const found = await result.json<Row>()
    await client.close()
    return found
  })

/** What arrives at a server during an effect. */
const seenOf = <A, E>({ seen }: ClickhouseServer.ClickhouseServer, effect: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    const before = seen.length
    return Effect.map(effect, () => seen.slice(before))
  })

/** A statement; lists of values are sorted, for they may hold what the engine gave in any order. */
const shown = ({ query }: ClickhouseServer.Seen): string =>
  statement(query.replace(/(?<=CAST\('\[).*?(?=\]', 'Array)/gs, (items) => items.split(",").sort().join()))

const statements = (seen: ReadonlyArray<ClickhouseServer.Seen>): string => seen.map(shown).join("\n\n")

/** The statements of a question by their text: those that fly at the same time arrive in any order. */
const questioned = (seen: ReadonlyArray<ClickhouseServer.Seen>): string => seen.map(shown).sort().join("\n\n")

/** What a statement asks for beside its text. */
const settingsOf = ({ settings }: ClickhouseServer.Seen): string =>
  [...settings]
    .filter(([name]) => !/^(?:query|query_id|param_.*)$/.test(name))
    .map(([name, value]) => `${name} = ${value}`)
    .sort()
    .join("\n")

/** The columns of an insert by name, and the bytes of its rows. */
const inserted = (seen: ReadonlyArray<ClickhouseServer.Seen>): string =>
  seen
    .map(({ data, query }) => {
      const [, columns = ""] = /^INSERT INTO \S+ \((.*)\) FORMAT RowBinary$/.exec(query) ?? []
      return `${columns.split(",").join("\n")}\n\n${hex(data)}`
    })
    .join("\n\n")

describeEngine("ClickHouse", () => {
  it.scoped("a fresh store has these tables", () =>
    Effect.gen(function* () {
      const server = yield* serve
      yield* open(server, { tablePrefix: "plain_" })
      yield* open(server, { tablePrefix: "retained_", retention: "30 days" })
      const tables = yield* rows<{ readonly name: string; readonly sql: string }>(
        server,
        `SELECT name, create_table_query AS sql FROM system.tables
         WHERE database = currentDatabase() AND match(name, '^(plain|retained)_') ORDER BY name`
      )
      yield* matchesGolden("clickhouse.ddl.sql", sections(tables.map(({ name, sql }) => [name, definition(sql)])))
    })
  )

  it.scoped("a whole span and a whole log travel like this, and anyone's SQL finds them like this", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server, { tablePrefix: "whole_" })
      const ofSpan = yield* seenOf(server, storage.insertSpans([wholeSpan]))
      const ofLog = yield* seenOf(server, storage.insertLogs([wholeLog]))
      yield* matchesGolden(
        "clickhouse.rowBinary.txt",
        sections([
          ["a span", inserted(ofSpan)],
          ["a log", inserted(ofLog)]
        ])
      )
      const row = (table: string) =>
        Effect.map(
          rows<object>(
            server,
            `SELECT * FROM whole_mastra_ai_${table}
             ORDER BY ALL SETTINGS asterisk_include_materialized_columns = 1, asterisk_include_alias_columns = 1`
          ),
          (found) => found.map(lines).join("\n\n")
        )
      yield* matchesGolden(
        "clickhouse.rows.txt",
        sections([
          ["a span", yield* row("spans")],
          ["a log", yield* row("logs")],
          ["its session", yield* row("sessions")]
        ])
      )
    })
  )

  it.scoped("every question asks this", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server, { tablePrefix: "asked_" })
      const opening = [...server.seen]
      const filling = yield* seenOf(server, fill(storage))
      const asked = yield* Effect.forEach(questions, ({ ask, what }) =>
        Effect.flatMap(ask(storage), (answer) =>
          Effect.map(seenOf(server, answer), (seen) => [what, questioned(seen)] as const)
        )
      )
      yield* matchesGolden(
        "clickhouse.statements.sql",
        sections([
          ["a fresh store is opened", statements(opening)],
          ["insertSpans and insertLogs", statements(filling)],
          ...asked
        ])
      )
      const kinds = { "a query": /\sFORMAT JSONEachRow$/, "a command": /^CREATE/, "an insert": /\sFORMAT RowBinary$/ }
      yield* matchesGolden(
        "clickhouse.settings.txt",
        sections(
          Object.entries(kinds).map(([kind, said]) => [
            kind,
            server.seen
              .filter(({ query }) => said.test(query))
              .slice(-1)
              .map(settingsOf)
              .join()
          ])
        )
      )
    })
  )
})

describe("ClickHouse on a cluster", () => {
  it.scoped("a fresh store is told this", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      // A server that has nothing and answers nothing is enough to be told all that makes a store.
      const server = createServer((request, response) => {
        buffer(request).then(
          (sent) => {
            told.push(String(request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent))
            response.end()
          },
          () => response.destroy()
        )
      })
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => void server.listen(0, () => resume(Effect.void))),
        () => Effect.sync(() => server.close())
      )
      const url = `http://localhost:${(server.address() as AddressInfo).port}`
      yield* ClickhouseStorage.make({ url, cluster: "agents", retention: "30 days", connect: "eager" })
      yield* matchesGolden(
        "clickhouse.cluster.sql",
        told
          .filter((sql) => /^(?:CREATE|ALTER|INSERT)/.test(sql))
          .map(definition)
          .join("\n\n\n")
      )
    })
  )
})
