/**
 * A field of a record, written down once. Its row in the table of a signal says what a value may be; validation, size,
 * masking, columns, filters and conventions follow from it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { isJson, isJsonObject } from "./internal/json.js"
import { Json, JsonObject } from "./Json.js"

/**
 * The kinds of fields. An engine knows how to keep and compare each of them, and needs to know nothing else of a field.
 *
 * | kind | value |
 * |---|---|
 * | `id` | lower-case hex digits |
 * | `key` | a text that ties records together; never masked |
 * | `word` | one of some words |
 * | `name` | a text of which there are few: of a service, a model, a tool |
 * | `text` | any text |
 * | `flag` | a boolean |
 * | `time` | nanoseconds since the epoch, a signed 64-bit integer |
 * | `duration` | nanoseconds between two moments, a signed 64-bit integer |
 * | `count` | a whole number that JavaScript holds exactly |
 * | `real` | a finite number |
 * | `names` | a list of names |
 * | `object` | a JSON object |
 * | `values` | a list of JSON values |
 * | `numbers` | finite numbers by name |
 * | `reals` | a list of finite numbers |
 * | `struct` | an object of fields |
 * | `list` | a list of objects of fields |
 *
 * @since 0.1.0
 * @category models
 */
export type Kind =
  | "id"
  | "key"
  | "word"
  | "name"
  | "text"
  | "flag"
  | "time"
  | "duration"
  | "count"
  | "real"
  | "names"
  | "object"
  | "values"
  | "numbers"
  | "reals"
  | "struct"
  | "list"

/**
 * The rest of a row, besides the kind of the field.
 *
 * @since 0.1.0
 * @category models
 */
export interface FieldOptions {
  /** The attributes that fill the field of a span, by precedence. */
  readonly from?: ReadonlyArray<string> | undefined
  /** The attributes by which the field is sent by OTLP. */
  readonly to?: ReadonlyArray<string> | undefined
  /** A list may be filtered by it. */
  readonly asked?: Asked | undefined
  /** The value is summed over the `model_generation` spans of a session in its summary. */
  readonly summed?: true | undefined
  /** `false` where the values are no secrets, or must stay as they are: texts of all other fields are masked. */
  readonly masked?: false | undefined
  /** Records share the value in memory: it counts for nothing in the size of one. */
  readonly shared?: true | undefined
  /** Of a word: the one that stands for any that this release does not know, in what a store gives back. */
  readonly otherwise?: string | undefined
  /** Of a list: makes an item of its fields, where records hold other objects than plain ones. */
  readonly item?: ((fields: never) => object) | undefined
  /** Never changes between a running span and the completed one. */
  readonly fixed?: true | undefined
}

/**
 * Of what a filter is asked one level up from the row: of the entry span of a trace or of some span of it, and, for
 * sessions, of some record or of some span.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asked {
  readonly traces: "entry" | "some"
  readonly sessions: "record" | "span"
  /** Further fields of which one may have the value as well. */
  readonly also?: ReadonlyArray<string> | undefined
}

/**
 * One row of the table of a signal.
 *
 * @since 0.1.0
 * @category models
 */
export interface Field<
  out S extends Schema.Schema.AnyNoContext = Schema.Schema.AnyNoContext,
  out Optional extends boolean = boolean
> extends FieldOptions {
  readonly kind: Kind
  readonly schema: S
  readonly optional: Optional
  readonly isValid: (value: unknown) => boolean
  /** The words of a `word`. */
  readonly words?: ReadonlyArray<string> | undefined
  /** The fields of a `struct`, and of each item of a `list`. */
  readonly fields?: Fields | undefined
}

/**
 * The table of a signal: a field for each name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fields {
  readonly [name: string]: Field
}

/**
 * The fields of a `Schema.Struct` that has the fields of a table.
 *
 * @since 0.1.0
 * @category type-level
 */
