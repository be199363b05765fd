/** Where a command finds the records: a DuckDB file, a ClickHouse, or a server that has either. */

import * as fs from "node:fs/promises"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import { make as makeStorage } from "../storage/Storage.js"
import { StorageError } from "../storage/StorageError.js"
import type { StorageService } from "../storage/StorageService.js"
import { type Failure, failed, messageOf, usage } from "./Failure.js"
import * as Arguments from "./internal/arguments.js"

/** The options by which a store is chosen. */
export const options = Options.all({
  db: Arguments.text("db", "file", "A DuckDB file; else EFFECT_OBSERVABILITY_DB."),
  clickhouse: Arguments.text(
    "clickhouse",
    "url",
    "A ClickHouse, as http://localhost:8123/database; else EFFECT_OBSERVABILITY_CLICKHOUSE. User and password from CLICKHOUSE_USER and CLICKHOUSE_PASSWORD."
  ),
  url: Arguments.text(
    "url",
    "url",
    "A server of this library, as http://127.0.0.1:4318; else EFFECT_OBSERVABILITY_URL."
  ),
  tokenFile: Arguments.text(
    "token-file",
    "file",
    "A file with the token of that server; else EFFECT_OBSERVABILITY_TOKEN."
  )
})

export interface Choice {
  readonly db: string | undefined
  readonly clickhouse: string | undefined
  readonly url: string | undefined
  readonly tokenFile: string | undefined
}

/** A store that was chosen. */
export type Store =
  | { readonly kind: "duckdb"; readonly path: string }
  | { readonly kind: "clickhouse"; readonly url: string }
  | { readonly kind: "remote"; readonly url: string; readonly token: Redacted.Redacted | undefined }

/** The store that the options name, or else the environment. */
export const choose: (choice: Choice) => Effect.Effect<Store, Failure> = Effect.fnUntraced(function* (choice) {
  const { tokenFile, ...stores } = choice
  const environment = Effect.all({
    db: variable("EFFECT_OBSERVABILITY_DB"),
    clickhouse: variable("EFFECT_OBSERVABILITY_CLICKHOUSE"),
    url: variable("EFFECT_OBSERVABILITY_URL")
  })
  const named = Object.values(stores).some((value) => value !== undefined) ? stores : yield* environment
  const given = Object.entries(named as Record<string, string | undefined>).flatMap(([kind, value]) =>
    value === undefined ? [] : [{ kind, value }]
  )
  const [first] = given
  if (first === undefined || given.length > 1) {
    return yield* usage(
      first === undefined
        ? "say where the records are: --db FILE, --clickhouse URL or --url URL, or one of EFFECT_OBSERVABILITY_DB, _CLICKHOUSE, _URL"
        : `${given.map(({ kind }) => `--${kind}`).join(" and ")} name more than one store: give one of them`
    )
  }
  if (first.kind === "db") return { kind: "duckdb", path: first.value }
  if (!/^https?:\/\//.test(first.value) || !URL.canParse(first.value)) {
    return yield* usage(
      `--${first.kind}: ${withoutPassword(first.value)} is no address: it begins with http:// or https://`
    )
  }
  if (first.kind === "clickhouse") return { kind: "clickhouse", url: first.value }
  return { kind: "remote", url: first.value, token: yield* tokenOf(tokenFile) }
})

const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.string(name).pipe(
    Effect.map((value) => (value === "" ? undefined : value)),
    Effect.orElseSucceed(() => undefined)
  )

/** The token of a server: of a file, or of the environment, and never an argument, which everybody on the machine sees. */
export const tokenOf = (file: string | undefined): Effect.Effect<Redacted.Redacted | undefined, Failure> =>
  file === undefined
    ? Effect.map(variable("EFFECT_OBSERVABILITY_TOKEN"), (token) =>
        token === undefined ? token : Redacted.make(token)
      )
    : Effect.tryPromise({
        try: () => fs.readFile(file, "utf8"),
        catch: (cause) => failed(`--token-file: ${messageOf(cause)}`, cause)
      }).pipe(
        Effect.map((text) => text.trim()),
        Effect.filterOrFail(
          (text) => text !== "",
          () => usage(`--token-file: ${file} is empty`)
        ),
        Effect.map(Redacted.make)
      )

/** The name of a store, without what is secret of it. */
export const nameOf = (store: Store): string => (store.kind === "duckdb" ? store.path : withoutPassword(store.url))

const withoutPassword = (url: string): string => url.replace(/^(\w+:\/\/)[^@/]*@/, "$1")

/** Opens a store to be asked: a file that is not there is not made, and none is changed. */
export const open = (store: Store): Effect.Effect<StorageService, StorageError | Failure, Scope.Scope> => {
  switch (store.kind) {
    case "duckdb":
      return Effect.zipRight(exists(store.path), openFile(store.path, { readOnly: true }))
    case "clickhouse":
      return openClickhouse(store.url)
    case "remote":
      return openRemote(store)
  }
}

