/**
 * OpenTelemetry's environment variables, read through Effect's `Config`. As its specification has it, an empty variable is
 * none, and one that cannot be understood is ignored with a warning.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Reads the text of a variable, or says why it cannot. */
export type Parse<A> = (text: string) => Either.Either<A, string>

/** The value of a variable; `undefined` where it is not set. Fails with the warning to give if it is to be ignored. */
export const read = <A>(name: string, parse: Parse<A>): Effect.Effect<A | undefined, string> =>
  Config.option(Config.string(name)).pipe(
    Effect.mapError(String),
    Effect.flatMap((value): Effect.Effect<A | undefined, string> => {
      const text: unknown = Option.getOrElse(value, () => "")
      // A `ConfigProvider` of the program may give what it likes.
      if (typeof text !== "string") return Effect.fail(`Expected text, actual ${typeof text}`)
      return text.trim() === "" ? Effect.succeed(undefined) : parse(text.trim())
    }),
    Effect.catchAllDefect(() => Effect.fail("it cannot be read")),
    Effect.mapError((reason) => `The environment variable ${name} is ignored: ${reason}`)
  )

export const text: Parse<string> = Either.right

/** One of some words, in any case. */
export const word =
  <Words extends ReadonlyArray<string>>(...words: Words): Parse<Words[number]> =>
  (text) =>
    Either.fromNullable(
      words.find((word) => word === text.toLowerCase()),
      () => `Expected ${words.map((word) => `"${word}"`).join(" | ")}, actual "${text}"`
    )

const parseWith =
  <A>(schema: Schema.Schema<A, string>): Parse<A> =>
  (text) =>
    Either.mapLeft(Schema.decodeEither(schema)(text), (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error)
        .map(({ message }) => message)
        .join(", ")
    )

export const positiveInt = parseWith(Schema.NumberFromString.pipe(Schema.int(), Schema.positive()))

export const probability = parseWith(Schema.NumberFromString.pipe(Schema.between(0, 1)))

/** `key=value,key=value`, percent-encoded. One that is wrong makes all of them void. */
export const pairs: Parse<ReadonlyArray<readonly [key: string, value: string]>> = (text) =>
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
  )
