/**
 * Injects every fault as often and as long as promised, says when each has passed, and prints in the end what was counted.
 * `main.ts WORD SCALE` runs those with it in their row.
 */
import { Cause, Console, Effect, Exit } from "effect"
import { rows } from "./rows.js"

const [, , chosen = "", scale = "full"] = process.argv

const faults = rows
  .flatMap(({ fault, faults, promise }) => faults.map((one) => ({ ...one, promise, title: `${fault}: ${one.name}` })))
  .filter(({ isLong, title }) => title.toLowerCase().includes(chosen.toLowerCase()) && !(isLong && scale === "short"))

const run = Effect.gen(function* () {
  if (faults.length === 0) {
    process.exitCode = 1
    return yield* Console.error(`No fault has "${chosen}" in its row`)
  }
  const table = yield* Effect.forEach(faults, ({ promise, run, title }, index) =>
    Effect.gen(function* () {
      yield* Console.error(`${index + 1}/${faults.length} ${title}`)
      const began = performance.now()
      const exit = yield* Effect.exit(Effect.scoped(run(scale === "short" ? "short" : "full")))
      if (Exit.isFailure(exit)) process.exitCode = 1
      const counted = Exit.match(exit, {
        onSuccess: (counts) => counts,
        onFailure: (cause) => `**FAILED** ${Cause.pretty(cause).split("\n", 1)[0]}`
      })
      yield* Console.error(`    ${Math.round((performance.now() - began) / 1_000)} s: ${counted}`)
      return `| ${title} | ${promise} | ${counted} |`
    })
  )
  yield* Console.log(["| fault | promised | counted |", "|---|---|---|", ...table].join("\n"))
})

await Effect.runPromise(run)
// An engine within the process keeps its threads.
process.exit()
