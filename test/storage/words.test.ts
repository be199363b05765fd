import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { searchedTexts } from "../../src/storage/internal/searchedTexts.js"
import { placeOf, sliceBytes, WordFilter } from "../../src/storage/internal/wordFilter.js"
import { fold, foldedToAscii, foldText, occurs, parse, wordsOf, wordsWithin } from "../../src/storage/internal/words.js"

const words = (text: string) => wordsOf(foldText(text))

describe("words of a text", () => {
  const cases: ReadonlyArray<readonly [text: string, words: ReadonlyArray<string>]> = [
    ["", []],
    ["  \n.,;:_-!?()[]{}<>@#$%^&*+=|~`'\"/\\", []],
    ["Refund, please: 42!", ["refund", "please", "42"]],
    ["get_weather foo-bar a.b x1y2", ["get", "weather", "foo", "bar", "a", "b", "x1y2"]],
    ["Straße STRASSE STRAẞE", ["strasse", "strasse", "strasse"]],
    ["Ärger u\u0308ber", ["ärger", "über"]],
    ["İSTANBUL ısı ISI i\u0307", ["istanbul", "isi", "isi", "i"]],
    ["ΣΟΦΟΣ σοφος ΐ", ["σοφοσ", "σοφοσ", "ΐ"]],
    ["ﬁne ſo \u212aelvin", ["fine", "so", "kelvin"]],
    ["東京タワー", ["東", "京", "タ", "ワ", "ー"]],
    ["東京tower5階", ["東", "京", "tower5", "階"]],
    ["ＡＢＣ１２ ｶﾞ", ["abc12", "ガ"]],
    ["か\u3099", ["が"]],
    ["返金、お願い。", ["返", "金", "お", "願", "い"]],
    ["น้ำ", ["น", "ำ"]],
    ["한국어 \u1112\u1161\u11ab", ["한국어", "한"]],
    ["𠮷野家", ["𠮷", "野", "家"]],
    ["हिन्दी", ["हिन्दी"]],
    ["👍🏽 👍 👨‍👩‍👧 ❤️ 🇩🇪", ["👍", "👍", "👨", "👩", "👧", "❤", "🇩", "🇪"]],
    ["a👍b", ["a", "👍", "b"]],
    ["1️⃣ m² Ⅷ", ["1\u20e3", "m²", "ⅷ"]],
    ["Donau\u00addampf a\u200bb", ["donaudampf", "a", "b"]],
    ["x".repeat(100), ["x".repeat(64)]],
    [`${"x".repeat(63)}𝒳y`, ["x".repeat(63)]],
    [`${"y".repeat(64)} z`, ["y".repeat(64), "z"]],
    [String.raw`[{"content":"Hello\nworld \u00e4 \\new"}]`, ["content", "hello", "world", "ä", "new"]],
    [String.raw`C:\new`, ["c", "new"]],
    ["\u0301a", ["a"]]
  ]
  for (const [text, expected] of cases) {
    it(JSON.stringify(text.slice(0, 40)), () => assert.deepStrictEqual(words(text), expected))
  }

  it("a text of 200 kB takes less than a second", () => {
    for (const text of [
      "x".repeat(2e5),
      "ä".repeat(2e5),
      "\\".repeat(2e5),
      "東\u0301".repeat(1e5),
      "\u0301".repeat(2e5),
      "[\\u00e4".repeat(3e4)
    ]) {
      const start = performance.now()
      words(text)
      occurs(parse("東 x ä"), [text])
      assert.isBelow(performance.now() - start, 1_000)
    }
  })

  it("characters become letters of ASCII only where an index is told so", () => {
    const told = new RegExp(foldedToAscii.replace(/\\x\{(\w+)\}/g, "\\u{$1}"), "u")
    for (let point = 0x80; point < 0x30000; point++) {
      const character = String.fromCodePoint(point)
      if (!character.isWellFormed() || told.test(character)) continue
      const folded = fold(character)
      if (folded === "" || (/[a-z0-9]/.test(folded) && wordsOf(folded).some((word) => /^[a-z0-9]+$/.test(word)))) {
        assert.fail(`U+${point.toString(16)} becomes ${folded}`)
      }
    }
  })
})

