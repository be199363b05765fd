import { assert, describe, it } from "@effect/vitest"
import { beforeAll, vi } from "vitest"
import type { Filter } from "../../../src/server/page/state/filters.js"
import { merge } from "../../../src/server/page/state/merge.js"
import { bytes, count, decimal, dollars, dollarsShort, short } from "../../../src/server/page/state/numbers.js"
import { cut, oneLine, visible } from "../../../src/server/page/state/visible.js"

/** They read the address when they are loaded. */
const load = async (search: string) => {
  vi.resetModules()
  vi.stubGlobal("window", { location: { pathname: "/", search } })
  return {
    ...(await import("../../../src/server/page/state/address.js")),
    ...(await import("../../../src/server/page/state/asked.js")),
    ...(await import("../../../src/server/page/state/time.js"))
  }
}

const nanos = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n

describe("times", () => {
  beforeAll(() => {
    process.env["TZ"] = "Europe/Berlin"
  })

  it("are read as people write them, in the zone of the page", async () => {
    const { parseTime } = await load("")
    const now = Date.parse("2026-03-29T12:00:00.500Z")
    const cases: ReadonlyArray<readonly [text: string, expected: bigint | undefined]> = [
      ["24h", nanos("2026-03-28T12:00:00.500Z")],
      ["90 m ago", nanos("2026-03-29T10:30:00.500Z")],
      ["now", nanos("2026-03-29T12:00:00.500Z")],
      // The day when clocks go forward has 23 hours.
      ["today", nanos("2026-03-28T23:00:00Z")],
      ["Yesterday", nanos("2026-03-27T23:00:00Z")],
      ["2026-03-29", nanos("2026-03-28T23:00:00Z")],
      ["2026-03-30", nanos("2026-03-29T22:00:00Z")],
      ["2026-03-29 02:30", nanos("2026-03-29T01:30:00Z")],
      ["2026-10-25T02:30", nanos("2026-10-25T00:30:00Z")],
      ["2026-10-25 02:30Z", nanos("2026-10-25T02:30:00Z")],
      ["2026-10-25 02:30:09.000000001+05:30", nanos("2026-10-24T21:00:09Z") + 1n],
      ["1774785600000000001", 1774785600000000001n],
      ["2026-02-30", undefined],
      ["2026-01-01 24:00", undefined],
      ["soon", undefined],
      ["", undefined],
      [`${"9".repeat(30)}d`, undefined]
    ]
    for (const [text, expected] of cases) assert.strictEqual(parseTime(text, now), expected, text)
    const { parseTime: inUtc } = await load("?zone=utc")
    assert.strictEqual(inUtc("2026-03-29 02:30", now), nanos("2026-03-29T02:30:00Z"))
    assert.strictEqual(inUtc("today", now), nanos("2026-03-29T00:00:00Z"))
  })

  it("are shown to the millisecond, with the name of their zone", async () => {
    const { instant, relative } = await load("")
    assert.strictEqual(instant(String(nanos("2026-07-01T23:30:00.007Z"))), "2026-07-02 01:30:00.007 CEST")
    assert.strictEqual(instant(String(nanos("2026-01-01T00:00:00Z"))), "2026-01-01 01:00:00.000 CET")
    assert.match(instant("-1"), /^1970-01-01 00:59:59\.999 /)
    const now = Date.parse("2026-07-01T12:00:00Z")
    for (const [iso, expected] of [
      ["2026-07-01T12:00:00Z", "now"],
      ["2026-07-01T11:59:58Z", "2s ago"],
      ["2026-07-01T11:00:01Z", "59m ago"],
      ["2026-06-29T11:00:00Z", "2d ago"],
      ["2026-07-01T13:00:00Z", "in 1h"]
    ] as const) {
      assert.strictEqual(relative(String(nanos(iso)), now), expected)
    }
  })

  it("last as long as they do, with about three digits", async () => {
    const { duration } = await load("")
    const cases: ReadonlyArray<readonly [nanos: bigint, expected: string]> = [
      [0n, "0 ns"],
      [999n, "999 ns"],
      [1_000n, "1.00 µs"],
      [999_499n, "999 µs"],
      [999_500n, "1.00 ms"],
      [9_995_000n, "10.0 ms"],
      [999_499_999n, "999 ms"],
      [999_500_000n, "1.00 s"],
      [59_949_999_999n, "59.9 s"],
      [59_950_000_000n, "1m 00s"],
      [3_599_499_999_999n, "59m 59s"],
      [3_599_500_000_000n, "1h 00m"],
      [86_400_000_000_000n, "1d 00h"],
      [-5_000_000n, "−5.00 ms"]
    ]
    for (const [value, expected] of cases) assert.strictEqual(duration(value), expected)
  })
})

