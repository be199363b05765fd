/** The demonstration: conversations are held again and recorded, and the storage is then asked what happened. */
import { FileSystem } from "@effect/platform"
import { Effect, Layer, Logger, Schema } from "effect"
import { Observability, SessionId, type Storage, TracingOptions } from "effect-observability"
import * as Agent from "./Agent.js"
import * as Airline from "./Airline.js"
import * as Replay from "./Replay.js"
import * as Report from "./Report.js"

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
    (conversation) => hold(conversation, options.tools === "live" ? Airline.layer : Replay.toolsLayer(conversation)),
    { concurrency: 8, discard: true }
  ).pipe(
    Effect.provide([
      Observability.layer({ serviceName: "airline" }).pipe(Layer.provide(options.storage)),
      // the terminal is for the report
      Logger.remove(Logger.defaultLogger)
    ])
  )

  // All that was recorded is stored by now, and the report has nothing else.
  yield* Effect.provide(Report.print, options.storage)
})

/** One conversation, in a session of its own. */
const hold = (conversation: Replay.Conversation, tools: ReturnType<typeof Replay.toolsLayer>) =>
  Agent.converse(conversation.said("system").join("\n"), conversation.said("user")).pipe(
    Effect.provide([tools, Replay.modelLayer(conversation)]),
    // a turn that failed is in the recording
    Effect.ignore,
    TracingOptions.withTracingOptions({
      tags: ["demo"],
      metadata: { task: conversation.task_id, trial: conversation.trial }
    }),
    SessionId.withNewSessionId
  )
