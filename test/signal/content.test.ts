import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Schema } from "effect"
import { toAttribute } from "../../src/signal/internal/content.js"
import { sizeOfJson } from "../../src/signal/internal/size.js"
import { Json } from "../../src/signal/Json.js"
import { limits } from "../capture/utils.js"

const input = "gen_ai.input.messages"

const made = (name: string, value: unknown, contentLength = 131_072) => {
  const meter = { bytes: 0, cut: false }
  const json = toAttribute(name, value, { ...limits, contentLength }, meter)
  const text = JSON.stringify(json) ?? ""
  assert.strictEqual(meter.bytes, json === undefined ? 0 : sizeOfJson(json))
  return { json: json as never as ReadonlyArray<Message>, text, cut: meter.cut }
}

interface Message {
  readonly role: string
  readonly parts: ReadonlyArray<{ readonly type: string; readonly content?: string }>
  readonly finish_reason?: string
}

/** A message as the JSON schema of the conventions has it. */
const Part = Schema.Struct({ type: Schema.String }, { key: Schema.String, value: Schema.Unknown })
const Messages = Schema.Array(
  Schema.Struct({ role: Schema.String, parts: Schema.Array(Part) }, { key: Schema.String, value: Schema.Unknown })
)
const isMessages = Schema.is(Messages)

const text = (role: string, content: string) => ({ role, parts: [{ type: "text", content }] })

