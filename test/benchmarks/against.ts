/** Measures with this build and with that of another checkout in turns, both with the benchmarks of this one. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inProcess, median, numbers, type Suite } from "./harness.js"

export interface Comparison {
  /** The task, and which of its numbers. */
  readonly name: string
  /** Medians over the rounds, with this build and with the other. */
  readonly value: number
  readonly other: number
  /** The median of `ratios`, which are those of single rounds: this build to the other. */
  readonly ratio: number
  readonly ratios: ReadonlyArray<number>
}

/** Lies in node_modules, that both builds load the same packages. */
const copy = fileURLToPath(new URL("../../node_modules/.cache/effect-observability/against", import.meta.url))

/** Copies the build, and gives the configuration that finds it. */
const install = (directory: string): string => {
  if (!existsSync(join(directory, "dist/index.js"))) throw new Error(`${directory} has no build: npm run build`)
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  for (const name of ["dist", "package.json"]) cpSync(join(directory, name), join(copy, name), { recursive: true })
  const tsconfig = join(copy, "tsconfig.json")
  writeFileSync(
    tsconfig,
    JSON.stringify({
      extends: fileURLToPath(new URL("../../tsconfig.json", import.meta.url)),
      compilerOptions: {
        paths: { "effect-observability": ["./dist/index.js"], "effect-observability/*": ["./dist/*.js"] }
      }
    })
  )
  return tsconfig
}

export const compare = async (
  name: string,
  suite: Suite,
  tasks: ReadonlyArray<string>,
  options: { readonly directory: string; readonly rounds: number }
): Promise<ReadonlyArray<Comparison>> => {
  const tsconfig = install(options.directory)
  const comparisons: Array<Comparison> = []
  for (const task of tasks) {
    const measure = async (tsconfig?: string) =>
      new Map(numbers(task, await inProcess(name, task, { nodeOptions: suite.nodeOptions?.[task], tsconfig })))
    /** It may be older than what the task measures. */
    const measureOther = () =>
      measure(tsconfig).catch((error) => console.error(`${task}: left out, the other build does not run it: ${error}`))
    const rounds: Array<{ readonly ours: Map<string, number>; readonly other: Map<string, number> }> = []
    while (rounds.length < options.rounds) {
      const before = rounds.length % 2 === 0 ? await measure() : undefined
      const other = await measureOther()
      if (!other) break
      rounds.push({ ours: before ?? (await measure()), other })
    }
    for (const [path] of rounds[0]?.ours ?? []) {
      const pairs = rounds.map(({ other, ours }) => ({ value: ours.get(path) ?? 0, other: other.get(path) ?? 0 }))
      const ratios = pairs.map(({ other, value }) => (value === other ? 1 : value / other))
      comparisons.push({
        name: path,
        value: median(pairs.map(({ value }) => value)),
        other: median(pairs.map(({ other }) => other)),
        ratio: median(ratios),
        ratios
      })
    }
  }
  return comparisons
}
