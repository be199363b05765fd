/**
 * What the environment says: OpenTelemetry's variables and `NODE_ENV`, read through Effect's `Config`. As OpenTelemetry
 * wants it, an empty variable is none, and one that cannot be understood is ignored with a warning.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { isPlainObject } from "./values.js"

interface Fields {
  readonly [field: string]: unknown
}

/** Gives a configuration what it leaves open, and says which variables are ignored. */
export const fill = Effect.fnUntraced(function* (given: Fields) {
  const warnings: Array<string> = []
  const variable = <A>(name: string, parse: Parse<A>) =>
    Effect.catchAll(read(name, parse), (warning) => Effect.sync(() => void warnings.push(warning)))

  const attributes = (yield* variable("OTEL_RESOURCE_ATTRIBUTES", resourceAttributes)) ?? {}

  const sampling = Effect.gen(function* () {
    const name = yield* variable("OTEL_TRACES_SAMPLER", samplerName)
    if (name === undefined) return undefined
    const parent = name.startsWith("parentbased_") ? {} : { ignoreParent: true }
    if (name.endsWith("always_on")) return { type: "always", ...parent }
    if (name.endsWith("always_off")) return { type: "never", ...parent }
    return { type: "ratio", probability: (yield* variable("OTEL_TRACES_SAMPLER_ARG", probability)) ?? 1, ...parent }
  })

  const { batch = {}, resource = {}, ...rest } = given
  const givenAttribute = (key: string) =>
    isPlainObject(resource) && Predicate.isString(resource[key]) ? resource[key] : undefined
  const attribute = (key: string) => givenAttribute(key) ?? attributes[key]
  const filled = yield* withOthers(rest, {
    serviceName: Effect.map(
      variable("OTEL_SERVICE_NAME", text),
      (name) => givenAttribute("service.name") ?? name ?? attributes["service.name"]
    ),
    serviceVersion: Effect.sync(() => attribute("service.version")),
    environment: Effect.map(variable("NODE_ENV", text), (name) => attribute("deployment.environment.name") ?? name),
    sampling
  })
  const filledBatch = isPlainObject(batch)
    ? yield* withOthers(batch, {
        scheduledDelay: variable("OTEL_BSP_SCHEDULE_DELAY", positiveInt),
        exportTimeout: variable("OTEL_BSP_EXPORT_TIMEOUT", positiveInt),
        maxQueueSize: variable("OTEL_BSP_MAX_QUEUE_SIZE", positiveInt),
        maxBatchSize: variable("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", positiveInt)
      })
    : batch
  return {
    warnings,
    filled: {
      ...filled,
      batch: filledBatch,
      resource: isPlainObject(resource) ? { ...attributes, ...resource } : resource
    }
  }
})

/** `OTEL_SDK_DISABLED`: whether the program shall run as if nothing observed it. */
export const disabled: Effect.Effect<boolean> = Effect.suspend(() =>
  read("OTEL_SDK_DISABLED", word("true", "false")).pipe(
    Effect.map((value) => value === "true"),
    Effect.catchAll((warning) => Effect.as(Effect.logWarning(warning), false))
  )
)

/** The given fields, and others where those are absent or `undefined`. */
const withOthers = (
  given: Fields,
  others: { readonly [field: string]: Effect.Effect<unknown> }
): Effect.Effect<Fields> =>
  Effect.map(
    Effect.all(Object.fromEntries(Object.entries(others).filter(([field]) => given[field] === undefined))),
    (values) => Object.fromEntries(Object.entries({ ...given, ...values }).filter(([, value]) => value !== undefined))
  )

/** The value of a variable, or a sentence that says why it is ignored. */
const read = <A>(name: string, parse: Parse<A>): Effect.Effect<A | undefined, string> =>
  Config.option(Config.string(name)).pipe(
    Effect.mapError(String),
    Effect.flatMap((value) => {
      const text = Option.getOrElse(value, () => "").trim()
      return text === "" ? Effect.succeed(undefined) : parse(text)
    }),
    Effect.mapError((reason) => `The environment variable ${name} is ignored: ${reason}`)
  )

type Parse<A> = (text: string) => Either.Either<A, string>

const parseWith =
  <A>(schema: Schema.Schema<A, string>): Parse<A> =>
  (text) =>
    Either.mapLeft(Schema.decodeEither(schema)(text), (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error)
        .map(({ message }) => message)
        .join(", ")
    )

const word =
  <Words extends ReadonlyArray<string>>(...words: Words): Parse<Words[number]> =>
  (text) =>
    Either.fromNullable(
      words.find((word) => word === text.toLowerCase()),
      () => `Expected ${words.map((word) => `"${word}"`).join(" | ")}, actual "${text}"`
    )

const text: Parse<string> = Either.right

const positiveInt = parseWith(Schema.NumberFromString.pipe(Schema.int(), Schema.positive()))

const probability = parseWith(Schema.NumberFromString.pipe(Schema.between(0, 1)))

const samplerName = word(
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio"
)

/** `key=value,key=value`, percent-encoded. One that is wrong makes all of them void, one without a value is none. */
const resourceAttributes: Parse<{ readonly [key: string]: string }> = (text) =>
  Either.map(
    Either.all(
      text
        .split(",")
        .filter((member) => member.trim() !== "")
        .map((member) => {
          const [key = "", ...value] = member.split("=")
          return key.trim() === "" || value.length === 0
            ? Either.left(`Expected key=value, actual ${JSON.stringify(member)}`)
            : Either.mapLeft(
                Either.all([
                  Encoding.decodeUriComponent(key.trim()),
                  Encoding.decodeUriComponent(value.join("=").trim())
                ]),
                () => `Expected a percent-encoded value, actual ${JSON.stringify(member)}`
              )
        })
    ),
    (members) =>
      Object.fromEntries(members.map(([key, value]) => [key, value.trim()]).filter(([, value]) => value !== ""))
  )
