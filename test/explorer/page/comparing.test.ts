/** What is compared, and how. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Log, OutlineSpan } from "../../../src/server/internal/encoded.js"
import type { Listed } from "../../../src/server/page/state/useList.js"
import { align, similarity } from "../../../src/server/page/views/compare/align.js"
import { diff } from "../../../src/server/page/views/compare/diff.js"
import { merged } from "../../../src/server/page/views/compare/trees.js"
import { askedLevels, levels, shownLevels, toggled } from "../../../src/server/page/views/logs/levels.js"
import { withNewest, withOther } from "../../../src/server/page/views/logs/merge.js"
import { treeOf } from "../../../src/server/page/views/trace/tree.js"

describe("turns side by side", () => {
  it("are those that ask nearly the same", () => {
    assert.deepStrictEqual(
      align(["hello", "cancel my order", "thanks"], ["hello", "please cancel my order", "thanks"]),
      [
        [0, 0],
        [1, 1],
        [2, 2]
      ]
    )
  })

  it("leave out what only one side has", () => {
    assert.deepStrictEqual(
      align(
        ["where is my parcel", "cancel my order"],
        ["where is my parcel", "which kettle is quiet", "who are you", "cancel my order"]
      ),
      [
        [0, 0],
        [undefined, 1],
        [undefined, 2],
        [1, 3]
      ]
    )
    assert.deepStrictEqual(align([], ["a"]), [[undefined, 0]])
    assert.deepStrictEqual(align(["a"], []), [[0, undefined]])
    assert.deepStrictEqual(align([], []), [])
  })

  it("are paired by their place where as many on both sides have no partner", () => {
    assert.deepStrictEqual(align(["one two", "red green", "five six"], ["one two", "blue black", "five six"]), [
      [0, 0],
      [1, 1],
      [2, 2]
    ])
  })

  it("never cross", () => {
    assert.deepStrictEqual(align(["alpha", "beta"], ["beta", "alpha", "gamma delta"]), [
      [0, undefined],
      [1, 0],
      [undefined, 1],
      [undefined, 2]
    ])
  })

  it("hold each turn once, in order", () => {
    const texts = FastCheck.array(FastCheck.constantFrom("", "a b c", "a b d", "e f", "g"), { maxLength: 12 })
    const ascending = (count: number) => Array.from({ length: count }, (_, i) => i)
    for (const [a, b] of FastCheck.sample(FastCheck.tuple(texts, texts), 300)) {
      const pairs = align(a, b)
      assert.deepStrictEqual(
        pairs.flatMap(([i]) => (i === undefined ? [] : [i])),
        ascending(a.length)
      )
      assert.deepStrictEqual(
        pairs.flatMap(([, j]) => (j === undefined ? [] : [j])),
        ascending(b.length)
      )
    }
  })

  it("are found among hundreds, and in texts without end", () => {
    const many = Array.from({ length: 400 }, (_, i) => `question ${i} about ${"word ".repeat(2_000)}`)
    const started = performance.now()
    assert.strictEqual(align(many, many).length, 400)
    assert.isBelow(performance.now() - started, 3_000)
  })

  it("are alike by their words, whatever case and signs", () => {
    assert.strictEqual(similarity("Cancel it!", "cancel IT"), 1)
    assert.strictEqual(similarity("", ""), 1)
    assert.strictEqual(similarity("", "a"), 0)
    assert.strictEqual(similarity("東京", "東京 京都"), 2 / 3)
  })
})

describe("the difference of two texts", () => {
  it("is told word by word", () => {
    assert.deepStrictEqual(diff("It comes on Monday.", "It comes on Friday, or so."), [
      { in: "both", text: "It comes on " },
      { in: "first", text: "Monday" },
      { in: "second", text: "Friday, or so" },
      { in: "both", text: "." }
    ])
    assert.deepStrictEqual(diff("same", "same"), [{ in: "both", text: "same" }])
    assert.deepStrictEqual(diff("", ""), [])
    assert.deepStrictEqual(diff("", "new"), [{ in: "second", text: "new" }])
    assert.deepStrictEqual(diff("old", ""), [{ in: "first", text: "old" }])
  })

  const both = (a: string, b: string) => {
    const segments = diff(a, b)
    const of = (side: "first" | "second") =>
      segments.flatMap(({ in: where, text }) => (where === "both" || where === side ? [text] : [])).join("")
    assert.strictEqual(of("first"), a)
    assert.strictEqual(of("second"), b)
    return segments
  }

  it("has all of both texts", () => {
    const words = FastCheck.array(FastCheck.constantFrom("a", "b", " ", ".", "😀", "é", "\n"), { maxLength: 60 })
    for (const [a, b] of FastCheck.sample(FastCheck.tuple(words, words), 300)) both(a.join(""), b.join(""))
  })

  it("is the shortest one", () => {
    const segments = both("a b c a b b a", "c b a b a c")
    const edits = segments.filter(({ in: where }) => where !== "both").flatMap(({ text }) => text.match(/\w|\s/g) ?? [])
    assert.isAtMost(edits.length, 10)
  })

  it("ends where texts are long and have nothing in common", () => {
    const started = performance.now()
    both(
      Array.from({ length: 20_000 }, (_, i) => `a${i}`).join(" "),
      Array.from({ length: 20_000 }, (_, i) => `b${i}`).join(" ")
    )
    both(
      Array.from({ length: 1_400 }, (_, i) => `a${i}`).join(" "),
      Array.from({ length: 1_400 }, (_, i) => `b${i}`).join(" ")
    )
    assert.isBelow(performance.now() - started, 2_000)
  })
})

describe("two traces as one tree", () => {
  let id = 0
  const span = (name: string, parentSpanId?: string): OutlineSpan =>
    ({
      spanId: `${name}-${id++}`,
      name,
      startTime: "0",
      ...(parentSpanId === undefined ? {} : { parentSpanId })
    }) as OutlineSpan
  const told = (a: ReadonlyArray<OutlineSpan>, b: ReadonlyArray<OutlineSpan>) =>
    merged(treeOf(a), treeOf(b)).map(
      ({ a, b, depth, name }) => `${" ".repeat(depth)}${name}${a === undefined ? " +" : b === undefined ? " -" : ""}`
    )

  it("pairs spans of the same names below the same names", () => {
    const [a, b] = [span("run"), span("run")]
    assert.deepStrictEqual(
      told(
        [a, span("chat", a.spanId), span("tool x", a.spanId), span("chat", a.spanId)],
        [b, span("chat", b.spanId), span("tool y", b.spanId), span("chat", b.spanId), span("chat", b.spanId)]
      ),
      ["run", " chat", " tool x -", " tool y +", " chat", " chat +"]
    )
  })

  it("pairs calls of another model by their place, but no other tool", () => {
    const typed = (name: string, spanType: string) => ({ ...span(name), spanType }) as OutlineSpan
    const nodes = merged(
      treeOf([typed("chat small", "model_generation"), typed("search", "tool_call")]),
      treeOf([typed("chat large", "model_generation"), typed("think", "tool_call")])
    )
    assert.deepStrictEqual(
      nodes.map(({ a, b, renamed }) => [a?.name, b?.name, renamed]),
      [
        ["chat small", "chat large", "chat large"],
        ["search", undefined, undefined],
        [undefined, "think", undefined]
      ]
    )
  })

  it("tells all of both where the roots differ, and nothing of nothing", () => {
    const [a, b] = [span("one"), span("two")]
    assert.deepStrictEqual(told([a, span("x", a.spanId)], [b, span("x", b.spanId)]), ["one -", " x -", "two +", " x +"])
    assert.deepStrictEqual(told([], []), [])
  })

  it("has each span once, orphans and circles among them", () => {
    const circle = [
      { spanId: "1", parentSpanId: "2", name: "one" },
      { spanId: "2", parentSpanId: "1", name: "two" },
      { spanId: "3", parentSpanId: "3", name: "own parent" },
      { spanId: "4", parentSpanId: "none", name: "orphan" }
    ].map((span) => ({ ...span, startTime: "0" })) as unknown as ReadonlyArray<OutlineSpan>
    assert.deepStrictEqual(told(circle, []), ["own parent -", "orphan -", "one -", " two -"])
  })

  it("takes a chain of 100,000 spans", () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => ({
      spanId: `${i}`,
      parentSpanId: `${i - 1}`,
      name: "n",
      startTime: "0"
    }))
    assert.strictEqual(merged(treeOf(chain as never), treeOf(chain as never)).length, 100_000)
  })
})

describe("levels as toggles", () => {
  it("are pressed one by one; all and none are the same", () => {
    assert.deepStrictEqual(shownLevels(), levels)
    assert.deepStrictEqual(shownLevels(["error", "nonsense", "info"]), ["info", "error"])
    assert.deepStrictEqual(toggled(levels, "trace"), ["debug", "info", "warn", "error", "fatal"])
    assert.isUndefined(toggled(["debug", "info", "warn", "error", "fatal"], "trace"))
    assert.isUndefined(toggled(["info"], "info"))
  })

  it("are asked by what a storage can be asked", () => {
    assert.deepStrictEqual(askedLevels(levels), {})
    assert.deepStrictEqual(askedLevels(["warn"]), { level: "warn" })
    assert.deepStrictEqual(askedLevels(["warn", "fatal"]), { minLevel: "warn" })
    assert.deepStrictEqual(askedLevels(["trace", "fatal"]), {})
  })
})

describe("the tail of logs", () => {
  const log = (time: number, logId = `log-${time}`) => ({ logId, timestamp: String(time) }) as Log
  const idsOf = (list: Listed<Log> | undefined) => list?.rows.map(({ logId }) => logId)
  const listed: Listed<Log> = { rows: [log(30), log(20), log(10)], cursor: "next" }

  it("puts what is newer first, each once", () => {
    const next = withNewest(listed, { items: [log(40), log(30), log(20)], nextCursor: "x" })
    assert.deepStrictEqual(idsOf(next), ["log-40", "log-30", "log-20", "log-10"])
    assert.strictEqual(withNewest(listed, { items: [log(30)] }), listed)
  })

  it("puts what comes late in its place, and leaves out what is on the pages to come", () => {
    const next = withNewest(listed, { items: [log(30), log(25), log(20), log(5)] })
    assert.deepStrictEqual(idsOf(next), ["log-30", "log-25", "log-20", "log-10"])
    assert.deepStrictEqual(idsOf(withNewest({ ...listed, cursor: undefined }, { items: [log(30), log(5)] })), [
      "log-30",
      "log-20",
      "log-10",
      "log-5"
    ])
  })

  it("says where there is a gap", () => {
    assert.isUndefined(withNewest(listed, { items: [log(60), log(50)], nextCursor: "x" }))
    assert.deepStrictEqual(idsOf(withNewest({ rows: [], cursor: undefined }, { items: [log(60)], nextCursor: "x" })), [
      "log-60"
    ])
  })

  it("goes on with older ones, each once", () => {
    const rows = withOther(listed.rows, [log(10), log(5)])
    assert.deepStrictEqual(rows, [log(30), log(20), log(10), log(5)])
  })
})