describe("what is searched for", () => {
  const cases: ReadonlyArray<readonly [search: string, words: ReadonlyArray<string>, phrases: ReadonlyArray<string>]> =
    [
      ["", [], []],
      ["..", [], []],
      ['"" " "', [], []],
      ["Refund refund REFUND", ["refund"], []],
      ['now "Not Found" then', ["now", "then"], ["not found"]],
      ['"a"b"c"', ["b"], ["a", "c"]],
      ['say "hello', ["say", "hello"], []],
      ['"->"', [], ["->"]]
    ]
  for (const [search, words, phrases] of cases) {
    it(JSON.stringify(search), () => assert.deepStrictEqual(parse(search), { words, phrases }))
  }

  it("words within a phrase are words of each text that has it", () => {
    assert.deepStrictEqual(wordsWithin("ot found he"), ["found"])
    assert.deepStrictEqual(wordsWithin(" not found "), ["not", "found"])
    assert.deepStrictEqual(wordsWithin("refund"), [])
    assert.deepStrictEqual(wordsWithin("東京"), ["東", "京"])
    assert.deepStrictEqual(wordsWithin("\u0301ab cd"), [])
  })
})

describe("occurs", () => {
  const cases: ReadonlyArray<readonly [search: string, texts: ReadonlyArray<string>, isThere: boolean]> = [
    ["refund", ["a refund"], true],
    ["refund", ["refunds"], false],
    ["fund", ["a refund, refund"], false],
    ["fund", ["refund fund"], true],
    ["a b", ["a", "b"], true],
    ["a b", ["a"], false],
    ['"a b"', ["a", "b"], false],
    ['"a b"', ["xA By"], true],
    ['"efun"', ["refund"], true],
    ['"a  b"', ["a b"], false],
    ["京東", ["東京"], true],
    ['"京東"', ["東京"], false],
    ["👍", ["👍🏽"], true],
    ["👩", ["👨‍👩‍👧"], true],
    ["x".repeat(80), ["x".repeat(90)], true],
    ["x".repeat(80), ["x".repeat(63)], false],
    ["한국어", ["한국어를"], false],
    ['"한국어"', ["한국어를"], true]
  ]
  for (const [search, texts, isThere] of cases) {
    it(`${search.slice(0, 20)} in ${JSON.stringify(texts).slice(0, 40)}: ${isThere}`, () =>
      assert.strictEqual(occurs(parse(search), texts), isThere))
  }

  it("looks at texts at any depth, and at no names of attributes", () => {
    assert.deepStrictEqual(
      searchedTexts({
        name: "a",
        statusMessage: undefined,
        attributes: { key: "b", list: ["c", { deep: "d" }], number: 1, nothing: null, flag: true },
        events: [{ name: "e", time: 1n, attributes: { x: "f" } }],
        userId: "no"
      }),
      ["a", "b", "c", "d", "e", "f"]
    )
  })
})

describe("a filter of words", () => {
  it("has each word of each text, and seldom another", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(fc.constantFrom("a", "B1", "\\n", "\\u0061", "\\\\", "\\", " ", "ß", "東", '"', "[", "x".repeat(70)))
        .map((parts) => parts.join("")),
      fc.json()
    )
    void fc.assert(
      fc.property(text, (text) => {
        const filter = new WordFilter()
        filter.add(text)
        for (const word of words(text)) {
          const { bits, slice } = placeOf(word)
          for (const bit of bits) {
            assert.isAbove((filter.bytes[slice * sliceBytes + (bit >> 3)] as number) & (0x80 >> (bit & 7)), 0, word)
          }
        }
      }),
      { numRuns: 300 }
    )
    const filter = new WordFilter()
    for (let n = 0; n < 20_000; n++) filter.add(`word${n}`)
    const isIn = (word: string) => {
      const { bits, slice } = placeOf(word)
      return bits.every((bit) => ((filter.bytes[slice * sliceBytes + (bit >> 3)] as number) & (0x80 >> (bit & 7))) > 0)
    }
    const wrong = Array.from({ length: 10_000 }, (_, n) => `other${n}`).filter(isIn).length
    assert.isBelow(wrong, 100)
    assert.isBelow(filter.fullness(), 0.5)
  })
})
