import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Order } from "effect"
import type { Fields } from "../../src/signal/Field.js"
import { signalNames, signals } from "../../src/signal/signals.js"

interface Name {
  readonly field: string
  readonly attributes: string
}

const namesOf = (fields: Fields, path = ""): ReadonlyArray<Name> =>
  Object.entries(fields).flatMap(([name, { fields, to }]) => [
    ...(to === undefined ? [] : [{ field: path + name, attributes: to.map((name) => `\`${name}\``).join(", ") }]),
    ...(fields === undefined ? [] : namesOf(fields, `${path}${name}.`))
  ])

const ofSignal = new RegExp(`^\\| \`[\\w.]+\` \\| (${signalNames.join("|")})\\b`)

describe("docs/exporters.md", () => {
  it("says by which attribute each field is sent, as the tables of the signals do", () => {
    const named = signalNames.flatMap((signal) => namesOf(signals[signal].fields).map((name) => ({ ...name, signal })))
    const rows = Object.values(Arr.groupBy(named, ({ attributes, field }) => `${field} ${attributes}`)).map(
      (names) => `| \`${names[0].field}\` | ${names.map(({ signal }) => signal).join(", ")} | ${names[0].attributes} |`
    )
    const documented = readFileSync("docs/exporters.md", "utf8")
      .split("\n")
      .filter((line) => ofSignal.test(line))
    assert.deepStrictEqual(Arr.sort(documented, Order.string), Arr.sort(rows, Order.string))
  })

  it("names no attribute for two fields", () => {
    for (const signal of signalNames) {
      const attributes = namesOf(signals[signal].fields).map(({ attributes }) => attributes)
      assert.deepStrictEqual(Arr.dedupe(attributes), attributes)
    }
  })
})
