import { LanguageModel, type Response, Tool, Toolkit } from "@effect/ai"
import { assert } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { GenAi } from "effect-observability/ai"
import { named, stored } from "../propagation/utils.js"
import { type Row, turn } from "./row.js"

const Lookup = Toolkit.make(Tool.make("lookup", { parameters: { city: Schema.String }, success: Schema.String }))

const working = (name: string) => Effect.withSpan(Effect.zipRight(Effect.yieldNow(), Effect.log(name)), name)

const usage = { inputTokens: 12, outputTokens: 5, totalTokens: 17 }
const finish = { type: "finish" as const, reason: "stop" as const, usage }
const call = { type: "tool-call" as const, id: "1", name: "lookup", params: { city: "Oslo" } }

/** A model that is built in no session, does work of its own, and asks for every tool that it is given. */
const Provider = Layer.effect(
  LanguageModel.LanguageModel,
  LanguageModel.make({
    generateText: ({ tools }) =>
      Effect.as(working("provider"), [
        tools.length > 0 ? call : ({ type: "text", text: "Hi" } satisfies Response.PartEncoded),
        finish
      ]),
    streamText: () =>
      Stream.make(
        { type: "text-start", id: "1" } satisfies Response.StreamPartEncoded,
        { type: "text-delta", id: "1", delta: "Hi" } satisfies Response.StreamPartEncoded,
        { type: "text-end", id: "1" } satisfies Response.StreamPartEncoded,
        finish
      ).pipe(Stream.tap(({ type }) => Effect.when(working("provider"), () => type === "text-delta")))
  })
)

const Live = GenAi.layer().pipe(
  Layer.provide(Provider),
  Layer.merge(Lookup.toLayer({ lookup: ({ city }) => Effect.as(working("handler"), `rain in ${city}`) }))
)

/** The same, provided further in. */
const further = <E, R>(program: Effect.Effect<unknown, E, R | LanguageModel.LanguageModel>) =>
  program.pipe(Effect.provide(Provider))

/** Two sessions at once: each has one trace with its own spans and logs, by name. */
const inTwoSessions = (
  boundary: string,
  program: Effect.Effect<unknown, unknown, Layer.Layer.Success<typeof Live>>,
  records: ReadonlyArray<string>
): Row => ({
  boundary,
  holds: "the call and all that is inside of it are of the caller's session, two at once",
  run: Effect.gen(function* () {
    yield* Effect.all([program.pipe(turn("ada")), program.pipe(turn("bob"))], { concurrency: 2 }).pipe(
      Effect.provide(Live)
    )
    const found = yield* stored
    for (const session of ["ada", "bob"]) {
      const { spanId, traceId } = named(found.spans, `turn of ${session}`)
      const ofTrace = [...found.spans, ...found.logs].filter(
        (record) => record.traceId === traceId && record.spanId !== spanId
      )
      assert.deepStrictEqual(ofTrace.map((record) => ("name" in record ? record.name : record.message)).sort(), records)
      for (const { sessionId } of ofTrace) assert.strictEqual(sessionId, session)
    }
  })
})

/** What is crossed by `@effect/ai`. */
export const rows: ReadonlyArray<Row> = [
  inTwoSessions("@effect/ai generate", LanguageModel.generateText({ prompt: "Hello" }), [
    "chat",
    "provider",
    "provider"
  ]),
  inTwoSessions(
    "@effect/ai stream",
    LanguageModel.streamText({ prompt: "Hello" }).pipe(
      Stream.filter(({ type }) => type === "text-delta"),
      Stream.runForEach(() => working("shown"))
    ),
    ["chat", "provider", "provider", "shown", "shown"]
  ),
  inTwoSessions("@effect/ai tool call", LanguageModel.generateText({ prompt: "Hello", toolkit: Lookup }), [
    "chat",
    "execute_tool lookup",
    "handler",
    "handler",
    "provider",
    "provider"
  ]),
  inTwoSessions("@effect/ai model further in", further(LanguageModel.generateText({ prompt: "Hello" })), [
    "chat",
    "provider",
    "provider"
  ])
]
