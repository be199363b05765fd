/** What is known of a trace only when its root comes, through a receiver into a file. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { spanId, traceId } from "../../src/testing/Records.js"
import { post, receiver } from "../utils/receiver.js"

const text = (key: string, value: string) => ({ key, value: { stringValue: value } })

const span = (n: number, parent: number | undefined, attributes: ReadonlyArray<object> = [], trace = 1) => ({
  traceId: traceId(trace),
  spanId: spanId(n),
  ...(parent !== undefined && { parentSpanId: spanId(parent) }),
  name: `span ${n}`,
  kind: 1,
  startTimeUnixNano: `17000000000000${String(n).padStart(5, "0")}`,
  endTimeUnixNano: "1700000001000000000",
  attributes
})

const log = (n: number, spanNumber: number | undefined, trace = 1) => ({
  timeUnixNano: `17000000000000${String(n).padStart(5, "0")}`,
  severityNumber: 9,
  body: { stringValue: `log ${n}` },
  traceId: traceId(trace),
  ...(spanNumber !== undefined && { spanId: spanId(spanNumber) })
})

const resource = { attributes: [text("service.name", "python-agent")] }
const traces = (...spans: ReadonlyArray<object>) => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "test" }, spans }] }]
})
const logs = (...logRecords: ReadonlyArray<object>) => ({
  resourceLogs: [{ resource, scopeLogs: [{ scope: { name: "test" }, logRecords }] }]
})

const root = span(1, undefined, [text("session.id", "session-1"), text("user.id", "ada")])

/** A file that is gone when the scope closes, and a gate before what is written to it. */
const gatedFile = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "late-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const gate = yield* Effect.makeLatch(true)
  const storage = Layer.effect(
    Storage.Storage,
    Effect.map(Storage.Storage, (storage) => ({
      ...storage,
      insertSpans: (records: Parameters<typeof storage.insertSpans>[0]) =>
        Effect.zipRight(gate.await, storage.insertSpans(records)),
      insertLogs: (records: Parameters<typeof storage.insertLogs>[0]) =>
        Effect.zipRight(gate.await, storage.insertLogs(records))
    }))
  ).pipe(Layer.provide(DuckDbStorage.layer({ path: join(folder, "agents.duckdb") })))
  return { gate, storage }
})

type Received = Effect.Effect.Success<ReturnType<typeof receiver>>

const send = ({ url }: Received, path: "traces" | "logs", body: object) =>
  Effect.map(post(`${url}/v1/${path}`, body), ({ status }) => status)

/** All sessions and users of the spans, and the sessions of the logs, once they are as they are to be. */
const belonging = ({ records }: Received) =>
  Effect.map(records, ({ logs, spans }) => ({
    spans: spans.length,
    logs: logs.length,
    sessions: Array.from(new Set([...spans, ...logs].map(({ sessionId }) => String(sessionId)))),
    users: Array.from(new Set(spans.map(({ userId }) => String(userId))))
  }))

const whole = (spans: number, logs: number) => ({ spans, logs, sessions: ["session-1"], users: ["ada"] })

describe("OtlpReceiver, of a session that is known late,", () => {
  it.scopedLive("gives it to the spans and the logs that came before, each of which is there once", () =>
    Effect.gen(function* () {
      const { storage } = yield* gatedFile
      const received = yield* receiver({}, {}, storage)
      assert.strictEqual(yield* send(received, "traces", traces(span(3, 2), span(4, 2))), 200)
      assert.strictEqual(yield* send(received, "logs", logs(log(1, 3), log(2, 4), log(3, undefined), log(4, 99))), 200)
      const before = yield* belonging(received)
      assert.deepStrictEqual(before.sessions, ["undefined"])
      assert.strictEqual(yield* send(received, "traces", traces(span(2, 1), root)), 200)
      assert.strictEqual(yield* send(received, "logs", logs(log(5, 3))), 200)
      // The same again, as a sender does that got no answer.
      assert.strictEqual(yield* send(received, "traces", traces(span(3, 2), span(4, 2))), 200)
      assert.strictEqual(yield* send(received, "logs", logs(log(1, 3))), 200)
      assert.deepStrictEqual(yield* belonging(received), whole(4, 5))
      const { items } = yield* received.run(Storage.listSessions())
      assert.deepStrictEqual(
        items.map(({ sessionId, spans, traces }) => [String(sessionId), spans, traces]),
        [["session-1", 4, 1]]
      )
      const timeline = yield* received.run(Storage.sessionTimeline({ sessionId: "session-1" as never }))
      assert.lengthOf(timeline.items, 6)
    })
  )

  it.scopedLive("gives it to more than the queue holds, without any request that follows", () =>
    Effect.gen(function* () {
      const { gate, storage } = yield* gatedFile
      const batch = { maxQueueSize: 20, maxBatchSize: 5, scheduledDelay: "10 millis" } as const
      const received = yield* receiver({}, { batch }, storage)
      for (let first = 2; first < 62; first += 15) {
        const children = Array.from({ length: 15 }, (_, i) => span(first + i, 1))
        assert.strictEqual(yield* send(received, "traces", traces(...children)), 200)
        assert.strictEqual(yield* send(received, "logs", logs(log(first, first))), 200)
        yield* received.flush
      }
      yield* gate.close
      assert.strictEqual(yield* send(received, "traces", traces(root)), 200)
      // The queue is full of spans that came before: what comes now is refused, and is none the worse for it.
      assert.strictEqual(yield* send(received, "traces", traces(span(90, 1), span(91, 1))), 429)
      yield* gate.open
      const done = yield* belonging(received).pipe(
        Effect.repeat({
          schedule: Schedule.spaced("50 millis"),
          until: ({ sessions }) => sessions.length === 1,
          times: 200
        }),
        Effect.andThen(belonging(received))
      )
      assert.deepStrictEqual(done, whole(61, 4))
      const again = send(received, "traces", traces(span(90, 1), span(91, 1)))
      assert.strictEqual(yield* Effect.repeat(again, { until: (status) => status === 200, times: 50 }), 200)
      assert.deepStrictEqual(yield* belonging(received), whole(63, 4))
      const ledger = (yield* received.stats).spans["storage"]
      assert.deepStrictEqual([ledger?.dropped, ledger?.failed], [{}, {}])
    })
  )

  it.scopedLive("gives it to what came in a request whose root was refused at first", () =>
    Effect.gen(function* () {
      const { gate, storage } = yield* gatedFile
      const batch = { maxQueueSize: 10, maxBatchSize: 5, scheduledDelay: "10 millis" } as const
      const received = yield* receiver({}, { batch }, storage)
      yield* gate.close
      const children = Array.from({ length: 9 }, (_, i) => span(10 + i, 1))
      assert.strictEqual(yield* send(received, "traces", traces(...children)), 200)
      const rest = traces(root, span(2, 1), span(3, 1))
      assert.strictEqual(yield* send(received, "traces", rest), 429)
      yield* gate.open
      const again = Effect.delay(send(received, "traces", rest), "20 millis")
      assert.strictEqual(yield* Effect.repeat(again, { until: (status) => status === 200, times: 50 }), 200)
      const done = yield* belonging(received).pipe(
        Effect.repeat({
          schedule: Schedule.spaced("50 millis"),
          until: ({ sessions }) => sessions.length === 1,
          times: 100
        }),
        Effect.andThen(belonging(received))
      )
      assert.deepStrictEqual(done, whole(12, 0))
    })
  )
})
