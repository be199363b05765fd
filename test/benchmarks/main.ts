/**
 * `npm run bench -- SUITE [--json]`. Compares side by side in one run; read the ratios, for machines are noisy.
 *
 * `npm run bench -- SUITE --task TASK --record` appends what the task measured to docs/benchmarks.jsonl, as a line.
 *
 * `npm run bench -- SUITE --against DIR [--task TASK] [--rounds COUNT] [--json]` compares with the build in another
 * checkout.
 */
import { parseArgs } from "node:util"
import { compare } from "./against.js"
import { inProcess, print, type Suite, short } from "./harness.js"
import { record } from "./record.js"

const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  answers: () => import("./answers.js"),
  answers5m: () => {
    // the processes of its tasks read it, too
    process.env["BENCH_SPANS"] ??= "5000000"
    return import("./answers.js")
  },
  clickhouse: () => import("./clickhouse.js"),
  clickhouse20m: () => import("./clickhouse20m.js"),
  explorer: () => import("./explorer.js"),
  pipeline: () => import("./pipeline.js"),
  propagation: () => import("./propagation.js"),
  sampling: () => import("./sampling.js"),
  server: () => import("./server.js"),
  spine: () => import("./spine.js")
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: "string" },
    json: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    task: { type: "string" }
  }
})

const [name = ""] = positionals
const load = Object.hasOwn(suites, name) ? suites[name] : undefined
if (load === undefined) fail("SUITE", Object.keys(suites))
const suite = await load()
const task = values.task === undefined ? undefined : suite.tasks[values.task]
if (values.task !== undefined && task === undefined) fail("TASK", Object.keys(suite.tasks))
if (values.record && values.task === undefined) fail("TASK", Object.keys(suite.tasks))
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) fail("COUNT", ["1", "2", "…"])

if (values.against !== undefined) {
  const names = values.task === undefined ? Object.keys(suite.tasks) : [values.task]
  const comparisons = await compare(name, suite, names, { directory: values.against, rounds })
  if (values.json) console.log(JSON.stringify(comparisons, null, 2))
  else {
    print([
      ["what", "this build", "the other", "ratio", "of single rounds"],
      ...comparisons.map(({ name, other, ratio, ratios, value }) => [
        name,
        value,
        other,
        ratio.toFixed(3),
        `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
      ])
    ])
  }
} else if (values.record && values.task !== undefined) {
  const result = await inProcess(name, values.task, { nodeOptions: suite.nodeOptions?.[values.task] })
  console.log(record({ suite: name, task: values.task, result }))
} else if (task !== undefined) {
  const result = await task()
  if (process.send === undefined) console.log(JSON.stringify(result))
  else process.send(result)
} else {
  const figures = await suite.run()
  if (values.json) console.log(JSON.stringify(figures, null, 2))
  else {
    print([
      ["", "what", "measured", "baseline", "ratio", "target"],
      ...figures.map(({ baseline, name, ok, ratio, target, unit, value }) => [
        ok ? "ok" : "MISSED",
        name,
        `${short(value)} ${unit}`,
        baseline ?? "",
        ratio?.toFixed(2) ?? "",
        target ?? "reported"
      ])
    ])
  }
  if (figures.some((figure) => !figure.ok)) process.exitCode = 1
}

function fail(what: string, known: ReadonlyArray<string>): never {
  console.error(
    `usage: npm run bench -- SUITE [--against DIR [--rounds COUNT]] [--task TASK [--record]] [--json], where ${what} is one of: ${known.join(", ")}`
  )
  process.exit(2)
}
