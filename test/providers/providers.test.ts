import { join } from "node:path"
import { Chat, LanguageModel, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, type Exit, Fiber, Option, Schema, Stream } from "effect"
import { Agent, Observability, SessionId, type SpanRecord, Storage, ToolExecutionContext } from "effect-observability"
import { GenAi } from "effect-observability/ai"
import { DuckDbStorage } from "effect-observability/duckdb"
import { only } from "../agent/utils.js"
import { folder } from "../utils/folder.js"
import * as providers from "./providers.js"
import * as Server from "./server.js"

const { anthropic, bedrock, google, openAi, openRouter } = providers

/** Runs a program to its end, however it comes, and gives what a store on a file has of it. */
const stored = <A, E>(
  program: Effect.Effect<A, E, LanguageModel.LanguageModel>,
  provider: providers.Provider,
  url: string
) =>
  Effect.gen(function* () {
    const storage = yield* Storage.Storage
    const exit: Exit.Exit<A, E> = yield* Effect.exit(program).pipe(
      Effect.provide(provider.layer(url)),
      Effect.provide(GenAi.layerGlobal({ captureContent: true })),
      SessionId.withSessionId(SessionId.SessionId.make("s")),
      Effect.provide(Observability.layer({ serviceName: "test" })),
      Effect.provideService(Storage.Storage, storage)
    )
    const { items } = yield* storage.listSpans({ orderBy: { field: "time", direction: "asc" } })
    const spans = items.filter(({ name }) => !name.startsWith("http.client"))
    return { exit, spans, all: items, session: Option.getOrThrow(yield* storage.getSession("s")) }
  }).pipe((stored) =>
    Effect.flatMap(folder, (path) => Effect.provide(stored, DuckDbStorage.layer({ path: join(path, "test.duckdb") })))
  )

const modelCall = (spans: ReadonlyArray<SpanRecord.SpanRecord>) =>
  only(spans.filter(({ spanType }) => spanType === "model_generation"))

const output = ({ attributes }: SpanRecord.SpanRecord) => attributes["gen_ai.output.messages"]
const reasons = ({ attributes }: SpanRecord.SpanRecord) => attributes["gen_ai.response.finish_reasons"]
const tokens = ({
  cacheWriteTokens,
  cachedInputTokens,
  inputTokens,
  outputTokens,
  reasoningTokens
}: SpanRecord.SpanRecord) =>
  Object.fromEntries(
    Object.entries({ cacheWriteTokens, cachedInputTokens, inputTokens, outputTokens, reasoningTokens }).filter(
      ([, count]) => count !== undefined
    )
  )

const tools = Toolkit.make(
  Tool.make("get_weather", {
    description: "What the weather is",
    parameters: { city: Schema.String },
    success: Schema.String
  })
)

/** Of Anthropic, whose package reads them. */
const errorTypes: Record<number, string> = { 401: "authentication_error", 429: "rate_limit_error", 500: "api_error" }

const generate = LanguageModel.generateText({ prompt: "Hello" })
const stream = LanguageModel.streamText({ prompt: "Hello" })
const greeting = { text: ["Hi", " there"] }

