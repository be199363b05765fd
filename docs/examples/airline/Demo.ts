/** The demonstration: conversations are held again and recorded, and the storage is then asked what happened. */
import { FileSystem } from "@effect/platform"
import { Clock, Effect, identity, Layer, Logger, Schema } from "effect"
import { Feedback, Observability, Pricing, Score, SessionId, type Storage, TracingOptions } from "effect-observability"
import { GenAi } from "effect-observability/ai"
import * as Agent from "./Agent.js"
import * as Airline from "./Airline.js"
import * as Replay from "./Replay.js"
import * as Report from "./Report.js"
import * as Timetable from "./Timetable.js"

/**
 * Records the conversations of a transcript in a storage, then prints what that holds. The tools work on the
 * airline in memory, or give what the transcript says they gave.
 */
export const demo = Effect.fnUntraced(function* (options: {
  readonly transcript: string
  readonly tools: "live" | "recorded"
  readonly storage: Layer.Layer<Storage.Storage, Storage.StorageError>
}) {
  const fs = yield* FileSystem.FileSystem
  const conversations = yield* Effect.flatMap(fs.readFileString(options.transcript), Schema.decode(Replay.Transcript))

  yield* Effect.forEach(
    conversations,
    (conversation) => hold(conversation, options.tools === "live" ? airline : Replay.toolsLayer(conversation)),
    { concurrency: 8, discard: true }
  ).pipe(
    Effect.provide([
      Observability.layer({ serviceName: "airline", processors: [Pricing.processor(prices)] }).pipe(
        Layer.provide(options.storage)
      ),
      // the terminal is for the report
      Logger.remove(Logger.defaultLogger)
    ])
  )

  // All that was recorded is stored by now, and the report has nothing else.
  yield* Effect.provide(Report.print, options.storage)
})

/** US dollars a million tokens. Of two entries the one that says more of the name holds. */
const prices: Pricing.Table = {
  entries: [
    { model: "replay-small", input: 0.4, cachedInput: 0.1, output: 1.6 },
    { model: "replay*", input: 2, cachedInput: 0.5, output: 8 }
  ]
}

/** The airline, and the timetable that it asks. */
const airline = Timetable.start.pipe(Effect.map(Airline.make), Layer.unwrapScoped)

type Tools = Layer.Layer.Success<ReturnType<typeof Replay.toolsLayer>>

/** One conversation, in a session of its own, and what its customer and the program think of it. */
const hold = <E>(conversation: Replay.Conversation, tools: Layer.Layer<Tools, E>) =>
  Agent.converse({
    instructions: conversation.said("system").join("\n"),
    messages: conversation.said("user"),
    streamed: conversation.streamed
  }).pipe(
    Effect.provide([tools, GenAi.layer({ captureContent: true }).pipe(Layer.provide(Replay.modelLayer(conversation)))]),
    // a turn that failed is in the recording
    Effect.ignore,
    Effect.zipRight(Score.record({ name: "resolved", value: !conversation.isHandedOver, scorer: { name: "demo" } })),
    Effect.zipRight(
      conversation.feedback === undefined
        ? Effect.void
        : Feedback.thumbs(conversation.feedback.thumbs, { comment: conversation.feedback.comment })
    ),
    TracingOptions.withTracingOptions({
      tags: ["demo"],
      metadata: { task: conversation.task_id, trial: conversation.trial },
      userId: conversation.customer
    }),
    SessionId.withNewSessionId,
    conversation.at === undefined ? identity : beginningAt(conversation.at)
  )

/** Runs an effect by a clock that now shows this time. */
const beginningAt =
  (time: Date) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.clockWith((clock) => {
      const ahead = time.getTime() - clock.unsafeCurrentTimeMillis()
      const millis = () => clock.unsafeCurrentTimeMillis() + ahead
      const nanos = () => clock.unsafeCurrentTimeNanos() + BigInt(ahead) * 1_000_000n
      const shifted: Clock.Clock = {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: millis,
        unsafeCurrentTimeNanos: nanos,
        currentTimeMillis: Effect.sync(millis),
        currentTimeNanos: Effect.sync(nanos),
        sleep: (duration) => clock.sleep(duration)
      }
      return Effect.withClock(effect, shifted)
    })
