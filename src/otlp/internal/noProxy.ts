import { BlockList, isIPv4, isIPv6 } from "node:net"

/**
 * The hosts of `NO_PROXY`: all of them, a host and what is below it, an address or a block of addresses; each with a port,
 * or with any.
 */
export const exceptionsOf = (none: string): ((url: URL) => boolean) => {
  const exceptions = none.split(/[\s,]+/).flatMap((entry) => (entry === "" ? [] : [exceptionOf(entry)]))
  return (url) => exceptions.some((isException) => isException(url))
}

const exceptionOf = (entry: string): ((url: URL) => boolean) => {
  if (entry === "*") return () => true
  // With more than one colon, and no brackets, all of it is an address.
  const {
    host = entry,
    ip,
    port
  } = /^(?:\[(?<ip>[^\]]*)\]|(?<host>[^:]*))(?::(?<port>\d+))?$/.exec(entry)?.groups ?? {}
  const isHost = hostsOf(ip ?? host)
  return (url) => (port === undefined || port === portOf(url)) && isHost(hostOf(url.hostname))
}

const hostsOf = (name: string): ((host: string) => boolean) => {
  const [address = "", bits] = name.split("/")
  const family = familyOf(address)
  if (family === undefined) {
    const known = hostOf(name.replace(/^\*?\./, ""))
    return (host) => host === known || (known !== "" && familyOf(host) === undefined && host.endsWith(`.${known}`))
  }
  const addresses = new BlockList()
  if (bits === undefined) addresses.addAddress(address, family)
  else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === "ipv4" ? 32 : 128)) {
    addresses.addSubnet(address, Number(bits), family)
  }
  return (host) => familyOf(host) !== undefined && addresses.check(host, familyOf(host))
}

/** A host as it is compared: without brackets, and without the dot that may end it. */
const hostOf = (host: string): string => host.toLowerCase().replace(/^\[|\]$|\.$/g, "")

const portOf = ({ port, protocol }: URL): string => (port !== "" ? port : protocol === "https:" ? "443" : "80")

const familyOf = (host: string): "ipv4" | "ipv6" | undefined =>
  isIPv4(host) ? "ipv4" : isIPv6(host) ? "ipv6" : undefined
