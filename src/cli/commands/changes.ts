/** `copy`, `snapshot` and `delete`. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Storage from "../../storage/Storage.js"
import type { Deleted } from "../../storage/StorageService.js"
import { failed, notFound, usage } from "../Failure.js"
import * as Arguments from "../internal/arguments.js"
import * as Filters from "../internal/filters.js"
import { counted } from "../internal/numbers.js"
import * as Times from "../internal/times.js"
import * as Output from "../Output.js"
import { described } from "../overview.js"
import * as Store from "../Store.js"

export const copy = Command.make(
  "copy",
  {
    store: Store.options,
    toDb: Arguments.text("to-db", "file", "To this DuckDB file, which is made if it is not there."),
    toClickhouse: Arguments.text("to-clickhouse", "url", "To this ClickHouse."),
    filters: Filters.ofSpans,
    range: Arguments.range,
    resumeAfter: Arguments.text("resume-after", "text", "Goes on where a copy with the same filters has said."),
    utc: Arguments.utc
  },
  Effect.fnUntraced(function* ({ filters, range, resumeAfter, store, toClickhouse, toDb, utc }) {
    if ((toDb === undefined) === (toClickhouse === undefined)) {
      return yield* usage("say where to: --to-db FILE or --to-clickhouse URL")
    }
    const times = yield* Arguments.timesOf(range, utc)
    const all = { ...filters, ...Arguments.given(times) }
    const chosen = yield* Store.choose(store)
    const from = yield* Store.open(chosen)
    const to = yield* Store.openToWrite(
      yield* Store.choose({ db: toDb, clickhouse: toClickhouse, url: undefined, tokenFile: undefined })
    )
    let resume: string | undefined
    const isChosen = Object.keys(all).length > 0
    const told = (progress: Storage.CopyProgress) =>
      countsOf(progress) + (isChosen ? ` of ${counted(progress.sessions, "session")}` : "")
    const done = yield* Storage.copy({
      from,
      to,
      filters: isChosen ? all : undefined,
      resumeAfter,
      onProgress: (progress) => {
        resume = progress.resumeAfter ?? resume
        return Output.progress(told(progress))
      }
    }).pipe(
      Effect.ensuring(Output.progressed),
      Effect.onError(() => (resume === undefined ? Effect.void : Output.note(`to go on: --resume-after ${resume}`)))
    )
    yield* Output.note(`copied ${told(done)}`)
  }, Effect.scoped)
).pipe(Command.withDescription(described.copy))

const countsOf = (counts: Deleted): string =>
  (["spans", "logs", "metrics", "scores"] as const)
    .flatMap((name) => {
      const count = counts[name]
      return count === undefined ? [] : [counted(count, name.slice(0, -1))]
    })
    .join(", ")

export const snapshot = Command.make(
  "snapshot",
  { store: Store.options, to: Arguments.text("to", "file", "The file of the copy; one that is there is replaced.") },
  Effect.fnUntraced(function* ({ store, to }) {
    if (to === undefined) return yield* usage("say where to: --to FILE")
    const chosen = yield* Store.choose(store)
    if (chosen.kind !== "duckdb")
      return yield* usage("a snapshot is one of a DuckDB file: --db FILE; of others, copy has the records")
    yield* Store.exists(chosen.path)
    yield* Output.progress(`copying ${chosen.path}`)
    const storage = yield* Store.openFile(chosen.path, { readOnly: false })
    yield* Effect.ensuring(storage.snapshot(to), Output.progressed)
    yield* Output.note(`${to} has all that ${chosen.path} has`)
  }, Effect.scoped)
).pipe(Command.withDescription(described.snapshot))

export const remove = Command.make(
  "delete",
  {
    store: Store.options,
    session: Arguments.text("session", "id", "This session, with the records without a session in its traces."),
    before: Arguments.text("before", "time", "All records before this time."),
    olderThan: Arguments.durationOf("older-than", "duration", "All records older than this: 30d."),
    yes: Arguments.flag("yes", "Does not ask."),
    utc: Arguments.utc
  },
  Effect.fnUntraced(function* ({ before, olderThan, session, store, utc, yes }) {
    if ([before, olderThan, session].filter((value) => value !== undefined).length !== 1) {
      return yield* usage("say what to delete: --session ID, --before TIME or --older-than DURATION")
    }
    const { startedAfter, startedBefore } = yield* Arguments.timesOf(
      { since: olderThan, from: undefined, to: before },
      utc
    )
    const time = startedBefore ?? startedAfter
    const chosen = yield* Store.choose(store)
    if (!yes && !Output.isInteractive()) {
      return yield* usage("nobody is there to be asked whether it shall be deleted: add --yes")
    }
    if (chosen.kind === "duckdb") yield* Store.exists(chosen.path)
    const storage = yield* Store.openToWrite(chosen)
    const what = yield* Effect.gen(function* () {
      if (session === undefined) return `all records before ${Times.shown(time ?? 0n, utc)}`
      const summary = Option.getOrUndefined(yield* storage.getSession(session))
      if (summary === undefined) return yield* notFound(`there is no session ${session} in ${Store.nameOf(chosen)}`)
      const { logs, spans } = summary
      return `session ${session} with ${counted(spans, "span")} and ${counted(logs, "log")}`
    })
    if (!yes) {
      const answer = yield* Output.ask(`Delete ${what} of ${Store.nameOf(chosen)}? [y/N] `)
      if (!/^y(es)?$/i.test(answer)) return yield* failed("nothing was deleted")
    }
    yield* Output.progress(`deleting ${what}`)
    const deleted = yield* Effect.ensuring(
      session === undefined ? storage.deleteBefore(time ?? 0n) : storage.deleteSession(session),
      Output.progressed
    )
    yield* Output.note(`deleted ${countsOf(deleted)}`)
  }, Effect.scoped)
).pipe(Command.withDescription(described.delete))
