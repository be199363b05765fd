import { setTimeout } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { recordMask } from "../../src/pipeline/internal/sensitive/records.js"
import * as Values from "../../src/pipeline/internal/sensitive/values.js"
import * as SensitiveDataFilter from "../../src/pipeline/SensitiveDataFilter.js"
import {
  count,
  list,
  name,
  names,
  numbers,
  object,
  recordId,
  schemasOf,
  struct,
  text,
  time,
  values,
  word
} from "../../src/signal/Field.js"
import type { Json, JsonObject } from "../../src/signal/Json.js"
import { LogRecord } from "../../src/signal/LogRecord.js"
import type { Signal } from "../../src/signal/Signal.js"
import { SpanRecord } from "../../src/signal/SpanRecord.js"
import { log, span } from "../../src/testing/Records.js"
import { inText, lookAlikes, named, shaped } from "../utils/secrets.js"

const spanWith = (attributes: JsonObject, options?: SensitiveDataFilter.Options) =>
  SensitiveDataFilter.make(options).span?.(span({ attributes })) as SpanRecord

/** What becomes of a value under a name that says nothing. */
const masked = (value: Json, options?: SensitiveDataFilter.Options) => spanWith({ value }, options).attributes["value"]

const maskedUnder = (name: string, value: Json, options?: SensitiveDataFilter.Options) =>
  spanWith({ [name]: value }, options).attributes[name]

/** Those of which something is left. */
const leaking = (cases: ReadonlyArray<readonly [text: string, secret: string]>, make: (text: string) => Json) =>
  cases.filter(([text, secret]) => JSON.stringify(masked(make(text))).includes(JSON.stringify(secret).slice(1, -1)))

const credential = (secret: string): string => secret.replace(/^(?:bearer|basic) /i, "")

const shapedTexts = Object.values(shaped).map((secret) => [secret, credential(secret)] as const)
const namedTexts = named.flatMap(([name, secret]) => [
  [`${name}=${secret}`, secret] as const,
  [`failed with ${name}: ${secret}`, secret] as const,
  [JSON.stringify({ [name]: secret }), secret] as const,
  [JSON.stringify({ a: { [name]: [`"${secret}`, "}"], b: 1 } }), secret] as const
])
const texts = inText.map(([text, secret]) => [text(secret), secret] as const)
const all = [...shapedTexts, ...namedTexts, ...texts]

