/** Secrets among the arguments of commands: after options, in pairs, and what is piped in. */
import { closing, codes, isQuote, kinds } from "./codes.js"
import { isSecret } from "./keys.js"
import type { VerdictOf } from "./names.js"
import { isNothing, looksSecret } from "./nothing.js"
import type { Hits } from "./shapes.js"

/** Options of one letter, by what they say: the next argument is a secret, or is glued, or `user:secret`. */
interface Options {
  readonly secret?: string
  readonly glued?: string
  /** Options of a user and a secret, with the sign between. */
  readonly pairs?: ReadonlyArray<readonly [letters: string, sign: string]>
  /** A word that must stand between the command and the option. */
  readonly only?: RegExp
}

const login: Options = { secret: "p", only: /\blogin\b/ }

const commands: ReadonlyMap<string, Options> = new Map(
  Object.entries<Options>({
    "mysql mysqldump mysqladmin mysqlimport mysqlcheck mariadb mariadb-dump mycli 7z 7za 7zz": { glued: "p" },
    "redis-cli valkey-cli keydb-cli": { secret: "a" },
    "mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh rabbitmqadmin twine psexec evil-winrm nxc crackmapexec hydra osm2pgsql":
      { secret: "p" },
    sshpass: { secret: "p", glued: "p" },
    "docker podman buildah skopeo nerdctl helm oras crane az oc faas-cli cf ibmcloud": login,
    "zip unzip zipcloak ipmitool mosquitto_pub mosquitto_sub sqlcmd bcp osql": { secret: "P", glued: "P" },
    "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd wpa_passphrase": { secret: "w" },
    "snmpwalk snmpget snmpset snmpbulkwalk": { secret: "AX" },
    "smbclient rpcclient smbmap smbget": { pairs: [["U", "%"]] },
    "lftp ncftp": { pairs: [["u", ","]] },
    curl: {
      pairs: [
        ["uU", ":"],
        ["b", "="]
      ]
    },
    "http https xh xhs": { pairs: [["a", ":"]] },
    "xfreerdp wlfreerdp mstsc": { secret: "p" }
  }).flatMap(([names, options]) => names.split(" ").map((name) => [name, options] as const))
)

const maxCommand = 256
const names = [...commands.keys()].map((name) => name.replace(/\W/g, "\\$&")).join("|")
/** The name of a command, or where one ends. */
const command = new RegExp(`(?<![\\w.-])(?:(?<=\\\\)[nrt])?(${names})(?=[\\s"'\\\\])|[|;&]\\s|\\n|\\\\(?=n)`, "g")

/** The command that was read last, of which an option may be. */
interface Last {
  /** Up to where the text was read. */
  at: number
  from: number
  options: Options | undefined
}

const hyphen = 45

/** Things in a text that its hyphens tell of, as bits: the frame of a key, a form, a key of PuTTY. */
export const frame = 1
export const form = 2
export const putty = 4

/** Looks at each option, which is a hyphen at the start of a word, and gives what other hyphens say. */
export const findInCommands = (text: string, verdictOf: VerdictOf, hits: Hits): number => {
  const all = codes
  const last: Last = { at: 0, from: 0, options: undefined }
  let seen = 0
  for (let at = text.indexOf("-"); at >= 0; at = text.indexOf("-", at + 1)) {
    const before = at === 0 ? 32 : (all[at - 1] as number)
    const next = at + 1 < text.length ? (all[at + 1] as number) : 0
    if (before === 109 && next === 100) seen |= form
    else if (before === 101 && next === 76) seen |= putty
    else if (before === hyphen && next === hyphen) seen |= frame
    const starts =
      before <= 32 || isQuote(before) || before === 91 || (before >= 110 && before <= 116 && all[at - 2] === 92)
    if (starts && (next === hyphen || isLetter(next))) findOption(text, at, last, verdictOf, hits)
  }
  return seen
}

const isLetter = (code: number): boolean => (code >= 97 && code < 123) || (code >= 65 && code < 91)

