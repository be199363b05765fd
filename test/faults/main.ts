/** Injects every fault as often and as long as promised, and prints what was counted. `main.ts WORD SCALE` runs those with it. */
import { Cause, Console, Effect, Exit } from "effect"
import { rows } from "./rows.js"

const [, , chosen = "", scale = "full"] = process.argv

const run = Effect.gen(function* () {
  let failures = 0
  yield* Console.log("| fault | promised | counted |\n|---|---|---|")
  for (const { fault, faults, promise } of rows) {
    for (const { isLong, name, run } of faults) {
      if (!`${fault} ${name}`.includes(chosen) || (isLong && scale === "short")) continue
      const exit = yield* Effect.exit(Effect.scoped(run(scale === "short" ? "short" : "full")))
      if (Exit.isFailure(exit)) failures++
      const counted = Exit.match(exit, {
        onSuccess: (counts) => counts,
        onFailure: (cause) => `**FAILED** ${Cause.pretty(cause).split("\n", 1)[0]}`
      })
      yield* Console.log(`| ${fault}: ${name} | ${promise} | ${counted} |`)
    }
  }
  process.exitCode = failures === 0 ? 0 : 1
})

await Effect.runPromise(run)
