/** Two sessions, or two traces, side by side: what they have in common, and what differs. */
import { Empty } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import { href, navigate, type Route, type RouteOf } from "../state/address.js"
import { useKeys } from "../state/keys.js"
import { SessionsCompared } from "./compare/SessionsCompared.js"
import { TracesCompared } from "./compare/TracesCompared.js"

interface Props {
  readonly route: RouteOf<"compare">
}

export const Compare = ({ route }: Props) => {
  useTitle("Compare")
  const { ids = [], of = "sessions" } = route
  const [a = "", b = ""] = ids
  const isTraces = of === "traces"
  useKeys("Compare", [
    { keys: "x", label: "swap the sides", run: () => navigate({ ...route, ids: [b, a], at: undefined }) },
    {
      keys: "o",
      label: "sessions or traces",
      run: () => navigate({ view: "compare", of: isTraces ? undefined : "traces" })
    }
  ])
  return (
    <>
      <div class="view-head">
        <h1>Compare</h1>
        <nav class="choice" aria-label="What is compared">
          <a href={href({ view: "compare" })} aria-current={isTraces ? undefined : "true"}>
            Sessions
          </a>
          <a href={href({ view: "compare", of: "traces" })} aria-current={isTraces ? "true" : undefined}>
            Traces
          </a>
        </nav>
        <Pick key={`${of} ${ids.join(" ")}`} route={route} a={a} b={b} />
      </div>
      {a === "" || b === "" ? (
        <Choose route={route} chosen={a === "" ? b : a} />
      ) : isTraces ? (
        <TracesCompared key={`${a} ${b}`} route={route} a={a} b={b} />
      ) : (
        <SessionsCompared key={`${a} ${b}`} route={route} a={a} b={b} />
      )}
    </>
  )
}

const Pick = ({ a, b, route }: Props & { readonly a: string; readonly b: string }) => {
  const noun = route.of === "traces" ? "trace" : "session"
  return (
    <form
      class="pick"
      aria-label={`The two ${noun}s`}
      onSubmit={(event) => {
        event.preventDefault()
        const data = new FormData(event.currentTarget)
        const ids = ["a", "b"].map((name) => String(data.get(name) ?? "").trim())
        navigate({ ...route, ids, at: undefined })
      }}
    >
      {(["a", "b"] as const).map((name) => (
        <label key={name} class={`side side-${name}`}>
          <span>{name.toUpperCase()}</span>
          <input
            name={name}
            class="mono"
            defaultValue={name === "a" ? a : b}
            placeholder={`id of a ${noun}`}
            maxLength={1_000}
            required
            autocomplete="off"
            spellcheck={false}
          />
        </label>
      ))}
      <button type="submit">Compare</button>
      {a !== "" && b !== "" && <a href={href({ ...route, ids: [b, a], at: undefined })}>Swap</a>}
      {a !== "" && b !== "" && <a href={href(choice(route, a))}>Compare A with…</a>}
    </form>
  )
}

/** Where one is chosen to compare another with, or first the one. */
const choice = ({ of = "sessions" }: RouteOf<"compare">, pick: string): Route => ({ view: of, pick })

const Choose = ({ chosen, route }: Props & { readonly chosen: string }) => {
  const { of = "sessions" } = route
  return (
    <Empty title={`Which ${of}?`}>
      <p>
        <a href={href(choice(route, chosen))}>
          Choose {chosen === "" ? "two" : "the other one"} among the {of}
        </a>
        , or give their ids. In the list, <kbd>c</kbd> chooses.
      </p>
    </Empty>
  )
}
