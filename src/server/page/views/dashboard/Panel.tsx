/** A part of the dashboard, with states of its own: another one that fails does not take it along. */
import type { ComponentChildren } from "preact"
import { useId } from "preact/hooks"
import { ErrorNote } from "../../parts/states.js"
import type { Asking } from "../../state/live.js"

/** An answer of rows: an aggregate, or a page of a list. */
export type Rows<R> = { readonly rows: ReadonlyArray<R> } | { readonly items: ReadonlyArray<R> }

interface Props<R> {
  readonly title: string
  readonly asking: Asking<Rows<R>>
  /** Beside the title. */
  readonly head?: ComponentChildren
  readonly class?: string
  /** Of the rows of the answer, or `undefined` where they have nothing to show. */
  readonly children: (rows: ReadonlyArray<R>) => ComponentChildren
}

export const Panel = <R,>({
  asking: { again, answer, error, isCurrent },
  children,
  class: name = "",
  head,
  title
}: Props<R>) => {
  const id = useId()
  const shown = answer === undefined ? undefined : children("rows" in answer ? answer.rows : answer.items)
  return (
    <section class={`dash-panel ${name}`} aria-labelledby={id} aria-busy={!isCurrent}>
      <header class="dash-head">
        <h2 id={id}>{title}</h2>
        {head}
      </header>
      {error !== undefined && <ErrorNote error={error} again={again} />}
      {answer === undefined ? (
        error === undefined && <div class="dash-wait" role="status" aria-label={`${title}: loading`} />
      ) : (
        <div class={isCurrent || error !== undefined ? undefined : "stale"}>
          {shown ?? <p class="dash-none">Nothing in this time.</p>}
        </div>
      )}
    </section>
  )
}
