import { ok } from "node:assert/strict"
import { Effect } from "effect"
import { type Row, same, start } from "./fault.js"

const room = 20_000

export const flood: Row = {
  fault: "1,000,000 spans into a store that never answers",
  promise: "memory flat at the configured bound",
  faults: [
    {
      name: `a queue of ${room}`,
      run: (scale) =>
        Effect.gen(function* () {
          const after = scale === "full" ? 1_000_000 : 50_000
          const order = {
            path: "",
            rate: Number.MAX_SAFE_INTEGER,
            storeHangs: true,
            batch: { maxQueueSize: room, shutdownTimeout: 0 },
            end: { after, how: "measure" }
          } as const
          const child = yield* start(order, ["--expose-gc"])
          same(yield* child.ended, 0, `the exit code (${yield* child.errors})`)
          const { said } = yield* child.read
          const [first, tenth, last] = ["0", String(after / 10), String(after)].map((at) => {
            const [heap = "", ...stats] = (said[`measured-${at}`] ?? "").split(" ")
            return { mebibytes: Number(heap) / 2 ** 20, ...JSON.parse(stats.join(" ")) }
          })
          same(
            [last.emitted, last.queued, last.dropped],
            [after, room, { QueueFull: after - room }],
            "emitted, queued and dropped"
          )
          const grown = last.mebibytes - first.mebibytes
          ok(grown <= 64, `the heap grew by ${grown} MiB, with a bound of 64`)
          return (
            `${after} emitted, ${room} queued, ${after - room} dropped and counted; heap ${first.mebibytes.toFixed(1)} MiB ` +
            `before, ${tenth.mebibytes.toFixed(1)} after a tenth, ${last.mebibytes.toFixed(1)} at the end`
          )
        })
    }
  ]
}