for (const provider of [openAi, anthropic, google, openRouter]) {
  describe(provider.name, () => {
    it.scopedLive("a call has its model, its provider, its server and its tokens", () =>
      Effect.gen(function* () {
        const { port, url } = yield* Server.make(provider.answer(greeting))
        const { session, spans } = yield* stored(generate, provider, url)
        const call = only(spans)
        assert.deepStrictEqual(tokens(call), provider.tokens)
        assert.strictEqual(session.inputTokens, provider.tokens.inputTokens)
        assert.strictEqual(session.outputTokens, provider.tokens.outputTokens)
        assert.strictEqual(call.name, `chat ${provider.model}`)
        assert.strictEqual(call.requestModel, provider.model)
        assert.strictEqual(call.provider, provider.name)
        assert.strictEqual(call.attributes["server.address"], "127.0.0.1")
        assert.strictEqual(call.attributes["server.port"], port)
        assert.strictEqual(call.attributes["gen_ai.output.type"], "text")
        assert.notProperty(call.attributes, "gen_ai.request.stop_sequences")
        assert.deepStrictEqual(reasons(call), ["stop"])
        assert.include(JSON.stringify(output(call)), "there")
      })
    )

    it.scopedLive("a stream has the same, and the time of its first token", () =>
      Effect.gen(function* () {
        const { url } = yield* Server.make({ events: provider.stream(greeting), every: 40 })
        const { all, spans } = yield* stored(Stream.runDrain(stream), provider, url)
        const call = only(spans)
        assert.deepStrictEqual(tokens(call), provider.tokens)
        assert.strictEqual(call.attributes["gen_ai.request.stream"], true)
        assert.deepStrictEqual(reasons(call), ["stop"])
        assert.deepStrictEqual(output(call), [
          { role: "assistant", parts: [{ type: "text", content: "Hi there" }], finish_reason: "stop" }
        ])
        const seconds = call.attributes["gen_ai.response.time_to_first_chunk"] as number
        assert.isAbove(seconds, 0.03)
        assert.isBelow(seconds, Number((call.endTime as bigint) - call.startTime) / 1e9)
        assert.strictEqual(call.timeToFirstToken, BigInt(Math.round(seconds * 1e9)))
        assert.strictEqual(new Set(all.map(({ traceId }) => traceId)).size, 1)
      })
    )

    for (const how of ["generated", "streamed"] as const) {
      it.scopedLive(`two calls of a tool at once are told apart, and take no time of the model: ${how}`, () =>
        Effect.gen(function* () {
          const calls = [
            { id: "call_oslo", name: "get_weather", args: { city: "Oslo" } },
            { id: "call_rome", name: "get_weather", args: { city: "Rome" } }
          ]
          const asking = { text: ["Let me see."], calls }
          const { url } = yield* Server.make(
            how === "generated" ? provider.answer(asking) : { events: provider.stream(asking) }
          )
          const seen: Array<string | undefined> = []
          const handlers = tools.toLayer({
            get_weather: ({ city }) =>
              Effect.gen(function* () {
                seen.push(Option.getOrThrow(yield* ToolExecutionContext.current).callId)
                yield* Effect.sleep(city === "Oslo" ? 800 : 700)
                return `rain in ${city}`
              })
          })
          const options = { prompt: "Hello", toolkit: tools, concurrency: 2 } as const
          const program = (
            how === "generated"
              ? Effect.map(
                  LanguageModel.generateText(options),
                  ({ content }) => content as ReadonlyArray<{ type: string }>
                )
              : Effect.map(Stream.runCollect(LanguageModel.streamText(options)), Chunk.toReadonlyArray)
          ).pipe(Effect.provide(handlers), Agent.run({ name: "clerk" }))
          const { exit, spans } = yield* stored(program, provider, url)
          const [agent, call, ...executed] = spans
          assert.strictEqual(exit._tag, "Success")
          const content = exit._tag === "Success" ? exit.value : []
          assert.sameDeepMembers(
            content.flatMap((part) => (part.type === "tool-result" && "result" in part ? [part.result] : [])),
            ["rain in Oslo", "rain in Rome"]
          )
          for (const tool of executed) assert.isTrue((call?.endTime ?? 0n) < (tool.endTime ?? 0n))
          assert.strictEqual(call?.parentSpanId, agent?.spanId)
          assert.deepStrictEqual(reasons(call as SpanRecord.SpanRecord), ["tool_call"])
          const [message] = output(call as SpanRecord.SpanRecord) as [
            { parts: ReadonlyArray<{ type: string; id: string }> }
          ]
          const asked = message.parts.filter(({ type }) => type === "tool_call")
          assert.deepStrictEqual(
            message.parts.map(({ type }) => type),
            ["text", "tool_call", "tool_call"]
          )
          assert.deepStrictEqual(
            executed.map(({ attributes: a, parentSpanId }) => [
              parentSpanId,
              a["gen_ai.tool.call.id"],
              a["gen_ai.tool.call.arguments"],
              a["gen_ai.tool.call.result"],
              a["gen_ai.tool.type"],
              a["gen_ai.tool.description"]
            ]),
            calls.map(({ args }, i) => [
              agent?.spanId,
              asked[i]?.id,
              args,
              `rain in ${args.city}`,
              "function",
              "What the weather is"
            ])
          )
          assert.sameMembers(
            seen,
            asked.map(({ id }) => id)
          )
          assert.deepStrictEqual(call?.attributes["gen_ai.tool.definitions"], [
            {
              type: "function",
              name: "get_weather",
              description: "What the weather is",
              parameters: {
                type: "object",
                required: ["city"],
                properties: { city: { type: "string" } },
                additionalProperties: false
              }
            }
          ])
        })
      )

      for (const [what, wrong] of Object.entries({
        "arguments that do not fit": { id: "call_1", name: "get_weather", args: { town: "Oslo" } },
        "a tool that is not there": { id: "call_1", name: "no_such_tool", args: {} }
      })) {
        it.scopedLive(`what the model said is kept with ${what}: ${how}`, () =>
          Effect.gen(function* () {
            const said = { text: ["Let me see."], calls: [wrong] }
            const { url } = yield* Server.make(
              how === "generated" ? provider.answer(said) : { events: provider.stream(said) }
            )
            const options = { prompt: "Hello", toolkit: tools } as const
            const program = (
              how === "generated"
                ? Effect.asVoid(LanguageModel.generateText(options))
                : Stream.runDrain(LanguageModel.streamText(options))
            ).pipe(
              Effect.provide(tools.toLayer({ get_weather: () => Effect.succeed("") })),
              Agent.run({ name: "clerk" })
            )
            const { exit, spans } = yield* stored(program, provider, url)
            assert.strictEqual(exit._tag, "Failure")
            const call = modelCall(spans)
            const text = JSON.stringify(output(call))
            assert.include(text, "Let me see.")
            assert.include(text, wrong.name)
            assert.include(text, JSON.stringify(wrong.args))
            const tool = spans.find(({ spanType }) => spanType === "tool_call")
            if (how === "generated") {
              assert.deepStrictEqual(tokens(call), provider.tokens)
              assert.deepStrictEqual(reasons(call), ["tool_call"])
              assert.deepStrictEqual([call.status, tool?.status], ["ok", "error"])
              assert.isString(tool?.attributes["gen_ai.tool.call.id"])
            } else {
              assert.deepStrictEqual([call.status, tool], ["error", undefined])
            }
          })
        )
      }
    }

    for (const status of [401, 429, 500, 529]) {
      it.scopedLive(`a call that is answered with ${status} has that for its type, streamed or not`, () =>
        Effect.gen(function* () {
          const { url } = yield* Server.make({
            status,
            json: {
              type: "error",
              error: { type: errorTypes[status], message: "No.", code: "some_code", status: "NO" }
            }
          })
          const program = Effect.all([Effect.exit(generate), Effect.exit(Stream.runDrain(stream))])
          const { spans } = yield* stored(program, provider, url)
          assert.deepStrictEqual(
            spans.map(({ attributes, status }) => [status, attributes["error.type"]]),
            [
              ["error", String(status)],
              ["error", String(status)]
            ]
          )
          for (const { events } of spans) assert.lengthOf(events, 1)
        })
      )
    }

    it.scopedLive("a stream that breaks keeps what had come", () =>
      Effect.gen(function* () {
        const events = provider.stream({ text: ["one", "two", "three", "four"] })
        const { url } = yield* Server.make({ events: events.slice(0, -2), every: 5, after: "break" })
        const call = only((yield* stored(Stream.runDrain(stream), provider, url)).spans)
        assert.strictEqual(call.status, "error")
        assert.deepStrictEqual(reasons(call), ["error"])
        assert.include(JSON.stringify(output(call)), "onetwo")
        assert.isDefined(call.timeToFirstToken)
      })
    )

    it.scopedLive("a stream that is stopped keeps what had come", () =>
      Effect.gen(function* () {
        const events = provider.stream({ text: ["one", "two", "three", "four"] })
        const { url } = yield* Server.make({ events: events.slice(0, -2), after: "hang" })
        const program = Effect.gen(function* () {
          const shown = yield* Deferred.make<void>()
          const reading = yield* stream.pipe(
            Stream.runForEach((part) =>
              part.type === "text-delta" && part.delta.includes("two")
                ? Deferred.succeed(shown, undefined)
                : Effect.void
            ),
            Effect.fork
          )
          yield* Deferred.await(shown)
          yield* Fiber.interrupt(reading)
        })
        const call = only((yield* stored(program, provider, url)).spans)
        assert.strictEqual(call.status, "interrupted")
        assert.include(JSON.stringify(output(call)), "onetwo")
        assert.notProperty(call.attributes, "gen_ai.response.finish_reasons")
      })
    )

    it.scopedLive("an object that does not fit its schema keeps its text and its tokens", () =>
      Effect.gen(function* () {
        const schema = Schema.Struct({ city: Schema.String })
        const object = { text: [JSON.stringify({ town: "Oslo" })], calls: [] }
        const { url } = yield* Server.make(
          provider === anthropic
            ? provider.answer({ calls: [{ id: "call_1", name: "city", args: { town: "Oslo" } }] })
            : provider.answer(object)
        )
        const program = LanguageModel.generateObject({ prompt: "Where?", schema, objectName: "city" })
        const call = only((yield* stored(program, provider, url)).spans)
        assert.strictEqual(call.status, "error")
        assert.deepStrictEqual(tokens(call), provider.tokens)
        assert.strictEqual(call.attributes["gen_ai.output.type"], "json")
        assert.include(JSON.stringify(output(call)), "town")
        assert.deepStrictEqual(reasons(call), ["stop"])
      })
    )

    it.scopedLive("a chat is no level of its own", () =>
      Effect.gen(function* () {
        const { asked, url } = yield* Server.make(provider.answer(greeting), { events: provider.stream(greeting) })
        const program = Effect.gen(function* () {
          const chat = yield* Chat.empty
          yield* chat.generateText({ prompt: "One" })
          yield* chat.streamText({ prompt: "Two" }).pipe(Stream.runDrain)
        }).pipe(Agent.run({ name: "clerk" }))
        const { spans } = yield* stored(program, provider, url)
        const [agent, ...calls] = spans
        assert.lengthOf(asked, 2)
        assert.deepStrictEqual(
          calls.map(({ name, parentSpanId }) => [name, parentSpanId]),
          [
            [`chat ${provider.model}`, agent?.spanId],
            [`chat ${provider.model}`, agent?.spanId]
          ]
        )
      })
    )
  })
}

