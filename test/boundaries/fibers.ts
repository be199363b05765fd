import * as Reactivity from "@effect/experimental/Reactivity"
import { SqlClient, Statement } from "@effect/sql"
import { LibsqlClient } from "@effect/sql-libsql"
import { assert } from "@effect/vitest"
import {
  Cache,
  Context,
  Deferred,
  Effect,
  Fiber,
  FiberRef,
  Layer,
  ManagedRuntime,
  Option,
  PubSub,
  Queue,
  Request,
  RequestResolver,
  Runtime,
  Stream,
  Tracer
} from "effect"
import { Observability, Propagation, SessionId, Storage, TraceContext } from "effect-observability"
import { stored } from "../propagation/utils.js"
import { folder } from "../utils/folder.js"
import { type Row, recording, row, type Session, turn, work } from "./row.js"

/** Goes on in a fiber when the turn that forked it is over, and does not bring its session back. */
const outliving = <R>(fork: (effect: Effect.Effect<void>) => Effect.Effect<Fiber.RuntimeFiber<void>, never, R>) =>
  Effect.gen(function* () {
    const over = yield* Deferred.make<void>()
    const fiber = yield* fork(Effect.zipRight(Deferred.await(over), work("ada"))).pipe(turn("ada"))
    yield* work("none")
    yield* Deferred.succeed(over, undefined)
    yield* Fiber.join(fiber)
    yield* work("none")
  })

/** Something that is handed from fiber to fiber: whose it is, and how it is known. */
interface Message {
  readonly of: Session
  readonly carrier: Propagation.Carrier
}
const message = (of: Session) => Effect.map(Propagation.capture, (carrier): Message => ({ of, carrier }))
const handle = ({ carrier, of }: Message) => work(of).pipe(Propagation.restore(carrier))
const fromEach = <R>(send: (message: Message) => Effect.Effect<unknown, never, R>) =>
  Effect.gen(function* () {
    yield* Effect.flatMap(message("ada"), send).pipe(turn("ada"))
    yield* Effect.flatMap(message("bob"), send).pipe(turn("bob"))
    yield* Effect.flatMap(message("none"), send)
  })

interface Find extends Request.Request<void>, Message {
  readonly _tag: "Find"
}
const Find = Request.tagged<Find>("Find")

class Ticker extends Context.Tag("Ticker")<Ticker, Queue.Queue<Deferred.Deferred<void>>>() {}

/** Works in a fiber of its own whenever it is asked to. */
const ticker = (session: Session) =>
  Layer.scoped(
    Ticker,
    Effect.gen(function* () {
      const asked = yield* Queue.unbounded<Deferred.Deferred<void>>()
      yield* Effect.forkScoped(
        Effect.forever(
          Effect.flatMap(Queue.take(asked), (done) => Effect.zipRight(work(session), Deferred.succeed(done, undefined)))
        )
      )
      return asked
    })
  )
const tick = Effect.gen(function* () {
  const done = yield* Deferred.make<void>()
  yield* Queue.offer(yield* Ticker, done)
  yield* Deferred.await(done)
})

const pause = Effect.yieldNow()

/** Goes over to a session and stays there, which is nobody else's business. */
const becomeBob = Effect.zipRight(
  FiberRef.set(SessionId.currentSessionId, Option.some(SessionId.SessionId.make("bob"))),
  work("bob")
)

const parent = Tracer.externalSpan({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  context: Context.make(TraceContext.Carried, { sessionId: SessionId.SessionId.make("ada") })
})

/** Keeps its transaction under the tag that most clients have in common, as that of libsql does not. */
const ordersClient = Effect.flatMap(LibsqlClient.LibsqlClient, ({ reserve }) =>
  SqlClient.make({ acquirer: reserve, compiler: Statement.makeCompilerSqlite(), spanAttributes: [] })
).pipe(Effect.provide(Reactivity.layer))

