/** Secrets that are known by what they look like. */

/** Appends where a secret starts and where it ends. */
export type Hits = Array<number>

/** Prefixes that nothing else has: what follows is a key, or what is left of one that was cut. */
const prefixes = [
  // OpenAI, Anthropic, OpenRouter, Langfuse, Helicone; Groq, Perplexity, xAI, Tavily, NVIDIA, Pinecone, LangSmith, Jina
  "sk-(?:proj|svcacct|admin|None|ant|or|lf|helicone)-",
  "sess-(?=[A-Za-z0-9]{20})",
  "gsk_",
  "pplx-",
  "xai-",
  "tvly-",
  "nvapi-",
  "pcsk_",
  "lsv2_(?:pt|sk)_",
  "ls__(?=[\\da-f]{20})",
  "jina_",
  // Together, Weights & Biases, Voyage, E2B, LlamaIndex, Vectara, RunPod, Mem0, Brave, Cursor, Vercel, Devin, Cartesia
  "tgp_v1_",
  "wandb_v1_",
  "pa-(?=[\\w-]{36,}(?![\\w-]))(?=[\\w-]*\\d)(?=[\\w-]*[A-Z])",
  "e2b_",
  "llx-(?=[\\w-]*\\d)",
  "zqt_(?=[\\w-]{20})",
  "zwt_(?=[\\w-]{20})",
  "rpa_(?=[A-Za-z0-9]{20})",
  "m0-(?=[A-Za-z0-9]{30})",
  "BSA(?=[\\w-]*\\d)(?=[\\w-]{24})",
  "crsr_",
  "vc[kpai]_(?=[A-Za-z0-9]{20})",
  "apk_(?=[\\w-]{20})",
  "cog_(?=[A-Za-z0-9]{40})",
  "luma-(?=[\\da-f]{8}-)",
  // GitHub, GitLab, Docker, Atlassian, Linear, Figma, Notion, Postman, Sourcegraph
  "gh[pousr]_",
  "github_pat_",
  "gl(?:pat|dt|rt|cbt|ptt|ft|ffct|imt|oas|soat|agent|wt)-",
  "GR1348941",
  "dckr_(?:pat|oat)_",
  "AT(?:ATT|CTT)3",
  "AT(?:BB|TA)(?=[A-Za-z0-9]{24})",
  "lin_(?:api|oauth|wh)_",
  "figd_(?=[\\w-]{20})",
  "figo_(?=[\\w-]{20})",
  "ntn_",
  "PMAK-",
  "sg[pd]_(?=[\\w-]{24})",
  // Slack, Stripe, Square, Shopify, Flutterwave, PayPal, Plaid, EasyPost, Brevo, Resend, HubSpot, Mailchimp's sibling
  "xox[abeoprsc](?:\\.xox[bp])?-",
  "xapp-",
  "sk_(?:live|test)_",
  "rk_(?:live|test)_",
  "pk_(?:live|test)_",
  "sq0(?:atp|csp)-",
  "shp(?:at|ca|pa|ss|tka)_",
  "FLWSECK",
  "IG(?:QV|AA)(?=[\\w-]{60})",
  "EZ[AT]K(?=[A-Za-z0-9]{30})",
  "EAA(?=[\\w-]*\\d)(?=[\\w-]{50})",
  "xkeysib-",
  "xsmtpsib-",
  "re_(?=[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20})",
  "pat-[a-z]{2}\\d-(?=[\\da-f]{8}-)",
  "pat(?=[A-Za-z0-9]{14}\\.[\\da-f]{20})",
  "pat\\.(?=[\\w-]{20,24}\\.)",
  "sat\\.(?=[\\w-]{20,24}\\.)",
  // Google
  "AIza",
  "AQ\\.(?=[\\w-]{30})",
  "ya29\\.",
  "GOCSPX-",
  "GOOG(?=1[A-Z0-9]{20})",
  // HashiCorp, DigitalOcean, Doppler, Grafana, New Relic, Sentry, PlanetScale, Supabase, PostHog, age, Fly, Cloudflare
  "hv[sbr]\\.",
  "do[opr]_v1_",
  "dp\\.(?:pt|st|ct|sa|scim|audit)\\.",
  "glsa_",
  "NRAK-",
  "NRII-",
  "NRJS-",
  "sntry[auo]_",
  "pscale_(?:tkn|pw|oauth)_",
  "sb(?:p|_secret)_",
  "phx_",
  "AGE-SECRET-KEY-1",
  "fo1_",
  "cf[ua]t_(?=[A-Za-z0-9]{30})",
  "cfk_(?=[A-Za-z0-9]{30})",
  "v1\\.0-(?=[\\da-f]{20})",
  // Heroku, Netlify, Render, Tailscale, Pulumi, 1Password, Infisical, Neon, Xata, CockroachDB, MongoDB, ClickHouse, Aiven
  "HRKU-",
  "nf[pcobu]_(?=[A-Za-z0-9]{20})",
  "rnd_(?=[A-Za-z0-9]{20})",
  "tskey-",
  "pul-(?=[\\da-f]{20})",
  "A3-(?=[A-Z0-9]{6}-)",
  "st\\.(?=[\\da-f-]{20,36}\\.)",
  "npg_(?=[A-Za-z0-9]{12})",
  "napi_(?=[A-Za-z0-9]{40})",
  "xau_(?=[A-Za-z0-9]{20})",
  "CCDB1_",
  "mdb_sa_sk_",
  "4b1d(?=[A-Za-z0-9]{38}(?![A-Za-z0-9]))(?=[a-z0-9]*[A-Z])",
  "AVNS_",
  // Alibaba, Tencent, Yandex, Akamai, Docker Swarm, k3s, OpenShift, Honeycomb, Axiom, Dynatrace, LaunchDarkly, Contentful
  "LTAI(?=[A-Za-z0-9]{12})",
  "AKID(?=[A-Za-z0-9]{20})",
  "AQVN(?=[\\w-]{30})",
  "t1\\.(?=[\\w-]{40})",
  "y[0-3]_(?=[\\w-]{40})",
  "akab-",
  "sha256~(?=[\\w-]{40})",
  "access-(?:production|development|sandbox)-(?=[\\da-f]{8}-)",
  "SWMTKN-1-",
  "hc[abxl][a-z]{1,2}_(?=[a-z0-9]{30})",
  "xa[ap]t-(?=[\\da-f]{8}-)",
  "dt0[cs]\\d\\d\\.",
  ...["sdk", "api", "mob"].map((word) => `${word}-(?=[\\da-f]{8}-(?:[\\da-f]{4}-){3}[\\da-f]{12})`),
  "CFPAT-",
  "tfp_(?=[\\w-]{30})",
  "fio-u-",
  "amzn\\.mws\\.",
  "amzn1\\.oa2-cs\\.",
  // PyPI, RubyGems, SendGrid, crates.io, NuGet, Artifactory, Clojars, CircleCI, Buildkite, SonarQube, ReadMe, Prefect, dbt
  "pypi-AgE",
  "rubygems_",
  "SG\\.",
  "cio(?=[A-Za-z0-9]{32}(?![A-Za-z0-9]))(?=[A-Za-z]*\\d)",
  "oy2(?=[a-z0-9]{43}(?![A-Za-z0-9]))",
  "AKCp",
  "cmVmd(?=[A-Za-z0-9]{50})",
  "CLOJARS_",
  "CCIP(?:AT|RJ)_",
  "bk[a-z]{2}_(?=[\\da-f]{20})",
  "sq[upa]_(?=[\\da-f]{20})",
  "rdme_(?=[a-z0-9]{30})",
  "pn[ub]_(?=[A-Za-z0-9]{20})",
  "dbt[uc]_(?=[\\w-]{20})",
  "API-(?=[A-Z0-9]{24,}(?![A-Z0-9]))",
  "ico-(?=[A-Za-z0-9]{20})",
  "dnkey-",
  "tk-us-(?=[\\w-]{20})",
  "ck_(?=[\\da-f]{40})",
  "cs_(?=[\\da-f]{40})",
  "pk_(?=\\d{6,12}_[A-Z0-9]{20})",
  "sl\\.(?=[\\w-]{20})",
  "sl\\.u\\.",
  // PASETO, Fernet, extended private keys, Discord
  "v[1-4]\\.(?:local|public)\\.(?=[\\w-]{16})",
  "k[1-4]\\.(?:local|secret|seal)(?:-wrap\\.pie|-pw)?\\.(?=[\\w-]{20})",
  "gAAAAA(?=[\\w-]{40})",
  "[xyztuv]prv(?=[A-Za-z0-9]{90})",
  "[MNO][A-Za-z](?=[\\w-]{21,26}\\.[\\w-]{6}\\.[\\w-]{27,})",
  "AAAAAAAAAAAAAAAAAAAA(?=[A-Za-z0-9]*\\d)"
]

