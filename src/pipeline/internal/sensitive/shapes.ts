/** Secrets that are known by what they look like. */

/** Appends where a secret starts and where it ends. */
export type Hits = Array<number>

/** Prefixes that nothing else has: what follows is a key, or what is left of one that was cut. */
const prefixes = [
  // OpenAI, Anthropic, OpenRouter, Langfuse; Groq, Perplexity, xAI, Tavily, NVIDIA, Pinecone, LangSmith, Jina
  "sk-(?:proj|svcacct|admin|None|ant|or|lf)-",
  "gsk_",
  "pplx-",
  "xai-",
  "tvly-",
  "nvapi-",
  "pcsk_",
  "lsv2_(?:pt|sk)_",
  "jina_",
  // GitHub, GitLab, Docker, Atlassian, Linear, Figma, Notion, Postman
  "gh[pousr]_",
  "github_pat_",
  "gl(?:pat|dt|rt|cbt|ptt|ft|imt|oas|soat|agent)-",
  "dckr_(?:pat|oat)_",
  "AT(?:ATT|CTT)3",
  "lin_(?:api|oauth)_",
  "figd_",
  "ntn_",
  "PMAK-",
  // Slack, Stripe, Square, Shopify, Flutterwave
  "xox[abeoprs](?:\\.xox[bp])?-",
  "xapp-",
  "sk_(?:live|test)_",
  "rk_(?:live|test)_",
  "pk_(?:live|test)_",
  "whsec_",
  "sq0(?:atp|csp)-",
  "shp(?:at|ca|pa|ss)_",
  "FLWSECK",
  // Google
  "AIza",
  "ya29\\.",
  "GOCSPX-",
  // HashiCorp, DigitalOcean, Doppler, Grafana, New Relic, Sentry, PlanetScale, Supabase, PostHog, age, Fly
  "hv[sbr]\\.",
  "do[opr]_v1_",
  "dp\\.(?:pt|st|ct|sa|scim|audit)\\.",
  "gl(?:sa|c)_",
  "NRAK-",
  "sntry[su]_",
  "pscale_(?:tkn|pw|oauth)_",
  "sb(?:p|_secret)_",
  "phx_",
  "AGE-SECRET-KEY-1",
  "fo1_",
  // PyPI, RubyGems, SendGrid
  "pypi-AgE",
  "rubygems_",
  "SG\\."
]

/** Prefixes that words have too: a key is long, and has digits. */
const common = ["sk[-_]", "hf_", "npm_", "api_org_", "r8_", "fw_", "key-", "dapi", "SK"]

const card = [
  "4\\d{12}(?:\\d{3}(?:\\d{3})?)?",
  "(?:5[1-5]\\d{2}|2[2-7]\\d{2}|6(?:011|5\\d{2}|4[4-9]\\d)|35\\d{2}|62\\d{2})\\d{12}(?:\\d{1,3})?",
  "3[47]\\d{13}",
  "3(?:0[0-5]|[68]\\d)\\d{11}",
  "(?:4\\d{3}|5[1-5]\\d{2}|2[2-7]\\d{2}|6(?:011|5\\d{2}|4[4-9]\\d|2\\d{2})|35\\d{2})([ -])\\d{4}\\1\\d{4}\\1\\d{4}(?:\\1\\d{3})?",
  "3[47]\\d{2}([ -])\\d{6}\\2\\d{5}",
  "3(?:0[0-5]|[68]\\d)\\d([ -])\\d{6}\\3\\d{4}"
]

/** Never backtracks over more than a few characters: what repeats stands last, or before what it cannot match. */
const key = new RegExp(
  [
    `(?:${prefixes.join("|")})[\\w.-]{6,}`,
    "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{6,}",
    "eyJ[\\w-]{4,}(?:\\.[\\w-]*)*",
    `(${common.join("|")})[A-Za-z0-9]{8,}`,
    // Telegram
    "(?<=\\d{8}:)AA[\\w-]{16,}"
  ].join("|"),
  "y"
)
const azureKey = /[\w~.]{3}\dQ~[\w~.-]{20,64}/y

