import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Redacted, Schema } from "effect"
import {
  Exporter,
  Observability,
  SensitiveDataFilter,
  SessionId,
  type SignalProcessor,
  TracingOptions
} from "effect-observability"
import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"
import { inText, lookAlikes, named, shaped } from "../utils/secrets.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-observability-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const session = SessionId.SessionId.make("sk-proj-4000056655665556")

const texts: ReadonlyArray<readonly [text: string, secret: string]> = [
  ...Object.values(shaped).map((secret) => [secret, secret.replace(/^(?:bearer|basic) /i, "")] as const),
  ...named.map(([name, secret]) => [JSON.stringify({ [name]: secret }), secret] as const),
  ...inText.map(([text, secret]) => [text(secret), secret] as const)
]

class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** Puts a text into every place that a span and a log have. */
const everywhere = (text: string) =>
  Effect.gen(function* () {
    yield* Effect.logError(text, { data: [text] }, new Refused({ reason: text })).pipe(
      Effect.annotateLogs({ annotation: text, [text]: 1 }),
      Effect.withLogSpan(text)
    )
    yield* Effect.logError("cause", yield* Effect.flip(Effect.sandbox(new Refused({ reason: text }))))
    const span = yield* Effect.currentSpan
    span.event(text, 1n, { value: text, nested: { deep: [text] }, [text]: true })
    yield* Effect.fail(new Refused({ reason: text })).pipe(Effect.withSpan("fails"), Effect.ignore)
    yield* Effect.die(text).pipe(
      Effect.withSpan("dies"),
      Effect.catchAllCause(() => Effect.void)
    )
  }).pipe(
    Effect.withSpan(text, {
      attributes: {
        value: text,
        nested: { list: [{ text }] },
        json: JSON.stringify({ text, json: JSON.stringify({ text }) }),
        cut: JSON.stringify({ a: { text } }).slice(0, -2),
        "gen_ai.tool.call.arguments": { url: text },
        "gen_ai.tool.call.result": `${text}\n${text}`,
        "gen_ai.request.model": text,
        map: new Map([[text, text]]),
        redacted: Redacted.make(text),
        error: new Error(text),
        [text]: text
      },
      links: [
        {
          _tag: "SpanLink",
          span: {
            _tag: "ExternalSpan",
            traceId: "0".repeat(31).concat("1"),
            spanId: "0".repeat(15).concat("1"),
            sampled: true,
            context: undefined as never
          },
          attributes: { text }
        }
      ]
    }),
    TracingOptions.withTracingOptions({ tags: [text], metadata: { text, [text]: [text] } })
  )

const program = Effect.gen(function* () {
  yield* Effect.forEach(texts, ([text]) => everywhere(text), { discard: true })
  yield* Effect.forEach(
    named,
    ([name, secret]) =>
      Effect.logError("named", { [name]: secret }).pipe(
        Effect.annotateLogs(name, secret),
        Effect.withSpan("named", { attributes: { [name]: secret, headers: { [name]: [secret] } } })
      ),
    { discard: true }
  )
  yield* Effect.void.pipe(
    Effect.withSpan("look-alikes", { attributes: { list: lookAlikes.map(([name, value]) => ({ [name]: value })) } })
  )
  const { flush, stats } = yield* Observability.Observability
  yield* flush
  return yield* stats
}).pipe(SessionId.withSessionId(session), Effect.provide(Logger.remove(Logger.defaultLogger)))

const settings = (processors: Array<SignalProcessor.SignalProcessor>, exporters: Array<Exporter.Exporter>) => ({
  serviceName: "test",
  resource: { note: shaped["GitHub personal"] as string },
  processors,
  exporters,
  limits: { attributeValueLength: 100_000 }
})

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1)

const found = (haystack: string) =>
  texts
    .concat(named)
    .map(([, secret]) => secret)
    .filter((secret) => haystack.includes(secret) || haystack.includes(escaped(secret)))