/** Prefixes of keys in base64 with `+` and `/`, or with a check after a sign. */
const inBase64 = [
  "ABSK(?=[A-Za-z0-9])",
  "bedrock-api-key-",
  "fm[12][ar]?_",
  "essu_",
  "whsec_",
  "glc_",
  "sntrys_",
  "ops_eyJ",
  "ptr_",
  "xoxe\\.xox[bp]-1-",
  "xoxd-",
  "K10(?=[\\da-f]{40})",
  "eyJrIjoi(?=[A-Za-z0-9+/]{40})",
  "AT[AC]TT3",
  "1//0(?=[\\w-]{30})",
  "00D(?=[A-Za-z0-9]{12,15}!)[A-Za-z0-9]{12,15}!",
  "[12]/\\d{10,20}(?:/\\d{10,20})?:(?=[\\da-f]{32})",
  "access_token\\$(?:production|sandbox)\\$",
  "0\\.(?=[\\da-f]{8}-)[\\da-f-]{36}\\.(?=[A-Za-z0-9]{20,40}:)[A-Za-z0-9]{20,40}:"
]

/** Prefixes that words have too: a key is long, and has digits. */
const common = [
  ..."sk[-_]|hf_|npm_|api_org_|r8_|fw_|key[-_]|dapi|SK|fc-|csk-|a[ks]-|bpk-|aai-|n8n_api_|unkey_|secret_|live_".split(
    "|"
  )
]

