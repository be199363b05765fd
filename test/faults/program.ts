/** The program that faults happen to, in a process of its own: it emits numbered spans, and keeps a diary of it. */
import * as fs from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout } from "node:timers"
import { Worker } from "node:worker_threads"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Fiber, Layer, Logger, ManagedRuntime, Runtime, Scope } from "effect"
import { Observability, type ObservabilityConfig, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"

type How =
  | ("throw" | "exit" | "handler" | "reject" | "interrupt" | "dispose" | "forget" | "forgetScope" | "measure" | "stay")
  | "thread"
  | "threadExits"
  | "threadThrows"

/** How a thread ends. */
const ofThread: { readonly [H in How]?: How } = { thread: "forget", threadExits: "exit", threadThrows: "throw" }

export interface Order {
  readonly path: string
  readonly diary: string
  readonly spool?: string
  readonly durability?: "disk"
  /** Spans a second. */
  readonly rate: number
  /** Whether it flushes every now and then. */
  readonly flushes?: boolean
  /** Whether the storage is one that never answers. */
  readonly storeHangs?: boolean
  readonly batch?: ObservabilityConfig.Input["batch"]
  /** What happens to it after so many spans: nothing, if it is to be killed. */
  readonly end?: { readonly after: number; readonly how: How }
}

const order: Order = JSON.parse(process.argv[2] as string)
const diary = fs.openSync(order.diary, "a")
const say = (...words: ReadonlyArray<string | number>) => fs.writeSync(diary, `${words.join(" ")}\n`)

const storage = order.storeHangs
  ? Layer.succeed(Storage.Storage, Storage.make({ insertSpans: () => Effect.never, insertLogs: () => Effect.never }))
  : DuckDbStorage.layer({ path: order.path })

const live = Observability.layer({
  serviceName: "faults",
  ...(order.batch && { batch: order.batch }),
  ...(order.spool && { spool: { directory: order.spool } }),
  ...(order.durability && { durability: order.durability })
}).pipe(Layer.provide(storage), Layer.provideMerge(Logger.remove(Logger.defaultLogger)))

let emitted = 0
const last = order.end?.after ?? Number.POSITIVE_INFINITY

const emitUpTo = (end: number) =>
  Effect.gen(function* () {
    const { stats } = yield* Observability.Observability
    const tell = (time: number) =>
      Effect.map(stats, ({ spans }) => say("emitted", emitted, time, spans["storage"]?.queued ?? 0))
    const start = Date.now()
    yield* Effect.gen(function* () {
      while (emitted < end) {
        const time = Date.now()
        const due = Math.min(end, ((time - start) / 1000) * order.rate)
        while (emitted < due) {
          yield* Effect.withSpan(Effect.void, String(emitted), { captureStackTrace: false })
          emitted++
        }
        yield* tell(time)
        yield* Effect.sleep("4 millis")
      }
    }).pipe(Effect.ensuring(Effect.suspend(() => tell(Date.now()))))
  })

const emit = emitUpTo(last)

const flush = Effect.flatMap(Observability.Observability, ({ flush }) =>
  Effect.suspend(() => {
    const covered = emitted
    return Effect.map(flush, () => say("flushed", covered))
  })
).pipe(
  Effect.delay("150 millis"),
  Effect.forever,
  Effect.when(() => order.flushes === true)
)

const measure = Effect.gen(function* () {
  const { stats } = yield* Observability.Observability
  globalThis.gc?.()
  say(`measured-${emitted}`, process.memoryUsage().heapUsed, JSON.stringify((yield* stats).spans["storage"]))
})

const end = Effect.suspend(() => {
  switch (order.end?.how) {
    case "throw":
      setTimeout(() => {
        throw new Error("nobody catches this")
      })
      return Effect.never
    case "reject":
      return Effect.sync(() => void Promise.reject(new Error("nobody catches this")))
    case "exit":
      return Effect.sync((): void => process.exit(3))
    case "handler":
      return Effect.async<void>(() => {
        const server = createServer(() => process.exit(3)).listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo
          fetch(`http://127.0.0.1:${port}`).catch(() => {})
        })
      })
    default:
      return Effect.never
  }
})

const program = Effect.zipLeft(Effect.zipRight(emit, end), flush, { concurrent: true })

const measured = Effect.forEach([0, last / 10, last], (count) => Effect.zipRight(emitUpTo(count), measure))

switch (order.end?.how) {
  case "interrupt": {
    const main = Effect.runFork(Effect.provide(Effect.zipRight(emit, Effect.never), live))
    const interval = setInterval(() => {
      if (emitted < last) return
      clearInterval(interval)
      Effect.runFork(Fiber.interrupt(main))
    }, 1)
    break
  }
  case "dispose": {
    const runtime = ManagedRuntime.make(live)
    await runtime.runPromise(emit)
    await runtime.dispose()
    break
  }
  case "forget":
    await ManagedRuntime.make(live).runPromise(emit)
    break
  case "forgetScope": {
    const runtime = Layer.toRuntime(live).pipe(Scope.extend(Effect.runSync(Scope.make())))
    await Runtime.runPromise(await Effect.runPromise(runtime))(emit)
    break
  }
  case "thread":
  case "threadExits":
  case "threadThrows": {
    const how = ofThread[order.end.how] ?? "forget"
    const argument = JSON.stringify({ ...order, end: { after: last, how } } satisfies Order)
    new Worker(`import("tsx/esm/api").then(({ register }) => (register(), import("${import.meta.url}")))`, {
      eval: true,
      argv: [argument]
    })
    break
  }
  case "measure":
    NodeRuntime.runMain(Effect.provide(measured, live))
    break
  default:
    NodeRuntime.runMain(Effect.provide(program, live))
}
