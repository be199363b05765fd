/** What was said in a session, asked over HTTP as a page asks: without schemas. */
import { HttpApiClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Layer, Option, Stream } from "effect"
import { DuckDbStorage } from "../../src/duckdb.js"
import type { Answers, Options, Turn } from "../../src/server/internal/encoded.js"
import * as StorageApi from "../../src/server/StorageApi.js"
import * as StorageServer from "../../src/server/StorageServer.js"
import * as Transcript from "../../src/server/Transcript.js"
import type { JsonObject } from "../../src/signal/Json.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import * as Storage from "../../src/storage/Storage.js"
import { at, log, type SpanFields, score, span, spanId, traceId } from "../../src/testing/Records.js"
import * as data from "../utils/explorerData.js"
import { folder } from "../utils/folder.js"
import { serve } from "../utils/remote.js"

const sessionId = "session"

const duckDb = Layer.unwrapScoped(Effect.map(folder, (path) => DuckDbStorage.layer({ path: `${path}/said.duckdb` })))

const ask = <M extends keyof Options & keyof Answers>(method: M, options: Options[M]) =>
  Effect.flatMap(StorageServer.StorageServer, ({ url }) =>
    Effect.promise(async () => {
      const answer = await fetch(`${url}/api/${method}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(options)
      })
      const text = await answer.text()
      const { headers, status } = answer
      return { status, headers, text, lines: text.split("\n"), json: JSON.parse(text) as Answers[M] }
    })
  )

const said = (role: string, ...parts: ReadonlyArray<JsonObject>) => ({ role, parts })
const text = (content: string) => ({ type: "text", content })

/** A turn of one call, and what was said in it. */
const turn = (
  n: number,
  input: ReadonlyArray<JsonObject>,
  output: ReadonlyArray<JsonObject>,
  fields: SpanFields = {}
) => {
  const common = { sessionId, traceId: traceId(n) }
  return [
    span({
      ...common,
      spanId: spanId(n * 100),
      spanType: "agent_run",
      name: `turn ${n}`,
      userId: "user",
      startTime: at(n * 1_000),
      endTime: at(n * 1_000 + 900),
      ...fields
    }),
    span({
      ...common,
      spanId: spanId(n * 100 + 1),
      parentSpanId: spanId(n * 100),
      spanType: "model_generation",
      startTime: at(n * 1_000 + 10),
      endTime: at(n * 1_000 + 20),
      inputTokens: 10,
      outputTokens: 2,
      costUsd: 0.25,
      attributes: { "gen_ai.input.messages": input, "gen_ai.output.messages": output } as never
    })
  ]
}

const talk = (turns: number): ReadonlyArray<SpanRecord> =>
  Array.from({ length: turns }, (_, i) => i + 1).flatMap((n) =>
    turn(n, [said("user", text(`question ${n}`))], [said("assistant", text(`answer ${n}`))])
  )

const turnsOf = ({ items }: Answers["sessionTranscript"]) => items.filter((item): item is Turn => item._tag === "Turn")

const withServer = <A, E>(effect: Effect.Effect<A, E, Storage.Storage | StorageServer.StorageServer>) =>
  Effect.provide(effect, serve(Storage.layerMemory))

describe("POST /api/sessionTranscript", () => {
  it.live("tells turns without the payload of their spans, with logs and scores between them, a line each", () =>
    withServer(
      Effect.gen(function* () {
        yield* Storage.insertSpans(talk(2))
        yield* Storage.insertLogs([log({ sessionId, timestamp: at(1_500), message: "between" })])
        yield* Storage.insertScores([score({ sessionId, time: at(3_000), name: "good", value: 1 })])
        const { json, lines, status } = yield* ask("sessionTranscript", { sessionId })
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(
          json.items.map(({ _tag }) => _tag),
          ["Turn", "LogRecord", "Turn", "Score"]
        )
        assert.strictEqual(lines.length, json.items.length + 3)
        for (const line of lines.slice(1, 5)) JSON.parse(line.replace(/,$/, ""))
        const [first] = turnsOf(json)
        assert.deepInclude(first?.span, {
          traceId: traceId(1),
          spanId: spanId(100),
          userId: "user",
          status: "ok",
          startTime: String(at(1_000)),
          endTime: String(at(1_900)),
          attributesSize: 16
        })
        assert.notProperty(first?.span, "attributes")
        assert.deepInclude(first, {
          number: 1,
          inputTokens: 10,
          outputTokens: 2,
          costUsd: 0.25,
          modelCalls: 1,
          errors: []
        })
        assert.deepStrictEqual(
          first?.entries.map(({ parts, role }) => [role, ...parts]),
          [
            ["user", { _tag: "Text", text: "question 1", omitted: 0 }],
            ["assistant", { _tag: "Text", text: "answer 1", omitted: 0 }]
          ]
        )
        assert.notProperty(json, "nextTurn")
      })
    )
  )

  it.live("goes on with the turn it says, and no item is told twice or never", () =>
    withServer(
      Effect.gen(function* () {
        yield* Storage.insertSpans(talk(7))
        const messages = [0.5, 2.5, 3.5, 7.5]
        yield* Storage.insertLogs(messages.map((n) => log({ sessionId, timestamp: at(n * 1_000), message: `${n}` })))
        const pieces: Array<ReadonlyArray<string>> = []
        let fromTurn: number | undefined
        do {
          const { json }: { readonly json: Answers["sessionTranscript"] } = yield* ask("sessionTranscript", {
            sessionId,
            turns: 3,
            fromTurn
          })
          pieces.push(
            json.items.map((item) =>
              item._tag === "Turn" ? `turn ${item.number}` : item._tag === "LogRecord" ? item.message : "score"
            )
          )
          fromTurn = json.nextTurn
        } while (fromTurn !== undefined)
        assert.deepStrictEqual(pieces, [
          ["0.5", "turn 1", "turn 2", "2.5", "turn 3", "3.5"],
          ["turn 4", "turn 5", "turn 6"],
          ["turn 7", "7.5"]
        ])
        assert.deepStrictEqual((yield* ask("sessionTranscript", { sessionId, fromTurn: 8 })).json, { items: [] })
        assert.deepStrictEqual((yield* ask("sessionTranscript", { sessionId: "nobody" })).json, { items: [] })
      })
    )
  )

  it.live("says what is wrong with a question, and where", () =>
    withServer(
      Effect.gen(function* () {
        for (const [field, options] of [
          ["sessionId", {}],
          ["sessionId", { sessionId: "" }],
          ["sessionId", { sessionId: 5 }],
          ["fromTurn", { sessionId, fromTurn: 0 }],
          ["fromTurn", { sessionId, fromTurn: "1" }],
          ["turns", { sessionId, turns: 1.5 }],
          ["turns", { sessionId, turns: 1_001 }],
          ["textLength", { sessionId, textLength: 2_000_000 }],
          ["from", { sessionId, from: 1 }]
        ] as const) {
          const { json, status } = yield* ask("sessionTranscript", options as never)
          assert.deepStrictEqual([status, (json as { readonly field?: string }).field], [400, field])
        }
      })
    )
  )

  it.live("has images of the types that are safe to show, up to 2 MiB, and words for all other media", () =>
    withServer(
      Effect.gen(function* () {
        const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        const large = png.slice(0, 80).repeat(36_000)
        const blob = (mime_type: string, content: string) => ({ type: "blob", modality: "image", mime_type, content })
        const url = (image: string) => ({ type: "image_url", image_url: { url: image } })
        yield* Storage.insertSpans(
          turn(
            1,
            [
              said(
                "user",
                blob("image/png", png),
                url(`data:image/jpeg;base64,${png}`),
                { type: "uri", modality: "image", uri: `data:image/webp;base64,${png}` },
                url("https://example.com/a.png"),
                blob("image/svg+xml", png),
                blob("text/html", png),
                blob("image/png", '"><script>'),
                blob("image/png", "[image/png, 4096 bytes, sha256 00ff]"),
                blob("image/png", large)
              )
            ],
            [said("assistant", text("seen"))]
          )
        )
        const { json } = yield* ask("sessionTranscript", { sessionId })
        assert.deepStrictEqual(
          turnsOf(json)[0]?.entries[0]?.parts.map((part) => part._tag === "Media" && (part.uri ?? part.placeholder)),
          [
            `data:image/png;base64,${png}`,
            `data:image/jpeg;base64,${png}`,
            `data:image/webp;base64,${png}`,
            "https://example.com/a.png",
            "[image/svg+xml, 70 bytes]",
            "[text/html, 70 bytes]",
            "[image/png, 7 bytes]",
            "[image/png, 4096 bytes, sha256 00ff]",
            "[image/png, 2160000 bytes]"
          ]
        )
        // Whoever does not ask for images, such as a model that reads a session, has words.
        const [item] = Chunk.toReadonlyArray(yield* Stream.runCollect(Transcript.ofSession(sessionId)))
        const [part] = item?._tag === "Turn" ? (item.entries[0]?.parts ?? []) : []
        assert.deepStrictEqual(part, { _tag: "Media", mediaType: "image/png", placeholder: "[image/png, 70 bytes]" })
      })
    )
  )

  it.live("keeps so much of a text as is asked for, and says what is missing", () =>
    withServer(
      Effect.gen(function* () {
        yield* Storage.insertSpans(turn(1, [said("user", text(`${"a".repeat(99)}💬 and more`))], []))
        const { json } = yield* ask("sessionTranscript", { sessionId, textLength: 100 })
        const [part] = turnsOf(json)[0]?.entries[0]?.parts ?? []
        assert.deepStrictEqual(part, { _tag: "Text", text: `${"a".repeat(99)}�`, omitted: 10 })
      })
    )
  )

  it.live("is sent while it is read, compressed, and the same to a client that has the schemas", () =>
    withServer(
      Effect.gen(function* () {
        const long = (n: number) => said("user", text(`question ${n} ${"lorem ipsum ".repeat(2_000)}`))
        yield* Storage.insertSpans(
          Array.from({ length: 60 }, (_, i) => turn(i + 1, [long(i + 1)], [said("assistant", text("ok"))])).flat()
        )
        const { headers, json, text: sent } = yield* ask("sessionTranscript", { sessionId, turns: 60 })
        assert.strictEqual(headers.get("content-encoding"), "gzip")
        assert.isNull(headers.get("content-length"))
        assert.isAbove(sent.length, 1_000_000)
        assert.strictEqual(turnsOf(json).length, 60)
        const { url } = yield* StorageServer.StorageServer
        const client = yield* HttpApiClient.make(StorageApi.StorageApi, { baseUrl: url })
        const { items, nextTurn } = yield* client.storage.sessionTranscript({ payload: { sessionId } })
        assert.strictEqual(nextTurn, 51)
        const last = items.at(-1)
        if (last?._tag !== "Turn") return assert.fail("no turn")
        assert.strictEqual(last.number, 50)
        assert.strictEqual(last.span.startTime, at(50_000))
        assert.strictEqual(last.entries[0]?.time, at(50_010))
      }).pipe(Effect.provide(NodeHttpClient.layerUndici))
    )
  )

  it.live("is an error where the storage fails at once, and breaks off where it fails later", () =>
    Effect.gen(function* () {
      let isDown = true
      const failing = Layer.effect(
        Storage.Storage,
        Effect.map(Storage.Storage, (storage) => ({
          ...storage,
          traceOutline: (id: string) =>
            isDown || id === traceId(40)
              ? Effect.fail(new Storage.StorageError({ reason: "Unavailable", retryable: true, detail: "it is down" }))
              : storage.traceOutline(id)
        }))
      ).pipe(Layer.provide(Storage.layerMemory))
      yield* Effect.gen(function* () {
        const long = "lorem ipsum ".repeat(2_000)
        yield* Storage.insertSpans(
          Array.from({ length: 50 }, (_, i) => turn(i + 1, [said("user", text(`${i} ${long}`))], [])).flat()
        )
        const { json, status } = yield* ask("sessionTranscript", { sessionId })
        assert.deepInclude(json as object, { reason: "Unavailable", detail: "it is down" })
        assert.strictEqual(status, 503)
        isDown = false
        const exit = yield* Effect.exit(ask("sessionTranscript", { sessionId }))
        assert.strictEqual(exit._tag, "Failure")
        assert.strictEqual((yield* ask("sessionTranscript", { sessionId, turns: 20 })).status, 200)
      }).pipe(Effect.provide(serve(failing)))
    })
  )

  it.live("that nobody waits for any more ends, and a store that was asked closes", () =>
    Effect.gen(function* () {
      yield* data.insert(data.longConversation(Date.now(), 20))
      const { url } = yield* StorageServer.StorageServer
      yield* Effect.forEach(Array.from({ length: 16 }), (_, i) =>
        Effect.promise(() =>
          fetch(`${url}/api/sessionTranscript`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ sessionId: "two-hundred-turns", turns: 6 }),
            signal: AbortSignal.timeout(1 + i * 3)
          }).then(
            (answer) => answer.text().catch(() => ""),
            () => ""
          )
        )
      )
      assert.strictEqual((yield* ask("sessionTranscript", { sessionId })).status, 200)
    }).pipe(Effect.provide(serve(duckDb)))
  )
})

describe("POST /api/spanContent", () => {
  const id = { traceId: traceId(1), spanId: spanId(1) }

  it.live("tells what a span was given and answered, by whichever convention", () =>
    withServer(
      Effect.gen(function* () {
        yield* Storage.insertSpans([
          span({
            ...id,
            spanType: "model_generation",
            attributes: {
              "gen_ai.system_instructions": [text("be brief")],
              "gen_ai.input.messages": [said("user", text("how many?"))],
              "gen_ai.output.messages": [
                said("assistant", { type: "tool_call", id: "1", name: "count", arguments: { of: "<b>" } })
              ]
            } as never
          }),
          span({
            ...id,
            spanId: spanId(2),
            spanType: "model_generation",
            attributes: {
              "llm.output_messages.0.message.role": "assistant",
              "llm.output_messages.0.message.content": "3"
            }
          })
        ])
        const { json, status } = yield* ask("spanContent", id)
        assert.strictEqual(status, 200)
        assert.deepStrictEqual<unknown>(json, {
          instructions: { role: "system", parts: [{ _tag: "Text", text: "be brief" }] },
          input: [{ role: "user", parts: [{ _tag: "Text", text: "how many?" }] }],
          output: [
            { role: "assistant", parts: [{ _tag: "ToolCall", id: "1", name: "count", arguments: { of: "<b>" } }] }
          ]
        })
        const other = yield* ask("spanContent", { ...id, spanId: spanId(2) })
        assert.deepStrictEqual(other.json?.output, [{ role: "assistant", parts: [{ _tag: "Text", text: "3" }] }])
      })
    )
  )

  it.live("is what a client with schemas reads", () =>
    withServer(
      Effect.gen(function* () {
        const attributes = { "gen_ai.input.messages": [said("user", text("hello"))] } as never
        yield* Storage.insertSpans([span({ ...id, spanType: "model_generation", attributes })])
        const { url } = yield* StorageServer.StorageServer
        const client = yield* HttpApiClient.make(StorageApi.StorageApi, { baseUrl: url })
        const content = yield* client.storage.spanContent({ payload: id })
        const parts = Option.map(content, ({ input }) => input.flatMap(({ parts }) => parts))
        assert.deepStrictEqual(parts, Option.some([{ _tag: "Text", text: "hello" } as const]))
      }).pipe(Effect.provide(NodeHttpClient.layerUndici))
    )
  )

  it.live("is null where there is no such span, and refuses what is no id", () =>
    withServer(
      Effect.gen(function* () {
        assert.isNull((yield* ask("spanContent", id)).json)
        for (const wrong of [{}, { traceId: id.traceId }, { ...id, spanId: 1 }]) {
          const { json, status } = yield* ask("spanContent", wrong as never)
          assert.strictEqual(status, 400)
          assert.propertyVal(json, "reason", "InvalidArgument")
        }
      })
    )
  )
})
