import { now } from "../state/live.js"
import { instant, millisOf, relative } from "../state/time.js"

/** A time by how long ago it was; its title has all of it. */
export const When = ({ at }: { readonly at: string }) => (
  <time dateTime={new Date(millisOf(at)).toISOString()} title={instant(at)}>
    {relative(at, now.value)}
  </time>
)
