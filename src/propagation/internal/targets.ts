import type * as Predicate from "effect/Predicate"
import { holds } from "./trust.js"

/** Whether a URL is one of those that a list of hosts and origins names. */
export const isTarget = (targets: ReadonlyArray<string> | Predicate.Predicate<URL>): Predicate.Predicate<URL> => {
  if (typeof targets === "function") return (url) => holds(targets, url)
  const matchers = targets.map(matcher)
  return (url) => matchers.some((matches) => matches(url))
}

/** `localhost` and what is under it, 127.0.0.0/8 and ::1. */
export const isLoopback: Predicate.Predicate<URL> = (url) => {
  const host = hostOf(url)
  return host === "[::1]" || /^(?:.+\.)?localhost$/.test(host) || /^127\.\d+\.\d+\.\d+$/.test(host)
}

const matcher = (target: string): Predicate.Predicate<URL> => {
  if (target.includes("://")) return (url) => URL.canParse(target) && new URL(target).origin === url.origin
  const [, name, port] = /^([^/\\?#@]+?)(?::(\d+))?$/.exec(target) ?? []
  if (name === undefined || !URL.canParse(`http://${name}`)) return () => false
  const host = hostOf(new URL(`http://${name}`))
  return (url) =>
    (host.startsWith("*.") ? hostOf(url).endsWith(host.slice(1)) : hostOf(url) === host) &&
    (port === undefined || port === portOf(url))
}

/** The name of the host, without the dot that a fully qualified one ends with. */
const hostOf = (url: URL): string => url.hostname.replace(/\.$/, "")

const portOf = (url: URL): string => url.port || (url.protocol === "https:" ? "443" : "80")
