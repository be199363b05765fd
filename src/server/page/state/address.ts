/**
 * The address of the page, which holds all that the page shows. Each view has a table of what its address may say; a `Route`
 * is an address as a typed value, `href` and `navigate` go from one to the other.
 *
 * Each view is one segment of path, and all else is in the query: ids are strangers' texts, and no proxy takes `%2F` and
 * `..` in a query apart.
 */
import { computed, signal } from "@preact/signals"
import { type Filter, type FilterTable, logFilters, sessionFilters, spanFilters } from "./filters.js"

/** How one thing is said in a query. */
interface Param<A> {
  readonly read: (query: URLSearchParams, name: string) => A | undefined
  readonly write: (query: URLSearchParams, name: string, value: A) => void
}

const one = <A>(parse: (text: string) => A | undefined): Param<A> => ({
  read: (query, name) => {
    const text = query.get(name)
    return text === null ? undefined : parse(text)
  },
  write: (query, name, value) => query.set(name, String(value))
})

/** Any text. */
const text = one((text): string | undefined => text)
/** One of some words. Views leave out the one that goes without saying. */
const word = <W extends string>(...words: ReadonlyArray<W>) =>
  one((text): W | undefined => words.find((word) => word === text))
/** A whole number that is not negative. */
const whole = one((text): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined))
/** Nanoseconds from the start of what is shown. */
const offset = one((text) => (/^\d{1,20}$/.test(text) ? Number(text) : undefined))
/** Texts in an order. */
const texts: Param<ReadonlyArray<string>> = {
  read: (query, name) => (query.has(name) ? query.getAll(name) : undefined),
  write: (query, name, values) => {
    for (const value of values) query.append(name, value)
  }
}
/** Every filter of a table, by its own name. */
const filters = (table: FilterTable): Param<ReadonlyArray<Filter>> => ({
  read: (query) => {
    const found = Array.from(query).filter(([key]) => Object.hasOwn(table, key))
    return found.length === 0 ? undefined : found
  },
  write: (query, _, filters) => {
    for (const [key, value] of filters) query.append(key, value)
  }
})

/** The order of a list. */
const order = { orderBy: word("time", "duration"), direction: word("asc", "desc") }

/** By view, what its address says. A word that no table has is no part of an address. */
const tables = {
  sessions: {
    filters: filters(sessionFilters),
    ...order,
    /** The session under the cursor. */
    at: text,
    /** The session that another one is compared with; empty where the first one is to be chosen. */
    pick: text
  },

  session: {
    id: text,
    /** Absent: the conversation. */
    tab: word("timeline", "logs", "scores"),
    /** The turn that is read. */
    turn: whole,
    /** The span that is open. */
    trace: text,
    span: text,
    find: text,
    /** The place that was found, from 1. */
    match: whole,
    /** Absent: texts are shown as Markdown and as JSON. */
    raw: word("on"),
    /** Absent: only what failed is unfolded. */
    folds: word("open"),
    /** Parts that are open where they would be shut, as `"3-0-1o"`, and shut where they would be open, as `"3-0-1s"`. */
    fold: texts,
    /** The least level of the logs. */
    level: word("debug", "info", "warn", "error", "fatal"),
    /** The part of the time line that is seen: two parts of 10,000, as `"0-2500"`. */
    zoom: text,
    /** Absent: time in which nothing happened is cut short. */
    idle: word("shown")
  },

  traces: {
    filters: filters(spanFilters),
    ...order,
    at: text,
    /** The trace that another one is compared with. */
    pick: text
  },

  trace: {
    id: text,
    /** The span that is open. */
    span: text,
    /** The span under the cursor, where none is open. */
    at: text,
    find: text,
    /** So many levels are open; absent: all. */
    depth: whole,
    /** Spans that are folded where their level is open, or open where it is folded. */
    fold: texts,
    /** The types of spans that are shown. */
    type: texts,
    only: word("errors"),
    path: word("on"),
    /** The window of time. */
    from: offset,
    to: offset,
    /** Absent: messages are shown as such, and not as they are recorded. */
    said: word("raw")
  },

  span: {
    trace: text,
    id: text,
    said: word("raw")
  },

  logs: {
    filters: filters(logFilters),
    at: text,
    /** The levels that are shown; all where there are none. */
    levels: texts,
    /** The newest come last, and the list goes on with them. */
    order: word("follow"),
    /** The record that is open, by its time and its id. */
    open: text
  },

  dashboard: {
    filters: filters(spanFilters),
    /** How long the time is that is shown, unless filters say when it begins. */
    range: word("1h", "24h", "7d", "30d"),
    /** By what costs are summed up. */
    top: word("sessions", "users", "services", "tags"),
    /** Tables in the place of charts. */
    show: word("tables")
  },

  compare: {
    of: word("sessions", "traces"),
    /** The two that are compared. */
    ids: texts,
    /** The turn, or the span, under the cursor. */
    at: text
  }
}

