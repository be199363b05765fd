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

/** The numbers in what a task gave, by their path; of many the median. */
export const numbers = (path: string, result: unknown): ReadonlyArray<readonly [path: string, value: number]> => {
  if (typeof result === "number") return [[path, result]]
  if (Array.isArray(result)) return [[path, median(result)]]
  return Object.entries(result ?? {}).flatMap(([key, value]) => numbers(`${path}.${key}`, value))
}

/**
 * Runs one measurement of a suite in a process of its own, whose memory is its own, and gives what it sent. What it
 * prints goes to stderr.
 */
export const inProcess = <A>(
  suite: string,
  task: string,
  options: { readonly nodeOptions?: ReadonlyArray<string> | undefined; readonly tsconfig?: string | undefined } = {}
): Promise<A> =>
  new Promise((resolve, reject) => {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url))
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--expose-gc", ...(options.nodeOptions ?? []), main, suite, "--task", task],
      {
        env: { ...process.env, ...(options.tsconfig === undefined ? {} : { TSX_TSCONFIG_PATH: options.tsconfig }) },
        serialization: "advanced",
        stdio: ["ignore", process.stderr, "inherit", "ipc"]
      }
    )
    let result: { readonly value: A } | undefined
    child.on("message", (value) => (result = { value: value as A }))
    child.on("error", reject)
    child.on("close", (code) =>
      code === 0 && result !== undefined
        ? resolve(result.value)
        : reject(new Error(`${suite} ${task} ended with ${code}`))
    )
  })

export interface Suite {
  readonly run: () => Promise<ReadonlyArray<Figure>>
  /** Measurements that `run` starts in processes of their own. */
  readonly tasks: Readonly<Record<string, () => Promise<unknown>>>
  /** What Node is to be told for some of them. */
  readonly nodeOptions?: Readonly<Record<string, ReadonlyArray<string>>>
}

/** How many spans a measurement is made with: as many as BENCH_SPANS says, else these. */
export const spansOr = (count: number): number => Number(process.env["BENCH_SPANS"] ?? count)

export const short = (value: number) => Number(value.toPrecision(4)).toLocaleString("en")

/** Prints rows under a header, in columns. Numbers are shortened. */
export const print = (table: ReadonlyArray<ReadonlyArray<string | number>>): void => {
  const rows = table.map((row) => row.map((cell) => (typeof cell === "number" ? short(cell) : cell)))
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()
    )
}
