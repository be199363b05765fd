/** Messages in attributes whose names count them: `llm.input_messages.0.message.role`, `gen_ai.prompt.0.content`. */
import type { Json, JsonObject } from "../Json.js"

/** The prefixes, and the side that each tells. */
const prefixes = [
  ["llm.input_messages.", "input"],
  ["llm.output_messages.", "output"],
  ["gen_ai.prompt.", "input"],
  ["gen_ai.completion.", "output"],
  ["llm.prompts.", "input"],
  ["llm.completions.", "output"],
  ["llm.choices.", "output"]
] as const

interface Numbered {
  readonly input: ReadonlyArray<Json>
  readonly output: ReadonlyArray<Json>
}

/** Higher numbers than these are left out: a stranger may count as far as it likes. */
const maxNumber = 1_000
/** Of the attributes of one span so many are put together, each of so many names. */
const maxAttributes = 20_000
const maxNames = 12

/** The messages of each side; nothing where no attribute counts any. */
export const numbered = (attributes: JsonObject): Numbered | undefined => {
  let sides: { readonly input: Tree; readonly output: Tree } | undefined
  let count = 0
  for (const key in attributes) {
    if (key.charCodeAt(0) !== 0x6c && key.charCodeAt(0) !== 0x67) continue
    const found = prefixes.find(([prefix]) => key.startsWith(prefix))
    if (found === undefined || ++count > maxAttributes) continue
    const names = key.slice(found[0].length).split(".", maxNames + 1)
    if (names.length < 2 || names.length > maxNames || !isNumber(names[0])) continue
    sides ??= { input: new Map(), output: new Map() }
    add(sides[found[1]], names, attributes[key] as Json)
  }
  return (
    sides && {
      input: listOf(sides.input).map(toMessage("user")),
      output: listOf(sides.output).map(toMessage("assistant"))
    }
  )
}

/** Each number is a message, also one that does not say its role, or is a text. */
const toMessage =
  (role: string) =>
  (value: Json): Json => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { role, content: value }
    const message = value as JsonObject
    return message["role"] === undefined ? { ...message, role } : message
  }

type Tree = Map<string, Tree | { readonly value: Json }>

const add = (tree: Tree, names: ReadonlyArray<string>, value: Json): void => {
  let within = tree
  for (const name of names.slice(0, -1)) {
    if (isNumber(name) && Number(name) >= maxNumber) return
    const known = within.get(name)
    const next: Tree = known instanceof Map ? known : new Map()
    if (known !== next) within.set(name, next)
    within = next
  }
  const last = names.at(-1) as string
  if (!(within.get(last) instanceof Map)) within.set(last, { value })
}

const listOf = (tree: Tree): ReadonlyArray<Json> =>
  Array.from(tree.entries())
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, within]) => jsonOf(within))

/** OpenInference has what is one thing in an object of its own: those are taken away. */
const wrappers: ReadonlySet<string> = new Set(["message", "message_content", "tool_call", "prompt", "completion"])

const jsonOf = (tree: Tree | { readonly value: Json }): Json => {
  if (!(tree instanceof Map)) return tree.value
  const names = Array.from(tree.keys())
  if (names.length > 0 && names.every(isNumber)) return listOf(tree)
  const [only] = names
  if (names.length === 1 && wrappers.has(only as string)) return jsonOf(tree.get(only as string) as Tree)
  return Object.fromEntries(Array.from(tree, ([name, within]) => [name, jsonOf(within)]))
}

const isNumber = (name: string | undefined): boolean => name !== undefined && /^\d{1,9}$/.test(name)