export type SchemasOf<F> = {
  readonly [K in keyof F]: F[K] extends Field<infer S, infer Optional>
    ? Optional extends true
      ? Schema.optional<S>
      : S
    : never
}

/**
 * The values of the fields of a table.
 *
 * @since 0.1.0
 * @category type-level
 */
export type ValuesOf<F> = Schema.Struct.Type<SchemasOf<F> & Schema.Struct.Fields>

/** The fields of a table, as those of a `Schema.Struct`. @internal */
export const schemasOf = <const F extends Fields>(fields: F): SchemasOf<F> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { optional, schema }]) => [name, optional ? Schema.optional(schema) : schema])
  ) as SchemasOf<F>

/**
 * A field that a record may lack.
 *
 * @since 0.1.0
 * @category constructors
 */
export const optional = <S extends Schema.Schema.AnyNoContext>(field: Field<S, false>): Field<S, true> => ({
  ...field,
  optional: true
})

const field = <S extends Schema.Schema.AnyNoContext>(
  kind: Kind,
  schema: S,
  isValid: (value: unknown) => boolean,
  options?: FieldOptions & Pick<Field, "words" | "fields">
): Field<S, false> => ({ ...options, kind, schema, isValid, optional: false })

/**
 * Lower-case hex digits. They are never masked.
 *
 * @since 0.1.0
 * @category constructors
 */
export const id = (digits: number, what: string, options?: FieldOptions) => {
  const pattern = new RegExp(`^[0-9a-f]{${digits}}$`)
  return field(
    "id",
    Schema.String.pipe(Schema.pattern(pattern, { message: () => `expected ${what}: ${digits} lower-case hex digits` })),
    (value) => typeof value === "string" && pattern.test(value),
    options
  )
}

/**
 * A text that ties records together, and is never masked: by the schema any text, or what another one says.
 *
 * @since 0.1.0
 * @category constructors
 */
export const key = <S extends Schema.Schema.AnyNoContext = typeof Schema.String>(
  options?: FieldOptions,
  schema?: S,
  isValid: (value: unknown) => boolean = isText
) => field("key", schema ?? (Schema.String as Schema.Schema.AnyNoContext as S), isValid, options)

/**
 * The id of a record: a text that is not empty.
 *
 * @since 0.1.0
 * @category constructors
 */
export const recordId = (options?: FieldOptions) =>
  field("key", Schema.NonEmptyString, (value) => value !== "" && isText(value), options)

/**
 * One of some words.
 *
 * @since 0.1.0
 * @category constructors
 */
export const word = <S extends Schema.Schema.AnyNoContext & { readonly literals: ReadonlyArray<string> }>(
  schema: S,
  options?: FieldOptions
) => {
  const words = schema.literals
  return field("word", schema, (value) => (words as ReadonlyArray<unknown>).includes(value), { ...options, words })
}

/**
 * A text of which there are few.
 *
 * @since 0.1.0
 * @category constructors
 */
export const name = (options?: FieldOptions) => field("name", Schema.String, isText, options)

/**
 * Any text.
 *
 * @since 0.1.0
 * @category constructors
 */
export const text = (options?: FieldOptions) => field("text", Schema.String, isText, options)

/**
 * A boolean.
 *
 * @since 0.1.0
 * @category constructors
 */
export const flag = (options?: FieldOptions) =>
  field("flag", Schema.Boolean, (value) => typeof value === "boolean", options)

/**
 * Nanoseconds since the epoch: a signed 64-bit integer, encoded as a decimal string.
 *
 * @since 0.1.0
 * @category constructors
 */
export const time = (options?: FieldOptions) => field("time", Nanos, isInt64, options)

/**
 * Nanoseconds between two moments: a signed 64-bit integer, encoded as a decimal string.
 *
 * @since 0.1.0
 * @category constructors
 */
export const duration = (options?: FieldOptions) => field("duration", DurationNanos, isInt64, options)

