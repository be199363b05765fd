/** What is used here of JSON Schema, draft 7, to the letter: next to a `$ref` nothing counts. */
type JsonSchema = { readonly [keyword: string]: unknown }

/** Whether a value fits a schema, as an editor would tell. A keyword that is not known throws. */
export const validator = (root: JsonSchema) => {
  const fits = (schema: JsonSchema, value: unknown): boolean => {
    const { $ref } = schema
    if (typeof $ref === "string") return fits(at($ref), value)
    return Object.entries(schema).every(([keyword, argument]) => {
      const check = keywords[keyword]
      if (check === undefined) throw new Error(`The keyword ${keyword} is not known`)
      return check(value, argument, schema)
    })
  }

  const at = (pointer: string): JsonSchema =>
    pointer
      .split("/")
      .slice(1)
      .reduce<JsonSchema>((schema, key) => schema[key] as JsonSchema, root)

  const all = (schemas: unknown) => schemas as ReadonlyArray<JsonSchema>
  const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
    typeof value === "object" && value !== null && !Array.isArray(value)
  const annotation = () => true

  const keywords: Record<string, (value: unknown, argument: unknown, schema: JsonSchema) => boolean> = {
    $schema: annotation,
    $defs: annotation,
    $comment: annotation,
    title: annotation,
    description: annotation,
    deprecated: annotation,
    type: (value, type) =>
      type === "object"
        ? isObject(value)
        : type === "array"
          ? Array.isArray(value)
          : type === "integer"
            ? Number.isInteger(value)
            : typeof value === type,
    enum: (value, values) => (values as ReadonlyArray<unknown>).includes(value),
    anyOf: (value, schemas) => all(schemas).some((schema) => fits(schema, value)),
    allOf: (value, schemas) => all(schemas).every((schema) => fits(schema, value)),
    not: (value, schema) => !fits(schema as JsonSchema, value),
    minimum: (value, least) => typeof value !== "number" || value >= (least as number),
    exclusiveMinimum: (value, bound) => typeof value !== "number" || value > (bound as number),
    maximum: (value, most) => typeof value !== "number" || value <= (most as number),
    minProperties: (value, least) => !isObject(value) || Object.keys(value).length >= (least as number),
    minLength: (value, least) => typeof value !== "string" || Array.from(value).length >= (least as number),
    pattern: (value, pattern) => typeof value !== "string" || new RegExp(pattern as string, "u").test(value),
    items: (value, schema) => !Array.isArray(value) || value.every((item) => fits(schema as JsonSchema, item)),
    required: (value, keys) => !isObject(value) || (keys as ReadonlyArray<string>).every((key) => key in value),
    properties: (value, schemas) =>
      !isObject(value) ||
      Object.entries(schemas as Record<string, JsonSchema>).every(
        ([key, schema]) => !Object.hasOwn(value, key) || fits(schema, value[key])
      ),
    additionalProperties: (value, allowed, { properties }) =>
      allowed !== false ||
      !isObject(value) ||
      Object.keys(value).every((key) => Object.hasOwn(properties as object, key))
  }

  return (value: unknown) => fits(root, value)
}
