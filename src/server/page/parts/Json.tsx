/** A value of JSON as a tree: what is folded is not drawn, and long texts and lists are cut. */
import { useState } from "preact/hooks"
import { exact } from "../../../signal/internal/parsed.js"
import { count } from "../state/numbers.js"
import { cut, oneLine, visible } from "../state/visible.js"
import { Text } from "./Text.js"

interface Props {
  readonly value: unknown
  readonly name?: string | undefined
  /** How many levels are open at first. */
  readonly depth?: number
}

/** So many entries are shown at a time. */
const step = 100

export const Json = ({ depth = 1, name, value }: Props) =>
  typeof value === "object" && value !== null ? (
    <Branch name={name} value={value} depth={depth} />
  ) : (
    <div class="json-leaf">
      <Name name={name} />
      <Leaf value={value} />
    </div>
  )

const Name = ({ name }: { readonly name: string | undefined }) =>
  name === undefined ? null : <bdi class="json-name">{name === "" ? '""' : visible(cut(name, 200))}</bdi>

const Leaf = ({ value }: { readonly value: unknown }) =>
  typeof value === "string" ? (
    <Text class="json-text" text={value} limit={500} />
  ) : (
    <span class="json-other">{String(value)}</span>
  )

const Branch = ({ depth = 1, name, value }: Props & { readonly value: object }) => {
  const [isOpen, open] = useState(depth > 0)
  const [shown, show] = useState(step)
  const isArray = Array.isArray(value)
  const keys = Object.keys(value)
  if (keys.length === 0) {
    return (
      <div class="json-leaf">
        <Name name={name} />
        <span class="json-other">{isArray ? "[]" : "{}"}</span>
      </div>
    )
  }
  return (
    <details class="json" open={isOpen} onToggle={(event) => open(event.currentTarget.open)}>
      <summary>
        <Name name={name} />
        <span class="json-sum">
          {isArray ? `[${count(keys.length)}]` : `{${count(keys.length)}}`}
          {!isOpen && ` ${glimpse(value, keys)}`}
        </span>
      </summary>
      {isOpen && (
        <div class="json-body">
          {keys.slice(0, shown).map((key) => (
            <Json key={key} name={key} value={(value as { readonly [key: string]: unknown })[key]} depth={depth - 1} />
          ))}
          {keys.length > shown && (
            <button type="button" class="more-of" onClick={() => show(shown + step * 10)}>
              {count(keys.length - shown)} more
            </button>
          )}
        </div>
      )}
    </details>
  )
}

/** Longer texts are not taken apart: that would hold the page. */
const longest = 500_000

/** The value of a text that is an object or a list of JSON, and nothing else. */
export const jsonOf = (text: string): unknown => {
  if (text.length > longest || !/^\s*(?:\{[\s\S]*\}|\[[\s\S]*\])\s*$/.test(text)) return undefined
  try {
    return JSON.parse(exact(text))
  } catch {
    return undefined
  }
}

/** The first of what is folded, on one line. */
const glimpse = (value: object, keys: ReadonlyArray<string>): string =>
  cut(
    keys
      .slice(0, 4)
      .map((key) => {
        const part = (value as { readonly [key: string]: unknown })[key]
        const said = typeof part === "object" && part !== null ? "…" : oneLine(cut(String(part), 40))
        return Array.isArray(value) ? said : `${oneLine(cut(key, 40))}: ${said}`
      })
      .join(", "),
    120
  )
