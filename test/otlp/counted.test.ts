import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Storage } from "effect-observability"
import { spanOf, spansOf } from "../../src/otlp/internal/mapped.js"
import * as Sessions from "../../src/otlp/internal/sessions.js"
import { learned } from "../utils/learned.js"
import { codingAgents } from "./senders/codingAgents.js"
import { frameworks } from "./senders/frameworks.js"
import { pythons } from "./senders/pythons.js"
import type { Sender } from "./senders/Sender.js"

const senders = new Map([...frameworks, ...pythons, ...codingAgents].map((sender) => [sender.name, sender]))

/** Tokens of the session of a sender, by what a store counts. Each batch comes twice. */
const tokensOf = ({ logs = [], spans = [] }: Sender, sessionId: string, backwards: boolean) =>
  Effect.gen(function* () {
    const storage = yield* Storage.Storage
    const sessions = Sessions.make()
    const records = [...spans.map((span) => spanOf(span)), ...logs.flatMap((log) => spansOf(log))]
    for (const record of backwards ? records.toReversed() : records) {
      for (let times = 0; times < 2; times++) {
        yield* storage.insertSpans(learned(sessions, { spans: [record], logs: [], scores: [] }).spans)
      }
    }
    const summary = Option.getOrThrow(yield* storage.getSession(sessionId))
    return [summary.inputTokens, summary.outputTokens, summary.spans]
  }).pipe(Effect.provide(Storage.layerMemory))

describe("a session of", () => {
  for (const [name, sessionId, expected] of [
    ["Langfuse", "s-1", [157, 25, 6]],
    ["OpenInference", "s-1", [100, 20, 7]],
    ["OpenLLMetry, of before the conventions", "s-1", [100, 20, 5]],
    ["the AI SDK, 4 to 6", "s-1", [103, 20, 5]],
    ["the AI SDK, 7", "s-1", [100, 20, 5]],
    ["Mastra", "t-1", [100, 20, 6]],
    ["LangSmith", "s-1", [100, 20, 3]],
    ["Pydantic AI, by the conventions", "c-9", [0, 0, 2]],
    ["Google's ADK", "s-1", [100, 25, 6]],
    ["Strands", "s-1", [250, 20, 6]],
    ["Laminar", "s-1", [100, 20, 3]],
    ["Genkit", "s-1", [100, 20, 4]],
    ["MLflow", "s-1", [100, 20, 4]],
    ["Claude Code, with traces", "s-1", [63_683, 333, 5]],
    ["Claude Code, with logs alone", "s-1", [1_013, 335, 5]],
    ["Codex", "019a", [1_000, 50, 2]],
    ["the Gemini CLI", "s-1", [12_000, 1_250, 3]]
  ] as const) {
    for (const backwards of [false, true]) {
      it.effect(`${name} has each token once, ${backwards ? "children first" : "the root first"}`, () =>
        Effect.gen(function* () {
          const sender = senders.get(name) ?? assert.fail(name)
          assert.deepStrictEqual<unknown>(yield* tokensOf(sender, sessionId, backwards), expected)
        })
      )
    }
  }

  for (const order of ["spans", "logs"] as const) {
    it.effect(`Claude Code, with traces and logs that do not name them, has each token once, its ${order} first`, () =>
      Effect.gen(function* () {
        const storage = yield* Storage.Storage
        const sessions = Sessions.make()
        const spans = (senders.get("Claude Code, with traces")?.spans ?? []).map((span) => spanOf(span))
        const made = (senders.get("Claude Code, with logs alone")?.logs ?? []).flatMap((log) => spansOf(log))
        for (const batch of order === "spans" ? [spans, made, made] : [made, spans, made]) {
          yield* storage.insertSpans(learned(sessions, { spans: batch, logs: [], scores: [] }).spans)
        }
        const { inputTokens, outputTokens } = Option.getOrThrow(yield* storage.getSession("s-1"))
        assert.deepStrictEqual<unknown>([inputTokens, outputTokens], [63_683, 333])
      }).pipe(Effect.provide(Storage.layerMemory))
    )
  }
})