/** A word that says of what follows in a key that it is one: `acme_live_…`, `tr_pat_…`, `signkey-prod-…`. */
const said =
  /^(?:[A-Za-z][A-Za-z0-9]{0,11}[_-]){0,3}(?:[a-z]{0,6}(?:key|secret|token)|sk|rk|pat|tkn|api|live|prod|auth|oauth|pw|sat|aat)[_-](?:[a-z]{3,12}[_-]){0,2}(?=[\w-]*\d)(?=[\w-]*[A-Za-z])([A-Za-z0-9_-]{12,})/

/** A name, and then only chance. */
const long =
  /^(?!cs_|sha\d)[a-z][a-z0-9]{1,11}[_-](?:[a-z0-9]{1,8}[_-]){0,2}(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)([\w-]{32,})/

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
    `(?:${inBase64.join("|")})[\\w.+/=%$!,:-]{8,}`,
    `(?:${prefixes.join("|")})[\\w.-]{6,}(?:%[\\dA-F]{2}[\\w.-]*){0,8}`,
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
for (const prefix of [...prefixes, ...inBase64, ...common, "AKIA", "ASIA", "ABIA", "ACCA", "eyJ", "AA"]) {
  const [first = "", second = ""] = prefix.match(/\[[^\]]*\]|\\.|./g) ?? []
  for (const a of charactersOf(first)) for (const b of charactersOf(second)) heads[(a << 7) | b] = 1
}