describe("numbers", () => {
  it("have all their digits, or say that they are short", () => {
    assert.strictEqual(count(1_234_567), "1,234,567")
    assert.strictEqual(count(9_007_199_254_740_993n), "9,007,199,254,740,993")
    assert.deepStrictEqual([999, 1_000, 9_994, 9_996, 99_960, 999_499, 999_600, 1e12].map(short), [
      "999",
      "1.00k",
      "9.99k",
      "10.0k",
      "100k",
      "999k",
      "1.00M",
      "1000B"
    ])
    assert.deepStrictEqual([0, 12.3, 0.000000001, 1234567.89, 0.1 + 0.2, -0.5].map(dollars), [
      "$0.00",
      "$12.30",
      "$0.000000001",
      "$1,234,567.89",
      "$0.30",
      "−$0.50"
    ])
    assert.match(dollars(1e300), /^\$1,000,000,(?:\d{3},)+\d{3}\.00$/)
    assert.deepStrictEqual([0, 1 / 3, -2.5, 1e308].map(decimal), ["0", "0.333", "-2.5", "1e+308"])
    assert.deepStrictEqual([0, 0.00001, 0.0042, 0.12345, 12.345, 4321, -0.00001, -2].map(dollarsShort), [
      "$0",
      "< $0.0001",
      "$0.0042",
      "$0.12",
      "$12.35",
      "$4.32k",
      "−< $0.0001",
      "−$2.00"
    ])
    assert.deepStrictEqual([0, 999, 1_200, 10_000_000].map(bytes), ["0 B", "999 B", "1.20 kB", "10.0 MB"])
  })
})

describe("texts of strangers", () => {
  it("hide nothing, and keep the joiners and shapes of their scripts", () => {
    assert.strictEqual(
      visible("a\u0000\u001b[31m\u007f\u0085\u202eb\u2066\u200b\ufeff\u00ad\ud800c"),
      "a␀␛[31m␡⟨U+0085⟩⟨U+202E⟩b⟨U+2066⟩⟨U+200B⟩⟨U+FEFF⟩⟨U+00AD⟩⟨U+D800⟩c"
    )
    assert.strictEqual(visible("\u{e0041}\u{e0100}\u2028\u3164\u034f"), "⟨U+E0041⟩⟨U+E0100⟩⟨U+2028⟩⟨U+3164⟩⟨U+034F⟩")
    for (const text of ["tab\tand\nline", "👩‍👩‍👧 ❤️", "می‌خواهم", "שלום", "é", "𝕏"])
      assert.strictEqual(visible(text), text)
    assert.strictEqual(visible("a\r\nb\rc"), "a\nb␍c")
    assert.strictEqual(oneLine("  a\n\n b\u0000 "), "a b␀")
    assert.strictEqual(cut("a😀b", 2), "a…")
    assert.strictEqual(cut("a😀b", 3), "a😀…")
    assert.strictEqual(cut("abc", 3), "abc")
  })
})

describe("addresses", () => {
  it("say any route, and are read as it", async () => {
    const filters: ReadonlyArray<Filter> = [
      ["search", "a&b=c #\u202e"],
      ["tags", "x"],
      ["tags", "y"]
    ]
    const { href } = await load("?theme=dark&live=off&panel=keys")
    const routes = [
      { view: "sessions", filters, orderBy: "duration", direction: "asc", at: "../?" },
      { view: "session", id: "a/b", tab: "timeline" },
      { view: "trace", id: "1", span: "2", depth: 3 },
      { view: "compare", of: "traces", ids: ["b", "a"] }
    ] as const
    for (const to of routes) {
      const address = new URL(href(to), "http://localhost")
      assert.strictEqual(address.searchParams.get("theme"), "dark")
      assert.isNull(address.searchParams.get("panel"))
    }
    const { route } = await load("?orderBy=size&direction=asc&hasError=true&nonsense=1&tags=x&tags=y&at=")
    assert.deepStrictEqual(route.value, {
      view: "sessions",
      direction: "asc",
      filters: [
        ["hasError", "true"],
        ["tags", "x"],
        ["tags", "y"]
      ],
      at: ""
    } as never)
  })
})

interface Row {
  readonly sessionId: string
  readonly firstActivity: string
  readonly lastActivity?: string
}

describe("merged rows", () => {
  const row = (sessionId: string, firstActivity: number, lastActivity: number, spans = 1) =>
    ({ sessionId, firstActivity: String(firstActivity), lastActivity: String(lastActivity), spans }) as Row

  it("are in the order of the list, newest first or longest first, each once", () => {
    const rows = [row("c", 0, 30), row("b", 10, 20), row("a", 0, 10)]
    const order = { field: "time", direction: "desc" } as const
    const by = {
      idOf: ({ sessionId }: Row) => sessionId,
      valueOf: ({ firstActivity, lastActivity }: Row, field: "time" | "duration") =>
        lastActivity === undefined ? undefined : BigInt(lastActivity) - (field === "time" ? 0n : BigInt(firstActivity))
    }
    const newer = [row("d", 35, 40), row("a", 0, 35, 2)]
    const names = (list: ReadonlyArray<{ readonly sessionId: string }>) =>
      list.map(({ sessionId }) => sessionId).join("")
    assert.strictEqual(names(merge(by, rows, newer, order, true)), "dacb")
    assert.strictEqual(names(merge(by, rows, newer, { ...order, field: "duration" }, true)), "acbd")
    // What would come after the last that is known is on a page that is not loaded yet.
    assert.strictEqual(names(merge(by, rows, newer, { ...order, field: "duration" }, false)), "acb")
    assert.strictEqual(merge(by, rows, [row("b", 10, 20)], order, true), rows)
    // What has no value yet is last in either order.
    const running = { sessionId: "r", firstActivity: "50" }
    assert.strictEqual(names(merge(by, rows, [running], order, true)), "cbar")
    assert.strictEqual(names(merge(by, rows, [running], { ...order, direction: "asc" }, true)), "abcr")
  })
})