/** Said in the addresses of all views beside: a link keeps these. */
const sharedTable = {
  /** Absent: what is new is shown as it comes. */
  live: word("off"),
  /** Absent: the zone of whoever looks. */
  zone: word("utc"),
  /** Absent: as the system has it. */
  theme: word("light", "dark"),
  /** A panel above all views. */
  panel: word("keys")
}

type Values<T> = { readonly [P in keyof T]?: (T[P] extends Param<infer A> ? A : never) | undefined }

export type View = keyof typeof tables
export type RouteOf<V extends View> = V extends View ? { readonly view: V } & Values<(typeof tables)[V]> : never
export type Route = RouteOf<View>
export type Shared = Values<typeof sharedTable>

type Table = { readonly [name: string]: Param<never> }

const isView = (name: string): name is View => Object.hasOwn(tables, name)

const readAll = (table: object, query: URLSearchParams): object =>
  Object.fromEntries(
    Object.entries(table as { readonly [name: string]: Param<unknown> }).flatMap(([name, param]) => {
      const value = param.read(query, name)
      return value === undefined ? [] : [[name, value]]
    })
  )

const writeAll = (table: object, query: URLSearchParams, values: { readonly [name: string]: unknown }): void => {
  for (const [name, param] of Object.entries(table as Table)) {
    if (values[name] !== undefined) param.write(query, name, values[name] as never)
  }
}

/** Where the page is mounted: its script lies in a folder below. It ends with a slash. */
export const base = new URL(/* @vite-ignore */ "../", import.meta.url).pathname

const read = (location: { readonly pathname: string; readonly search: string }): [Route, Shared] => {
  const name = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : ""
  const view = isView(name) ? name : "sessions"
  const query = new URLSearchParams(location.search)
  return [{ view, ...readAll(tables[view], query) } as Route, readAll(sharedTable, query)]
}

const current = signal(read(window.location))

/** The view that the address says, with all that it says of it. */
export const route = computed(() => current.value[0])

/** The rest of what the address says. */
export const shared = computed(() => current.value[1])

/** The address of a route, for `<a href>`: with what the present address says beside the view, or as `beside` has it. */
export const href = (to: Route, beside: Shared = {}): string => {
  const query = new URLSearchParams()
  writeAll(tables[to.view], query, to)
  // A panel belongs to one address: a link leads out of it.
  writeAll(sharedTable, query, { ...shared.value, panel: undefined, ...beside })
  const text = query.toString()
  return `${base}${to.view === "sessions" ? "" : to.view}${text === "" ? "" : `?${text}`}`
}

interface NavigateOptions {
  /** Takes the place of the present address, to which back then leads no more. */
  readonly replace?: boolean | undefined
  readonly beside?: Shared | undefined
}

/** Goes to a route. */
export const navigate = (to: Route, { beside, replace = false }: NavigateOptions = {}): void =>
  goTo(href(to, beside), replace)

/** Says something else beside the present view. */
export const setShared = (beside: Shared, options: { readonly replace?: boolean | undefined } = {}): void =>
  navigate(route.value, { replace: true, ...options, beside })

const goTo = (address: string, replace: boolean): void => {
  if (address === window.location.pathname + window.location.search) return
  if (replace) window.history.replaceState(null, "", address)
  else window.history.pushState(null, "", address)
  current.value = read(window.location)
}

/** Follows back, and links of this page to this page: every `<a href>` is one, whoever makes it. */
export const listen = (): void => {
  window.addEventListener("popstate", () => {
    current.value = read(window.location)
  })
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null
    if (link === null || event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const { hash, origin, pathname, search } = link
    const isOurs = origin === window.location.origin && pathname.startsWith(base)
    if (!isOurs || link.target !== "" || link.hasAttribute("download") || hash !== "" || !isPath(pathname)) return
    event.preventDefault()
    goTo(pathname + search, link.dataset["replace"] !== undefined)
  })
}

const isPath = (pathname: string): boolean => pathname === base || isView(pathname.slice(base.length))
