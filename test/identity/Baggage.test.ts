import { assert, describe, it } from "@effect/vitest"
import { Baggage } from "effect-observability"

const member = (key: string, value: string, ...properties: ReadonlyArray<string>): Baggage.Member => ({
  key,
  value,
  properties
})

describe("Baggage", () => {
  describe("parse", () => {
    const cases: ReadonlyArray<readonly [name: string, header: string, members: ReadonlyArray<Baggage.Member>]> = [
      ["one member", "a=1", [member("a", "1")]],
      ["several", "a=1,b=2", [member("a", "1"), member("b", "2")]],
      ["space around keys, values and members", " a\t= 1 ,\tb =2 ", [member("a", "1"), member("b", "2")]],
      ["an empty value", "a=", [member("a", "")]],
      ["an equals sign in a value", "a=b=c", [member("a", "b=c")]],
      ["every character of a key", "!#$%&'*+-.^_`|~09azAZ=1", [member("!#$%&'*+-.^_`|~09azAZ", "1")]],
      [
        "every character of a value",
        "a=!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~",
        [member("a", "!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~")]
      ],
      ["percent-encoded UTF-8", "a=Am%C3%A9lie%20%F0%9F%98%80", [member("a", "Amélie 😀")]],
      ["percent-encoding in lower case", "a=%c3%a9", [member("a", "é")]],
      ["an encoded percent sign, once", "a=%2520", [member("a", "%20")]],
      ["a percent sign that encodes nothing", "a=100%,b=%zz", [member("a", "100%"), member("b", "%zz")]],
      ["octets that are not UTF-8", "a=%ff%41", [member("a", "\ufffdA")]],
      ["an encoded comma, semicolon and quote", "a=%2C%3B%22%5C", [member("a", `,;"\\`)]],
      ["properties", "a=1;p=2 ; q;r = 3", [member("a", "1", "p=2", "q", "r = 3")]],
      ["the same key twice", "a=1,a=2", [member("a", "1"), member("a", "2")]],
      ["nothing", "", []],
      ["a member without an equals sign", "a,b=2", [member("b", "2")]],
      ["a member without a key", "=1,b=2", [member("b", "2")]],
      ["an empty member", "a=1,,b=2", [member("a", "1"), member("b", "2")]],
      ["a key that is no token", "a b=1,ä=1,a(b)=1,c=3", [member("c", "3")]],
      ["a value with space", "a=1 2,b=2", [member("b", "2")]],
      ["a value with a quote or a backslash", `a="1",b=\\,c=3`, [member("c", "3")]],
      ["a value with control characters", "a=1\u00002,b=\u007f,c=3", [member("c", "3")]],
      ["a value beyond ASCII", "a=é,c=3", [member("c", "3")]],
      ["a malformed property", "a=1;=2,b=1;p q,c=1;,d=4", [member("d", "4")]]
    ]
    for (const [name, header, members] of cases) {
      it(`reads ${name}`, () => {
        assert.deepStrictEqual(Baggage.parse(header), members)
      })
    }

    it("reads 64 members, and no more", () => {
      const header = Array.from({ length: 70 }, (_, index) => `k${index}=v`).join(",")
      assert.strictEqual(Baggage.parse(header).length, 64)
      assert.strictEqual(Baggage.parse(header).at(-1)?.key, "k63")
    })

    it("reads 8,192 bytes, and of more the members that fit", () => {
      const keys = (header: string) => Baggage.parse(header).map(({ key }) => key)
      assert.deepStrictEqual(keys(`a=${"x".repeat(8_186)},b=1`), ["a", "b"])
      assert.deepStrictEqual(keys(`a=${"x".repeat(8_187)},b=1`), ["a"])
      assert.deepStrictEqual(keys(`a=${"x".repeat(8_191)}`), [])
    })

    it("takes no longer for hostile space than for anything else", () => {
      const started = performance.now()
      Baggage.parse(`a=1;p${" ".repeat(8_000)}x,b=1${" ".repeat(100)}`)
      Baggage.parse(`a${" ".repeat(8_000)}b`)
      assert.isBelow(performance.now() - started, 500)
    })
  })

  describe("format", () => {
    it("encodes what a value may not hold, and nothing else", () => {
      assert.strictEqual(
        Baggage.format([member("a", `Amélie, 100%;"\\`), member("b", "!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~", "p=1", "q")]),
        "a=Am%C3%A9lie%2C%20100%25%3B%22%5C,b=!#$&'()*+-./09:<=>?@AZ[]^_`az{|}~;p=1;q"
      )
    })

    it("gives back what it is given", () => {
      for (const value of ["", " ", "a b", "\u0000\n\u007f", "😀", "%", "%41", "a,b;c=d", '\\"', "x".repeat(2_000)]) {
        assert.deepStrictEqual(Baggage.parse(Baggage.format([member("k", value)])), [member("k", value)])
      }
    })

    it("makes text well-formed", () => {
      assert.strictEqual(Baggage.format([member("a", "\ud800")]), "a=%EF%BF%BD")
    })

    it("leaves out what cannot be written", () => {
      assert.strictEqual(
        Baggage.format([
          member("", "1"),
          member("a b", "1"),
          member("a,b", "1"),
          member("c", "1", "p q"),
          member("d", "1")
        ]),
        "d=1"
      )
    })

    it("writes 64 members and 8,192 bytes at most", () => {
      const many = Array.from({ length: 70 }, (_, index) => member(`k${index}`, "v"))
      assert.strictEqual(Baggage.format(many).split(",").length, 64)
      assert.strictEqual(Baggage.format([member("a", "x".repeat(8_190))]).length, 8_192)
      assert.strictEqual(Baggage.format([member("a", "1"), member("b", "x".repeat(8_190)), member("c", "1")]), "a=1")
    })
  })
})
