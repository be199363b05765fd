/** What the explorer is tested with is what it says it is. */
import { assert, layer } from "@effect/vitest"
import { Chunk, Effect, Layer, Option, Stream } from "effect"
import { DuckDbStorage } from "../../src/duckdb.js"
import * as Transcript from "../../src/server/Transcript.js"
import * as Storage from "../../src/storage/Storage.js"
import { conventions } from "../utils/explorerConventions.js"
import * as data from "../utils/explorerData.js"
import { folder } from "../utils/folder.js"

const now = Date.UTC(2026, 10, 30, 18)

const duckDb = Layer.unwrapScoped(Effect.map(folder, (path) => DuckDbStorage.layer({ path: `${path}/data.duckdb` })))

const said = (sessionId: string) =>
  Effect.map(Stream.runCollect(Transcript.ofSession(sessionId)), (items) =>
    Chunk.toReadonlyArray(items)
      .flatMap((item) => (item._tag === "Turn" ? item.entries : []))
      .flatMap(({ parts, role }) =>
        parts
          .filter(({ _tag }) => _tag !== "Reasoning")
          .map((part) =>
            part._tag === "Text"
              ? [role, part.text]
              : part._tag === "ToolUse"
                ? [
                    role,
                    part.name,
                    part.arguments,
                    typeof part.result === "string" ? JSON.parse(part.result) : part.result
                  ]
                : [role, part._tag]
          )
      )
  )

layer(duckDb, { excludeTestServices: true })("the data of the explorer", (it) => {
  it.effect("is about forty sessions of three days, the same each time", () =>
    Effect.gen(function* () {
      const records = data.sessions(now)
      assert.deepStrictEqual(JSON.stringify(data.sessions(now)), JSON.stringify(records))
      yield* data.insert(records)
      const { items } = yield* Storage.Storage.pipe(
        Effect.flatMap(({ listSessions }) => listSessions({ pagination: { limit: 100 } }))
      )
      assert.isAtLeast(items.length, 38)
      const since = BigInt(now - 3 * 86_400_000) * 1_000_000n
      for (const { firstActivity } of items) assert.isTrue(firstActivity > since)
    })
  )

  for (const convention of conventions) {
    it.effect(`has the same words by ${convention}`, () =>
      Effect.gen(function* () {
        yield* data.insert(data.sessions(now))
        assert.deepStrictEqual(yield* said(data.named.convention(convention)), [
          ["system", "You know the weather."],
          ["user", "Will it rain in Łódź?"],
          ["assistant", "get_weather", { city: "Łódź" }, { rain: true, degrees: 7 }],
          ["assistant", "Yes, at 7 °C."],
          ["user", "And on Friday?"],
          ["assistant", "Friday stays dry."]
        ])
      })
    )
  }

  it.effect("has each text that a page might take for anything but text", () =>
    Effect.sync(() => {
      const has = (records: data.Records, text: string) =>
        assert.include(JSON.stringify(records), JSON.stringify(text).slice(1, -1))
      const strange = data.hostile(now)
      for (const text of [...data.scripts, data.bidi, data.controls, data.halves]) has(strange, text)
      const usual = data.sessions(now)
      has(usual, data.pixel)
      has(usual, data.markdown)
    })
  )

  it.effect("has strangers' sessions, each under its id, and a conversation of 200 turns", () =>
    Effect.gen(function* () {
      const { getSession, traceOutline } = yield* Storage.Storage
      yield* data.insert(data.hostile(now))
      for (const id of [...data.hostileIds, data.heavyId]) assert.isTrue(Option.isSome(yield* getSession(id)), id)
      yield* data.insert(data.longConversation(now))
      const long = yield* Effect.flatten(getSession("two-hundred-turns"))
      assert.strictEqual(long.turns, 200)
      yield* data.insertBigTrace(now, 2_000, 300)
      const { spans } = yield* Effect.flatten(traceOutline(data.big.traceId))
      assert.strictEqual(spans.length, 2_000)
      assert.strictEqual(spans.filter(({ parentSpanId }) => parentSpanId === undefined).length, 1)
      assert.isAbove(spans[5]?.attributesSize ?? 0, 200)
    })
  )

  it.effect("has a session that grows with each step", () =>
    Effect.gen(function* () {
      const { deleteSession, getSession } = yield* Storage.Storage
      yield* deleteSession(data.named.running)
      const lengths: Array<number> = []
      for (const step of [0, 1, 2, 3, 4, 6]) {
        yield* data.insert(data.growing(now, step))
        lengths.push((yield* Effect.flatten(getSession(data.named.running))).spans)
      }
      assert.deepStrictEqual(lengths, [2, 3, 3, 4, 4, 8])
    })
  )
})
