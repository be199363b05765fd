/** Words where a secret would stand that are none: a switch, a placeholder, a reference, an expression of a program. */
import { isMasked } from "./mask.js"

const words =
  /^(?:true|false|null|undefined|none|nil|yes|no|on|off|n\/a|todo|tbd|unset|empty|missing|required|optional|invalid|expired|denied|hidden|redacted|masked|filtered|omitted|removed|change-?me|include|same-origin|omit|<redacted>)$/i

/** One pattern of several, so that a text is looked at once. */
const anyOf = (patterns: ReadonlyArray<RegExp>, flags = ""): RegExp =>
  new RegExp(patterns.map(({ source }) => source).join("|"), flags)

const placeholder = anyOf([
  // sk-..., sk-xxxx, sk-pr***abcd
  /^[\w-]{0,24}(?:\.{3}|…|x{4,}|X{4,}|\*{3,})[\w*.…-]{0,8}$/,
  // <your key>, {{ key }}, ${KEY}, #{key}, $(key), $KEY, $password, $1, %KEY%, %(key)s, %s, {key}, [KEY], (hidden), ?, :key, @key
  /^<[\w .:|/-]{0,64}>?$/,
  /^\$?\{\{/,
  /^[$#]\{[^}]*\}?$/,
  /^\$\(\w/,
  /^\([a-zA-Z ]+\)?$/,
  /^\$(?:[A-Z_][A-Z0-9_]*|\d{1,2}|[a-z_]*(?:pass(?:word)?|pwd?|token|secret|key|creds?))$/,
  /^%(?:[A-Z_][A-Z0-9_]*%|\(\w+\)s?|[sdv@])$/,
  /^\{[\w. -]*\}?$/,
  /^\[[A-Z][A-Z_ -]*\]?$/,
  /^\?$/
])
const placeholderInAnyCase = anyOf(
  [
    /^(?:x{3,}|[*•.…]+)$/,
    /^[:@][a-z_]*(?:pass(?:word)?|pwd?|token|secret|key|creds?)$/,
    // your-api-key, YOUR_KEY, REPLACE_ME, api_key_here
    /^(?:your|enter|insert|replace|change)[a-z]*(?:[-_ ][a-z]+)*$/,
    /^[a-z]+(?:[-_ ][a-z]+)*[-_ ]here$/,
    // Where it is kept
    /^(?:op:\/\/|vault:|arn:aws|env:|file:|(?:aws|gcp)?s(?:sm|m):|secretref:|keyring:|\.{1,2}\/|\/(?:run|var|etc|mnt|vault|opt|home|tmp)\/|!(?:ref|vault|sub|getatt)\b)/
  ],
  "i"
)
const maxPlaceholder = 256

/** Schemes that stand before a secret in a header. */
const scheme = /^(?:bearer|basic|token|apikey|bot|key) +(?=\S)/i

/** Whether a text under the name of a secret is none. */
export const isNothing = (value: string): boolean => {
  // Most secrets: letters and digits.
  if (/\d/.test(value) && /^[A-Za-z0-9]+$/.test(value) && !/x{4}/i.test(value)) return false
  return isNone(value.length < maxPlaceholder ? value.replace(scheme, "") : value)
}

const isNone = (text: string): boolean =>
  text === "" ||
  isMasked(text) ||
  words.test(text) ||
  (text.length < maxPlaceholder && (placeholder.test(text) || placeholderInAnyCase.test(text)))

const expression = anyOf([
  /^(?:await|new|async|function|typeof|lambda|return|not|if|yield)$/,
  // process.env.KEY, options.apiKey
  /^(?:process|import|os|Deno|Bun|ENV|System|env|config|configuration|options|opts|this|self|req|request|ctx|context|props|params|args|settings|secrets|vars|local|data|each|Schema|z|Config|Redacted|Effect|user|body|inputs|github|app|module|event)(?:\??\.|\[)[#\w"'[]/,
  // getPassword(), String(128), tokens[0]
  /^[A-Za-z_$][\w$]*(?:\??\.[\w$#]+)*\((?:["'`\w$)]|\\|$)/,
  /^[A-Za-z_$]+(?:\.[A-Za-z_$]+)*\[(?:["'`\w$]|\\|$)/
])

/** Whether what stands without quotes after the name of a secret is an expression. `newPassword` is a variable. */
export const isExpression = (text: string, name: string): boolean => {
  if (text.length >= maxPlaceholder) return false
  if (expression.test(text)) return true
  const end = /[a-z]+$/i.exec(name)?.[0] ?? name
  return /^[a-z]+(?:[A-Z][a-z]+)*$/.test(text) && text.toLowerCase().endsWith(lastWord(end).toLowerCase())
}

const lastWord = (name: string): string => /(?:[A-Z]?[a-z]+|[A-Z]+)$/.exec(name)?.[0] ?? name

/** Whether a word is no word of prose, in which the name of a secret stands before anything. */
export const looksSecret = (word: string): boolean =>
  !isMasked(word) &&
  !word.includes("[REDACTED") &&
  (word.length >= 20 || /\d|[a-z][A-Z]|\w[^\w\s.,:;!?'"()-]/.test(word))

/** Whether a word looks like a secret that is not short: where a piece of text might stand as well. */
export const looksLong = (word: string): boolean =>
  word.length >= 8 &&
  !/\s|\[REDACTED/.test(word) &&
  (word.length >= 20 || (/\d/.test(word) && /[A-Za-z]/.test(word)) || /[a-z].*[A-Z].*[^\w]|[^\w\s].*\d/.test(word))

/** Names of what has digits in it: functions, formats and versions. */
const technical =
  /^(?:sha|md|argon|pbkdf|bcrypt|scrypt|base|oauth|utf|mysql|postgres|v\d|http|es|aes|rsa|ed|hs|rs|rfc|iso|ipv|s3|ec2|x509|web|h2|id\d)/i

/**
 * Whether a word that stands after the name of a secret, with nothing between, is the secret: random, as no word of prose
 * and no name is.
 */
export const looksRandom = (word: string, easily: boolean): boolean => {
  if (
    word.length < 6 ||
    isNothing(word) ||
    /\[REDACTED|^[/.~#<(]|:\/\/|^[\w.+-]+@[\w-]+\.\w|=|^\d[\d.,:/-]*$/.test(word)
  )
    return false
  if (!/\d/.test(word) || !/[A-Za-z]/.test(word))
    return /\d/.test(word) ? /[!#$%^&*+?]/.test(word) : /[a-z][!#$%^&*+?]+\w/i.test(word)
  if (technical.test(word) && word.length < 20) return false
  return (
    easily ||
    (/[a-z]/.test(word) && /[A-Z]/.test(word) && word.length >= 8) ||
    /[!#$%^&*+?]\w/.test(word) ||
    /[A-Za-z0-9]{16}/.test(word) ||
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word)
  )
}