/** The first two characters of all keys, as bits of 7. */
const heads = new Uint8Array(1 << 14)
for (const prefix of [...prefixes, ...common, "AKIA", "ASIA", "ABIA", "ACCA", "eyJ", "AA"]) {
  heads[(prefix.charCodeAt(0) << 7) | prefix.charCodeAt(1)] = 1
}

const cards = new RegExp(`(?<![\\d+_]|(?<!\\\\)[A-Za-z]|\\d[-.])(?:${card.join("|")})(?![A-Za-z0-9_]|[-.]\\w)`, "g")

/** How the header of a token begins in base64: `{"alg"`, `{"typ"`, `{"kid"`, … */
const jwtHeader = /^eyJ(?:hbGci|0eXAi|raWQi|lbmMi|jdHki|4NX|6aXAi|qa3Ui|qd2si)/

/** Looks for keys and card numbers in a word: between two places of a text between which there is no space. */
export const findKeys = (text: string, from: number, to: number, hits: Hits): void => {
  let digits = 0
  let card = false
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    const next = at + 1 < to ? text.charCodeAt(at + 1) : 0
    if (heads[((code & 127) << 7) | (next & 127)] === 1 && startsWord(text, at)) {
      const end = keyAt(text, at, hits)
      if (end > at) {
        at = end - 1
        digits = 0
        continue
      }
    }
    if (code === tilde && at - 5 >= from) keyAt(text, at - 5, hits, azureKey)
    if (code >= 48 && code < 58) card ||= ++digits === minCard
    else if (code !== hyphen) digits = 0
  }
  if (card) findCards(text, from, to, hits)
}

/** Looks for a key that starts at a place, and gives where what looked like one ends. */
const keyAt = (text: string, at: number, hits: Hits, pattern = key): number => {
  pattern.lastIndex = at
  const match = pattern.exec(text)
  if (match === null) return at
  const end = pattern.lastIndex
  if (isKey(match[0], match[1], end === text.length)) hits.push(at, end)
  return end
}

const percent = 37
const hyphen = 45
const backslash = 92
const tilde = 126

/** Whether no letter or digit stands before a place, unless it ends an escape: `\n`, `\u0026` or `%3D`. */
const startsWord = (text: string, at: number): boolean =>
  at === 0 ||
  !isAlphanumeric(text.charCodeAt(at - 1)) ||
  text.charCodeAt(at - 2) === backslash ||
  text.charCodeAt(at - 3) === percent ||
  text.charCodeAt(at - 6) === backslash

const isAlphanumeric = (code: number): boolean =>
  (code >= 97 && code < 123) || (code >= 48 && code < 58) || (code >= 65 && code < 91)

/** The digits of the shortest card number. */
const minCard = 13

/** Looks for card numbers between two places of a text. */
export const findCards = (text: string, from: number, to: number, hits: Hits): void => {
  const before = Math.max(0, from - 2)
  const digits = text.slice(before, to + 2)
  cards.lastIndex = 0
  for (let match = cards.exec(digits); match !== null; match = cards.exec(digits)) {
    const end = before + cards.lastIndex
    if (isLuhn(match[0])) hits.push(end - match[0].length, end)
  }
}

/** Whether a number is the number of a card. */
export const isCard = (value: number): boolean => {
  if (value < 1e12 || !Number.isSafeInteger(value)) return false
  const hits: Hits = []
  findCards(String(value), 0, 16, hits)
  return hits.length > 0
}

const isKey = (key: string, prefix: string | undefined, last: boolean): boolean => {
  if (key.startsWith("eyJ")) return /\.[\w-]{2}/.test(key) || (last && jwtHeader.test(key))
  if (prefix === undefined) return true
  const body = key.slice(prefix.length)
  const mixed = /\d/.test(body) && /[A-Za-z]/.test(body)
  return mixed && (body.length >= 20 || (last && body.length >= 12 && prefix !== "SK"))
}

const isLuhn = (text: string): boolean => {
  let sum = 0
  let double = false
  for (let i = text.length - 1; i >= 0; i--) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) continue
    const value = double ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
    double = !double
  }
  return sum % 10 === 0
}
