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
import { StorageError } from "../StorageError.js"
import { type Complete, complete } from "./derived.js"

export interface Options<Opened, E> {
  readonly open: Effect.Effect<Opened, E | StorageError, Scope.Scope>
  readonly errorOf: (error: E | StorageError) => StorageError
  /** Whether the store has given up and must be opened anew. */
  readonly isFatal: (error: E | StorageError) => boolean
  /** Whether the store is at fault and not what it was asked: it is opened anew, and asked once more. */
  readonly isDoubtful?: (error: E | StorageError) => boolean
  readonly connect: "eager" | undefined
}

export interface Store<Opened, E> {
  readonly use: <A>(f: (opened: Opened) => Effect.Effect<A, E | StorageError>) => Effect.Effect<A, StorageError>
}

/** Nanoseconds, which come from a source that is never set back. */
const betweenAttempts = 1_000_000_000n

/**
 * Opens a store. If that fails with what may pass, it warns, and every use tries again, at most once a second; with
 * `connect: "eager"`, and for what only a person can mend, it fails. Once it is made, a person may mend that, too: to try
 * again is always right then.
 */
export const make = Effect.fnUntraced(function* <Opened, E>(options: Options<Opened, E>) {
  const { connect, errorOf, isDoubtful = () => false, isFatal } = options
  const keep = keeper(options, yield* Effect.scope)

  const run = <A>(
    f: (opened: Opened) => Effect.Effect<A, E | StorageError>,
    isLast: boolean
  ): Effect.Effect<A, StorageError> =>
    keep.get.pipe(
      Effect.flatMap((database) =>
        f(database.opened).pipe(
          Effect.catchAll((error) => {
            const isBroken = isFatal(error) || isDoubtful(error)
            // Another one has found it broken, and stopped this one in closing it.
            const isClosed = !keep.isCurrent(database)
            return Effect.zipRight(
              isBroken ? keep.close(database, error) : Effect.void,
              !isLast && (isDoubtful(error) || (isClosed && !isFatal(error)))
                ? run(f, true)
                : Effect.fail(errorOf(error))
            )
          })
        )
      )
    )

  const store: Store<Opened, E> = {
    use: (f) =>
      run(f, false).pipe(
        isolated,
        Effect.mapInputContext(() => Context.empty())
      )
  }
  yield* store
    .use(() => Effect.void)
    .pipe(
      Effect.catchIf(
        (error) => error.retryable && connect !== "eager",
        (error) => warn(`The storage cannot be opened yet. ${error.message}`)
      )
    )
  yield* keep.made
  return store
})

/** The open store, if there is one, and how it is opened and closed. */
const keeper = <Opened, E>({ errorOf, open }: Options<Opened, E>, parent: Scope.Scope) => {
  const lock = Effect.unsafeMakeSemaphore(1)
  let isMade = false
  let current: { readonly opened: Opened; readonly scope: Scope.CloseableScope } | undefined
  let failed: { readonly error: StorageError; readonly at: bigint } | undefined

  const fail = (error: StorageError) =>
    Effect.gen(function* () {
      const retryable = error.retryable || isMade
      if (isMade && failed === undefined) yield* warn(`The storage cannot be opened anew. ${error.message}`)
      const { cause, detail, field, reason } = error
      failed = {
        error: new StorageError({ cause, detail, field, reason, retryable }),
        at: yield* Clock.currentTimeNanos
      }
      return yield* failed.error
    })

  const attempt = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(parent, ExecutionStrategy.sequential)
      return yield* restore(Scope.extend(open, scope)).pipe(
        Effect.map((opened) => (current = { opened, scope })),
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
    })
  ).pipe(
    Effect.tap(() => {
      failed = undefined
    }),
    Effect.catchAll((error) => fail(errorOf(error)))
  )

  const get = Effect.flatMap(Clock.currentTimeNanos, (now) =>
    current !== undefined
      ? Effect.succeed(current)
      : failed !== undefined && now - failed.at < betweenAttempts
        ? Effect.fail(failed.error)
        : attempt
  )

  const close = (broken: typeof current, error: E | StorageError) =>
    Effect.suspend(() => {
      if (broken === undefined || broken !== current) return Effect.void
      current = undefined
      return Effect.zipRight(
        warn(`The storage is opened anew. ${errorOf(error).message}`),
        Scope.close(broken.scope, Exit.void)
      )
    })

  return {
    get: Effect.suspend(() => (current === undefined ? lock.withPermits(1)(get) : Effect.succeed(current))),
    close,
    isCurrent: (database: typeof current) => database === current,
    made: Effect.sync(() => {
      isMade = true
    })
  }
}

const warn = logWarning("Storage")

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
  traceOutline: true,
  getSpan: true,
  listSessions: true,
  getSession: true,
  sessionTimeline: true,
  aggregate: true,
  deleteBefore: true,
  deleteSession: true,
  candidates: true,
  confirm: true,
  complete: true,
  areMany: true,
  candidatesOfEach: true
} satisfies { readonly [Name in keyof Engine]-?: true })
