import { assert, describe, it } from "@effect/vitest"
import { Context, Option } from "effect"
import { SessionId, TraceContext } from "effect-observability"

const traceId = "12345678901234567890123456789012"
const spanId = "1234567890123456"
const read = (headers: Parameters<typeof TraceContext.fromHeaders>[0]) =>
  Option.getOrUndefined(TraceContext.fromHeaders(headers))
const state = (tracestate: string | ReadonlyArray<string>) =>
  read({ traceparent: `00-${traceId}-${spanId}-00`, tracestate })?.traceState

describe("TraceContext", () => {
  describe("traceparent", () => {
    const valid: ReadonlyArray<readonly [name: string, header: string, flags: number]> = [
      ["version 00", `00-${traceId}-${spanId}-01`, 1],
      ["version 00, not sampled", `00-${traceId}-${spanId}-00`, 0],
      ["the random flag", `00-${traceId}-${spanId}-02`, 2],
      ["both flags", `00-${traceId}-${spanId}-03`, 3],
      ["flags that nobody knows, cleared", `00-${traceId}-${spanId}-ff`, 3],
      ["flags that nobody knows alone", `00-${traceId}-${spanId}-fc`, 0],
      ["a higher version", `cc-${traceId}-${spanId}-01`, 1],
      ["a higher version with more", `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`, 1],
      ["a higher version with nothing after a dash", `01-${traceId}-${spanId}-01-`, 1],
      ["the highest version", `fe-${traceId}-${spanId}-01`, 1],
      ["a space before", ` 00-${traceId}-${spanId}-01`, 1],
      ["a tab before", `\t00-${traceId}-${spanId}-01`, 1],
      ["space after", `00-${traceId}-${spanId}-01 \t`, 1],
      ["space on both sides", `\t 00-${traceId}-${spanId}-01 \t`, 1]
    ]
    for (const [name, traceparent, flags] of valid) {
      it(`takes ${name}`, () => {
        assert.deepStrictEqual(read({ traceparent }), { traceId, spanId, flags })
      })
    }

    const invalid: Record<string, string> = {
      nothing: "",
      text: "hello",
      "a full stop after version 00": `00-${traceId}-${spanId}-01.`,
      "a dash after version 00": `00-${traceId}-${spanId}-01-`,
      "more after version 00": `00-${traceId}-${spanId}-01-what-the-future-will-be-like`,
      "more after a higher version that no dash separates": `cc-${traceId}-${spanId}-01.what-the-future-will-be-like`,
      "control characters after a higher version": `cc-${traceId}-${spanId}-01-\u0000`,
      "version ff": `ff-${traceId}-${spanId}-01`,
      "an illegal character first in the version": `.0-${traceId}-${spanId}-01`,
      "an illegal character last in the version": `0.-${traceId}-${spanId}-01`,
      "an upper-case version": `CC-${traceId}-${spanId}-01`,
      "a version of three digits": `000-${traceId}-${spanId}-01`,
      "a version of four digits": `0000-${traceId}-${spanId}-01`,
      "a version of one digit": `0-${traceId}-${spanId}-01`,
      "no version": `${traceId}-${spanId}-01`,
      "a trace id of zeros": `00-${"0".repeat(32)}-${spanId}-01`,
      "an illegal character first in the trace id": `00-.${traceId.slice(1)}-${spanId}-01`,
      "an illegal character last in the trace id": `00-${traceId.slice(1)}.-${spanId}-01`,
      "an upper-case trace id": `00-ABCDEF${traceId.slice(6)}-${spanId}-01`,
      "a long trace id": `00-${traceId}3-${spanId}-01`,
      "a short trace id": `00-${traceId.slice(1)}-${spanId}-01`,
      "a span id of zeros": `00-${traceId}-${"0".repeat(16)}-01`,
      "an illegal character first in the span id": `00-${traceId}-.${spanId.slice(1)}-01`,
      "an illegal character last in the span id": `00-${traceId}-${spanId.slice(1)}.-01`,
      "an upper-case span id": `00-${traceId}-ABCDEF${spanId.slice(6)}-01`,
      "a long span id": `00-${traceId}-${spanId}7-01`,
      "a short span id": `00-${traceId}-${spanId.slice(1)}-01`,
      "an illegal character first in the flags": `00-${traceId}-${spanId}-.0`,
      "an illegal character last in the flags": `00-${traceId}-${spanId}-0.`,
      "upper-case flags": `00-${traceId}-${spanId}-0A`,
      "flags of three digits": `00-${traceId}-${spanId}-001`,
      "flags of one digit": `00-${traceId}-${spanId}-1`,
      "no flags": `00-${traceId}-${spanId}`,
      "a line feed after it": `00-${traceId}-${spanId}-01\n`,
      underscores: `00_${traceId}_${spanId}_01`,
      "two in one": `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
      "two in one of a higher version": `cc-${traceId}-${spanId}-01, cc-${traceId}-${spanId}-01`
    }
    for (const [name, traceparent] of Object.entries(invalid)) {
      it(`refuses ${name}, and the tracestate with it`, () => {
        assert.isUndefined(read({ traceparent, tracestate: "foo=1" }))
      })
    }

    it("is read by its name in any case", () => {
      for (const name of ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"]) {
        assert.strictEqual(read({ [name]: `00-${traceId}-${spanId}-01` })?.traceId, traceId)
      }
      for (const name of ["trace-parent", "trace.parent", "traceparents"]) {
        assert.isUndefined(read({ [name]: `00-${traceId}-${spanId}-01` }))
      }
    })

    it("is refused when it is there twice", () => {
      const header = `00-${traceId}-${spanId}-01`
      assert.isUndefined(read({ traceparent: [header, header] }))
      assert.isUndefined(read({ traceparent: header, TraceParent: header }))
    })

    it("is written as version 00, with the flags that are known", () => {
      assert.strictEqual(TraceContext.toTraceParent({ traceId, spanId, flags: 3 }), `00-${traceId}-${spanId}-03`)
      assert.strictEqual(TraceContext.toTraceParent({ traceId, spanId, flags: 0xfd }), `00-${traceId}-${spanId}-01`)
    })

    it("is not looked for beyond 256 headers", () => {
      const headers = Object.fromEntries(Array.from({ length: 256 }, (_, index) => [`x-${index}`, "1"]))
      assert.isUndefined(read({ ...headers, traceparent: `00-${traceId}-${spanId}-01` }))
    })
  })

  describe("tracestate", () => {
    const key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
    const value = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index))
      .join("")
      .replace(/[,=]/g, "")
    const members = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => `bar${from + index}=${from + index}`).join(",")

    const valid: ReadonlyArray<readonly [name: string, header: string | ReadonlyArray<string>, kept: string]> = [
      ["one member", "foo=1", "foo=1"],
      ["two members", "foo=1,bar=2", "foo=1,bar=2"],
      ["every character of a key", `${key}=1`, `${key}=1`],
      ["a key with an at sign", `${key}@a-z0-9_-*/=1`, `${key}@a-z0-9_-*/=1`],
      ["several at signs, which level 2 allows", "foo@@bar=1,a@b@c=2,d@=3", "foo@@bar=1,a@b@c=2,d@=3"],
      ["a key that begins with a digit", "1a=1", "1a=1"],
      ["every character of a value", `foo=${value}`, `foo=${value}`],
      ["space within and before a value", "foo= a b", "foo= a b"],
      ["space around members", "foo=1 \t , \t bar=2, \t baz=3", "foo=1,bar=2,baz=3"],
      ["other space around members", "foo=1\t \t,\t \tbar=2,\t \tbaz=3", "foo=1,bar=2,baz=3"],
      ["space around the header", "\t foo=1 \t", "foo=1"],
      ["empty members", "foo=1,,bar=2, ,", "foo=1,bar=2"],
      ["an empty header after another", ["foo=1", ""], "foo=1"],
      ["an empty header before another", ["", "foo=1"], "foo=1"],
      [
        "several headers, in their order",
        ["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
        "foo=1,bar=2,rojo=1,congo=2,baz=3"
      ],
      ["a key of 256 characters", `foo=1,${"z".repeat(256)}=1`, `foo=1,${"z".repeat(256)}=1`],
      [
        "a key of tenant and system",
        `${"t".repeat(241)}@${"v".repeat(14)}=1`,
        `${"t".repeat(241)}@${"v".repeat(14)}=1`
      ],
      ["a value of 256 characters", `foo=${"z".repeat(256)}`, `foo=${"z".repeat(256)}`],
      ["32 members", [members(1, 10), members(11, 32)], members(1, 32)],
      ["of a key that is there twice the newer one", "foo=1,foo=2", "foo=1"],
      ["of a key in two headers the newer one", ["foo=1,a=1", "foo=1,b=1"], "foo=1,a=1,b=1"]
    ]
    for (const [name, header, kept] of valid) {
      it(`takes ${name}`, () => {
        assert.strictEqual(state(header), kept)
      })
    }

    const invalid: Record<string, string | ReadonlyArray<string>> = {
      "an empty header": "",
      "space alone": " \t",
      "commas alone": ",,",
      "space in a key": "foo =1",
      "an upper-case key": "FOO=1",
      "a full stop in a key": "foo.bar=1",
      "an at sign first": "@foo=1,bar=2",
      "an underscore first": "_foo=1",
      "no key": "=1,bar=2",
      "no value": "foo=,bar=3",
      "no equals sign": "foo,bar=3",
      "two equals signs": "foo=bar=baz",
      "a control character in a value": "foo=a\u0001b",
      "a tab in a value": "foo=a\tb",
      "a character beyond ASCII": "foo=\u00e9",
      "a key of 257 characters": ["foo=1", `${"z".repeat(257)}=1`],
      "a value of 257 characters": `foo=${"z".repeat(257)}`,
      "33 members": [members(1, 10), members(11, 20), members(21, 30), "bar31=31,bar32=32,bar33=33"],
      "33 members of few keys": Array.from({ length: 33 }, () => "foo=1"),
      "text without end": `foo=1,${" ".repeat(100_000)}`
    }
    for (const [name, header] of Object.entries(invalid)) {
      it(`drops ${name}, and keeps the parent`, () => {
        const context = read({ traceparent: `00-${traceId}-${spanId}-00`, tracestate: header })
        assert.strictEqual(context?.traceId, traceId)
        assert.isUndefined(context?.traceState)
      })
    }

    it("is read by its name in any case", () => {
      for (const name of ["TraceState", "TrAcEsTaTe", "TRACESTATE"]) {
        assert.strictEqual(read({ traceparent: `00-${traceId}-${spanId}-00`, [name]: "foo=1" })?.traceState, "foo=1")
      }
      for (const name of ["trace-state", "trace.state"]) {
        assert.isUndefined(read({ traceparent: `00-${traceId}-${spanId}-00`, [name]: "foo=1" })?.traceState)
      }
    })

    it("is nothing without a traceparent", () => {
      assert.isUndefined(read({ tracestate: "foo=1" }))
    })
  })

  describe("b3", () => {
    const sampled = { traceId, spanId, flags: 1 }
    const valid: ReadonlyArray<readonly [name: string, headers: Record<string, string>, context: object]> = [
      ["ids alone", { b3: `${traceId}-${spanId}` }, sampled],
      ["a decision", { b3: `${traceId}-${spanId}-1` }, sampled],
      ["a decision against", { b3: `${traceId}-${spanId}-0` }, { ...sampled, flags: 0 }],
      ["debug", { b3: `${traceId}-${spanId}-d` }, sampled],
      ["a parent", { b3: `${traceId}-${spanId}-1-${spanId}` }, sampled],
      ["a trace id of 64 bits", { b3: `${spanId}-${spanId}-1` }, { ...sampled, traceId: `${"0".repeat(16)}${spanId}` }],
      ["several headers", { "X-B3-TraceId": traceId, "X-B3-SpanId": spanId }, sampled],
      [
        "several headers with a decision",
        { "x-b3-traceid": traceId, "x-b3-spanid": spanId, "x-b3-sampled": "0" },
        { ...sampled, flags: 0 }
      ],
      ["several headers with debug", { "x-b3-traceid": traceId, "x-b3-spanid": spanId, "x-b3-flags": "1" }, sampled]
    ]
    for (const [name, headers, context] of valid) {
      it(`is read with ${name}`, () => {
        assert.deepStrictEqual(read(headers), context as never)
      })
    }

    const invalid: ReadonlyArray<Record<string, string>> = [
      { b3: "0" },
      { b3: "garbage-garbage" },
      { b3: `${"0".repeat(32)}-${spanId}-1` },
      { b3: `${traceId}-${"0".repeat(16)}-1` },
      { b3: `${traceId}-${spanId}-2` },
      { b3: `${traceId}-${spanId}-1-x` },
      { "x-b3-traceid": traceId },
      { "x-b3-traceid": traceId, "x-b3-spanid": "garbage" }
    ]
    for (const headers of invalid) {
      it(`is refused as ${JSON.stringify(headers)}`, () => {
        assert.isUndefined(read(headers))
      })
    }

    it("gives way to a traceparent, also to one that is malformed", () => {
      const b3 = `${traceId}-${spanId}-1`
      assert.strictEqual(read({ b3, traceparent: `00-${"1".repeat(32)}-${spanId}-01` })?.traceId, "1".repeat(32))
      assert.isUndefined(read({ b3, traceparent: "garbage" }))
    })
  })

  it("becomes a parent that carries it", () => {
    const sessionId = SessionId.SessionId.make("s")
    const span = TraceContext.toExternalSpan({ traceId, spanId, flags: 3, traceState: "foo=1" }, sessionId)
    assert.deepStrictEqual([span.traceId, span.spanId, span.sampled], [traceId, spanId, true])
    assert.deepStrictEqual(Context.get(span.context, TraceContext.Carried as never), {
      traceState: "foo=1",
      flags: 3,
      sessionId
    } as never)
  })
})
