/** What is shown where there is nothing to show yet, or nothing at all. */
import type { ComponentChildren } from "preact"
import type { AskError } from "../state/client.js"
import { visible } from "../state/visible.js"

/** Nothing is there, and why. */
export const Empty = ({ children, title }: { readonly title: string; readonly children?: ComponentChildren }) => (
  <section class="state">
    <h2>{title}</h2>
    {children}
  </section>
)

/** An answer is on its way: grey lines in the place of what comes. They appear late, so that quick answers do not flicker. */
export const Loading = ({ label = "Loading", lines = 8 }: { readonly label?: string; readonly lines?: number }) => (
  <section class="loading" role="status" aria-label={label}>
    {Array.from({ length: lines }, (_, i) => (
      <div key={i} class="loading-line" />
    ))}
  </section>
)

/** A question that was refused or could not be answered: what was said of it, and the way to ask again. */
export const ErrorNote = ({
  again,
  error
}: {
  readonly error: AskError
  readonly again?: (() => void) | undefined
}) => (
  <section class="note note-bad" role="alert">
    <strong>{titles[error.reason] ?? "This could not be answered."}</strong>
    <p>{visible(error.detail)}</p>
    {error.retryable && again !== undefined && (
      <button type="button" onClick={again}>
        Ask again
      </button>
    )}
  </section>
)

const titles: { readonly [reason: string]: string } = {
  InvalidArgument: "The address asks for something that there cannot be.",
  Lost: "The server does not answer.",
  Unauthorized: "The server asks for its token.",
  ReadOnly: "The server changes nothing.",
  Timeout: "The store took too long to answer.",
  Unavailable: "The store cannot be reached.",
  Locked: "Another program holds the store.",
  Full: "The store has no room.",
  Unsupported: "This store cannot answer that."
}
