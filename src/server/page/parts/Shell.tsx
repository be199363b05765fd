/** What is around each view: the way to the others, the search, and what the address says beside the view. */
import type { ComponentChildren } from "preact"
import { useEffect, useErrorBoundary, useRef } from "preact/hooks"
import { href, navigate, type Route, route, type Shared, setShared, shared, type View } from "../state/address.js"
import { connection } from "../state/client.js"
import { filterOf, spanFilters, withFilter } from "../state/filters.js"
import { useKeys } from "../state/keys.js"
import { isLive, now } from "../state/live.js"
import { zone, zoneNameAt } from "../state/time.js"
import { KeysPanel } from "./KeysPanel.js"
import { Lost } from "./Lost.js"
import { Empty } from "./states.js"

const nav: ReadonlyArray<{ readonly view: View; readonly label: string; readonly key: string; readonly also?: View }> =
  [
    { view: "sessions", label: "Sessions", key: "g s", also: "session" },
    { view: "traces", label: "Traces", key: "g t", also: "trace" },
    { view: "logs", label: "Logs", key: "g l" },
    { view: "dashboard", label: "Dashboard", key: "g d" },
    { view: "compare", label: "Compare", key: "g c" }
  ]

export const Shell = ({ children, view }: { readonly view: View; readonly children: ComponentChildren }) => {
  useKeys("Everywhere", [
    { keys: "?", label: "show the keys", run: () => setShared({ panel: "keys" }, { replace: false }) },
    ...nav.map(({ key, label, view }) => ({
      keys: key,
      label: label.toLowerCase(),
      run: () => navigate({ view })
    })),
    { keys: "p", label: "pause, or go on", run: () => setShared({ live: isLive.value ? "off" : undefined }) },
    { keys: "z", label: "local time or UTC", run: () => setShared(otherZone()) },
    { keys: "t", label: "light, dark, or as the system is", run: () => setShared(otherTheme()) }
  ])
  return (
    <>
      <a class="skip" href="#main">
        Skip to the view
      </a>
      <header class="bar">
        <nav class="bar-nav" aria-label="Views">
          {nav.map(({ also, label, view: other }) => (
            <a
              key={other}
              href={href({ view: other })}
              aria-current={other === view || also === view ? "page" : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
        <Search />
        <div class="bar-tools">
          <Live />
          <Tool
            to={otherZone()}
            title={`Times are in ${zone()}: show them in ${shared.value.zone === "utc" ? "local time" : "UTC"}`}
          >
            {zoneNameAt(now.value)}
          </Tool>
          <Tool to={otherTheme()} title={`Theme: ${shared.value.theme ?? "as the system is"}`}>
            {themeMark()}
          </Tool>
          <a class="tool" href={href(route.value, { panel: "keys" })} title="Keys" aria-label="Keys">
            ?
          </a>
        </div>
      </header>
      <Lost />
      <main id="main" class="view" data-view={view} tabIndex={-1}>
        <Guarded key={view}>{children}</Guarded>
      </main>
      {shared.value.panel === "keys" && <KeysPanel />}
    </>
  )
}

/** Says something else beside the view, in the place of the present address. */
const Tool = ({
  children,
  title,
  to
}: {
  readonly to: Shared
  readonly title: string
  readonly children: ComponentChildren
}) => (
  <a class="tool" data-replace="" href={href(route.value, to)} title={title}>
    {children}
  </a>
)

const otherZone = (): Shared => ({ zone: shared.value.zone === "utc" ? undefined : "utc" })

const otherTheme = (): Shared => {
  const { theme } = shared.value
  return { theme: theme === undefined ? "dark" : theme === "dark" ? "light" : undefined }
}

const themeMark = (): string => {
  const { theme } = shared.value
  return theme === undefined ? "Auto" : theme === "dark" ? "Dark" : "Light"
}

const Live = () => {
  const isOn = isLive.value && connection.value.state === "up"
  return (
    <Tool
      to={{ live: isLive.value ? "off" : undefined }}
      title={isLive.value ? "What is new is shown as it comes: pause" : "Paused: go on"}
    >
      <span class={isOn ? "dot dot-on" : "dot"} />
      {isLive.value ? "Live" : "Paused"}
    </Tool>
  )
}

/** Searches in the list that is shown, or among the sessions. */
const Search = () => {
  const input = useRef<HTMLInputElement>(null)
  const present = route.value
  const filters = "filters" in present ? (present.filters ?? []) : []
  const isList = present.view === "sessions" || present.view === "traces" || present.view === "logs"
  const asked = filterOf(filters, "search") ?? ""
  useEffect(() => {
    if (input.current !== null) input.current.value = asked
  }, [asked])
  useKeys("Search", [{ keys: "/", label: "search", run: () => input.current?.select() }])
  const search = (text: string) => {
    const rest = filters.filter(([key]) => key !== "search")
    const kept = isList ? rest : []
    const next = text.trim() === "" ? kept : withFilter(spanFilters, kept, ["search", text.trim()])
    const to: Route = isList ? { ...present, filters: next, at: undefined } : { view: "sessions", filters: next }
    navigate(to)
  }
  return (
    <search class="bar-search">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          search(input.current?.value ?? "")
          input.current?.blur()
        }}
      >
        <input
          ref={input}
          key={present.view}
          type="search"
          defaultValue={asked}
          placeholder={isList ? `Search ${present.view}` : "Search sessions"}
          aria-label={isList ? `Search ${present.view}` : "Search sessions"}
          maxLength={1000}
          autocomplete="off"
          spellcheck={false}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur()
          }}
          onInput={(event) => {
            if (event.currentTarget.value === "" && asked !== "") search("")
          }}
        />
      </form>
    </search>
  )
}

/** A view that fails says so, and the rest of the page goes on. */
const Guarded = ({ children }: { readonly children: ComponentChildren }) => {
  const [error, reset] = useErrorBoundary((error) => reportError(error))
  if (error === undefined || error === null) return <>{children}</>
  return (
    <Empty title="This view failed">
      <p>{String(error)}</p>
      <button type="button" onClick={reset}>
        Show it again
      </button>
    </Empty>
  )
}