describe("content", () => {
  it("is as it was where it has room", () => {
    const messages = [
      text("system", "Be kind."),
      text("user", 'Hi \u{1f600} "you"\n'),
      { role: "assistant", parts: [{ type: "tool_call", id: "1", name: "f", arguments: { a: [1, null, true, 1.5] } }] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "1", response: "x".repeat(100_000) }] }
    ]
    assert.deepStrictEqual(made(input, messages).json as unknown, messages)
    assert.isFalse(made(input, messages).cut)
    const size = JSON.stringify(messages).length
    assert.isFalse(made(input, messages, size + 64).cut)
    assert.isTrue(made(input, messages, size - 64).cut)
  })

  it("keeps the newest messages of a conversation, the first of the system, and says how many are missing", () => {
    const messages = Array.from({ length: 200 }, (_, turn) =>
      text(turn === 0 ? "system" : "user", `${turn}: ${"x".repeat(1_000)}`)
    )
    const { cut, json, text: written } = made(input, messages)
    assert.isAtMost(written.length, 131_072)
    assert.isAtLeast(written.length, 128_000)
    assert.isTrue(cut)
    assert.isTrue(isMessages(json))
    assert.deepStrictEqual(json.at(-1) as unknown, messages.at(-1))
    assert.deepStrictEqual(json[0] as unknown, messages[0])
    const missing = 200 - (json.length - 1)
    assert.deepStrictEqual(json[1] as unknown, text("system", `[${missing} messages left out]`))
    assert.deepStrictEqual(json[2] as unknown, messages[1 + missing])
  })

  it("keeps the question before a long work of tools", () => {
    const result = (id: number) => ({
      role: "tool",
      parts: [{ type: "tool_call_response", id: `${id}`, response: "r".repeat(3_000) }]
    })
    const messages = [
      text("user", "old"),
      text("assistant", "old"),
      text("user", "What now?"),
      ...Array.from({ length: 100 }, (_, id) => result(id))
    ]
    const { json, text: written } = made(input, messages)
    assert.isAtMost(written.length, 131_072)
    assert.isTrue(isMessages(json))
    assert.include(written, "What now?")
    assert.deepStrictEqual(json.at(-1) as unknown, messages.at(-1))
    assert.deepStrictEqual(
      json.flatMap(({ parts: [part] }) => (part?.content?.includes("left out") ? [part.content] : [])).length,
      2
    )
  })

  it("shortens a message that takes all the room", () => {
    const messages = [
      text("system", "s".repeat(500_000)),
      text("user", `first ${"u".repeat(500_000)} last`),
      text("user", "And?")
    ]
    const { json, text: written } = made(input, messages)
    assert.isAtMost(written.length, 131_072)
    assert.isAtLeast(written.length, 70_000)
    assert.isTrue(isMessages(json))
    assert.strictEqual(json.length, 3)
    assert.match(json[0]?.parts[0]?.content ?? "", /^s+…\[\d+ characters left out\]…s+$/)
    assert.match(json[1]?.parts[0]?.content ?? "", /^first u+…\[\d+ characters left out\]…u+ last$/)
    assert.strictEqual(json[2]?.parts[0]?.content, "And?")
  })

  it("has the role of a message that stands after a long text", () => {
    const { json } = made(input, [
      { parts: [{ content: "x".repeat(500_000), type: "text" }], role: "user", name: "ada" }
    ])
    assert.isTrue(isMessages(json))
    assert.deepInclude(json[0], { role: "user", name: "ada" } as never)
  })

  const png = new Uint8Array(200_000).fill(7)
  const base64 = Buffer.from(png).toString("base64")
  const digest = "sha256 [0-9a-f]{64}"
  const blobs: ReadonlyArray<readonly [name: string, part: unknown, says: RegExp]> = [
    [
      "bytes",
      { type: "blob", mime_type: "image/png", content: png },
      new RegExp(`"\\[image/png, 200000 bytes, ${digest}\\]"`)
    ],
    ["an ArrayBuffer", { type: "blob", content: png.buffer }, new RegExp(`"\\[200000 bytes, ${digest}\\]"`)],
    [
      "base64",
      { type: "blob", mime_type: "image/png", content: base64 },
      new RegExp(`"\\[image/png, 200000 bytes, ${digest}\\]"`)
    ],
    [
      "OpenAI's",
      { type: "image_url", image_url: { url: `data:image/png;base64,${base64}` } },
      new RegExp(`"\\[image/png, 200000 bytes, ${digest}\\]"`)
    ],
    [
      "Anthropic's",
      { type: "image", source: { type: "base64", media_type: "image/png", data: base64 } },
      new RegExp(`image/png, 200000 bytes, ${digest}`)
    ],
    [
      "Google's",
      { inlineData: { mimeType: "image/png", data: base64 } },
      new RegExp(`image/png, 200000 bytes, ${digest}`)
    ]
  ]
  for (const [name, part, says] of blobs) {
    it(`says the type, length and digest of a blob: ${name}`, () => {
      const { cut, text: written } = made(input, [{ role: "user", parts: [part] }, text("user", "What is on it?")])
      assert.isBelow(written.length, 600)
      assert.match(written, says)
      assert.match(written, /What is on it\?"\}\]\}\]$/)
      assert.isTrue(cut)
    })
  }

  it("says the same of images that a text quotes, as Markdown and as JSON", () => {
    const url = `data:image/png;base64,${base64}`
    const quoting = `;base64, a data: ![a](${url}) and ![b](${url}), what are they? data:image/png;base64,AAAA`
    for (const value of [
      [text("user", quoting)],
      JSON.stringify([
        {
          role: "user",
          content: [
            { type: "image", image: url },
            { type: "text", text: quoting }
          ]
        }
      ])
    ]) {
      const { cut, text: written } = made(input, value)
      assert.isBelow(written.length, 800)
      assert.match(
        written,
        new RegExp(
          `!\\[b\\]\\(\\[image/png, 200000 bytes, ${digest}\\]\\), what are they\\? data:image/png;base64,AAAA`
        )
      )
      assert.isTrue(cut)
    }
  })

  it("has the digest of the bytes, whether they come as such or as base64", () => {
    const varied = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 31) % 251))
    const [a, b] = [varied, varied.toString("base64url")].map(
      (content) => made(input, [{ role: "user", parts: [{ type: "blob", mime_type: "image/png", content }] }]).text
    )
    assert.match(a ?? "", /sha256/)
    assert.strictEqual(a, b)
  })

  it("leaves small bytes, and texts that only look like base64", () => {
    const messages = [
      {
        role: "user",
        parts: [
          { type: "blob", mime_type: "image/png", content: "AAAA" },
          { type: "text", content: "x".repeat(5_000) }
        ]
      }
    ]
    assert.deepStrictEqual(made(input, messages).json as unknown, messages)
  })

  for (const key of ["messages", "contents", "input", "content", "prompt", "history"]) {
    it(`keeps the newest messages of a request that has them under ${key}`, () => {
      const messages = Array.from({ length: 200 }, (_, turn) => ({
        role: "user",
        content: `${turn}: ${"x".repeat(1_000)}`
      }))
      const { cut, text: written } = made(input, { model: "m", [key]: messages })
      assert.isTrue(cut)
      assert.include(written, '"199: x')
      assert.notInclude(written, '"0: x')
      assert.match(written, /\d+ messages left out/)
    })
  }

  const deep = { flights: [{ legs: [{ from: { code: "WAW" } }] }] }
  it("counts the levels of a tool's data from its own start", () => {
    const parts = [
      { type: "tool_call", id: "1", name: "f", arguments: deep },
      { type: "tool_call_response", id: "1", response: deep }
    ]
    assert.deepStrictEqual(made(input, [{ role: "tool", parts }]).json as unknown, [{ role: "tool", parts }])
    assert.include(made("gen_ai.tool.call.arguments", deep).text, "WAW")
    const endless = Array.from({ length: 30 }).reduce<unknown>((inner) => ({ inner }), 1)
    const { cut, text: written } = made(input, [
      { role: "tool", parts: [{ type: "tool_call_response", response: endless }] }
    ])
    assert.include(written, `"inner":"[Truncated]"`)
    assert.isTrue(cut)
  })

  it("leaves room in data for what comes after a long text or list", () => {
    const data = {
      page: "p".repeat(500_000),
      rows: Array.from({ length: 50_000 }, (_, id) => ({ id })),
      error: "no such flight"
    }
    for (const name of ["gen_ai.tool.call.result", "gen_ai.tool.call.arguments", "output.value"]) {
      const { text: written } = made(name, data)
      assert.isAtMost(written.length, 131_072)
      assert.match(written, /"error":"no such flight"\}$/)
    }
  })

  it("knows messages within data", () => {
    const messages = Array.from({ length: 200 }, (_, turn) => ({
      role: "user",
      content: `${turn}: ${"x".repeat(1_000)}`
    }))
    for (const value of [messages, { model: "m", messages, temperature: 1 }]) {
      const { text: written } = made("input.value", value)
      assert.isAtMost(written.length, 131_072)
      assert.include(written, "199: x")
      assert.match(written, /\{"role":"system","content":"\[\d+ messages left out\]"\}/)
    }
  })

  it("cuts text that is the JSON of messages as messages, and other text in its middle", () => {
    const messages = Array.from({ length: 200 }, (_, turn) => text("user", `${turn}: ${"x".repeat(1_000)}`))
    const json = made(input, JSON.stringify(messages)).json as unknown as string
    assert.isAtMost(json.length, 131_072)
    assert.isTrue(isMessages(JSON.parse(json)))
    assert.include(json, "199: x")
    const long = `[{"role":"user","parts":[{"type":"text","content":"${"x".repeat(200_000)}"},{"id":12345678901234567890}]}]`
    assert.include(made(input, long).json as unknown as string, "12345678901234567890")
    const plain = made("input.value", `[first ${"x".repeat(200_000)} last`).json as unknown as string
    assert.isAtMost(plain.length, 131_072)
    assert.match(plain, /^\[first x+…\[\d+ characters left out\]…x+ last$/)
  })

  it("keeps the first definitions of tools, and the instructions", () => {
    const definitions = Array.from({ length: 300 }, (_, i) => ({
      type: "function",
      name: `t${i}`,
      description: "d".repeat(1_000)
    }))
    const { json, text: written } = made("gen_ai.tool.definitions", definitions)
    assert.isAtMost(written.length, 131_072)
    assert.deepStrictEqual(json[0] as unknown, definitions[0])
    assert.match(written, /\{"type":"omitted","name":"\[\d+ definitions left out\]"\}\]$/)
    const instructions = [
      { type: "text", content: "i".repeat(500_000) },
      { type: "text", content: "Be kind." }
    ]
    assert.include(made("gen_ai.system_instructions", instructions).text, "Be kind.")
  })

  it("has the fields of a message of output in the mark", () => {
    const messages = Array.from({ length: 200 }, () => ({
      ...text("assistant", "x".repeat(1_000)),
      finish_reason: "stop"
    }))
    const { json } = made("gen_ai.output.messages", messages)
    assert.isTrue(json.every((message) => typeof message.finish_reason === "string"))
  })

  it("takes a bounded time, whatever it is", () => {
    const huge = "x".repeat(100_000_000)
    const quoting = "data:;base64,".repeat(1_000_000)
    let read = 0
    const question = (key: string) => {
      read++
      return text("user", `${key} ${"y".repeat(1_000)}`)
    }
    const messages = new Proxy([text("user", "Hi")], {
      get: (target, key) =>
        key === "length"
          ? 10_000_000
          : typeof key === "string" && /^\d+$/.test(key)
            ? question(key)
            : Reflect.get(target, key)
    })
    const start = performance.now()
    for (const value of [huge, quoting, [text("user", huge), text("user", "And?")], { a: huge, b: huge }, messages]) {
      const { text: written } = made(input, value)
      assert.isAtMost(written.length, 131_076)
    }
    assert.isBelow(performance.now() - start, 1_000)
    assert.isBelow(read, 3_000)
  })

  it("is total", () => {
    const circular: Record<string, unknown> = { role: "user" }
    circular.parts = [circular]
    const throwing = {
      get role() {
        throw new Error("no")
      },
      parts: []
    }
    assert.strictEqual(made(input, [circular]).text, `[{"role":"user","parts":["[Circular]"]}]`)
    assert.strictEqual(made(input, [throwing]).text, `[{"role":"[Threw]","parts":[]}]`)
    assert.strictEqual(
      made(input, {
        toJSON: () => {
          throw new Error("no")
        }
      }).text,
      `"[Threw]"`
    )
    assert.strictEqual(made(input, [undefined, () => 1, new Date(0)]).text, `[null,null,"1970-01-01T00:00:00.000Z"]`)
    assert.strictEqual(made(input, null).text, "null")
    assert.strictEqual(made(input, { toJSON: () => undefined }).text, "")
  })

  it("is JSON within its limit", () => {
    const names = [input, "gen_ai.system_instructions", "gen_ai.tool.definitions", "output.value"]
    const value = FastCheck.oneof(
      FastCheck.anything(),
      FastCheck.array(
        FastCheck.record({
          role: FastCheck.string(),
          parts: FastCheck.array(FastCheck.anything()),
          content: FastCheck.fullUnicodeString({ maxLength: 2_000 })
        })
      )
    )
    const drawn = FastCheck.check(
      FastCheck.property(
        FastCheck.constantFrom(...names),
        value,
        FastCheck.integer({ min: 2_000, max: 4_000 }),
        (name, value, length) => {
          const { json, text: written } = made(name, value, length)
          assert.isTrue(json === undefined || Schema.is(Json)(json))
          assert.isAtMost(written.length, length + 2)
        }
      ),
      { numRuns: 500 }
    )
    assert.isFalse(drawn.failed, JSON.stringify(drawn.counterexample))
  })
})
