import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer, type Vitest } from "@effect/vitest"
import { Array, Console, Context, Effect, Layer, Schema, type Scope } from "effect"
import { type SpanRecord, Storage } from "effect-observability"
import { ClickhouseStorage } from "effect-observability/clickhouse"
import { DuckDbStorage } from "effect-observability/duckdb"
import { demo } from "../../docs/examples/airline/Demo.js"
import { Transcript } from "../../docs/examples/airline/Replay.js"
import { collect, totals } from "../../docs/examples/airline/Report.js"
import * as ClickhouseServer from "../utils/clickhouseServer.js"
import { describeEngine } from "../utils/describeEngine.js"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const short = file("docs/examples/airline/transcript.json")
const real = `${process.env.OBSERVABILITY_TEST_DATA ?? file("../shared/data")}/tau-bench-airline.json`

const inAnyOrder = (counts: ReadonlyArray<ReadonlyArray<number>>) => counts.map(String).sort()

class Printed extends Context.Tag("test/Printed")<Printed, ReadonlyArray<string>>() {}

const duckDb = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  return DuckDbStorage.layer({ path: `${yield* fs.makeTempDirectoryScoped()}/airline.duckdb` })
})

const clickhouse = Effect.map(ClickhouseServer.make(), ({ password, url, username }) =>
  ClickhouseStorage.layer({ url: url.replace("//", `//${username}:${password}@`) })
)

type Engine = Effect.Effect<
  Layer.Layer<Storage.Storage, Storage.StorageError>,
  PlatformError,
  FileSystem.FileSystem | Scope.Scope
>

/** Runs the demonstration, and gives what it printed and what it stored. */
const held = (transcript: string, tools: "live" | "recorded", engine: Engine = duckDb) =>
  Effect.gen(function* () {
    const storage = yield* engine
    const console = yield* Console.consoleWith(Effect.succeed)
    const printed: Array<string> = []
    yield* Console.withConsole(demo({ transcript, tools, storage }), {
      ...console,
      log: (line) => Effect.sync(() => printed.push(line))
    })
    return Layer.merge(storage, Layer.succeed(Printed, printed))
  }).pipe(Layer.unwrapScoped, Layer.provideMerge(NodeContext.layer))

/** How many turns, model calls, tool calls and refused tool calls each conversation has, in any order. */
const counted = (transcript: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const conversations = yield* Effect.flatMap(fs.readFileString(transcript), Schema.decode(Transcript))
    return conversations.map((conversation) => {
      const results = conversation.said("tool")
      const refused = results.filter((result) => result.startsWith("Error"))
      return [conversation.said("user"), conversation.replies, results, refused].map(({ length }) => length)
    })
  }).pipe(Effect.map(inAnyOrder))

/** The same, of each session that is stored. */
const stored = Effect.gen(function* () {
  const { listSpans } = yield* Storage.Storage
  const sessions = Array.groupBy(yield* collect(listSpans), ({ sessionId }) => sessionId ?? "none")
  return Object.values(sessions).map((spans) => {
    const ofType = (type: SpanRecord.SpanType) => spans.filter(({ spanType }) => spanType === type)
    const refused = ofType("tool_call").filter(({ status }) => status === "error")
    return [ofType("agent_run"), ofType("model_generation"), ofType("tool_call"), refused].map(({ length }) => length)
  })
}).pipe(Effect.map(inAnyOrder))

const answers = Effect.gen(function* () {
  const { listLogs } = yield* Storage.Storage
  return (yield* collect(listLogs)).map(({ data, message }) => `${message} ${JSON.stringify(data)}`).sort()
})

const behavesLike = (
  it: Vitest.MethodsNonLive<Storage.Storage | Printed | NodeContext.NodeContext, true>,
  transcript: string
) => {
  it.effect("every turn, model call and tool call is stored in its session", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* stored, yield* counted(transcript))
    })
  )

  it.effect("every trace is a turn", () =>
    Effect.gen(function* () {
      const { listTraces } = yield* Storage.Storage
      const names = (yield* collect(listTraces)).map(({ name, spanType }) => `${name} ${spanType}`)
      assert.deepStrictEqual(Array.dedupe(names), ["invoke_agent airline agent_run"])
    })
  )

  it.effect("every log is in a turn of its session", () =>
    Effect.gen(function* () {
      const { listLogs, listTraces } = yield* Storage.Storage
      const turns = new Map((yield* collect(listTraces)).map(({ sessionId, traceId }) => [traceId, sessionId]))
      for (const { sessionId, traceId } of yield* collect(listLogs)) {
        assert.isDefined(sessionId)
        assert.strictEqual(sessionId, turns.get(traceId ?? ""))
      }
    })
  )
}

const isPrinted = Effect.gen(function* () {
  const printed = (yield* Printed).join("\n")
  const { listSessions } = yield* Storage.Storage
  for (const { sessionId } of (yield* listSessions()).items) {
    assert.include(printed, sessionId)
  }
  assert.match(printed, /├─ execute_tool update_reservation_flights +tool_call +[\d.]+ ms +✗ gift_card_31 holds 20/)
  assert.match(printed, /│ {2}└─ · warn +log +update_reservation_flights was refused/)
  assert.include(printed, "3 sessions, 12 turns, 12 traces\n22 model calls, 15 tool calls, 2 of them refused")
})

describe("the demonstration", () => {
  layer(held(short, "live"), { excludeTestServices: true })("with an airline in memory", (it) => {
    behavesLike(it, short)

    it.effect("the report is printed from what is stored", () => isPrinted)

    it.effect("the airline answers what the transcript says", () =>
      Effect.gen(function* () {
        const live = yield* answers
        const recorded = yield* Effect.provide(answers, held(short, "recorded"))
        assert.deepStrictEqual(live, recorded)
      })
    )
  })

  describeEngine("on ClickHouse", () => {
    layer(held(short, "live", clickhouse), { excludeTestServices: true })((it) => {
      behavesLike(it, short)

      it.effect("the same report is printed", () => isPrinted)
    })
  })

  const missing = existsSync(real) ? "" : ` (skipped: there is no ${real}; OBSERVABILITY_TEST_DATA names its folder)`
  describe.skipIf(missing !== "")(`with 100 real conversations${missing}`, () => {
    layer(held(real, "recorded"), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
      behavesLike(it, real)

      it.effect("nothing is missing, and nothing is without its session", () =>
        Effect.gen(function* () {
          const { modelCalls, refused, sessions, toolCalls, traces, turns, withoutSession } = yield* totals
          assert.deepStrictEqual(
            { modelCalls, refused, sessions, toolCalls, traces, turns, withoutSession },
            { modelCalls: 1229, refused: 33, sessions: 100, toolCalls: 572, traces: 757, turns: 757, withoutSession: 0 }
          )
        })
      )
    })
  })
})
