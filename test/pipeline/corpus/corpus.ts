/** The lines of a corpus as texts, with the characters that its patterns ask for drawn anew, the same in every run. */
import { readFileSync } from "node:fs"
import { digits, hex, letters, Random } from "../../fuzz/Random.js"

export interface Sample {
  readonly text: string
  /** What must not be left of the text. */
  readonly secrets: ReadonlyArray<string>
  /** Whether it is a line of a file, or several. */
  readonly lines: boolean
}

const upper = letters.toUpperCase()
const alphanumeric = upper + letters + digits
const alphabets: { readonly [name: string]: string } = {
  d: digits,
  hex,
  HEX: hex.toUpperCase(),
  B32: `${upper}234567`,
  al: letters + digits,
  AN: upper + digits,
  an: alphanumeric,
  w: `${alphanumeric}-_`,
  b64: `${alphanumeric}+/`
}

const escapes: { readonly [escape: string]: string } = { n: "\n", r: "\r", t: "\t", "\\": "\\" }

/** Draws what a pattern asks for: `{hex:32}`, `{uuid}`. A long text has a letter and a digit wherever it can. */
const drawn = (random: Random) => {
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
  const text = (alphabet: string, length: number) => {
    const has = (pattern: RegExp, text: string) => !pattern.test(alphabet) || pattern.test(text)
    for (;;) {
      const drawn = random.exactly(alphabet, length)
      if (length < 12 || (has(/\d/, drawn) && has(/[a-z]/i, drawn) && /\w{2}$/.test(drawn))) return drawn
    }
  }
  const word = (name: string) => {
    switch (name) {
      case "uuid":
        return [8, 4, 4, 4, 12].map((length) => random.exactly(hex, length)).join("-")
      case "jwt":
        return `${base64({ alg: "HS256", typ: "JWT" })}.${base64({ sub: text(digits, 10) })}.${text(alphanumeric, 43)}`
      case "pw":
        return (
          text(letters, 4) +
          text(upper, 2) +
          random.pick(["!", "#", "-", "_", ".", "+", "*"]) +
          text(digits, 4) +
          text(letters, 2)
        )
      default:
        return undefined
    }
  }
  return (line: string): string =>
    line.replace(/\{(\w+)(?::(\d+))?\}/g, (pattern, name: string, length: string | undefined) =>
      length === undefined ? (word(name) ?? pattern) : text(alphabets[name] as string, Number(length))
    )
}

/** The samples of a file beside this one. What a secret is stands between « and ». */
export const read = (file: string): ReadonlyArray<Sample> => {
  const draw = drawn(new Random(1))
  const samples: Array<Sample> = []
  let lines = false
  for (const line of readFileSync(new URL(file, import.meta.url), "utf8").split("\n")) {
    if (line.startsWith("# ")) lines = line.endsWith("[lines]")
    else if (line !== "") {
      const marked = draw(line.replace(/\\([nrt\\])/g, (_, escape: string) => escapes[escape] as string))
      const secrets = Array.from(marked.matchAll(/«([^»]*)»/g), ([, secret = ""]) => secret)
      samples.push({ text: marked.replace(/[«»]/g, ""), secrets, lines })
    }
  }
  return samples
}

/** Any characters of a secret in a row that say something: 8, or all of a short one. */
export const isLeft = (secret: string, text: string): boolean => {
  const length = Math.min(8, secret.length)
  for (let at = 0; at + length <= secret.length; at++) if (text.includes(secret.slice(at, at + length))) return true
  return false
}