/**
 * A whole number that JavaScript holds exactly.
 *
 * @since 0.1.0
 * @category constructors
 */
export const count = (options?: FieldOptions) => field("count", Schema.Int, Number.isSafeInteger, options)

/**
 * A finite number.
 *
 * @since 0.1.0
 * @category constructors
 */
export const real = (options?: FieldOptions) => field("real", Schema.Finite, Number.isFinite, options)

/**
 * A list of names.
 *
 * @since 0.1.0
 * @category constructors
 */
export const names = (options?: FieldOptions) => field("names", Schema.Array(Schema.String), every(isText), options)

/**
 * A JSON object.
 *
 * @since 0.1.0
 * @category constructors
 */
export const object = (options?: FieldOptions) =>
  field("object", JsonObject, (value) => isJsonObject(value, isWellFormed), options)

/**
 * A list of JSON values.
 *
 * @since 0.1.0
 * @category constructors
 */
export const values = (options?: FieldOptions) =>
  field(
    "values",
    Schema.Array(Json),
    every((value) => isJson(value, isWellFormed)),
    options
  )

/**
 * Finite numbers by name.
 *
 * @since 0.1.0
 * @category constructors
 */
export const numbers = (options?: FieldOptions) =>
  field(
    "numbers",
    Schema.Record({ key: Schema.String, value: Schema.Finite }),
    (value) => isJsonObject(value, isWellFormed) && Object.values(value as object).every(Number.isFinite),
    options
  )

/**
 * A list of finite numbers.
 *
 * @since 0.1.0
 * @category constructors
 */
export const reals = (options?: FieldOptions) =>
  field("reals", Schema.Array(Schema.Finite), every(Number.isFinite), options)

/**
 * An object with fields of its own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const struct = <A, I>(fields: Fields, schema: Schema.Schema<A, I>, options?: FieldOptions) =>
  field("struct", schema, (value) => isObject(value) && faultOf(fields, value) === undefined, { ...options, fields })

/**
 * A list of objects with fields of their own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const list = <A, I>(fields: Fields, schema: Schema.Schema<A, I>, options?: FieldOptions) =>
  field(
    "list",
    Schema.Array(schema),
    every((value) => isObject(value) && faultOf(fields, value) === undefined),
    { ...options, fields }
  )

/** The name of the first field of an object that is not what its table says. @internal */
export const faultOf = (fields: Fields, object: object): string | undefined => {
  for (const name in fields) {
    const { isValid, optional } = fields[name] as Field
    const value = (object as { readonly [name: string]: unknown })[name]
    if (value === undefined ? !optional : !isValid(value)) return name
  }
  return undefined
}

/**
 * Nanoseconds since the epoch: a signed 64-bit integer, encoded as a decimal string.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Nanos = Schema.BigInt.pipe(
  Schema.betweenBigInt(-(2n ** 63n), 2n ** 63n - 1n, {
    message: () => "expected nanoseconds since the epoch that fit into 64 bits"
  }),
  Schema.annotations({ identifier: "Nanos", title: "nanoseconds since the epoch" })
)

/**
 * Nanoseconds between two moments: a signed 64-bit integer, encoded as a decimal string.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DurationNanos = Schema.BigInt.pipe(
  Schema.betweenBigInt(-(2n ** 63n), 2n ** 63n - 1n, { message: () => "expected nanoseconds that fit into 64 bits" }),
  Schema.annotations({ identifier: "DurationNanos", title: "nanoseconds between two moments" })
)

const isInt64 = (value: unknown): boolean => typeof value === "bigint" && BigInt.asIntN(64, value) === value

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** Text without lone surrogates, which no engine can keep. */
const isWellFormed = (text: string): boolean => text.isWellFormed()

const isText = (value: unknown): boolean => typeof value === "string" && isWellFormed(value)

const every = (isItem: (item: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(isItem)
