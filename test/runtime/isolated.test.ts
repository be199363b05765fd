import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { SessionId, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { isolated } from "effect-observability/runtime/isolated"

const entries = Effect.map(Effect.getFiberRefs, (refs) => refs.locals.size)
const id = SessionId.SessionId.make("a-session")

describe("isolated", () => {
  it.effect("hides the session, the span and the annotations of the program, from what it forks, too", () =>
    Effect.gen(function* () {
      const seen = Effect.all({
        session: SessionId.get,
        span: Effect.option(Effect.currentParentSpan),
        annotations: FiberRef.get(FiberRef.currentLogAnnotations)
      })
      const own = yield* isolated(seen)
      const forked = yield* isolated(Effect.forkDaemon(seen)).pipe(Effect.flatMap(Fiber.join))
      for (const { annotations, session, span } of [own, forked]) {
        assert.deepStrictEqual(session, Option.none())
        assert.isTrue(Option.isNone(span))
        assert.deepStrictEqual(Array.from(annotations), [])
      }
    }).pipe(Effect.annotateLogs("key", "value"), Effect.withSpan("around"), (self) => SessionId.withSessionId(self, id))
  )

  it.effect("gives the fiber its FiberRefs back, whatever was set inside and however it ends", () =>
    Effect.gen(function* () {
      const before = yield* Effect.getFiberRefs
      yield* isolated(FiberRef.set(FiberRef.currentMaxOpsBeforeYield, 17))
      yield* Effect.exit(isolated(Effect.die("dead")))
      const interrupted = yield* Effect.exit(isolated(Effect.interrupt))
      assert.isTrue(Exit.isInterrupted(interrupted))
      const after = yield* Effect.getFiberRefs
      assert.deepStrictEqual(Array.from(after.locals.keys()), Array.from(before.locals.keys()))
      assert.strictEqual(yield* FiberRef.get(FiberRef.currentMaxOpsBeforeYield), 2048)
    })
  )

  it.scoped("leaves no entry in the FiberRefs of a program that opens a storage and asks it", () =>
    Effect.gen(function* () {
      const before = yield* entries
      yield* Effect.flatMap(Storage.Storage, (storage) => storage.listSessions()).pipe(
        Effect.zipRight(entries),
        Effect.map((inside) =>
          assert.isAtMost(inside, before + 1, "the entry of the context that provides the storage")
        ),
        Effect.provide(Layer.fresh(DuckDbStorage.layer({ path: ":memory:" })))
      )
    })
  )
})