/** The codes of the characters that a part of a pattern matches: a character, or a class of some. */
function charactersOf(part: string): ReadonlyArray<number> {
  const pattern = new RegExp(`^${part}$`)
  return part.startsWith("[")
    ? Array.from({ length: 128 }, (_, code) => code).filter((code) => pattern.test(String.fromCharCode(code)))
    : [part.charCodeAt(part.length - 1)]
}

const cards = new RegExp(`(?<![\\d+_]|(?<!\\\\)[A-Za-z]|\\d[-.])(?:${card.join("|")})(?![A-Za-z0-9_]|[-.]\\w)`, "g")

/** How the header of a token begins in base64: `{"alg"`, `{"typ"`, `{"kid"`, … */
const jwtHeader = /^eyJ(?:hbGci|0eXAi|raWQi|lbmMi|jdHki|4NX|6aXAi|qa3Ui|qd2si)/

/** Looks for keys and card numbers in a word: between two places of a text between which there is no space. */
export const findKeys = (text: string, from: number, to: number, hits: Hits): void => {
  const before = text.charCodeAt(from - 1)
  const start = before === backslash || before === percent ? afterEscape(text, from, to) : from
  const found = hits.length
  let digits = 0
  let card = false
  let parts = 1
  for (let at = start; at < to; at++) {
    const code = text.charCodeAt(at)
    const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 0
    if (heads[((code & 127) << 7) | (next & 127)] === 1 && (at === start || !isAlphanumeric(text.charCodeAt(at - 1)))) {
      const end = keyAt(text, at, hits)
      if (end > at) {
        // Words before a prefix that others have, too, are a part of it: `acme_live_…`.
        if (at > start && at - start < maxSaid && hits.at(-2) === at && isJoined(text, start, at))
          hits[hits.length - 2] = start
        at = end - 1
        digits = 0
        continue
      }
    }
    if (code === tilde && at - 5 >= from) keyAt(text, at - 5, hits, azureKey)
    if (code === hyphen || code === underscore || code === dot) parts++
    if (code >= 48 && code < 58) card ||= ++digits === minCard
    else if (code !== hyphen) digits = 0
  }
  if (card) findCards(text, from, to, hits)
  if (hits.length === found) {
    if (before === slash || before === plus) findInBase64(text, from, to, hits)
    else if (before === dollar || before === brace) findCrypt(text, from, hits)
    if (to - start >= minSaid && (parts > 1 || bare.has(to - start))) findSaid(text, start, to, hits)
  }
}

/** Where the word after an escape starts, whose last characters are of the same kind: `\n`, `\u0026` or `%3D`. */
const afterEscape = (text: string, from: number, to: number): number =>
  Math.min(
    to,
    from +
      (text.charCodeAt(from - 1) === percent
        ? 2
        : text[from] === "u"
          ? 5
          : /[nrtbf]/.test(text[from] as string)
            ? 1
            : 0)
  )

/** Where the text in base64 that was looked at last ends, as far as it is known. */
let base64End = -1

/** Begins with another text. */
export const startText = (): void => {
  base64End = -1
}

/** Looks for a key in base64 of which a word is a part that is not the first. */
const findInBase64 = (text: string, from: number, to: number, hits: Hits): void => {
  let start = from
  while (start > base64End && start > 0 && isBase64(text.charCodeAt(start - 1))) start--
  if (start > base64End) keyAt(text, start, hits)
  base64End = to
}

const isBase64 = (code: number): boolean =>
  isAlphanumeric(code) || code === slash || code === plus || code === hyphen || code === underscore || code === dot

/** Looks for the hash of a password, as `crypt` writes them, of which a word is a part. */
const findCrypt = (text: string, from: number, hits: Hits): void => {
  const floor = Math.max(0, from - maxCrypt)
  const start = crypt.exec(text.slice(floor, from))?.index
  if (start === undefined) return
  cryptEnd.lastIndex = from
  cryptEnd.exec(text)
  hits.push(floor + start, cryptEnd.lastIndex)
}

