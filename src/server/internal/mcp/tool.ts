/** A tool: a name, what a model is told of it, its arguments, and an answer. */
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as JSONSchema from "effect/JSONSchema"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Storage, StorageError } from "../../../storage/Storage.js"
import * as Text from "./text.js"

/** The answer of a tool. */
export interface Answer {
  readonly text: string
  readonly structured?: { readonly [key: string]: unknown } | undefined
}

/** Why a tool has no answer, in words that help to ask again. */
export class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

/** A tool as a client is told of it, and what runs it. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: { readonly [key: string]: unknown }
  readonly run: (given: unknown) => Effect.Effect<Answer, Refused | StorageError, Storage>
}

export const make = <A, I>(tool: {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly arguments: Schema.Schema<A, I>
  readonly run: (given: A) => Effect.Effect<Answer, Refused | StorageError, Storage>
}): Tool => {
  const decode = Schema.decodeUnknown(tool.arguments, { onExcessProperty: "error", errors: "all" })
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: short(JSONSchema.make(tool.arguments, { target: "jsonSchema2020-12" })) as Tool["inputSchema"],
    run: (given) =>
      decode(withoutNulls(given)).pipe(
        Effect.mapError((error) => misfit(problems(error))),
        Effect.flatMap(tool.run)
      )
  }
}

/** A schema without what says nothing to a model, which reads it again with every question. */
const short = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(short)
  if (!Predicate.isRecord(schema)) return schema
  const isNode = typeof schema["type"] === "string" || Array.isArray(schema["enum"])
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) =>
      key === "$schema" || (isNode && unsaid.has(key)) ? [] : [[key, short(value)]]
    )
  )
}

const unsaid: ReadonlySet<string> = new Set(["title", "minLength", "maxLength", "maxItems"])

/** Some models give `null` for what they leave out. */
const withoutNulls = (given: unknown): unknown => {
  if (given === undefined || given === null) return {}
  return Predicate.isRecord(given)
    ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined))
    : given
}

/** The faults of each argument: of several reasons for one, each once. */
const problems = (error: ParseResult.ParseError): string => {
  const byPath = new Map<string, Array<string>>()
  for (const { message, path } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    // An optional argument may also be `undefined`, which no client can send.
    if (message.startsWith("Expected undefined")) continue
    const name = path.length === 0 ? "arguments" : Text.inline(path.join("."))
    byPath.set(name, Arr.dedupe([...(byPath.get(name) ?? []), Text.inline(message, 300)]))
  }
  return Array.from(byPath, ([name, messages]) => `- ${name}: ${messages.slice(0, 12).join("; ")}`)
    .slice(0, 20)
    .join("\n")
}

/** Says why there is no answer. */
export const refuse = (message: string): Refused => new Refused({ message })

/** The same, of arguments. */
export const misfit = (problems: string): Refused => refuse(`These arguments do not fit.\n${problems}`)
