/** The page: the shell, and in it the view that the address says. */
import "./styles/tokens.css"
import "./styles/page.css"
import "./styles/parts.css"
import "./styles/views.css"
import { effect } from "@preact/signals"
import { type JSX, render } from "preact"
import { Shell } from "./parts/Shell.js"
import * as Address from "./state/address.js"
import * as Keys from "./state/keys.js"
import { Compare } from "./views/Compare.js"
import { Dashboard } from "./views/Dashboard.js"
import { Logs } from "./views/Logs.js"
import { Session } from "./views/Session.js"
import { Sessions } from "./views/Sessions.js"
import { Span } from "./views/Span.js"
import { Trace } from "./views/Trace.js"
import { Traces } from "./views/Traces.js"

const views: { readonly [V in Address.View]: (props: { readonly route: Address.RouteOf<V> }) => JSX.Element } = {
  sessions: Sessions,
  session: Session,
  traces: Traces,
  trace: Trace,
  span: Span,
  logs: Logs,
  dashboard: Dashboard,
  compare: Compare
}

const Page = () => {
  const route = Address.route.value
  const View = views[route.view] as (props: { readonly route: Address.Route }) => JSX.Element
  return (
    <Shell view={route.view}>
      <View key={route.view} route={route} />
    </Shell>
  )
}

effect(() => {
  const { theme } = Address.shared.value
  if (theme === undefined) document.documentElement.removeAttribute("data-theme")
  else document.documentElement.setAttribute("data-theme", theme)
})

Address.listen()
Keys.listen()
render(<Page />, document.body)