const maxCrypt = 128
const crypt =
  /(?:\{(?:S?SHA\d{0,3}|S?MD5|CRYPT|PBKDF2[\w-]{0,12})\}|(?:\$(?:2[abxy]?\$\d\d|[156y7](?:\$rounds=\d{1,9})?|md5|apr1|P|H|scrypt|argon2(?:id|i|d)\$v=\d{1,3}\$m=\d{1,9},t=\d{1,4},p=\d{1,4})|pbkdf2_sha\d{1,3}\$\d{1,9}|access_token\$(?:production|sandbox))\$(?:[\w./+=-]{1,64}\$)?)$/
const cryptEnd = /[\w./+$=-]*/y

const minSaid = 20
const maxSaid = 24

/** Whether words with nothing but underscores between stand between two places. */
const isJoined = (text: string, from: number, to: number): boolean =>
  /^(?:[a-z][a-z0-9]{0,11}_)+$/.test(text.slice(from, to))
/** The lengths of keys of one part that only their end tells apart. */
const bare: ReadonlySet<number> = new Set([24, 40, 84])

/** Looks for a key of whose prefix a word says that it is one, and for others that end as none but a few do. */
const findSaid = (text: string, start: number, to: number, hits: Hits): void => {
  const word = text.slice(start, to).replace(/[.~_-]+$/, "")
  const body = said.exec(word)?.[1]
  if ((body !== undefined && isRandom(body)) || isRandom(long.exec(word)?.[1] ?? "") || ending.test(word)) {
    hits.push(start, start + word.length)
  } else if (withColon.test(word)) {
    // Two parts with a colon between, of which this is the first.
    afterColon.lastIndex = start + word.length
    if (afterColon.test(text)) hits.push(start, afterColon.lastIndex)
  }
}

/** Mailchimp, New Relic, MaxMind, Terraform, Zhipu, Salesforce's tokens in parts, and what DevOps of Azure has in the middle. */
const ending =
  /^(?:[\da-f]{32}-us\d{1,2}|[\da-f]{36}NRAL|[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}|[\da-f]{32}\.(?=[A-Za-z]*\d)[A-Za-z0-9]{16}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})$/
const withColon = /^[\da-f]{24}$/
const afterColon = /:[\da-f]{64}(?![\da-f])/y

/** Whether the kinds of characters change as often as chance has it: not as in words, dates and versions. */
const isRandom = (text: string): boolean => {
  if (text === "" || !(/[A-Za-z0-9]{16}/.test(text) || (/[a-z]/.test(text) && /[A-Z]/.test(text)))) return false
  let changes = 0
  for (let i = 1; i < text.length; i++) {
    if (kindOf(text.charCodeAt(i)) !== kindOf(text.charCodeAt(i - 1))) changes++
  }
  return changes >= text.length / 5
}

const kindOf = (code: number): number => (code >= 97 ? 3 : code >= 65 ? 2 : code >= 48 ? 1 : 0)

/** Looks for a key that starts at a place, and gives where what looked like one ends. */
const keyAt = (text: string, at: number, hits: Hits, pattern = key): number => {
  pattern.lastIndex = at
  const match = pattern.exec(text)
  if (match === null) return at
  const end = pattern.lastIndex
  if (isKey(match[0], match[1], end === text.length))
    hits.push(match[0].startsWith("AA") ? startOfBot(text, at) : at, end)
  return end
}

/** The number of a bot, which stands before its token. */
const startOfBot = (text: string, at: number): number => {
  let start = at - 1
  if (text[start] !== ":") return at
  while (at - start < 20 && text.charCodeAt(start - 1) >= 48 && text.charCodeAt(start - 1) < 58) start--
  return start
}

const dollar = 36
const percent = 37
const plus = 43
const hyphen = 45
const dot = 46
const slash = 47
const underscore = 95
const brace = 125
const backslash = 92
const tilde = 126

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
  if (key.startsWith("eyJ"))
    return /\.[\w-]{2}/.test(key) || key.startsWith("eyJrIjoi") || (last && jwtHeader.test(key))
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
