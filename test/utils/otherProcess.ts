import { spawn } from "node:child_process"
import { Effect } from "effect"

/** Holds a DuckDB file in another process until the scope closes, or before. */
export const holdInAnotherProcess = (path: string) =>
  Effect.acquireRelease(
    Effect.async<{ readonly pid: number | undefined; readonly end: Effect.Effect<void> }>((resume) => {
      const script = `require("@duckdb/node-api").DuckDBInstance.create(${JSON.stringify(path)})
        .then((instance) => { process.stdout.write("open"); setInterval(() => instance, 1000) })`
      const child = spawn(process.execPath, ["-e", script])
      const end = Effect.async<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
      child.stdout.once("data", () => resume(Effect.succeed({ pid: child.pid, end })))
    }),
    (holder) => holder.end
  )
