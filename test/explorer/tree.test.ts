/** What the view of a trace computes, without a browser. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { OutlineSpan } from "../../src/server/internal/encoded.js"
import { stringify } from "../../src/server/internal/wire.js"
import { readRows } from "../../src/server/page/state/rows.js"
import { type CriticalPath, criticalPath, timeOf } from "../../src/server/page/views/trace/criticalPath.js"
import { keptOf, matchesOf, nextOf, rowAt, rowsOf } from "../../src/server/page/views/trace/rows.js"
import { brushed, seen, ticksOf, windowOf, zoomed } from "../../src/server/page/views/trace/scale.js"
import { lastKnown, sumOf, treeOf } from "../../src/server/page/views/trace/tree.js"
import * as Storage from "../../src/storage/Storage.js"
import * as data from "../utils/explorerData.js"

const span = (
  spanId: string,
  parentSpanId: string | undefined,
  start: number,
  end: number | undefined,
  more: Partial<OutlineSpan> = {}
): OutlineSpan =>
  ({
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: spanId,
    kind: "internal",
    spanType: "generic",
    status: end === undefined ? "running" : "ok",
    startTime: String(1_000_000_000_000_000_000n + BigInt(start)),
    ...(end !== undefined && { endTime: String(1_000_000_000_000_000_000n + BigInt(end)) }),
    inputSize: 0,
    outputSize: 0,
    attributesSize: 0,
    ...more
  }) as OutlineSpan

const ids = (spans: ReadonlyArray<OutlineSpan>, indices: Iterable<number>) =>
  Array.from(indices, (index) => spans[index]?.spanId)

const sectionsOf = (path: CriticalPath, spans: ReadonlyArray<OutlineSpan>) =>
  Object.fromEntries(
    spans.flatMap(({ spanId }, i) => {
      const [from, to] = [path.offsets[i] as number, path.offsets[i + 1] as number]
      return from === to
        ? []
        : [[spanId, Array.from({ length: to - from }, (_, n) => [path.from[from + n], path.to[from + n]])]]
    })
  )

const critical = (spans: ReadonlyArray<OutlineSpan>, now = 0) => {
  const tree = treeOf(spans)
  return sectionsOf(criticalPath(tree, now), tree.spans)
}

describe("the tree of a trace", () => {
  it("has each span before those below it, whatever order they come in", () => {
    const tree = treeOf([
      span("b", "root", 30, 60),
      span("b1", "b", 31, 32),
      span("root", undefined, 0, 100),
      span("orphan", "elsewhere", 5, 6),
      span("a", "root", 40, 41)
    ])
    assert.deepStrictEqual(ids(tree.spans, tree.spans.keys()), ["root", "b", "b1", "a", "orphan"])
    assert.deepStrictEqual(Array.from(tree.depth), [0, 1, 2, 1, 0])
    assert.deepStrictEqual(Array.from(tree.after), [4, 3, 3, 4, 5])
    assert.deepStrictEqual(Array.from(tree.parent), [-1, 0, 1, 0, -1])
    assert.deepStrictEqual(Array.from(tree.position), [1, 1, 1, 2, 2])
    assert.deepStrictEqual(Array.from(tree.siblings), [2, 2, 1, 2, 2])
    assert.deepStrictEqual([tree.start[1], tree.end[1], lastKnown(tree)], [30, 60, 100])
  })

  it("has all spans of circles, of one that is its own parent, and of none", () => {
    const tree = treeOf([span("a", "c", 0, 1), span("b", "a", 0, 1), span("c", "b", 0, 1), span("self", "self", 0, 1)])
    assert.deepStrictEqual(ids(tree.spans, tree.spans.keys()).toSorted(), ["a", "b", "c", "self"])
    assert.deepStrictEqual(Array.from(tree.depth).toSorted(), [0, 0, 1, 2])
    assert.deepStrictEqual(critical([span("a", "b", 0, 9), span("b", "a", 0, 9)]), { b: [[0, 9]] })
    assert.deepStrictEqual(treeOf([]).spans, [])
  })

  it("holds a chain of 100,000 spans, and as many siblings", () => {
    const count = 100_000
    const chain = treeOf(
      Array.from({ length: count }, (_, i) => span(`s${i}`, i === 0 ? undefined : `s${i - 1}`, i, 2 * count - i))
    )
    assert.strictEqual(chain.depth[count - 1], count - 1)
    assert.strictEqual(timeOf(criticalPath(chain, 0), count - 1), 2)
    const wide = treeOf(
      Array.from({ length: count }, (_, i) => span(`s${i}`, i === 0 ? undefined : "s0", i, i === 0 ? count : i + 1))
    )
    assert.strictEqual(wide.after[0], count)
    assert.strictEqual(criticalPath(wide, 0).from.length, count)
  })

  it("sums to a billionth what no other span counts", () => {
    const generation = { spanType: "model_generation", inputTokens: 10, outputTokens: 1 } as const
    const tree = treeOf([
      span("agent", undefined, 0, 9, { spanType: "agent_run", inputTokens: 30, outputTokens: 3, costUsd: 0.6 }),
      span("m1", "agent", 0, 1, { ...generation, costUsd: 0.1 }),
      span("m2", "agent", 1, 2, { ...generation, costUsd: 0.2, status: "error" }),
      span("tool", "agent", 2, 3, { spanType: "tool_call", costUsd: 0.3, costSource: "custom", status: "error" }),
      span("repeated", "tool", 2, 3, { spanType: "tool_call", costUsd: 5, costSource: "provider" }),
      span("large", "tool", 2, 3, { ...generation, costUsd: 1e12 })
    ])
    assert.deepStrictEqual(Array.from(tree.inputTokens), [30, 10, 10, 10, 0, 10])
    assert.deepStrictEqual(Array.from(tree.outputTokens), [3, 1, 1, 1, 0, 1])
    assert.deepStrictEqual(Array.from(tree.costUsd).slice(1, 3), [0.1, 0.2])
    assert.strictEqual(tree.costUsd[0], 1e12 + 0.6)
    assert.deepStrictEqual(Array.from(tree.failedBelow), [2, 0, 0, 0, 0, 0])
    assert.deepStrictEqual([tree.failed, tree.running], [2, 0])
    const cents = treeOf(
      Array.from({ length: 10 }, (_, i) => span(`m${i}`, undefined, 0, 1, { ...generation, costUsd: 0.1 }))
    )
    assert.strictEqual(
      cents.costUsd.reduce((sum, cost) => sum + cost),
      0.9999999999999999
    )
    assert.strictEqual(
      treeOf([span("root", undefined, 0, 1), ...cents.spans.map((other) => ({ ...other, parentSpanId: "root" }))])
        .costUsd[0],
      1
    )
  })

  it.effect("sums what the summary of a session sums", () =>
    Effect.gen(function* () {
      yield* data.insert(data.sessions(Date.UTC(2026, 10, 30)))
      const { listSessions, listTraces, traceOutline } = yield* Storage.Storage
      const { items } = yield* listSessions({ pagination: { limit: 100 } })
      for (const { costUsd, inputTokens, outputTokens, sessionId, spans } of items) {
        const sums = [0, 0, 0, 0]
        for (const { traceId } of (yield* listTraces({ filters: { sessionId } })).items) {
          const outline = Option.getOrThrow(yield* traceOutline(traceId))
          const tree = treeOf(JSON.parse(stringify(outline.spans)))
          for (const [i, numbers] of [tree.inputTokens, tree.outputTokens, tree.costUsd].entries()) {
            sums[i] = (sums[i] as number) + sumOf(tree, numbers)
          }
          sums[3] = (sums[3] as number) + tree.spans.length
        }
        assert.deepStrictEqual(
          sums.map((sum) => Number(sum.toFixed(9))),
          [inputTokens, outputTokens, costUsd, spans]
        )
      }
      assert.isAtLeast(items.length, 38)
    }).pipe(Effect.provide(Storage.layerMemory))
  )
})

describe("the critical path", () => {
  it("goes back from the end through whoever ended last", () => {
    const path = critical([
      span("root", undefined, 0, 100),
      span("a", "root", 10, 40),
      span("b", "root", 30, 60),
      span("c", "root", 70, 90)
    ])
    assert.deepStrictEqual(path, {
      root: [
        [90, 100],
        [60, 70],
        [0, 30]
      ],
      b: [[30, 60]],
      c: [[70, 90]]
    })
  })

  it("goes into children of children, and takes those that follow without a gap", () => {
    const path = critical([
      span("root", undefined, 0, 50),
      span("a", "root", 0, 20),
      span("b", "root", 20, 50),
      span("b1", "b", 25, 45),
      span("b2", "b", 25, 30)
    ])
    assert.deepStrictEqual(path, {
      a: [[0, 20]],
      b: [
        [45, 50],
        [20, 25]
      ],
      b1: [[25, 45]]
    })
  })

  it("takes of a child what lies in the time of its parent", () => {
    const path = critical([
      span("root", undefined, 10, 50),
      span("late", "root", 20, 80),
      span("before", "root", 0, 5),
      span("after", "root", 60, 70)
    ])
    // The times are from the first start, which is that of `before`.
    assert.deepStrictEqual(path, { root: [[10, 20]], late: [[20, 50]] })
  })

  it("goes over several roots, and takes what is running until now", () => {
    assert.deepStrictEqual(critical([span("a", undefined, 0, 10), span("b", undefined, 15, 30)]), {
      a: [[0, 10]],
      b: [[15, 30]]
    })
    assert.deepStrictEqual(critical([span("root", undefined, 0, undefined), span("a", "root", 10, undefined)], 40), {
      root: [[0, 10]],
      a: [[10, 40]]
    })
  })

  it("ends where all happened at once", () => {
    assert.deepStrictEqual(
      critical(Array.from({ length: 50 }, (_, i) => span(`s${i}`, i === 0 ? undefined : `s${i >> 1}`, 7, 7))),
      {}
    )
  })

  it("covers the time of a root without a gap or an overlap, whatever is below", () => {
    let seed = 1
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647
      return seed % below
    }
    for (let round = 0; round < 200; round++) {
      const spans = [span("s0", undefined, 0, 1_000)]
      for (let i = 1; i < 40; i++) {
        const start = random(1_100)
        spans.push(span(`s${i}`, `s${random(i)}`, start, start + random(400)))
      }
      const all = Object.values(critical(spans))
        .flat()
        .toSorted(([a = 0], [b = 0]) => a - b)
      assert.deepStrictEqual([all[0]?.[0], all.at(-1)?.[1]], [0, 1_000])
      for (const [i, [from]] of all.entries()) assert.strictEqual(from, i === 0 ? 0 : all[i - 1]?.[1])
    }
  })
})

describe("the rows of a trace", () => {
  const tree = treeOf([
    span("root", undefined, 0, 9, { agentName: "Ada" }),
    span("a", "root", 0, 1),
    span("a1", "a", 0, 1, { toolName: "get_weather", spanType: "tool_call" }),
    span("a2", "a", 0, 1, { status: "error", spanType: "tool_call" }),
    span("b", "root", 2, 3, { model: "GPT-5" }),
    span("b1", "b", 2, 3)
  ])
  const shown = (depth: number | undefined, turned: ReadonlyArray<string> = [], cursor = -1) =>
    ids(tree.spans, rowsOf(tree, { depth, turned: new Set(turned), cursor }))

  it("are those of the levels that are open, and of what is turned", () => {
    assert.deepStrictEqual(shown(undefined), ["root", "a", "a1", "a2", "b", "b1"])
    assert.deepStrictEqual(shown(0), ["root"])
    assert.deepStrictEqual(shown(1), ["root", "a", "b"])
    assert.deepStrictEqual(shown(1, ["b"]), ["root", "a", "b", "b1"])
    assert.deepStrictEqual(shown(undefined, ["a"]), ["root", "a", "b", "b1"])
    assert.deepStrictEqual(shown(undefined, ["root"]), ["root"])
  })

  it("are never without the span under the cursor", () => {
    assert.deepStrictEqual(shown(0, [], 3), ["root", "a", "a1", "a2", "b"])
    assert.deepStrictEqual(shown(0, [], 0), ["root"])
  })

  it("are those that filters leave, and all above them", () => {
    const kept = keptOf(tree, ({ status }) => status === "error")
    assert.deepStrictEqual(ids(tree.spans, rowsOf(tree, { depth: undefined, turned: new Set(), cursor: -1 }, kept)), [
      "root",
      "a",
      "a2"
    ])
    assert.deepStrictEqual(Array.from(kept), [1, 1, 0, 2, 0, 0])
  })

  it("are found by names, tools, agents, models and ids, and followed around", () => {
    const found = (find: string) => ids(tree.spans, matchesOf(tree, find))
    assert.deepStrictEqual(found("WEATHER"), ["a1"])
    assert.deepStrictEqual(found("gpt"), ["b"])
    assert.deepStrictEqual(found("ada"), ["root"])
    assert.deepStrictEqual(found("a"), ["root", "a", "a1", "a2"])
    assert.deepStrictEqual(found("  "), [])
    assert.deepStrictEqual(found("[.*"), [])
    const matches = matchesOf(tree, "b")
    assert.deepStrictEqual(ids(tree.spans, matches), ["b", "b1"])
    assert.deepStrictEqual(
      [
        nextOf(matches, -1, 1),
        nextOf(matches, 4, 1),
        nextOf(matches, 5, 1),
        nextOf(matches, 4, -1),
        nextOf(matches, 5, -1)
      ],
      [4, 5, 4, 5, 4]
    )
    assert.strictEqual(nextOf(new Int32Array(), 3, 1), undefined)
    assert.deepStrictEqual([rowAt(matches, 4), rowAt(matches, 9)], [0, 2])
  })
})

describe("the axis of a trace", () => {
  it("has a window within the whole, or the whole", () => {
    assert.deepStrictEqual(windowOf(100, undefined, undefined), { from: 0, to: 100 })
    assert.deepStrictEqual(windowOf(100, 20, 900), { from: 20, to: 100 })
    assert.deepStrictEqual(windowOf(100, 60, 40), { from: 0, to: 100 })
    assert.deepStrictEqual(windowOf(100, 500, 600), { from: 0, to: 100 })
    assert.deepStrictEqual(windowOf(0, undefined, undefined), { from: 0, to: 1 })
  })

  it("is brushed in either direction, and not by a click", () => {
    assert.deepStrictEqual(brushed(1_000, 200, 50, 100), { from: 250, to: 500 })
    assert.deepStrictEqual(brushed(1_000, 200, 100, 50), { from: 250, to: 500 })
    assert.deepStrictEqual(brushed(1_000, 200, -50, 900), { from: 0, to: 1_000 })
    assert.strictEqual(brushed(1_000, 200, 50, 52), undefined)
    assert.strictEqual(brushed(1_000, 0, 0, 100), undefined)
  })

  it("shows what is within its window", () => {
    assert.deepStrictEqual(seen({ from: 100, to: 200 }, 150, 175), { from: 0.5, to: 0.75 })
    assert.deepStrictEqual(seen({ from: 100, to: 200 }, 0, 1_000), { from: 0, to: 1 })
    assert.strictEqual(seen({ from: 100, to: 200 }, 0, 99), undefined)
    assert.strictEqual(seen({ from: 100, to: 200 }, 201, 300), undefined)
  })

  it("is zoomed around its middle, and never beyond the whole", () => {
    assert.deepStrictEqual(zoomed({ from: 40, to: 60 }, 100, 0.5), { from: 45, to: 55 })
    assert.deepStrictEqual(zoomed({ from: 0, to: 60 }, 100, 2), { from: 0, to: 100 })
    assert.deepStrictEqual(zoomed({ from: 5, to: 5 }, 100, 0.5), { from: 5, to: 6 })
  })

  it("has round marks, and few", () => {
    assert.deepStrictEqual(ticksOf({ from: 0, to: 9e9 }, 5), [0, 2e9, 4e9, 6e9, 8e9])
    assert.deepStrictEqual(ticksOf({ from: 3e9, to: 4e9 }, 5), [3e9, 3.2e9, 3.4e9, 3.6e9, 3.8e9, 4e9])
    assert.deepStrictEqual(
      ticksOf({ from: 0, to: 50 * 60e9 }, 5),
      [0, 10, 20, 30, 40, 50].map((count) => count * 60e9)
    )
    assert.deepStrictEqual(ticksOf({ from: 0, to: 1 }, 5), [0, 1])
    for (const to of [1, 7, 1e3, 1e10, 3e11, 1e14, 1e18]) assert.isAtMost(ticksOf({ from: 0, to }, 5).length, 6)
  })
})

describe("an answer of rows", () => {
  const answerOf = (text: string, size: number) => {
    const bytes = new TextEncoder().encode(text)
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size)
    )
    return new Response(
      new ReadableStream({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk)
          controller.close()
        }
      })
    )
  }

  it("is the same wherever the network cuts it", async () => {
    const value = { traceId: "t", truncated: true, spans: [{ name: "Łódź ]\n[" }, { name: "😀", list: [1] }] }
    const rows = value.spans.map((row) => JSON.stringify(row)).join(",\n")
    const text = `{"traceId":"t","truncated":true,"spans":[\n${rows}\n]}\n`
    for (const size of [1, 2, 3, 7, 64, 1_000])
      assert.deepStrictEqual(await readRows(answerOf(text, size), "spans"), value)
    assert.deepStrictEqual(await readRows(answerOf(JSON.stringify(value), 5), "spans"), value)
    assert.deepStrictEqual(await readRows(answerOf('{"spans":[\n]}\n', 4), "spans"), { spans: [] })
    assert.strictEqual(await readRows(answerOf("null\n", 2), "spans"), null)
  })
})
