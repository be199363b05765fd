import { trim } from "./headers.js"

interface Member {
  readonly key: string
  readonly value: string
  readonly properties: ReadonlyArray<string>
}

const maxMembers = 64
const maxBytes = 8_192

/** The members of a header as they are written, up to the limits, and whether there were more. */
export const split = (header: string): { readonly members: ReadonlyArray<string>; readonly exceeded: boolean } => {
  const all = header.split(",", maxMembers + 1).map(trim)
  const members = bounded(all)
  return { members, exceeded: members.length < all.length }
}

/** The header of members as they are written, up to the limits. */
export const join = (members: ReadonlyArray<string>): string => bounded(members).join(",")

const bounded = (members: ReadonlyArray<string>): ReadonlyArray<string> => {
  let bytes = -1
  const end = members.findIndex((member, index) => {
    bytes += member.length + 1
    return bytes > maxBytes || index === maxMembers
  })
  return end === -1 ? members : members.slice(0, end)
}

export const parseMember = (text: string): Member | undefined => {
  const [pair = "", ...properties] = text.split(";").map(trim)
  const [, key, value] = keyValue.exec(pair) ?? []
  return key === undefined || value === undefined || !properties.every((property) => propertyText.test(property))
    ? undefined
    : { key, value: decode(value), properties }
}

export const formatMember = ({ key, properties, value }: Member): string =>
  [`${key}=${encode(value)}`, ...properties].join(";")

const keyValue = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)$/
const propertyText = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*=[ \t]*[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)?$/

/** Bytes that are not UTF-8 become U+FFFD, as the standard has it. */
const decode = (value: string): string =>
  value.includes("%")
    ? value.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escaped) =>
        utf8.decode(Uint8Array.from(escaped.slice(1).split("%"), (byte) => Number.parseInt(byte, 16)))
      )
    : value

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

const encode = (value: string): string =>
  value
    .toWellFormed()
    .replace(/[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g, (text) => encodeURIComponent(text))