/** What is crossed within one process. */
export const rows: ReadonlyArray<Row> = [
  row(
    "nesting",
    "the innermost session, and the outer one again after it",
    { ada: 2, bob: 1, none: 2 },
    Effect.gen(function* () {
      yield* work("ada")
      yield* work("bob").pipe(turn("bob"))
      yield* SessionId.withoutSessionId(work("none"))
      yield* work("ada")
    }).pipe(turn("ada"), Effect.zipRight(work("none")))
  ),
  row(
    "fork",
    "a child has the session of its parent, and never gives its own back",
    { ada: 2, bob: 1 },
    Effect.gen(function* () {
      yield* Effect.flatMap(Effect.fork(work("ada")), Fiber.join)
      yield* Effect.flatMap(Effect.fork(becomeBob), Fiber.join)
      yield* work("ada")
    }).pipe(turn("ada"))
  ),
  row("forkDaemon", "keeps the session when the turn is over", { ada: 1, none: 2 }, outliving(Effect.forkDaemon)),
  row("forkScoped", "keeps the session until its scope closes", { ada: 1, none: 2 }, outliving(Effect.forkScoped)),
  row(
    "forkIn",
    "keeps the session in somebody else's scope",
    { ada: 1, none: 2 },
    Effect.flatMap(Effect.scope, (scope) => outliving(Effect.forkIn(scope)))
  ),
  row(
    "race",
    "both sides have the session, and the winner does not give its own back",
    { ada: 2, bob: 1 },
    Effect.race(Effect.zipRight(work("ada"), Effect.never), Effect.zipRight(pause, becomeBob)).pipe(
      Effect.zipRight(work("ada")),
      turn("ada")
    )
  ),
  row(
    "timeout",
    "inside it and after it, whether it strikes or not",
    { ada: 3, bob: 1 },
    Effect.gen(function* () {
      yield* Effect.timeout(Effect.zipRight(work("ada"), becomeBob), "1 minute")
      yield* Effect.ignore(Effect.timeout(Effect.zipRight(work("ada"), Effect.never), "10 millis"))
      yield* work("ada")
    }).pipe(turn("ada"))
  ),
  row(
    "concurrent all",
    "each fiber has its own, after every switch between them",
    { ada: 21, bob: 21, none: 20 },
    Effect.all(
      [
        Effect.replicateEffect(Effect.zipRight(pause, work("ada")), 20),
        Effect.replicateEffect(Effect.zipRight(pause, work("bob")), 20).pipe(turn("bob")),
        Effect.replicateEffect(Effect.zipRight(pause, work("none")), 20).pipe(SessionId.withoutSessionId),
        becomeBob
      ],
      { concurrency: "unbounded" }
    ).pipe(Effect.zipRight(work("ada")), turn("ada"))
  ),
  row(
    "Stream.mapEffect",
    "concurrent elements have the session of the run",
    { ada: 4 },
    Stream.range(1, 4).pipe(
      Stream.mapEffect(() => Effect.zipRight(pause, work("ada")), { concurrency: 2 }),
      Stream.runDrain,
      turn("ada")
    )
  ),
  row(
    "Stream.buffer",
    "both sides of it have the session of the run",
    { ada: 6 },
    Stream.range(1, 3).pipe(
      Stream.tap(() => work("ada")),
      Stream.buffer({ capacity: 1 }),
      Stream.runForEach(() => work("ada")),
      turn("ada")
    )
  ),
  row(
    "Stream.flatMap",
    "concurrent inner streams have the session of the run",
    { ada: 6 },
    Stream.range(1, 3).pipe(
      Stream.flatMap(() => Stream.fromEffect(work("ada")).pipe(Stream.concat(Stream.fromEffect(work("ada")))), {
        concurrency: 3
      }),
      Stream.runDrain,
      turn("ada")
    )
  ),
  row(
    "Queue",
    "`restore`: a message is handled in the session and the trace of who sent it",
    { ada: 1, bob: 1, none: 1 },
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<Message>()
      yield* fromEach((message) => Queue.offer(queue, message))
      yield* Effect.replicateEffect(Effect.flatMap(Queue.take(queue), handle), 3).pipe(SessionId.withNewSessionId)
    })
  ),
  row(
    "PubSub",
    "`restore`: every subscriber handles it in the session and the trace of who published it",
    { ada: 2, bob: 2, none: 2 },
    Effect.gen(function* () {
      const pubsub = yield* PubSub.unbounded<Message>()
      const subscriptions = yield* Effect.replicateEffect(PubSub.subscribe(pubsub), 2)
      yield* fromEach((message) => PubSub.publish(pubsub, message))
      for (const subscription of subscriptions) {
        yield* Effect.replicateEffect(Effect.flatMap(Queue.take(subscription), handle), 3).pipe(
          SessionId.withNewSessionId
        )
      }
    })
  ),
  row(
    "Cache",
    "the look-up has the session of who asks first, its own with the session in the key, or none if that is taken away",
    { ada: 1, bob: 1, none: 1 },
    Effect.gen(function* () {
      const lookup = (session: Session) =>
        session === "none" ? SessionId.withoutSessionId(work("none")) : work(session)
      const cache = yield* Cache.make({ capacity: 9, timeToLive: "1 hour", lookup })
      const ask = (...keys: ReadonlyArray<Session>) => Effect.forEach(keys, (key) => cache.get(key))
      yield* ask("ada", "none").pipe(SessionId.withSessionId(SessionId.SessionId.make("ada")))
      yield* ask("ada", "bob", "none").pipe(SessionId.withSessionId(SessionId.SessionId.make("bob")))
    })
  ),
  row(
    "request resolver",
    "`restore`: each request of a batch is answered in the session and the trace of who made it",
    { ada: 1, bob: 1, none: 1 },
    Effect.gen(function* () {
      const batches: Array<number> = []
      const resolver = RequestResolver.makeBatched((requests: ReadonlyArray<Find>) => {
        batches.push(requests.length)
        return Effect.forEach(requests, (find) => Effect.zipRight(handle(find), Request.succeed(find, undefined)))
      })
      const find = (of: Session) => Effect.flatMap(message(of), (_) => Effect.request(Find(_), resolver))
      yield* Effect.all([find("ada").pipe(turn("ada")), find("bob").pipe(turn("bob")), find("none")], {
        batching: true,
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(batches, [3])
    })
  ),
  row(
    "captured Runtime",
    "a callback has the session and the trace of the capture",
    { ada: 2 },
    Effect.gen(function* () {
      const runtimes = yield* Effect.all([Effect.runtime<never>(), Propagation.runtime()]).pipe(turn("ada"))
      const callback = () => Promise.all(runtimes.map((runtime) => Runtime.runPromise(runtime)(work("ada"))))
      yield* Effect.async<void>((resume) => {
        setTimeout(() => callback().then(() => resume(Effect.void)), 1)
      }).pipe(SessionId.withNewSessionId)
    })
  ),
  row(
    "ManagedRuntime",
    "each run has the session that it names, and no other",
    { ada: 3, bob: 3, none: 1 },
    Effect.gen(function* () {
      const managed = ManagedRuntime.make(recording(Layer.succeed(Storage.Storage, yield* Storage.Storage)))
      const thrice = (session: Session) => Effect.replicateEffect(Effect.zipRight(pause, work(session)), 3)
      const runs = [thrice("ada").pipe(turn("ada")), thrice("bob").pipe(turn("bob")), work("none")]
      yield* Effect.promise(() => Promise.all(runs.map((run) => managed.runPromise<unknown, unknown>(run)))).pipe(
        SessionId.withNewSessionId
      )
      yield* managed.disposeEffect
    })
  ),
  row(
    "layer-built fibers",
    "`Layer.locallyEffect`: what it forks keeps neither the session nor the trace that it was built in",
    { ada: 1, none: 2 },
    Effect.gen(function* () {
      const ticking = yield* ticker("none").pipe(
        Layer.locallyEffect(Propagation.restore({})),
        Layer.build,
        Effect.zipLeft(Effect.log("ada")),
        Effect.withSpan("ada"),
        turn("ada")
      )
      yield* Effect.provide(tick, ticking).pipe(turn("bob"))
      yield* Effect.provide(tick, ticking)
      const { spans } = yield* stored
      for (const span of spans.filter(({ name }) => name === "none")) assert.isUndefined(span.parentSpanId)
    })
  ),
  row(
    "a session set late",
    "what comes after it, and the span itself, have it",
    { ada: 3, none: 1 },
    Effect.gen(function* () {
      yield* work("none")
      yield* Effect.annotateCurrentSpan("session.id", "ada")
      yield* Effect.log("ada")
      yield* work("ada")
      yield* Effect.flatMap(Effect.fork(work("ada")), Fiber.join)
    }).pipe(Effect.withSpan("ada"))
  ),
  row(
    "an external parent",
    "its session and its trace, when it carries one",
    { ada: 2 },
    Effect.gen(function* () {
      yield* work("ada")
      yield* Effect.flatMap(Effect.fork(work("ada")), Fiber.join)
      assert.strictEqual((yield* Effect.withSpan(Effect.currentSpan, "inside")).traceId, parent.traceId)
    }).pipe(Effect.withParentSpan(parent))
  ),
  row(
    "a user's SQL transaction",
    "on another database: what is recorded and asked in it outlives its rollback",
    { ada: 2 },
    Effect.gen(function* () {
      const sql = yield* ordersClient
      yield* sql`CREATE TABLE orders (id INTEGER)`
      const storage = yield* Storage.Storage
      yield* Effect.gen(function* () {
        yield* sql`INSERT INTO orders VALUES (1)`
        yield* work("ada")
        yield* Effect.flatMap(Observability.Observability, ({ flush }) => flush)
        const { items } = yield* storage.listSpans({ filters: { name: "ada", status: "ok" } })
        assert.strictEqual(items.length, 1)
        yield* work("ada")
        return yield* Effect.fail("rolled back")
      }).pipe(sql.withTransaction, Effect.flip, turn("ada"))
      assert.isEmpty(yield* sql`SELECT * FROM orders`)
    }).pipe(
      Effect.provide(Layer.unwrapScoped(Effect.map(folder, (path) => LibsqlClient.layer({ url: `file:${path}/db` }))))
    )
  )
]
