/**
 * Golden files: what the library gave when they were last looked at, beside the tests that compare it.
 *
 * A test fails when what it gives is not what its file holds. Where the difference is meant,
 * `UPDATE_GOLDEN=1 npx vitest run test/golden` writes the files anew, and the commit shows what has changed.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { assert } from "@effect/vitest"
import { Effect } from "effect"

/** Compares a text with a golden file. */
export const matchesGolden = (file: string, text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    const path = new URL(file, import.meta.url)
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, `${text}\n`)
    assert.strictEqual(`${text}\n`, readFileSync(path, "utf8"), `test/golden/${file} (see test/golden/golden.ts)`)
  })

/** Texts under headings. */
export const sections = (parts: ReadonlyArray<readonly [heading: string, body: string]>): string =>
  parts.map(([heading, body]) => `-- ${heading}\n\n${body}`).join("\n\n\n")

/** A statement with single spaces, and a line for each of its clauses, so that a difference is a line. */
export const statement = (sql: string): string =>
  sql
    .replace(/\s+/g, " ")
    .replace(
      / (?=(?:WITH|SELECT|(?<!DELETE )FROM|(?:PRE)?WHERE|AND|OR|UNION|INTERSECT|GROUP BY|HAVING|ORDER BY|LIMIT)\b)/g,
      "\n"
    )
    .replace(/, (?="?\w+"?: )/g, ",\n  ")
    .trim()

/** The definition of a table, with a line for each of its columns and clauses. */
export const definition = (sql: string): string => {
  let depth = 0
  let isInColumns = true
  return sql
    .replace(/\s+/g, " ")
    .replace(/[(),]/g, (mark) => {
      if (!isInColumns) return mark
      if (mark === "(" && depth++ === 0) return "(\n "
      if (mark === ")" && --depth === 0) {
        isInColumns = false
        return "\n)"
      }
      return mark === "," && depth === 1 ? ",\n " : mark
    })
    .replace(/^ +/gm, "  ")
    .replace(/(?<!^) (?=(?:ENGINE|PARTITION BY|ORDER BY|TTL|SETTINGS|TO|AS SELECT)\b)/gm, "\n")
}

/** An object with a line for each of its entries. */
export const lines = (object: object): string =>
  Object.entries(object)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join("\n")

/** Bytes as hex digits, 32 a line. */
export const hex = (bytes: Buffer): string => bytes.toString("hex").replace(/.{64}(?=.)/g, "$&\n")
