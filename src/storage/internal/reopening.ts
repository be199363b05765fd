/**
 * A store that is opened when it is used and is not open: at first, and after it broke down.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import { logWarning } from "../../runtime/annotated.js"
import { isolated } from "../../runtime/isolated.js"
import type { Engine } from "../Engine.js"
import type { StorageError } from "../StorageError.js"
import { type Complete, complete } from "./derived.js"

export interface Options<Opened, E> {
  readonly open: Effect.Effect<Opened, E | StorageError, Scope.Scope>
  readonly errorOf: (error: E | StorageError) => StorageError
  /** Whether the store has given up and must be opened anew. */
  readonly isFatal: (error: E | StorageError) => boolean
  readonly connect: "eager" | undefined
}

export interface Store<Opened, E> {
  readonly use: <A>(f: (opened: Opened) => Effect.Effect<A, E | StorageError>) => Effect.Effect<A, StorageError>
}

/** Nanoseconds, which come from a source that is never set back. */
const betweenAttempts = 1_000_000_000n

/**
 * Opens a store. If that fails with what may pass, it warns, and every use tries again, at most once a second; with
 * `connect: "eager"`, and for what only a person can mend, it fails.
 */
export const make = Effect.fnUntraced(function* <Opened, E>({ connect, errorOf, isFatal, open }: Options<Opened, E>) {
  const parent = yield* Effect.scope
  const lock = yield* Effect.makeSemaphore(1)
  let current: { readonly opened: Opened; readonly scope: Scope.CloseableScope } | undefined
  let failed: { readonly error: E | StorageError; readonly at: bigint } | undefined

  const attempt = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(parent, ExecutionStrategy.sequential)
      return yield* restore(Scope.extend(open, scope)).pipe(
        Effect.map((opened) => (current = { opened, scope })),
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
    })
  ).pipe(Effect.tapError((error) => Effect.map(Clock.currentTimeNanos, (at) => (failed = { error, at }))))

  const get = Effect.flatMap(Clock.currentTimeNanos, (now) =>
    current !== undefined
      ? Effect.succeed(current)
      : failed !== undefined && now - failed.at < betweenAttempts
        ? Effect.fail(failed.error)
        : attempt
  )

  const close = (broken: typeof current) =>
    Effect.suspend(() => {
      if (broken === undefined || broken !== current) return Effect.void
      current = undefined
      return Scope.close(broken.scope, Exit.void)
    })

  const store: Store<Opened, E> = {
    use: (f) =>
      Effect.suspend(() => (current === undefined ? lock.withPermits(1)(get) : Effect.succeed(current))).pipe(
        Effect.flatMap((database) =>
          Effect.tapError(f(database.opened), (error) => (isFatal(error) ? close(database) : Effect.void))
        ),
        Effect.mapError(errorOf),
        isolated,
        Effect.mapInputContext(() => Context.empty())
      )
  }
  yield* store
    .use(() => Effect.void)
    .pipe(
      Effect.catchIf(
        (error) => error.retryable && connect !== "eager",
        (error) => logWarning("Storage")(`The storage cannot be opened yet. ${error.message}`)
      )
    )
  return store
})

/** The engine over a store: each method of the engine that is open, or derived of its primitives. */
export const engine = <Opened extends Engine<E | StorageError>, E>({ use }: Store<Opened, E>): Engine => {
  const method = (name: keyof Complete<E>) => [
    name,
    (...args: ReadonlyArray<never>) =>
      use((opened) => (complete<E | StorageError>(opened)[name] as Method<E | StorageError>)(...args))
  ]
  return Object.fromEntries(methods.map(method))
}

type Method<E> = (...args: ReadonlyArray<never>) => Effect.Effect<unknown, E>

const methods = Struct.keys({
  insert: true,
  select: true,
  remove: true,
  listTraces: true,
  traceSpans: true,
  getSpan: true,
  listSessions: true,
  getSession: true,
  sessionTimeline: true,
  deleteBefore: true,
  deleteSession: true
} satisfies { readonly [Name in keyof Engine]-?: true })
