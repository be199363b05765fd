/** The filters of a list as chips: each a part of the address, which leads on without it. */
import { useId, useRef, useState } from "preact/hooks"
import type { Options } from "../../internal/encoded.js"
import { href, navigate, type Route } from "../state/address.js"
import { askedFilters } from "../state/asked.js"
import { type Filter, type FilterSpec, type FilterTable, logFilters, withFilter } from "../state/filters.js"
import { useKeys } from "../state/keys.js"
import { useAnswer } from "../state/live.js"
import { cut, oneLine } from "../state/visible.js"

interface Props {
  readonly table: FilterTable
  readonly filters: ReadonlyArray<Filter> | undefined
  /** The address with other filters. */
  readonly to: (filters: ReadonlyArray<Filter>) => Route
  /** The filter that the storage has refused, as the field of its error: `"filters.model"`. */
  readonly refused?: string | undefined
}

export const Filters = ({ filters = [], refused, table, to }: Props) => {
  const [edited, edit] = useState<Filter | "new" | undefined>(undefined)
  useKeys("Filters", [{ keys: "f", label: "add a filter", run: () => edit("new") }])
  const chips = filters.filter(([key]) => table[key]?.kind !== "search")
  const without = (filter: Filter) => to(filters.filter((other) => other !== filter))
  const save = (filter: Filter) => {
    const rest = edited === "new" ? filters : filters.filter((other) => other !== edited)
    navigate(to(withFilter(table, rest, filter)))
    edit(undefined)
  }
  return (
    <div class="filters">
      <ul class="chips" aria-label="Filters">
        {chips.map((filter) => {
          const [key, value] = filter
          const said = saidOf(table[key], value)
          return (
            <li key={`${key} ${value}`} class={refused === `filters.${key}` ? "chip chip-bad" : "chip"}>
              <button type="button" class="chip-text" onClick={() => edit(filter)} title={said}>
                {cut(said, 60)}
              </button>
              <a class="chip-off" href={href(without(filter))} aria-label={`Without ${said}`}>
                ×
              </a>
            </li>
          )
        })}
      </ul>
      <button
        type="button"
        class="chip-new"
        aria-expanded={edited === "new"}
        onClick={() => edit(edited === "new" ? undefined : "new")}
      >
        + Filter
      </button>
      {chips.length > 1 && (
        <a class="quiet" href={href(to(filters.filter(([key]) => table[key]?.kind === "search")))}>
          Clear
        </a>
      )}
      {edited !== undefined && (
        <Editor
          key={String(edited)}
          table={table}
          filter={edited}
          filters={filters}
          save={save}
          close={() => edit(undefined)}
        />
      )}
    </div>
  )
}

const saidOf = (spec: FilterSpec | undefined, value: string): string => {
  if (spec?.kind === "flag") return value === "true" ? spec.label : `not ${spec.label}`
  return `${spec?.label}: ${oneLine(value)}`
}

interface EditorProps extends Pick<Props, "table"> {
  readonly filters: ReadonlyArray<Filter>
  readonly filter: Filter | "new"
  readonly save: (filter: Filter) => void
  readonly close: () => void
}

const Editor = ({ close, filter, filters, save, table }: EditorProps) => {
  const keys = Object.keys(table).filter((key) => table[key]?.kind !== "search")
  const [key, setKey] = useState(filter === "new" ? (keys[0] as string) : filter[0])
  const field = useRef<HTMLInputElement & HTMLSelectElement>(null)
  const id = useId()
  const spec = table[key] as FilterSpec
  const value = filter === "new" || filter[0] !== key ? "" : filter[1]
  const names = useNames(table, filters, key)
  const choices = spec.kind === "flag" ? ["true", "false"] : spec.words
  return (
    <form
      class="editor"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault()
        if (field.current !== null && field.current.value !== "") save([key, field.current.value])
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return
        event.preventDefault()
        close()
      }}
    >
      <select
        aria-label="What is filtered"
        value={key}
        ref={(element) => {
          if (filter === "new" && element !== null && !element.dataset["met"]) {
            element.dataset["met"] = "true"
            element.focus()
          }
        }}
        onChange={(event) => setKey(event.currentTarget.value)}
      >
        {keys.map((key) => (
          <option key={key} value={key}>
            {table[key]?.label}
          </option>
        ))}
      </select>
      {choices === undefined ? (
        <>
          <input
            key={key}
            ref={field}
            aria-label="Value"
            defaultValue={value}
            placeholder={spec.hint ?? ""}
            type="text"
            inputMode={spec.kind === "number" ? "decimal" : "text"}
            list={`${id}-values`}
            maxLength={1000}
            required
            autocomplete="off"
            spellcheck={false}
          />
          <datalist id={`${id}-values`}>
            {names.map((value) => (
              <option key={value} value={value} />
            ))}
          </datalist>
        </>
      ) : (
        <select key={key} ref={field} aria-label="Value" defaultValue={value || (choices[0] as string)}>
          {choices.map((word) => (
            <option key={word} value={word}>
              {spec.kind === "flag" ? (word === "true" ? "yes" : "no") : word}
            </option>
          ))}
        </select>
      )}
      <button type="submit">Apply</button>
      <button type="button" class="plain" onClick={close}>
        Cancel
      </button>
    </form>
  )
}

/** The values of a filter that records have, the most frequent first: among those that the other filters leave. */
const useNames = (table: FilterTable, filters: ReadonlyArray<Filter>, key: string): ReadonlyArray<string> => {
  const others = filters.filter((other) => other[0] !== key && table[other[0]]?.kind !== "search")
  const asked = {
    of: table === logFilters ? "logs" : "spans",
    filters: askedFilters(table, others),
    groupBy: [key],
    measures: { count: "count" },
    limit: 50
  } as Options["aggregate"]
  const { answer, isCurrent } = useAnswer("aggregate", table[key]?.isName ? asked : undefined, {
    key: JSON.stringify([key, others])
  })
  return isCurrent ? (answer?.rows ?? []).flatMap(({ group }) => group[key] ?? []).map(String) : []
}
