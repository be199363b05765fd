/**
 * Conversations: 20 sessions of 200 turns of 1 kB, mixed, of which each call has all messages before it. How large they are
 * on disk, and what a call costs at the turns 1, 50 and 200.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { Observability, SessionId, SpanRecord, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { rows, withStorage } from "./clickhouse.js"
import { type Figure, figure, inProcess } from "./harness.js"
import { roomy } from "./spine.js"

const sessions = 20
const turns = 200

interface Message {
  readonly role: string
  readonly parts: ReadonlyArray<{ readonly type: string; readonly content: string }>
}

/** Words at random, but the same in each run. */
const wordsOf = (() => {
  let state = 42
  const next = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0)
  const words = Array.from({ length: 5_000 }, () => next().toString(36))
  return (length: number) => {
    let text = ""
    while (text.length < length) text += `${words[(next() >>> 8) % words.length]} `
    return text.slice(0, length)
  }
})()

const message = (turn: number): Message => ({
  role: turn % 2 === 0 ? "user" : "assistant",
  parts: [{ type: "text", content: wordsOf(950) }]
})

const conversations: ReadonlyArray<ReadonlyArray<Message>> = Array.from({ length: sessions }, () =>
  Array.from({ length: turns }, (_, turn) => message(turn))
)
const distinctBytes = conversations.flat().reduce((bytes, message) => bytes + JSON.stringify(message).length, 0)

const spanOf = (session: number, turn: number) => {
  const messages = (conversations[session] as ReadonlyArray<Message>).slice(0, turn)
  const startTime = 1_700_000_000_000_000_000n + BigInt(turn * 20 + session) * 1_000_000_000n
  return new SpanRecord.SpanRecord({
    traceId: (turn * sessions + session + 1).toString(16).padStart(32, "0"),
    spanId: (turn * sessions + session + 1).toString(16).padStart(16, "0"),
    name: "chat",
    kind: "client",
    spanType: "model_generation",
    status: "ok",
    startTime,
    endTime: startTime + 1_000_000n,
    sessionId: SessionId.SessionId.make(`session-${session}`),
    serviceName: "bench",
    attributes: { "gen_ai.operation.name": "chat", "gen_ai.input.messages": messages as never },
    events: [],
    links: [],
    tags: [],
    resource: {}
  })
}

/** Turns of which the CPU is measured, each with those around it, and all others between. */
const measured = [
  { name: "1", from: 1, to: 10 },
  { name: "50", from: 46, to: 55 },
  { name: "200", from: 191, to: 200 }
]

/** Microseconds of the processor a call, by the turn, in all threads of the process. */
const microsByTurn = Effect.fnUntraced(function* <E, R>(call: (turn: number) => Effect.Effect<void, E, R>) {
  const micros: Record<string, number> = {}
  let turn = 1
  for (const { from, name, to } of measured) {
    for (; turn < from; turn++) yield* call(turn)
    globalThis.gc?.()
    const start = process.cpuUsage()
    for (; turn <= to; turn++) yield* call(turn)
    const { system, user } = process.cpuUsage(start)
    micros[name] = (user + system) / ((to - from + 1) * sessions)
  }
  return micros
})

const inserting = (storage: Storage.StorageService) =>
  microsByTurn((turn) => storage.insertSpans(Array.from({ length: sessions }, (_, session) => spanOf(session, turn))))

const inFile = async (use: (path: string) => Effect.Effect<Record<string, number>, unknown>) => {
  const folder = mkdtempSync(join(tmpdir(), "effect-observability-bench-"))
  const path = join(folder, "spans.duckdb")
  try {
    const micros = await Effect.runPromise(use(path))
    return { micros, bytes: statSync(path).size }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Finished spans into a DuckDB file. */
const duckdb = () =>
  inFile((path) => Effect.flatMap(Storage.Storage, inserting).pipe(Effect.provide(DuckDbStorage.layer({ path }))))

/** The same calls as a program makes them: captured, masked, queued and stored. */
const captured = () =>
  inFile((path) =>
    Effect.gen(function* () {
      const { flush } = yield* Observability.Observability
      return yield* microsByTurn((turn) =>
        Effect.forEach(conversations, (messages, session) =>
          Effect.withSpan(Effect.void, "chat", {
            attributes: { "gen_ai.operation.name": "chat", "gen_ai.input.messages": messages.slice(0, turn) },
            captureStackTrace: false
          }).pipe(SessionId.withSessionId(SessionId.SessionId.make(`session-${session}`)))
        ).pipe(Effect.zipRight(flush))
      )
    }).pipe(
      Effect.provide(
        Observability.layer({ serviceName: "bench", batch: roomy, limits: { attributeValueLength: 1_000_000 } }).pipe(
          Layer.provide(DuckDbStorage.layer({ path }))
        )
      )
    )
  )

/** Finished spans into ClickHouse. */
const clickhouse = () =>
  withStorage((prefix) =>
    Effect.gen(function* () {
      const micros = yield* Effect.flatMap(Storage.Storage, inserting)
      for (const table of ["spans", "messages"]) {
        yield* Effect.ignore(rows(`OPTIMIZE TABLE ${prefix}mastra_ai_${table} FINAL`))
      }
      const [found] = yield* rows<{ readonly bytes: number | string }>(
        `SELECT sum(bytes_on_disk) AS bytes FROM system.parts
         WHERE active AND startsWith(table, '${prefix}mastra_ai_')`
      )
      return { micros, bytes: Number(found?.bytes ?? 0) }
    })
  )

export const tasks = {
  conversationsDuckdb: duckdb,
  conversationsCaptured: captured,
  conversationsClickhouse: clickhouse
}

const names = {
  conversationsDuckdb: "DuckDB",
  conversationsCaptured: "DuckDB, from the program on",
  conversationsClickhouse: "ClickHouse"
}

export const run = async (suite = "answersConversations"): Promise<ReadonlyArray<Figure>> => {
  const figures: Array<Figure> = []
  for (const [task, engine] of Object.entries(names)) {
    const { bytes, micros } = await inProcess<Awaited<ReturnType<typeof duckdb>>>(suite, task)
    figures.push(
      figure(`20 sessions of 200 turns of 1 kB on disk, ${engine}, beside the distinct bytes`, bytes, "bytes", {
        baseline: distinctBytes,
        target: { atMost: 3 }
      }),
      ...Object.entries(micros).map(([turn, value]) => figure(`a call at turn ${turn}, ${engine}`, value, "CPU µs"))
    )
  }
  return figures
}
