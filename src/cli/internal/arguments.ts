/** Options that many commands have, and what they become. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Json } from "../../signal/Json.js"
import { usage } from "../Failure.js"
import * as Times from "./times.js"

const optional = <A>(options: Options.Options<A>): Options.Options<A | undefined> =>
  Options.map(Options.optional(options), Option.getOrUndefined)

/** Puts the name of an option before what is wrong with its value. */
const named = (name: string) => Either.mapLeft((message: string) => `--${name}: ${message}`)

/** Refuses a value with the words of a check. */
const checked =
  <A, B>(check: (value: A) => Either.Either<B, string>) =>
  (options: Options.Options<A | undefined>): Options.Options<B | undefined> =>
    Options.mapEffect(options, (value) =>
      value === undefined
        ? Effect.succeed(undefined)
        : Effect.mapError(check(value), (message) => ValidationError.invalidValue(HelpDoc.p(message)))
    )

/** An option with a word for its value and a description, absent unless it is given. */
export const text = (name: string, placeholder: string, description: string): Options.Options<string | undefined> =>
  optional(Options.text(name).pipe(Options.withPseudoName(placeholder), Options.withDescription(description)))

export const number = (name: string, description: string): Options.Options<number | undefined> =>
  text(name, "number", description).pipe(checked((value) => named(name)(numberOf(value))))

/** A whole number of at least `least`. */
export const integer = (name: string, least: number, description: string): Options.Options<number | undefined> =>
  text(name, "number", description).pipe(
    checked((value) =>
      named(name)(
        Either.filterOrLeft(
          numberOf(value),
          (number) => Number.isSafeInteger(number) && number >= least,
          () => `expected a whole number of at least ${least} and not ${value}`
        )
      )
    )
  )

const numberOf = (text: string): Either.Either<number, string> =>
  text.trim() !== "" && Number.isFinite(Number(text))
    ? Either.right(Number(text))
    : Either.left(`expected a number and not ${text}`)

/** One of some words. Those of `@effect/cli` do not say which option a wrong one was given to. */
export const choice = <const A extends string>(
  name: string,
  choices: ReadonlyArray<A>,
  description: string
): Options.Options<A | undefined> =>
  text(name, choices.join("|"), description).pipe(
    checked((value) =>
      named(name)(
        Either.fromNullable(
          choices.find((choice) => choice === value),
          () => `expected ${choices.join(", ")} and not ${value}`
        )
      )
    )
  )

export const flag = (name: string, description: string): Options.Options<boolean> =>
  Options.boolean(name).pipe(Options.withDescription(description))

/** An option that may be given more than once. */
export const texts = (
  name: string,
  placeholder: string,
  description: string
): Options.Options<ReadonlyArray<string>> => {
  repeatable.add(`--${name}`)
  return Options.text(name).pipe(
    Options.withPseudoName(placeholder),
    Options.withDescription(description),
    Options.repeated
  )
}

const repeatable = new Set<string>()

export const durationOf = (
  name: string,
  placeholder: string,
  description: string
): Options.Options<bigint | undefined> =>
  text(name, placeholder, description).pipe(checked((value) => named(name)(Times.duration(value))))

export const utc = flag("utc", "Times in UTC; in the zone of this machine otherwise.")
export const json = flag("json", "A line of JSON for each record, with exact numbers.")

/** Times as they were given: what they mean depends on `--utc`. */
export const range = Options.all({
  since: durationOf("since", "duration", "Not older than this: 90s, 2h, 7d."),
  from: text("from", "time", "At or after this time: 2026-06-01, 2026-06-01T09:30, or nanoseconds since the epoch."),
  to: text("to", "time", "Before this time.")
})

const time = (name: string, utc: boolean, value: string | undefined) =>
  value === undefined ? Effect.succeed(undefined) : Effect.mapError(named(name)(Times.time(value, utc)), usage)

/** `KEY=VALUE`, of which the value is JSON where it reads as such, and a text otherwise. */
export const metadata: Options.Options<{ readonly [key: string]: Json } | undefined> = texts(
  "metadata",
  "key=value",
  'Metadata has this value: a text, or JSON as in trial=3 or trial="3".'
).pipe(
  Options.mapEffect((pairs) =>
    pairs.length === 0
      ? Effect.succeed(undefined)
      : Effect.map(Effect.forEach(pairs, pair), (entries) => Object.fromEntries(entries))
  )
)

const pair = (text: string) => {
  const at = text.indexOf("=")
  return at > 0
    ? Effect.succeed([text.slice(0, at), jsonOr(text.slice(at + 1))] as const)
    : Effect.fail(ValidationError.invalidValue(HelpDoc.p(`--metadata: expected key=value and not ${text}`)))
}

const jsonOr = (text: string): Json =>
  Option.getOrElse(Option.liftThrowable(JSON.parse)(text) as Option.Option<Json>, () => text)

/** The times that `--since`, `--from` and `--to` say; `since` counts back from now. */
export const timesOf = Effect.fnUntraced(function* (
  {
    from,
    since,
    to
  }: { readonly since: bigint | undefined; readonly from: string | undefined; readonly to: string | undefined },
  utc: boolean
) {
  if (since !== undefined && from !== undefined) {
    return yield* usage("--since and --from say the same: give one of them")
  }
  const now = BigInt(yield* Effect.clockWith((clock) => clock.currentTimeMillis)) * 1_000_000n
  return {
    startedAfter: since === undefined ? yield* time("from", utc, from) : now - since,
    startedBefore: yield* time("to", utc, to)
  }
})

/** The fields that have a value. */
export const given = <A extends object>(fields: A): { readonly [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never

/** The switches, which have no value. */
const switches = new Set(
  "all failed full help json logs not-failed open read-only rest tree utc version wizard yes"
    .split(" ")
    .map((name) => `--${name}`)
)

/** Whether an argument is an option that takes the next one for its value. */
const takesNext = (argument: string): boolean => /^--[a-z][a-z-]*$/.test(argument) && !switches.has(argument)

/** `--name=value` as two arguments: `@effect/cli` drops what follows a second `=`, and takes nothing for no option. */
export const separated = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  return args.flatMap((argument, i) => {
    const [, name = "", value = ""] = /^(--[a-z][a-z-]*)=(.*)$/s.exec(end >= 0 && i > end ? "" : argument) ?? []
    return takesNext(name) ? [name, value] : [argument]
  })
}

/** A fault of arguments for whichever command: `@effect/cli` calls an option that comes twice unknown. */
export const faultIn = (args: ReadonlyArray<string>): string | undefined => {
  const seen = new Set<string>()
  for (let i = 0; i < args.length && args[i] !== "--"; i++) {
    const name = args[i] as string
    if (!/^--[a-z][a-z-]*$/.test(name)) continue
    if (takesNext(name) && args[++i] === "") return `${name}: its value is empty`
    if (seen.has(name) && !repeatable.has(name)) return `${name} is given twice, and has one value`
    seen.add(name)
  }
  return undefined
}
