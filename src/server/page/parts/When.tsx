import { now } from "../state/live.js"
import { instant, millisOf, relative } from "../state/time.js"

/** A time by how long ago it was; its title has all of it. */
export const When = ({ at }: { readonly at: string }) => {
  const millis = millisOf(at)
  return (
    <time {...(Math.abs(millis) <= 8.64e15 ? { dateTime: new Date(millis).toISOString() } : {})} title={instant(at)}>
      {relative(at, now.value)}
    </time>
  )
}
