/** Real conversations, as the explorer is told of them: message for message what their transcripts say. */
import { assert, describe, it, layer, type Vitest } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { Storage } from "effect-observability"
import { collect } from "../../docs/examples/airline/Report.js"
import type { Answers, Options, Turn } from "../../src/server/internal/encoded.js"
import * as StorageServer from "../../src/server/StorageServer.js"
import { describeBrowser, open } from "../utils/browser.js"
import { conversationsOf, held, heldIn, missing, real, saidOf, short } from "../utils/realConversations.js"
import { serve } from "../utils/remote.js"
import { address, entriesOn, go, recorded, waitForTurns } from "../utils/sessionPage.js"

/** The turns of a session, some at a time, as a page asks for them. */
const turnsOf = (sessionId: string) =>
  Effect.gen(function* () {
    const { url } = yield* StorageServer.StorageServer
    const turns: Array<Turn> = []
    let fromTurn: number | undefined = 1
    while (fromTurn !== undefined) {
      const options: Options["sessionTranscript"] = { sessionId, fromTurn, turns: 5 }
      const { items, nextTurn }: Answers["sessionTranscript"] = yield* Effect.promise(() =>
        fetch(`${url}/api/sessionTranscript`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(options)
        }).then((answer) => answer.json() as Promise<Answers["sessionTranscript"]>)
      )
      turns.push(...items.filter((item) => item._tag === "Turn"))
      fromTurn = nextTurn
    }
    return turns
  })

const isTold = (it: Vitest.MethodsNonLive<Storage.Storage | StorageServer.StorageServer, true>, transcript: string) =>
  it.effect("tells each session as its transcript does, in pieces", () =>
    Effect.gen(function* () {
      const conversations = conversationsOf(transcript)
      const { listSessions, listTraces } = yield* Storage.Storage
      const sessions = yield* collect(listSessions)
      assert.strictEqual(sessions.length, conversations.length)
      yield* Effect.forEach(
        sessions,
        Effect.fnUntraced(function* ({ sessionId, turns: count }) {
          const turns = yield* turnsOf(sessionId)
          assert.deepStrictEqual(
            turns.map(({ number }) => number),
            Array.from({ length: count }, (_, i) => i + 1)
          )
          const { items } = yield* listTraces({ filters: { sessionId }, pagination: { limit: 1 } })
          const expected = heldIn(conversations, items[0]?.metadata)
          assert.deepStrictEqual(saidOf(turns.flatMap(({ entries }) => entries) as never), expected?.said)
        }),
        { discard: true, concurrency: 4 }
      )
    })
  )

/** The page is closed before the server is: both are of the scope of the test. */
const isShown = (transcript: string) =>
  it.scopedLive(
    "shows each session as its transcript reads, message for message",
    () =>
      Effect.gen(function* () {
        const conversations = conversationsOf(transcript)
        const context = yield* Layer.build(serve(held(transcript)))
        const { listSessions, listTraces } = Context.get(context, Storage.Storage)
        const { url } = Context.get(context, StorageServer.StorageServer)
        const sessions = yield* collect(listSessions)
        assert.strictEqual(sessions.length, conversations.length)
        const page = yield* open()
        yield* Effect.promise(() => page.goto(`${url}/sessions`))
        yield* Effect.forEach(
          sessions,
          Effect.fnUntraced(function* ({ sessionId, turns }) {
            const { items } = yield* listTraces({ filters: { sessionId }, pagination: { limit: 1 } })
            const expected = heldIn(conversations, items[0]?.metadata)
            const shown = yield* Effect.promise(async () => {
              await go(page, address(url, sessionId, recorded))
              await page.waitForSelector(`.session-title bdi[title="${sessionId}"]`)
              await waitForTurns(page, turns)
              return entriesOn(page)
            })
            assert.deepStrictEqual(saidOf(shown), expected?.said)
          }),
          { discard: true }
        )
      }),
    { timeout: 240_000 }
  )

describe("what the explorer is told of a conversation", () => {
  layer(serve(held(short)), { excludeTestServices: true })("of the demonstration", (it) => isTold(it, short))

  describe.skipIf(missing !== "")(`of 100 real ones${missing}`, () => {
    layer(serve(held(real)), { excludeTestServices: true, timeout: "2 minutes" })((it) => isTold(it, real))
  })
})

describeBrowser("a conversation on the page", () => {
  describe("of the demonstration", () => isShown(short))

  describe.skipIf(missing !== "")(`of 100 real ones${missing}`, () => isShown(real))
})
