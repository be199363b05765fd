/** The transcripts of real conversations, held again and recorded: what is read of the store is what they say. */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, layer, type Vitest } from "@effect/vitest"
import { Chunk, Console, Effect, Layer, Schema, Stream } from "effect"
import { Storage } from "effect-observability"
import { GenAi } from "effect-observability/ai"
import { DuckDbStorage } from "effect-observability/duckdb"
import { demo } from "../../docs/examples/airline/Demo.js"
import * as Replay from "../../docs/examples/airline/Replay.js"
import { collect } from "../../docs/examples/airline/Report.js"
import { AirlineTools } from "../../docs/examples/airline/Tools.js"
import * as Transcript from "../../src/server/Transcript.js"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const short = file("docs/examples/airline/transcript.json")
const real = `${process.env.OBSERVABILITY_TEST_DATA ?? file("../shared/data")}/tau-bench-airline.json`

const held = (transcript: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const storage = DuckDbStorage.layer({ path: `${yield* fs.makeTempDirectoryScoped()}/airline.duckdb` })
    const console = yield* Console.consoleWith(Effect.succeed)
    yield* demo({ transcript, tools: "recorded", storage }).pipe(
      Effect.provide(GenAi.layerGlobal({ captureContent: true })),
      Console.withConsole({ ...console, log: () => Effect.void })
    )
    return storage
  }).pipe(Layer.unwrapScoped, Layer.provide(NodeContext.layer))

/** What is said, in words that a transcript and a store have in common. */
type Said = readonly [who: string, ...what: ReadonlyArray<unknown>]

/** The agent's own words, which no model said, where it ends a conversation. */
const endings = [
  "Thank you for flying with us.",
  "A colleague will go on with you.",
  "I am sorry, but I cannot help you with this."
]

/** Arguments as `@effect/ai` gives them on: without what a tool does not ask for. */
const decoded = (name: string, params: unknown): unknown =>
  Schema.decodeUnknownSync(
    AirlineTools.tools[name as keyof typeof AirlineTools.tools].parametersSchema as Schema.Schema<unknown>
  )(params)

const saidIn = ({ traj }: Replay.Conversation): ReadonlyArray<Said> => {
  const results = traj.filter(({ role }) => role === "tool")
  return traj.flatMap((message): ReadonlyArray<Said> => {
    if (message.role === "tool") return []
    if (message.role !== "assistant") return [[message.role, message.content]]
    return [
      ...(message.content === null || message.content === "" ? [] : [["assistant", message.content] as const]),
      ...message.tool_calls.map(
        ({ function: { arguments: params, name } }) =>
          ["tool", name, decoded(name, params), results.shift()?.content] as const
      )
    ]
  })
}

const saidOf = (items: Chunk.Chunk<Transcript.Item>): ReadonlyArray<Said> =>
  Chunk.toReadonlyArray(items)
    .flatMap((item) => (item._tag === "Turn" ? item.entries : []))
    .flatMap(({ parts, role }) =>
      parts.map((part): Said => {
        if (part._tag === "Text") return [role, part.text]
        assert.strictEqual(part._tag, "ToolUse")
        const { arguments: params, name, result } = part as Transcript.ToolUse
        return ["tool", name, params, typeof result === "string" ? result : JSON.stringify(result)]
      })
    )
    .filter(([, text]) => !endings.includes(text as string))

const isWhole = (it: Vitest.MethodsNonLive<Storage.Storage, true>, transcript: string) =>
  it.effect("every message is there once, in its place, and every result with its call", () =>
    Effect.gen(function* () {
      const conversations = Schema.decodeSync(Replay.Transcript)(readFileSync(transcript, "utf8"))
      const { listSessions } = yield* Storage.Storage
      const sessions = yield* collect(listSessions)
      assert.strictEqual(sessions.length, conversations.length)
      let calls = 0
      for (const { sessionId, turns } of sessions) {
        const items = yield* Stream.runCollect(Transcript.ofSession(sessionId))
        const found = Chunk.toReadonlyArray(items).filter((item) => item._tag === "Turn")
        const { task, trial } = (found[0]?.span.metadata ?? {}) as { readonly task?: number; readonly trial?: number }
        const conversation = conversations.find((_) => _.task_id === task && _.trial === trial) as Replay.Conversation
        const expected = saidIn(conversation)
        const said = saidOf(items)
        assert.deepStrictEqual(said.slice(0, expected.length), expected, `task ${task}, trial ${trial}`)
        assert.strictEqual(said.length, expected.length)
        assert.strictEqual(found.length, turns)
        calls += found.reduce((sum, { modelCalls }) => sum + modelCalls, 0)
      }
      assert.strictEqual(
        calls,
        conversations.reduce((sum, { replies }) => sum + replies.length, 0)
      )
    })
  )

describe("the transcript of a session", () => {
  layer(held(short), { excludeTestServices: true })("of the demonstration", (it) => isWhole(it, short))

  const missing = existsSync(real) ? "" : ` (skipped: there is no ${real}; OBSERVABILITY_TEST_DATA names its folder)`
  describe.skipIf(missing !== "")(`of 100 real conversations${missing}`, () => {
    layer(held(real), { excludeTestServices: true, timeout: "2 minutes" })((it) => isWhole(it, real))
  })
})
