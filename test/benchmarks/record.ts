/** The history of what was measured: docs/benchmarks.jsonl, of which each line is a run of a task. */
import { execFileSync } from "node:child_process"
import { appendFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { numbers } from "./harness.js"

/** A line of the history. */
export interface Recorded {
  readonly date: string
  /** What was checked out, with `-dirty` where files were changed since. */
  readonly commit: string
  readonly node: string
  readonly suite: string
  readonly task: string
  /** By the names that `--against` gives them; of many the median. Units are those of the suite. */
  readonly figures: { readonly [name: string]: number }
}

export const history = fileURLToPath(new URL("../../docs/benchmarks.jsonl", import.meta.url))

/** Appends what a task gave, and gives the line. */
export const record = (options: {
  readonly suite: string
  readonly task: string
  readonly result: unknown
  readonly file?: string
}): string => {
  const recorded: Recorded = {
    date: new Date().toISOString(),
    commit: execFileSync("git", ["describe", "--always", "--dirty", "--exclude", "*"], { encoding: "utf8" }).trim(),
    node: process.version,
    suite: options.suite,
    task: options.task,
    figures: Object.fromEntries(
      numbers(options.task, options.result).map(([name, value]) => [name, Number(value.toPrecision(6))])
    )
  }
  const line = JSON.stringify(recorded)
  appendFileSync(options.file ?? history, `${line}\n`)
  return line
}
