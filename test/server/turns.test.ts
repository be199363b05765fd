/** Large answers beside everything else that a process does. */
import { HttpServerRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import * as answer from "../../src/server/internal/answer.js"
import * as lines from "../../src/server/internal/lines.js"

/** So many turns of the event loop there are while something runs. */
const turnsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let turns = 0
    let next = setImmediate(function turn() {
      turns++
      next = setImmediate(turn)
    })
    return Effect.ensuring(
      Effect.map(effect, (result) => ({ result, turns })),
      Effect.sync(() => clearImmediate(next))
    )
  })

const request = HttpServerRequest.fromWeb(new Request("http://localhost/api/listSpans", { method: "POST" }))

describe("a large answer, where the network waits for nobody,", () => {
  it.effect("is made in as many turns of the event loop as it has parts, and read in as many", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 4_000 }, (_, id) => ({ id, text: "x".repeat(500) }))
      const response = yield* answer
        .rows({ head: {}, name: "rows", rows })
        .pipe(Effect.provideService(HttpServerRequest.HttpServerRequest, request))
      if (response.body._tag !== "Stream") return assert.fail("it is small")
      const made = yield* turnsOf(Effect.map(Stream.runCollect(Stream.orDie(response.body.stream)), Chunk.toArray))
      const parts = made.result.length
      assert.isAtLeast(parts, 30)
      assert.isAtLeast(made.turns, parts - 2)
      const read = yield* turnsOf(lines.read(Stream.fromIterable(made.result), 2 ** 24, (row) => row))
      assert.isAtLeast(read.turns, parts - 1)
      assert.deepStrictEqual<unknown>(read.result.rows, rows)
    })
  )
})