/** Between an option and its value: blanks, a sign, or the quotes of a list. */
const between = /(?:[ \t]{1,4}|=|\\{0,8}["'],[ \t]{0,4})/.source
const argument = /(\\{0,8})(["'`]?)([^\s"'`\\]+)?/.source
const valueAfter = new RegExp(`${between}${argument}`, "y")
const valueGlued = new RegExp(argument, "y")

const findOption = (text: string, at: number, last: Last, verdictOf: VerdictOf, hits: Hits): void => {
  const start = codes[at + 1] === hyphen ? at + 2 : at + 1
  let end = start
  while (
    end < text.length &&
    end - start < 64 &&
    ((kinds[codes[end] as number] as number) & 2) !== 0 &&
    codes[end] !== 46
  )
    end++
  const long = end - start > 1
  if (long && isSecret(verdictOf(codes, start, end))) findArgument(text, end, valueAfter, looksSecret, hits)
  else if (long && text.startsWith("pass", start) && passin.test(text.slice(start, end))) findPassin(text, end, hits)
  if (long && start === at + 2) {
    if (users.has(text.slice(start, end)) && commandBefore(text, at, last)?.options.pairs !== undefined)
      findPair(text, end, ":", hits)
    if (text.startsWith("password-stdin", start)) findPiped(text, at, hits)
    return
  }
  const letter = text[start] as string
  if (letter === "S" && !long) findPiped(text, at, hits)
  if (!letters.has(letter)) return
  const found = commandBefore(text, at, last)
  if (found === undefined) return
  const { glued = "", only, pairs = [], secret = "" } = found.options
  const pair = pairs.find(([letters]) => letters.includes(letter))
  if (only !== undefined && !only.test(found.rest)) return
  if (!long && pair !== undefined) findPair(text, end, pair[1], hits)
  else if (glued.includes(letter) && !isBreak(text, start + 1)) findArgument(text, start + 1, valueGlued, isAny, hits)
  else if (!long && secret.includes(letter)) findArgument(text, end, valueAfter, isAny, hits)
}

/** Whether an option ends here: before a blank, a sign, or the quote of a list. */
const isBreak = (text: string, at: number): boolean =>
  at >= text.length ||
  (codes[at] as number) <= 32 ||
  codes[at] === 61 ||
  /^\\{0,8}["'](?:[,\]}]|$)/.test(text.slice(at, at + 12)) ||
  /^\\[nrt]/.test(text.slice(at, at + 2))

const users: ReadonlySet<string> = new Set(["user", "proxy-user", "auth"])
const letters: ReadonlySet<string> = new Set(
  [...commands.values()].flatMap(({ glued = "", pairs = [], secret = "" }) => [
    ...glued,
    ...pairs.flatMap(([letters]) => [...letters]),
    ...secret
  ])
)

const isAny = (): boolean => true

/** The command whose option stands at a place, and what is between. */
const commandBefore = (
  text: string,
  at: number,
  last: Last
): { readonly options: Options; readonly rest: string } | undefined => {
  const start = Math.max(last.at, at - maxCommand)
  const part = text.slice(start, at)
  for (const match of part.matchAll(command)) {
    last.options = commands.get(match[1] ?? "")
    last.from = start + match.index
  }
  last.at = at
  return last.options === undefined || at - last.from > maxCommand
    ? undefined
    : { options: last.options, rest: text.slice(last.from, at) }
}

/** The argument at a place, if it is one: no other option, and no placeholder. */
const findArgument = (
  text: string,
  at: number,
  pattern: RegExp,
  isSecret: (value: string) => boolean,
  hits: Hits
): void => {
  pattern.lastIndex = at
  const match = pattern.exec(text)
  if (match === null) return
  const [found, escapes = "", quote = "", rest = ""] = match
  const start = at + found.length - rest.length
  if (quote !== "") {
    const close = closing(text, start, quote, escapes.length)
    const secret = text.slice(start, close)
    if (!isNothing(secret) && !/^[,\]}]/.test(secret)) hits.push(start, close)
  } else if (escapes === "" && !rest.startsWith("-") && !isNothing(rest) && isSecret(rest)) {
    hits.push(start, start + rest.replace(/[,;)\]}>]+$/, "").length)
  }
}

const passin = /^pass(?:in|out|wd)?$/
const passAfter = new RegExp(`${between}\\\\{0,8}["']?pass:([^\\s"'\\\\]+)`, "y")

const findPassin = (text: string, at: number, hits: Hits): void => {
  passAfter.lastIndex = at
  const secret = passAfter.exec(text)?.[1]
  if (secret !== undefined && !isNothing(secret)) hits.push(passAfter.lastIndex - secret.length, passAfter.lastIndex)
}

/** `user:secret`, with another sign for some. */
const findPair = (text: string, at: number, sign: string, hits: Hits): void => {
  pairAfter.lastIndex = at
  const value = pairAfter.exec(text)?.[1]
  if (value === undefined) return
  const user = value.indexOf(sign)
  const secret = value.slice(user + 1)
  if (user < 0 || isNothing(secret) || secret.length < 4) return
  hits.push(pairAfter.lastIndex - secret.length, pairAfter.lastIndex)
}

const pairAfter = new RegExp(`${between}?\\\\{0,8}["'\`]?([^\\s"'\`\\\\]+)`, "y")

/** Looks for a secret that is echoed into a command. */
const findPiped = (text: string, at: number, hits: Hits): void => {
  const floor = Math.max(0, at - maxCommand)
  const line = text.slice(floor, at)
  const match = piped.exec(line)
  if (match === null) return
  const [found, escapes = "", secret = ""] = match
  const start = floor + match.index + found.indexOf(secret, 5 + escapes.length)
  if (!isNothing(secret) && looksSecret(secret)) hits.push(start, start + secret.length)
}

const piped = /(?:echo|printf)[ \t]+(?:-n[ \t]+)?(\\{0,8})["']?([^\s"'|\\]{4,128})\\{0,8}["']?[ \t]{0,4}\|[^|]{0,128}$/