/** A console that keeps what is printed. */
const printing = <A, E, R>(effect: Effect.Effect<A, E, R>, lines: Array<string>) =>
  Effect.consoleWith((console) =>
    Effect.withConsole(effect, { ...console, log: (...values) => Effect.sync(() => void lines.push(values.join(" "))) })
  )

describe("SensitiveDataFilter in the pipeline", () => {
  it.scopedLive("lets no secret into the bytes of a DuckDB file, its rows, memory or the console", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const path = join(directory, "agents.duckdb")
      const memory = Exporter.memory()
      const lines: Array<string> = []
      const stats = yield* program.pipe(
        Effect.provide(
          Observability.layer(settings([SensitiveDataFilter.make()], [memory, Exporter.console])).pipe(
            Layer.provide(DuckDbStorage.layer({ path }))
          )
        ),
        (effect) => printing(effect, lines)
      )
      assert.strictEqual(stats.spans.storage?.emitted, stats.spans.storage?.exported)
      assert.isAbove(memory.spans.length, 400)
      assert.deepStrictEqual(found(JSON.stringify([memory.spans, memory.logs])), [])
      assert.isAbove(lines.length, 0)
      assert.deepStrictEqual(found(lines.join("\n")), [])

      for (const file of readdirSync(directory)) {
        assert.deepStrictEqual(found(readFileSync(join(directory, file)).toString("latin1")), [], file)
      }
      const rows = yield* Effect.gen(function* () {
        const sql = yield* DuckDbClient.DuckDbClient
        const spans = yield* sql`SELECT to_json(t)::VARCHAR AS row FROM mastra_ai_spans t`
        const logs = yield* sql`SELECT to_json(t)::VARCHAR AS row FROM mastra_ai_logs t`
        return [...spans, ...logs]
      }).pipe(Effect.provide(DuckDbClient.layer({ path })))
      assert.isAbove(rows.length, 800)
      assert.deepStrictEqual(found(rows.map((row) => String(row["row"])).join("\n")), [])

      assert.deepStrictEqual(new Set(memory.spans.map((span) => span.sessionId)), new Set([session]))
      const lookAlike = memory.spans.find((span) => span.name === "look-alikes")
      assert.deepStrictEqual(
        lookAlike?.attributes["list"],
        lookAlikes.map(([name, value]) => ({ [name]: value }))
      )
    })
  )

  it.effect("would find every secret without it", () =>
    Effect.gen(function* () {
      const memory = Exporter.memory()
      yield* Effect.provide(program, Observability.layerExportOnly({ ...settings([], [memory]), sensitiveData: false }))
      const secrets = new Set([...texts, ...named].map(([, secret]) => secret))
      assert.strictEqual(new Set(found(JSON.stringify([memory.spans, memory.logs]))).size, secrets.size)
    })
  )

  it.effect("masks a secret of which the limit of lengths has cut the end", () =>
    Effect.gen(function* () {
      const memory = Exporter.memory()
      const secrets = ["OpenAI project", "JWT, HS256", "PKCS #8 key", "Slack bot", "GitHub fine-grained"].map(
        (name) => shaped[name] as string
      )
      yield* Effect.forEach(
        secrets,
        (secret) =>
          Effect.logError(secret, { a: { secret } }).pipe(
            Effect.withSpan(`${secret}`, {
              attributes: { a: { b: [secret] }, json: JSON.stringify({ a: secret }), password: secret, secret }
            })
          ),
        { discard: true }
      ).pipe(
        Effect.provide(
          Observability.layerExportOnly({
            ...settings([SensitiveDataFilter.make()], [memory]),
            limits: { attributeValueLength: 40 }
          })
        )
      )
      const kept = JSON.stringify([memory.spans, memory.logs])
      for (const secret of secrets) assert.notInclude(kept, escaped(secret.slice(0, 20)))
    })
  )
})
