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
        <Choose isTraces={isTraces} chosen={a === "" ? b : a} />
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
      {a !== "" && b !== "" && route.of !== "traces" && <a href={href(choice(a))}>Compare A with…</a>}
    </form>
  )
}

/** Where a session is chosen to compare one with, or first the one. */
const choice = (pick: string): Route => ({ view: "sessions", pick })

const Choose = ({ chosen, isTraces }: { readonly isTraces: boolean; readonly chosen: string }) =>
  isTraces ? (
    <Empty title="Which traces?">
      <p>
        Give the ids of two traces. <a href={href({ view: "traces" })}>All traces</a>
      </p>
    </Empty>
  ) : (
    <Empty title="Which sessions?">
      <p>
        <a href={href(choice(chosen))}>Choose {chosen === "" ? "two" : "the other one"} among the sessions</a>, or give
        their ids. In the list, <kbd>c</kbd> chooses.
      </p>
    </Empty>
  )
