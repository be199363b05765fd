/** What all suites share: how a figure is told, and how programs are measured side by side. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The same measure of what we are compared with, taken in the same run. */
  readonly baseline: number | null
  /** `value / baseline`. */
  readonly ratio: number | null
  /** What must hold, as a condition on the ratio where there is a baseline, else on the value. */
  readonly target: string | null
  readonly ok: boolean
}

export interface Target {
  readonly atMost?: number
  readonly atLeast?: number
}

export const figure = (
  name: string,
  value: number,
  unit: string,
  options: { readonly baseline?: number; readonly target?: Target } = {}
): Figure => {
  const { baseline, target } = options
  const ratio = baseline === undefined ? null : value / baseline
  const judged = ratio ?? value
  return {
    name,
    value,
    unit,
    baseline: baseline ?? null,
    ratio,
    target:
      target?.atMost !== undefined
        ? `<= ${target.atMost}`
        : target?.atLeast !== undefined
          ? `>= ${target.atLeast}`
          : null,
    ok:
      judged <= (target?.atMost ?? Number.POSITIVE_INFINITY) && judged >= (target?.atLeast ?? Number.NEGATIVE_INFINITY)
  }
}

export const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] as number
}

export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** Runs one measurement of a suite in a process of its own, whose memory is its own, and gives what it printed. */
export const inProcess = <A>(suite: string, task: string, nodeOptions: ReadonlyArray<string> = []): Promise<A> =>
  new Promise((resolve, reject) => {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url))
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--expose-gc", ...nodeOptions, main, suite, "--task", task],
      {
        stdio: ["ignore", "pipe", "inherit"]
      }
    )
    let out = ""
    child.stdout.on("data", (chunk) => (out += chunk))
    child.on("close", (code) =>
      code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`${suite} ${task} ended with ${code}`))
    )
  })
