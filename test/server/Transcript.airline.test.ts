/** The transcripts of real conversations, held again and recorded: what is read of the store is what they say. */
import { assert, describe, layer, type Vitest } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import { Storage } from "effect-observability"
import { collect } from "../../docs/examples/airline/Report.js"
import * as Transcript from "../../src/server/Transcript.js"
import { conversationsOf, held, heldIn, missing, real, saidOf, short } from "../utils/realConversations.js"

const isWhole = (it: Vitest.MethodsNonLive<Storage.Storage, true>, transcript: string) =>
  it.effect("every message is there once, in its place, and every result with its call", () =>
    Effect.gen(function* () {
      const conversations = conversationsOf(transcript)
      const { listSessions } = yield* Storage.Storage
      const sessions = yield* collect(listSessions)
      assert.strictEqual(sessions.length, conversations.length)
      let calls = 0
      for (const { sessionId, turns } of sessions) {
        const items = yield* Stream.runCollect(Transcript.ofSession(sessionId))
        const found = Chunk.toReadonlyArray(items).filter((item) => item._tag === "Turn")
        const expected = heldIn(conversations, found[0]?.span.metadata)
        assert.deepStrictEqual(saidOf(found.flatMap(({ entries }) => entries) as never), expected?.said)
        assert.strictEqual(found.length, turns)
        calls += found.reduce((sum, { modelCalls }) => sum + modelCalls, 0)
      }
      assert.strictEqual(
        calls,
        conversations.reduce((sum, { conversation }) => sum + conversation.replies.length, 0)
      )
    })
  )

describe("the transcript of a session", () => {
  layer(held(short), { excludeTestServices: true })("of the demonstration", (it) => isWhole(it, short))

  describe.skipIf(missing !== "")(`of 100 real conversations${missing}`, () => {
    layer(held(real), { excludeTestServices: true, timeout: "2 minutes" })((it) => isWhole(it, real))
  })
})
