import type { ComponentChildren } from "preact"

interface Props {
  readonly title: string
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}

/** A part of a span, with its title. */
export const Section = ({ aside, children, title }: Props) => (
  <section class="span-part" aria-label={title}>
    <div class="span-part-head">
      <h3>{title}</h3>
      {aside}
    </div>
    {children}
  </section>
)
