/** The entry for front ends, bundled for a browser and run without anything of Node. */
import { createContext, runInContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"

/** What a page does with the entry, as the text of a function that is called with its modules. */
const page = `
import { Effect, Option } from "effect"
import { Baggage, SessionId, TraceContext, TracingOptions } from "effect-observability/identity"

const id = Effect.runSync(SessionId.generate)
const other = SessionId.make("support-4711")
globalThis.answer = {
  id,
  isSessionId: SessionId.isSessionId(id),
  inside: Effect.runSync(SessionId.get.pipe(Effect.map(Option.getOrNull), SessionId.withSessionId("support-4711"))),
  failed: Effect.runSync(SessionId.get.pipe(SessionId.withSessionId(" "), Effect.flip)).message,
  options: Effect.runSync(TracingOptions.get.pipe(TracingOptions.withTracingOptions({ sessionId: other, userId: "ada" }))),
  baggage: Baggage.format([{ key: "session.id", value: "Zoë", properties: [] }]),
  parsed: Baggage.parse("session.id=Zo%C3%AB")[0].value,
  traceParent: TraceContext.toTraceParent({ traceId: "a".repeat(32), spanId: "b".repeat(16), flags: TraceContext.sampled })
}
`

const bundle = (contents: string) =>
  build({
    stdin: { contents, resolveDir: process.cwd() },
    alias: { "effect-observability/identity": "./src/identity.ts" },
    bundle: true,
    platform: "browser",
    format: "iife",
    metafile: true,
    write: false,
    logLevel: "silent"
  })

describe("effect-observability/identity", () => {
  it("makes ids and headers in a browser", async () => {
    const { outputFiles } = await bundle(page)
    const context = createContext({ crypto, TextDecoder, TextEncoder, URL, setTimeout, clearTimeout, performance })
    runInContext(outputFiles[0]?.text ?? "", context)
    const { failed, id, ...answer } = context["answer"]
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.include(failed, '["sessionId"]')
    assert.deepStrictEqual(JSON.parse(JSON.stringify(answer)), {
      isSessionId: true,
      inside: "support-4711",
      options: { sessionId: "support-4711", userId: "ada" },
      baggage: "session.id=Zo%C3%AB",
      parsed: "Zoë",
      traceParent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`
    })
  })

  it("loads effect, and few of our modules", async () => {
    const { metafile } = await bundle(`export * from "effect-observability/identity"`)
    const loaded = Object.keys(metafile.inputs).filter((path) => path.startsWith("src/"))
    assert.isNotEmpty(loaded)
    assert.deepStrictEqual(
      loaded.filter((path) => !/^src\/(identity|runtime)[./]/.test(path)),
      []
    )
  })
})