/**
 * A store for a command that goes on for long: a file is opened for each question and let go of after it, so that the
 * program which writes it can.
 */
export const openEachTime: (store: Store) => Effect.Effect<StorageService, StorageError | Failure, Scope.Scope> =
  Effect.fnUntraced(function* (store) {
    if (store.kind !== "duckdb") return yield* open(store)
    yield* exists(store.path)
    const opened = Effect.mapError(open(store), (error) =>
      error instanceof StorageError
        ? error
        : new StorageError({ reason: "Locked", retryable: true, detail: error.message, cause: error })
    )
    const method = (name: keyof StorageService) => [
      name,
      (...args: ReadonlyArray<never>) =>
        Effect.scoped(Effect.flatMap(opened, (storage) => (storage[name] as Method)(...args)))
    ]
    return Object.fromEntries(Struct.keys(makeStorage({})).map(method))
  })

type Method = (...args: ReadonlyArray<never>) => Effect.Effect<unknown, StorageError>

/** Opens a store in which something is changed. */
export const openToWrite = (
  store: Store,
  retention?: bigint
): Effect.Effect<StorageService, StorageError | Failure, Scope.Scope> => {
  const kept = retention === undefined ? undefined : Duration.nanos(retention)
  switch (store.kind) {
    case "duckdb":
      return openFile(store.path, { readOnly: false, retention: kept })
    case "clickhouse":
      return openClickhouse(store.url, kept)
    case "remote":
      return openRemote(store)
  }
}

export const openFile = Effect.fnUntraced(function* (
  path: string,
  options: { readonly readOnly: boolean; readonly retention?: Duration.Duration | undefined }
) {
  const { DuckDbStorage } = yield* load("@duckdb/node-api", "A DuckDB file", () => import("./internal/duckdb.js"))
  return yield* DuckDbStorage.make({ path, ...options, connect: "eager" }).pipe(Effect.mapError(held(path)))
})

/** Fails unless there is a file: DuckDB would make one of a name that was mistyped. */
export const exists = (path: string): Effect.Effect<void, Failure> =>
  Effect.tryPromise({
    try: () => fs.stat(path),
    catch: (cause) =>
      failed(
        (cause as NodeJS.ErrnoException).code === "ENOENT"
          ? `there is no file ${path}`
          : `${path}: ${messageOf(cause)}`,
        cause
      )
  }).pipe(
    Effect.filterOrFail(
      (stat) => stat.isFile(),
      () => failed(`${path} is no file`)
    ),
    Effect.asVoid
  )

const openClickhouse = Effect.fnUntraced(function* (url: string, retention?: Duration.Duration) {
  const { ClickhouseStorage } = yield* Effect.promise(() => import("./internal/clickhouse.js"))
  const [username, password] = [yield* variable("CLICKHOUSE_USER"), yield* variable("CLICKHOUSE_PASSWORD")]
  return yield* ClickhouseStorage.make({
    url,
    username,
    password: password === undefined ? undefined : Redacted.make(password),
    retention,
    connect: "eager"
  })
})

const openRemote = ({ token, url }: Extract<Store, { readonly kind: "remote" }>) =>
  Effect.flatMap(
    Effect.promise(() => import("./internal/remote.js")),
    ({ RemoteStorage }) => RemoteStorage.make({ url, token })
  )

/** Loads what needs a package that is not in this file. */
const load = <A>(name: string, what: string, module: () => Promise<A>): Effect.Effect<A, Failure> =>
  Effect.tryPromise({
    try: module,
    catch: (cause) =>
      isMissing(cause, name)
        ? failed(
            `${what} needs the package ${name}, which is not installed: npm install ${name}, ` +
              `or npx -p effect-observability -p ${name} effect-observability …`,
            cause
          )
        : failed(`the package ${name} cannot be loaded: ${messageOf(cause).split("\n", 1)[0]}`, cause)
  })

const isMissing = (cause: unknown, name: string): boolean => {
  const { code, message = "" } = cause as NodeJS.ErrnoException
  return (code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND") && message.includes(`'${name}'`)
}

/** The error of a file that another process holds, with the process and the two ways. */
const held =
  (path: string) =>
  (error: StorageError): StorageError | Failure => {
    if (error.reason !== "Locked") return error
    const [, program = "another process", pid] =
      /Conflicting lock is held in (.+?) \(PID (\d+)\)/.exec(error.message) ?? []
    return failed(
      `${path} is held by ${program}${pid === undefined ? "" : ` (process ${pid})`}, and DuckDB lets one process open a file. ` +
        `Either ask through it: end it, start effect-observability serve --db ${path}, send to that, and ask with --url http://127.0.0.1:4318; ` +
        "or let it write a copy with DuckDbStorage.snapshot(path), and ask that with --db",
      error
    )
  }
