/**
 * `npm run bench -- SUITE [--json]`. Compares side by side in one run; read the ratios, for machines are noisy.
 */
import { readdirSync } from "node:fs"
import { parseArgs } from "node:util"
import type { Figure } from "./harness.js"

interface Suite {
  readonly run: () => Promise<ReadonlyArray<Figure>>
  /** Measurements that `run` starts in processes of their own. */
  readonly tasks?: Readonly<Record<string, () => Promise<unknown>>>
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, task: { type: "string" } }
})
const suites = readdirSync(new URL(".", import.meta.url))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(/\.ts$/, ""))
  .filter((name) => name !== "main" && name !== "harness")
const [name] = positionals
if (name === undefined || !suites.includes(name)) {
  console.error(`usage: npm run bench -- SUITE [--json], where SUITE is one of: ${suites.join(", ")}`)
  process.exit(2)
}
const suite: Suite = await import(`./${name}.ts`)

if (values.task !== undefined) {
  console.log(JSON.stringify(await suite.tasks?.[values.task]?.()))
} else {
  const figures = await suite.run()
  if (values.json) console.log(JSON.stringify(figures, null, 2))
  else print(figures)
  if (figures.some((figure) => !figure.ok)) process.exitCode = 1
}

function print(figures: ReadonlyArray<Figure>): void {
  const short = (value: number) => Number(value.toPrecision(4)).toLocaleString("en")
  const rows = figures.map((figure) => [
    figure.ok ? "ok" : "MISSED",
    figure.name,
    `${short(figure.value)} ${figure.unit}`,
    figure.baseline === null ? "" : short(figure.baseline),
    figure.ratio === null ? "" : figure.ratio.toFixed(2),
    figure.target ?? "reported"
  ])
  const table = [["", "what", "measured", "baseline", "ratio", "target"], ...rows]
  const widths = (table[0] as Array<string>).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0))
  )
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()
    )
}
