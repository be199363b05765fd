/**
 * A runner of a cluster, as a process: `start` places an order in a session and then waits to be killed within its second
 * activity; `resume` takes over, and decides on it in a session of its own.
 */
import { Console, Effect, Layer, Logger } from "effect"
import { Observability, SessionId } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { decide, Order, OrderLive, runner, until } from "../propagation/order.js"

const [task, messages, spans] = process.argv.slice(2) as [string, string, string]
const port = task === "start" ? 34_441 : 34_442

const flush = Effect.flatMap(Observability.Observability, (_) => _.flush)
const hang = Effect.flatMap(flush, () => Effect.zipRight(Console.log("shipping"), Effect.never))

const orders = Layer.unwrapEffect(
  Effect.map(Effect.context<Observability.Observability>(), (context) =>
    OrderLive(task === "start" ? Effect.orDie(Effect.provide(hang, context)) : Effect.void)
  )
)

const start = Effect.zipRight(
  Order.execute({ id: "1" }, { discard: true }).pipe(Effect.withSpan("ask")),
  Effect.never
).pipe(SessionId.withSessionId(SessionId.SessionId.make("ada")))

const resume = Effect.gen(function* () {
  const executionId = yield* Order.executionId({ id: "1" })
  yield* until(executionId, "Suspended")
  yield* decide(executionId, false).pipe(Effect.withSpan("answer"))
  yield* until(executionId, "Complete")
  yield* flush
}).pipe(SessionId.withSessionId(SessionId.SessionId.make("bob")))

const live = orders.pipe(
  Layer.provideMerge(runner(messages, port)),
  Layer.provideMerge(Observability.layer({ serviceName: task })),
  Layer.provide(DuckDbStorage.layer({ path: spans })),
  Layer.provide(Logger.remove(Logger.defaultLogger))
)

await Effect.runPromise(Effect.provide(task === "start" ? start : resume, live))
process.exit()