describe("SensitiveDataFilter", () => {
  it("leaves a JSON schema as it was, whatever its properties are called", () => {
    const properties = { user: { type: "string" }, password: { type: "string", description: "At least 8 characters" } }
    const parameters = { type: "object", properties, required: ["password", "api_key_2"] }
    const schemas: ReadonlyArray<Json> = [
      [{ name: "login", parameters }],
      {
        tools: [{ name: "login", inputSchema: { $schema: "http://json-schema.org/draft-07/schema#", ...parameters } }]
      },
      { type: "OBJECT", properties: { token: { type: "STRING", nullable: true } } },
      { type: "object", properties: { apiKey: { anyOf: [{ type: "string", minLength: 8 }, { type: "null" }] } } },
      { type: "object", properties: { secrets: { type: "array", items: { $ref: "#/$defs/Secret" } } } },
      { type: "object", properties: { credentials: { type: "object", properties, additionalProperties: false } } },
      {
        components: {
          schemas: { Password: { type: "string", format: "password" } },
          securitySchemes: { apiKey: { type: "apiKey", in: "header", name: "X-API-Key" } }
        }
      }
    ]
    for (const schema of schemas) assert.deepStrictEqual(masked(schema), schema)
    for (const schema of schemas.slice(0, 6)) {
      for (const text of [JSON.stringify(schema), JSON.stringify(schema, null, 2)])
        assert.strictEqual(masked(text), text)
    }
  })

  it("leaves a JSON schema in a longer text as it was, and finds the secrets around it", () => {
    const description = "A word that nobody else knows and that is changed now and then. ".repeat(8).trim()
    const schema = JSON.stringify({ type: "object", properties: { password: { type: "string", description } } })
    assert.strictEqual(
      masked(`AUTH default hunter2hunter2 then ${schema} and password=hunter2`),
      `AUTH default [REDACTED] then ${schema} and password=[REDACTED]`
    )
  })

  it("masks the values that a JSON schema has, and what only looks like one", () => {
    const secret = "hunter2-x"
    const below = (password: Json) => ({ type: "object", properties: { password } })
    const cases: ReadonlyArray<Json> = [
      ...["default", "example", "const", "value", "anything"].map((key) => below({ type: "string", [key]: secret })),
      ...["examples", "enum", "items"].map((key) => below({ type: "string", [key]: [secret] })),
      below({ anyOf: [{ type: "string", default: secret }] }),
      below({ type: "object", properties: { value: { type: "string", default: secret } } }),
      below({ type: "string", description: { of: secret } }),
      below({ type: secret }),
      below({ description: secret }),
      below(secret),
      { password: { type: "string", description: secret } },
      below({ type: "string", description: `such as ${Object.values(shaped)[0]}` })
    ]
    for (const value of cases.slice(0, -1)) {
      assert.notInclude(JSON.stringify(masked(value)), secret)
      assert.notInclude(masked(JSON.stringify(value)) as string, secret)
    }
    assert.include(JSON.stringify(masked(cases.at(-1) as Json)), "such as [REDACTED]")
  })

  it("knows at least 150 secrets and 50 look-alikes", () => {
    assert.isAtLeast(Object.keys(shaped).length + named.length + inText.length, 150)
    assert.isAtLeast(lookAlikes.length, 50)
  })

  describe("goes by the tables of the signals", () => {
    const secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"
    const inner = { note: text(), state: word(Schema.Literal("on")) }
    const fields = {
      sampleId: recordId(),
      label: name(),
      labels: names(),
      remark: text(),
      shown: text({ masked: false }),
      payload: object(),
      parts: values(),
      weights: numbers(),
      part: struct(inner, Schema.Struct(schemasOf(inner))),
      items: list(inner, Schema.Struct(schemasOf(inner))),
      time: time(),
      size: count()
    }
    const Fields = Schema.Struct(schemasOf(fields))
    class Sample extends Schema.Class<Sample>("Sample")(Fields) {}
    const signal: Signal<"samples", Sample> = {
      name: "samples",
      one: "sample",
      code: "X",
      fields,
      key: ["sampleId"],
      time: "time",
      record: Sample
    }
    const sample = (text: string) =>
      new Sample({
        sampleId: text,
        label: text,
        labels: [text],
        remark: text,
        shown: text,
        payload: { a: [text] },
        parts: [{ text }],
        weights: { [text]: 1 },
        part: { note: text, state: "on" },
        items: [{ note: text, state: "on" }],
        time: 1n,
        size: 1
      })
    const mask = recordMask(Values.make({ patterns: [], style: { type: "full" } }), signal)

    it("so that a signal that it does not know is masked, but for what ties records together or is said to be none", () =>
      assert.deepStrictEqual<unknown>(
        mask(sample(secret)),
        new Sample({ ...sample("[REDACTED]"), sampleId: secret, shown: secret })
      ))

    it("so that the record is returned in which there is nothing to mask", () => {
      const record = sample("nothing")
      assert.strictEqual(mask(record), record)
    })

    it("and masks what no table knows", () =>
      assert.deepStrictEqual<unknown>(
        mask(Object.assign(sample("nothing"), { items: [{ note: "nothing", state: "on", other: secret }] })).items,
        [{ note: "nothing", state: "on", other: "[REDACTED]" }]
      ))
  })

  describe("masks every secret", () => {
    for (const [place, make] of Object.entries<(text: string) => Json>({
      alone: (text) => text,
      "in a sentence": (text) => `It said "${text}" and went on.`,
      "after a line": (text) => `first\n${text}\nlast`,
      "in a nested value": (text) => ({ a: [{ b: text }] }),
      "in JSON in a string": (text) => JSON.stringify({ a: [{ b: text }], c: 1 }),
      "in JSON in JSON in a string": (text) => JSON.stringify({ a: JSON.stringify({ b: text }) }),
      "in JSON in JSON in JSON in a string": (text) =>
        JSON.stringify({ a: JSON.stringify({ b: JSON.stringify([`x\n${text}`]) }) }),
      "in JSON that was cut": (text) => JSON.stringify({ a: { b: text } }).slice(0, -3)
    })) {
      it(place, () => assert.deepStrictEqual(leaking(all, make), []))
    }

    it("as the name of a value", () =>
      assert.deepStrictEqual(
        leaking(shapedTexts, (text) => ({ [text]: 1 })),
        []
      ))

    it("under its name", () => {
      for (const [name, secret] of named) {
        assert.strictEqual(maskedUnder(name, secret), "[REDACTED]", name)
        assert.deepStrictEqual(masked({ [name]: secret, other: "x" }), { [name]: "[REDACTED]", other: "x" })
        assert.deepStrictEqual(masked([{ name, value: secret }]), [{ name, value: "[REDACTED]" }])
      }
    })
  })

  it("leaves look-alikes as they are", () => {
    const changed = lookAlikes.filter(
      ([name, value]) => maskedUnder(name, value) !== value || masked(`${name}: ${value}`) !== `${name}: ${value}`
    )
    assert.deepStrictEqual(changed, [])
  })

  it("leaves look-alikes in JSON as they are", () => {
    const changed = lookAlikes.filter(([name, value]) => {
      const json = JSON.stringify({ [name]: value })
      return masked(json) !== json || masked(JSON.stringify({ json })) !== JSON.stringify({ json })
    })
    assert.deepStrictEqual(changed, [])
  })

  it("masks what is left of a secret that was cut", () => {
    const left = [
      "OpenAI project",
      "GitHub personal",
      "Slack bot",
      "AWS access key",
      "JWT, HS256",
      "PKCS #8 key",
      "EC key"
    ]
    for (const name of left) {
      const secret = shaped[name] as string
      for (let length = 64; length >= 16; length -= 5) {
        const rest = secret.slice(0, length)
        if (rest.startsWith("-----BEGIN") && !rest.includes("KEY-----\n")) continue
        assert.strictEqual(masked(`it was ${rest}`), "it was [REDACTED]", rest)
        assert.notInclude(masked(JSON.stringify({ a: JSON.stringify({ b: secret }) }).slice(0, 22 + length)), rest)
      }
    }
    for (const [name, secret] of named) {
      const json = JSON.stringify({ a: [{ [name]: secret }] })
      for (let length = 4; length <= secret.length; length++) {
        const cut = json.slice(0, json.indexOf(secret) + length)
        assert.isFalse((masked(cut) as string).includes(secret.slice(0, length)), cut)
      }
    }
  })

  it("masks cookies and credentials within what holds them, and leaves JSON what it is", () => {
    const json = JSON.stringify({ cookies: { sid: "abc}", theme: 'da"rk' }, auth: ["x", 1], ok: "yes" })
    assert.deepStrictEqual(JSON.parse(masked(json) as string), {
      cookies: { sid: "[REDACTED]", theme: "[REDACTED]" },
      auth: ["[REDACTED]", 1],
      ok: "yes"
    })
    assert.deepStrictEqual(maskedUnder("credentials", { user_id: "u-1", login: "ana", flags: [true, null] }), {
      user_id: "u-1",
      login: "[REDACTED]",
      flags: [true, null]
    })
  })

  it("masks the value after its name in a list", () => {
    assert.deepStrictEqual(masked(["Accept", "*/*", "Authorization", "abc123", "--password", "hunter2"]), [
      "Accept",
      "*/*",
      "Authorization",
      "[REDACTED]",
      "--password",
      "[REDACTED]"
    ])
  })

  it("masks the value beside its name in a pair", () =>
    assert.deepStrictEqual(
      masked([
        ["x-api-key", "abc123"],
        ["apiKey", "abc123"],
        ["accept", "v1"]
      ]),
      [
        ["x-api-key", "[REDACTED]"],
        ["apiKey", "[REDACTED]"],
        ["accept", "v1"]
      ]
    ))

  it("masks numbers, but no counts and no switches", () => {
    assert.strictEqual(maskedUnder("pin", 4_711), "[REDACTED]")
    assert.strictEqual(masked(4_111_111_111_111_111), "[REDACTED]")
    assert.strictEqual(maskedUnder("token", 5), 5)
    assert.strictEqual(maskedUnder("password", false), false)
    assert.strictEqual(maskedUnder("password", null), null)
    assert.strictEqual(maskedUnder("password", ""), "")
  })

  it("leaves what Redacted shows of a value", () =>
    assert.strictEqual(maskedUnder("password", "<redacted>", { style: { type: "partial" } }), "<redacted>"))

  it("masks no id that ties records together, in attributes, in texts and in fields", () => {
    const id = "sk-proj-abcdefgh12345678"
    const record = span({ sessionId: id, threadId: id, userId: id, attributes: { "session.id": id, a: { runId: id } } })
    const result = SensitiveDataFilter.make().span?.(record)
    assert.strictEqual(result, record)
    assert.strictEqual(masked(`{"session_id":"${id}"}`), `{"session_id":"${id}"}`)
    assert.strictEqual(masked(`session.id=${id}`), `session.id=${id}`)
  })

  it("keeps records that have no secret, and leaves those that have one untouched", () => {
    const filter = SensitiveDataFilter.make()
    const plain = span({ attributes: { "http.route": "/v1/agents/:agent", tokens: 12 }, events: [event("x", "y")] })
    assert.strictEqual(filter.span?.(plain), plain)
    const entry = log({ message: "hello", data: [{ a: [1, "b"] }] })
    assert.strictEqual(filter.log?.(entry), entry)
    const secret = span({ attributes: { a: { password: "hunter2" } } })
    const result = filter.span?.(secret)
    assert.instanceOf(result, SpanRecord)
    assert.deepStrictEqual(secret.attributes, { a: { password: "hunter2" } })
    assert.instanceOf(filter.log?.(log({ message: "password=hunter2" })), LogRecord)
  })

  it("masks twice as once", () => {
    for (const style of styles) {
      const filter = SensitiveDataFilter.make({ style, patterns: [/\w{16,}/, /RED\w+/] })
      const attributes = Object.fromEntries([
        ...all.map(([text], i) => [`text ${i}`, text]),
        ...named,
        ...named.map(([name, secret]) => [`json ${name}`, JSON.stringify({ [name]: [secret] })])
      ])
      const once = filter.span?.(span({ attributes })) as SpanRecord
      assert.deepStrictEqual(filter.span?.(once)?.attributes, once.attributes)
    }
  })

  describe("styles", () => {
    it("partial keeps the end of a long secret and nothing of a short one", () => {
      const style = { type: "partial" } as const
      assert.strictEqual(maskedUnder("password", "0123456789abcdef", { style }), "[REDACTED:cdef]")
      assert.strictEqual(maskedUnder("password", "0123456789abcde", { style }), "[REDACTED]")
      assert.strictEqual(masked("4111 1111 1111 1111", { style }), "[REDACTED:1111]")
    })

    it("hashed shows which secrets are equal under one key", () => {
      const hash = (secret: string, key = "k") =>
        maskedUnder("password", secret, { style: { type: "hashed", key: Redacted.make(key) } })
      assert.match(hash("hunter2") as string, /^\[REDACTED:h[0-9a-f]{16}\]$/)
      assert.strictEqual(hash("hunter2"), hash("hunter2"))
      assert.notStrictEqual(hash("hunter2"), hash("hunter3"))
      assert.notStrictEqual(hash("hunter2"), hash("hunter2", "another"))
    })
  })

  describe("options", () => {
    it("keys are masked in any spelling, at the end of a name", () => {
      const options = { keys: ["policyNumber"] }
      for (const name of ["policyNumber", "policy_number", "POLICY-NUMBER", "customer.policy.number"]) {
        assert.strictEqual(maskedUnder(name, "P-1", options), "[REDACTED]")
      }
      assert.strictEqual(masked('{"policy_number":"P-1"}', options), '{"policy_number":"[REDACTED]"}')
      assert.strictEqual(maskedUnder("policyNumberFormat", "P-N", options), "P-N")
    })

    it("safe keys count for more than anything", () => {
      const options = { keys: ["code"], safeKeys: ["promo code", "public token"] }
      assert.strictEqual(maskedUnder("promoCode", "SAVE10", options), "SAVE10")
      assert.strictEqual(maskedUnder("public_token", shaped["Stripe live"] as string, options), shaped["Stripe live"])
      assert.strictEqual(maskedUnder("code", "SAVE10", options), "[REDACTED]")
    })

    it("patterns are found anywhere in a long text", () => {
      const filler = "lorem ipsum ".repeat(1_000)
      const options = { patterns: [/ACME-[0-9A-F]{16}/] }
      for (const at of [0, 1, 1_530, 2_040, 9_999]) {
        const text = `${filler.slice(0, at)}ACME-0123456789ABCDEF${filler}`
        assert.strictEqual(masked(text, options), `${filler.slice(0, at)}[REDACTED]${filler}`)
      }
    })
  })

  describe("patterns", () => {
    // TypeScript knows the flag in later targets alone.
    const unicodeSets: string = "v"
    const slow = [
      /(a+)+$/,
      /(a*)*b/,
      /(a|a)*b/,
      /(a|ab)+c/,
      /(aa?)+$/,
      /(a{1,9}){30}b/,
      /(\w+\s?)*$/,
      /(\d+|[a-z]+)*!/,
      /([a-z]|\w)+!/,
      /([A-Z]+|a)+!/i,
      /(.*a)+$/,
      /(?=(a+)+$)x/,
      /(?<x>a+)(?:\k<x>)*b/,
      /(?:\p{L}+)+!/u,
      new RegExp("(?:[[a-z]--[b]]+)+!", unicodeSets),
      /a*a*a*b/,
      /.*a.*b.*c/,
      /a+a*c/,
      /\w+\d+!/,
      /(a+a+)$/,
      /.*x.*$/,
      /(?:a{1,2}){16}b/,
      /(?:(?:a{1,3}){1,3}){10}b/,
      /(?:a?a?a?a?){12}b/,
      /(?:[ア-ン]+)+!/,
      /(?:\u042f|\u042f\u0430)+!/,
      /(?:\u2126|Ω)+!/iu,
      /^([\w-]+\.?)+@x$/,
      /a+?(?<![a-z].+)/,
      /a+(?=.*b)/,
      /(?:(?=.*b)a)+/,
      /(?<=[a-z].+.+)b/,
      /(?<=.*a.*)b/,
      /(?<=a.*b.*c.*)d/,
      /(?<!(a+)+)b/,
      /\w+(?<!x\w*)!/,
      new RegExp("(?:[\\q{a|aa}])+b", unicodeSets),
      new RegExp("\\p{RGI_Emoji}+!", unicodeSets)
    ]

    it.each(slow)("that a text could make run for ever are refused: %s", (pattern) => {
      assert.isFalse(SensitiveDataFilter.isSafePattern(pattern))
      try {
        SensitiveDataFilter.make({ patterns: [/x/, pattern] })
        assert.fail("it was taken")
      } catch (error) {
        assert.instanceOf(error, SensitiveDataFilter.UnsafePattern)
        assert.strictEqual(error.field, "patterns[1]")
        assert.strictEqual(error.pattern, pattern)
        assert.include(error.message, String(pattern))
      }
    })

    const quick = [
      /\bACME-[0-9A-F]{16}\b/,
      /(?:\w+\.)+com/,
      /(?:-?\d{4})+/,
      /(?:\d{1,3}\.){3}\d{1,3}/,
      /"([^"\\]|\\.)*"/,
      /(?:[^\s,]+,)*end/,
      /^(?:[A-Z]{2}\d{6})(?:,[A-Z]{2}\d{6})*$/,
      /key\s*=\s*\S+/,
      /begin.*end/,
      /\bACME-\d{6}\b/,
      /internal-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}/,
      /cust_(live|test)_[A-Za-z0-9]+/,
      /[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}/,
      /\+?\d{1,3}[ -]?\(?\d{3}\)?[ -]?\d{3}[ -]?\d{4}/,
      /(?:password|pw)\s*[:=]\s*\S+/i,
      /"[^"]*secret[^"]*"/,
      /(["'])[^"']*\1/,
      /postgres:\/\/[^:]+:[^@]+@\S+/,
      /^\s+|\s+$/,
      /(?<=a)[\])(]+x/,
      /foo(?=.*bar)/,
      /^(?=.*\d)(?=.*[a-z])(?=.*[A-Z]).{8,}$/,
      /(?<![a-z].+)ACME/,
      /(?<!\w)\d{6}(?!\w)/,
      /(?<=id: )\w+/,
      new RegExp("[[a-z]--[b]]{5}", unicodeSets),
      /\u{61}+\//u,
      /{/
    ]

    it.each(quick)("that are quick are taken: %s", (pattern) =>
      assert.isTrue(SensitiveDataFilter.isSafePattern(pattern))
    )

    for (const [pattern, part] of [
      [/a.*b/, "a"],
      [/(?:\w+\.)+!/, "a."],
      [/\w+@\w+!/, "a@a"],
      [/^.*x.*$/, "y"]
    ] as const) {
      it(`takes a bounded time for ${pattern} over a hostile text`, { timeout: 20_000 }, () => {
        const text = part.repeat(131_072 / part.length)
        assert.strictEqual(masked(text, { patterns: [pattern] }), text)
      })
    }
  })

  it("holds no text in memory for the sake of a name that was cut out of it", () => {
    setFlagsFromString("--expose-gc")
    const used = () => {
      runInNewContext("gc")()
      return process.memoryUsage().heapUsed / 1e6
    }
    const filter = SensitiveDataFilter.make()
    const before = used()
    for (let i = 0; i < 100; i++) {
      const text = Buffer.from(`the name of step number ${i} ${"x".repeat(1e6)}`).toString("latin1")
      filter.span?.(span({ name: text.slice(0, 24 + String(i).length), tags: [text.slice(4, 24)] }))
    }
    assert.isBelow(used() - before, 30)
    assert.isDefined(filter.span)
  })

  it("holds no memory for the sake of a long text that came before", async () => {
    setFlagsFromString("--expose-gc")
    const used = () => {
      runInNewContext("gc")()
      return process.memoryUsage().arrayBuffers / 1e6
    }
    const before = used()
    masked("x ".repeat(10_000_000))
    masked("a short text")
    // V8 frees buffers on another thread.
    for (let left = 200; left > 0 && used() - before >= 10; left--) await setTimeout(25)
    assert.isBelow(used() - before, 10)
  })

  describe("takes a time in proportion to the length of", () => {
    for (const part of [
      "sk-",
      "sk-proj-",
      "xsk-",
      "eyJ",
      "eyJhbGciOi.",
      "AKIA",
      "Q~8Q~",
      "4111 ",
      "4111-",
      "1 ",
      "12345678901234",
      "-",
      "--",
      "--password ",
      "-----BEGIN PRIVATE KEY-----",
      "-----BEGIN ",
      "password=",
      "password:",
      "password='",
      "password=,",
      'password":{"',
      "password\\",
      'a"\\"',
      "://",
      "http://a:",
      "http://a:b@",
      "http://hooks.slack.com/services/",
      "bearer ",
      "bearer\t\t\t",
      "basic YTpi",
      "Authorization: a, b=",
      "Cookie: a; ",
      "\\",
      '\\"',
      "a=",
      "api key ",
      "%3D",
      "key%3D",
      " ",
      "[",
      "a.",
      "é=",
      "token=",
      "?key=",
      "&amp;sig=",
      '["password",',
      "('password',",
      "<password>",
      "</",
      '"name":"password","value":',
      "value=",
      "curl -u a:",
      "AUTH default ",
      "IDENTIFIED BY '",
      "LOGIN a ",
      "PASS ",
      "identify a ",
      "ACL setuser a ",
      "rabbitmqctl add_user a ",
      "htpasswd -b a b ",
      "sqlplus a/",
      "api key is ",
      "password is ",
      "PASSWORD '",
      "PASSWORD FOR a ",
      'setPassword("',
      "login a password ",
      "-p ",
      "-a-p ",
      "mysql -p",
      "docker login -p ",
      "redis-cli -a ",
      "echo a | -S ",
      "echo a|",
      "--password-stdin ",
      "echo a:b | chpasswd ",
      "openssl -passin pass:a ",
      ":1:b:c:",
      "thin:a/",
      " /user:a ",
      " /p:",
      "password:\n  ",
      "password: |\n  ",
      "api_key:\n  - ",
      "name: PASSWORD\n value: ",
      "%22password%22%3A%22",
      'form-data; name="password"\r\n\r\n',
      "Private-Lines: 1\n",
      "Private-Lines: 1\nA",
      "a+/",
      "aaaaaaaaaaaaa/",
      "1//0",
      "$2b$12$",
      "$argon2id$v=19$",
      "x-y_z-",
      "aB3_",
      "aB3-x",
      "sk_",
      "api_",
      "https://hooks.slack.com/services/a/",
      "/hooks/",
      "a:b@tcp(",
      "const apiKey: string = ",
      ": a = ",
      "раssword=",
      "ра",
      "\u200b",
      'password":{"type":',
      '"properties":{"password":{"type":"string"},',
      '"password":{"type":"string"},',
      "mnemonic: legal winner ",
      "authorization: Digest response=",
      "token ",
      "secret=x,",
      "arn:aws:secret:",
      "secret:http://",
      "token:a[REDACTED",
      "authorization:a[REDACTED",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder in a text.
      "password:${A}",
      "password=a.b(",
      "cookie:a[REDACTED"
    ]) {
      it(JSON.stringify(part), () => {
        const text = part.repeat(Math.ceil(1_000_000 / part.length))
        const record = span({ attributes: { text: `${text}!`, password: text, json: `{"password":"${text}` } })
        const filter = SensitiveDataFilter.make()
        const start = performance.now()
        filter.span?.(record)
        assert.isBelow(performance.now() - start, 3_000)
      })
    }
  })
})

const styles: ReadonlyArray<SensitiveDataFilter.Style> = [
  { type: "full" },
  { type: "partial" },
  { type: "hashed", key: Redacted.make("key") }
]

const event = (name: string, text: string) => ({ name, time: 1n, attributes: { text } })