describe("an error that a provider sends in its stream", () => {
  it.scopedLive("of Anthropic has its type", () =>
    Effect.gen(function* () {
      const events = [
        ...anthropic.stream(greeting).slice(0, 3),
        { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
      ]
      const { url } = yield* Server.make({ events })
      const call = only((yield* stored(Stream.runDrain(stream), anthropic, url)).spans)
      assert.deepStrictEqual(
        [call.status, call.attributes["error.type"], reasons(call)],
        ["error", "overloaded_error", ["error"]]
      )
      assert.include(JSON.stringify(output(call)), "Hi")
    })
  )

  it.scopedLive("of OpenAI has its code", () =>
    Effect.gen(function* () {
      const events = [
        ...openAi.stream(greeting).slice(0, 3),
        { type: "error", code: "rate_limit_exceeded", message: "Slow down", param: null, sequence_number: 9 }
      ]
      const { url } = yield* Server.make({ events })
      const call = only((yield* stored(Stream.runDrain(stream), openAi, url)).spans)
      assert.deepStrictEqual([call.status, call.attributes["error.type"]], ["error", "rate_limit_exceeded"])
    })
  )
})

describe("aws.bedrock", () => {
  it.scopedLive("a call has its provider and its tokens", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.make(bedrock.answer(greeting))
      const call = only((yield* stored(generate, bedrock, url)).spans)
      assert.deepStrictEqual(tokens(call), bedrock.tokens)
      assert.strictEqual(call.provider, "aws.bedrock")
    })
  )
})
