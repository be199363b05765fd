/**
 * The verdict that a name passes on its value, however it is spelt: `apiKey`, `API_KEY` and `x-api-key` are one name.
 */
import { fold } from "./fold.js"

export interface KeyOptions {
  readonly keys?: ReadonlyArray<string> | undefined
  readonly safeKeys?: ReadonlyArray<string> | undefined
}

/**
 * - `"safe"`: leave the value alone
 * - `"secret"`: a secret, also where it is a number
 * - `"secretText"`: a secret where it is text; a number under such a key counts something
 * - `"token"`: a secret where it is text that looks like one; a token may be a piece of text, too
 * - `"plain"`: look at the value
 */
export type Verdict = "safe" | "secret" | "secretText" | "token" | "plain"

/** Whether what stands under a name is a secret, or may be one. */
export const isSecret = (verdict: Verdict): verdict is "secret" | "secretText" | "token" =>
  verdict !== "plain" && verdict !== "safe"

/** Names of ids that tie records together, as they end. */
const safeKeys: ReadonlyArray<string> = [
  ..."session thread run request trace span parent root user enduser conversation organization resource correlation message call tool response agent workflow execution event log instance causation"
    .split(" ")
    .map((what) => `${what} id`),
  ..."order invoice tracking booking ticket receipt shipment parcel confirmation reference serial part"
    .split(" ")
    .flatMap((what) => [`${what} number`, `${what} no`]),
  "session previous id",
  "traceparent",
  "tracestate"
]

/** Words that make a name secret wherever they stand in it, spelt with all separators removed. */
const secretParts =
  /passw(?:or)?d|passphrase|passcode|secret(?!ar|smanager)|api(?:key|token)|(?:access|account|private|signing|encryption|master|auth|subscription|ssh|application|functions?|pre?shared|shared|deploy|license|webhook)keys?(?!board)|^appkey$|clientkeydata|passwort|kennwort|motdepasse|authorization|credential|cookie|connectionstring|(?:recovery|security|verification)code|seedphrase|mnemonic|(?:card|cc|account)(?:number|num)|creditcard|(?:shared(?:access)?|amz|goog)signature/

/** Words that make a key secret wherever they stand in it. */
const secretWords: ReadonlySet<string> = new Set(
  "pwd jwt bearer otp totp ssn cvv cvc creds psk senha contrasena parola heslo haslo wachtwoord losenord salasana requirepass masterauth".split(
    " "
  )
)

/** Words for a password in writing without the letters of others. */
const foreign = /парол|密码|密碼|口令|パスワード|비밀번호|암호/

/** The name of an environment variable that is the key of a service by the service's name: `FAL_KEY`. */
const environmentKey =
  /^(?!(?:PRIMARY|SORT|CACHE|PARTITION|PUBLIC|FOREIGN|UNIQUE|OBJECT|ROW|GROUP|HASH|INDEX|ROUTING|IDEMPOTENCY|FEATURE|PROJECT|REGISTRY|LOCK|QUEUE|STORE|STORAGE|SEARCH|CURRENT|NEXT|LAST|MAP|I18N|S3|KV)_)[A-Z][A-Z0-9]{1,15}_KEY$/

/** Ends of a word that was glued to others: `DBPASS`, `myappToken`. */
const glued = /^(?!(?:com|by|tres|sur|over|under|encom|im)pass$)[a-z]{2,}(?:token|pass|pwd|secret)$/

/** Words that make a key secret where they stand last. */
const lastWords: ReadonlySet<string> = new Set(["auth", "pass", "pin", "csrf", "xsrf", "dsn", "pat", "cred"])

/** Under these, numbers count or order something. */
const textOnly = /token|cookie|pass$|auth$/

/** Words beside which a token is a piece of text, or a place in a list. */
const tokenWords: ReadonlySet<string> = new Set(
  "max maximum min minimum count counts usage input output prompt completion total limit limits budget used cache cached remaining reasoning thinking context per num n number rate cost price avg average mean window estimated text audio image tokenizer eos bos pad unk sep cls special stop start end next previous prev page continuation first last sampled generated consumed saved billed truncated added sync cancellation resume skip delta iteration unexpected found expected".split(
    " "
  )
)

/** A key that ends so describes a secret without being one. */
const describing: ReadonlySet<string> = new Set(
  "type kind count counts length size endpoint url uri expiry expires expiration at in ttl age enabled required disabled present valid strength policy name names version status method provider scope scopes format algorithm alg rotation label reset changed updated field fields error arn path file location consent banner needed missing source region index position budget preference preferences brand network issuer"
    .split(" ")
    .concat("stdin", "env", "fd", "prompt", "manager", "store", "settings", "config", "id", "ids")
)

/** Names that end in `id` and are secrets all the same. */
const secretIds = /secretid$|accesskeyid$/

/** Decides by name. */
export const make = (options: KeyOptions): ((key: string) => Verdict) => {
  const own = (options.keys ?? []).map(ending)
  const safe = [...safeKeys, ...(options.safeKeys ?? [])].map(ending)
  return (name) => {
    const key = fold(name)
    const words = wordsOf(key)
    const spaced = ending(key)
    const endsSo = (end: string) => spaced.endsWith(end)
    if (safe.some(endsSo)) return "safe"
    if (own.some(endsSo)) return "secret"
    const last = words.at(-1)
    const joined = words.join("")
    if (foreign.test(name.toLowerCase())) return "secret"
    if (last === undefined || (describing.has(last) && !secretIds.test(joined))) return "plain"
    if (bareToken.test(joined)) return "token"
    const secret =
      secretParts.test(joined) ||
      environmentKey.test(key) ||
      glued.test(last) ||
      lastWords.has(last) ||
      words.some((word) => secretWords.has(word)) ||
      (words.some(isToken) && !words.some((word) => tokenWords.has(word)))
    return !secret ? "plain" : textOnly.test(joined) && !/passw|secret/.test(joined) ? "secretText" : "secret"
  }
}

/** A token of what says nothing of it. */
const bareToken = /^tokens?$/

const isToken = (word: string): boolean => /^(?:(?:access|auth|id|refresh|bearer|session|security)?tokens?)$/.test(word)

const wordsOf = (key: string): ReadonlyArray<string> =>
  (key.match(/[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+/g) ?? []).map((word) => word.toLowerCase())

const ending = (key: string): string => ` ${wordsOf(key).join(" ")}`
