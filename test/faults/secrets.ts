import { ok } from "node:assert/strict"
import * as fs from "node:fs"
import { join } from "node:path"
import { Effect, Layer, Queue } from "effect"
import { Exporter, Observability, TracingOptions } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { OtlpExporter } from "effect-observability/otlp"
import { server } from "../utils/otlp.js"
import { inText, lookAlikes, named, shaped } from "../utils/secrets.js"
import { folder, quietly, type Row, same } from "./fault.js"

const texts: ReadonlyArray<readonly [text: string, secret: string]> = [
  ...Object.values(shaped).map((secret) => [secret, secret.replace(/^(?:bearer|basic) /i, "")] as const),
  ...named.map(([name, secret]) => [JSON.stringify({ [name]: secret }), secret] as const),
  ...inText.map(([text, secret]) => [text(secret), secret] as const)
]

const secrets = new Set(texts.map(([, secret]) => secret))

/** Puts a text into every place that spans and logs have. */
const everywhere = (text: string) =>
  Effect.logError(text, { data: [text] }, new Error(text)).pipe(
    Effect.annotateLogs({ text, [text]: text }),
    Effect.zipRight(Effect.map(Effect.currentSpan, (span) => span.event(text, 1n, { text }))),
    Effect.zipRight(Effect.fail(new Error(text))),
    Effect.withSpan(text, {
      attributes: {
        text,
        [text]: text,
        url: `https://example.com/?q=${text}`,
        "gen_ai.tool.call.arguments": { nested: [{ text }] },
        "gen_ai.tool.call.result": JSON.stringify({ text, json: JSON.stringify({ text }) })
      }
    }),
    TracingOptions.withTracingOptions({ tags: [text], metadata: { text } }),
    Effect.ignore
  )

const program = Effect.forEach(texts, ([text]) => everywhere(text), { discard: true }).pipe(
  Effect.zipRight(
    Effect.withSpan(Effect.void, "look-alikes", {
      attributes: { list: lookAlikes.map(([name, value]) => ({ [name]: value })) }
    })
  )
)

const filesIn = (path: string) =>
  fs
    .readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => fs.readFileSync(join(entry.parentPath, entry.name)).toString("latin1"))
    .join("\n")

/** What every sink holds after the program. */
const record = (isMasked: boolean) =>
  Effect.gen(function* () {
    const [store, files, spool] = [yield* folder, yield* folder, yield* folder]
    const { requests, url } = yield* server()
    const down: Exporter.Exporter = {
      name: "down",
      export: () => new Exporter.ExportError({ retryable: true, cause: "down" })
    }
    yield* program.pipe(
      Effect.provide(
        Layer.provide(
          Observability.layer({
            serviceName: "faults",
            ...(isMasked ? {} : { sensitiveData: false }),
            exporters: [Exporter.file({ path: join(files, "records") }), OtlpExporter.make({ endpoint: url }), down],
            spool: { directory: spool },
            durability: "disk"
          }),
          DuckDbStorage.layer({ path: join(store, "agents.duckdb") })
        )
      ),
      Effect.provide(quietly)
    )
    const received = Array.from(yield* Queue.takeAll(requests), ({ body }) => JSON.stringify(body)).join("\n")
    return { DuckDB: filesIn(store), file: filesIn(files), spool: filesIn(spool), OTLP: received }
  })

const foundIn = (text: string): ReadonlyArray<string> =>
  Array.from(secrets).filter((secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)))

export const leaks: Row = {
  fault: "a corpus of secrets in every place that a record has",
  promise: "0 found in any sink; 0 of 50 look-alikes masked",
  faults: [
    {
      name: "in the bytes of DuckDB, files, the spool and OTLP",
      run: () =>
        Effect.gen(function* () {
          ok(
            secrets.size >= 150 && lookAlikes.length >= 50,
            `${secrets.size} secrets, ${lookAlikes.length} look-alikes`
          )
          const unmasked = yield* Effect.scoped(record(false))
          for (const [sink, text] of Object.entries(unmasked)) ok(foundIn(text).length > 0, `nothing reaches ${sink}`)
          const masked = yield* record(true)
          for (const [sink, text] of Object.entries(masked)) same(foundIn(text), [], `found in ${sink}`)
          const kept = lookAlikes.filter(([name, value]) =>
            masked.file.includes(JSON.stringify({ [name]: value }).slice(1, -1))
          )
          same(kept.length, lookAlikes.length, "look-alikes that are kept")
          return (
            `${secrets.size} secrets in ${Object.keys(masked).join(", ")}: 0 found ` +
            `(without the filter ${Object.values(unmasked).map((text) => foundIn(text).length)}); ` +
            `0 of ${lookAlikes.length} look-alikes masked`
          )
        })
    }
  ]
}
