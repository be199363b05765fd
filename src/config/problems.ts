import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** How a configuration is parsed: all problems are of interest, and a key that is unknown is one. */
export const strict = { errors: "all", onExcessProperty: "error" } as const

/**
 * The problems in an issue, each under its whole path and without the schemas around it. An unknown key is told which one
 * was probably meant.
 */
export const problemsOf = (
  issue: ParseResult.ParseIssue,
  path: ReadonlyArray<PropertyKey> = []
): Array<ParseResult.ParseIssue> => {
  switch (issue._tag) {
    case "Pointer":
      return problemsOf(issue.issue, [...path, ...Arr.ensure(issue.path)])
    case "Composite":
      return causesOf(issue).flatMap((cause) => problemsOf(cause, path))
    case "Refinement":
    case "Transformation":
      return problemsOf(issue.issue, path)
    case "Missing":
      return [under(path, new ParseResult.Missing(issue.ast, `is missing, expected ${expected(issue.ast.type)}`))]
    case "Type":
      // A union with `undefined` is an optional field. That it may be absent is of no use to somebody who gave it.
      return AST.isUndefinedKeyword(issue.ast)
        ? []
        : [under(path, new ParseResult.Type(inShort(issue.ast), issue.actual, issue.message))]
    default:
      return [under(path, issue)]
  }
}

const expected = (ast: AST.AST): string => Option.getOrElse(AST.getDescriptionAnnotation(ast), () => String(ast))

const causesOf = ({ actual, ast, issues }: ParseResult.Composite): ReadonlyArray<ParseResult.ParseIssue> => {
  const members = membersOf(ast)
  // Complaints about single literals of a union are dropped: the message of the union itself lists them all.
  const causes = Arr.ensure(issues).filter(
    (cause) => !(cause._tag === "Type" && AST.isLiteral(cause.ast)) || members.every(AST.isLiteral)
  )
  if (members.length > 1 && members.every(AST.isLiteral)) {
    return [new ParseResult.Type(AST.Union.make(members), actual)]
  }
  const decided = causes.some((cause) => "ast" in cause && members.some((member) => member === cause.ast))
  const struct = oneOf(members)
  return struct === undefined || decided || !Predicate.isRecord(actual)
    ? causes.map((cause) => withHint(cause, ast))
    : Option.toArray(Either.getLeft(ParseResult.decodeUnknownEither(Schema.make(struct), strict)(actual)))
}

/** The members of a union; that a field may be absent is none. */
const membersOf = (ast: AST.AST): ReadonlyArray<AST.AST> =>
  AST.isUnion(ast) ? ast.types.filter((member) => !AST.isUndefinedKeyword(member)) : []

/** One struct with the fields of several: of somebody who means one of them but does not say which. */
const oneOf = (members: ReadonlyArray<AST.AST>): AST.TypeLiteral | undefined => {
  if (members.length < 2 || !members.every(AST.isTypeLiteral)) return undefined
  const fields = Arr.groupBy(
    members.flatMap(({ propertySignatures }) => propertySignatures),
    ({ name }) => String(name)
  )
  const signatures = Object.values(fields).map((all) => {
    const type = AST.Union.make(Arr.dedupe(all.map(({ type }) => type)))
    return new AST.PropertySignature(all[0].name, type, all[0].isOptional || all.length < members.length, true)
  })
  return new AST.TypeLiteral(signatures, [])
}

/** The expected type, without `undefined`. */
const inShort = (ast: AST.AST): AST.AST => {
  const struct = oneOf(membersOf(ast))
  return struct === undefined
    ? ast
    : new AST.TypeLiteral(
        struct.propertySignatures.filter(({ isOptional }) => !isOptional),
        []
      )
}

const under = (path: ReadonlyArray<PropertyKey>, issue: ParseResult.ParseIssue): ParseResult.ParseIssue =>
  Arr.isNonEmptyReadonlyArray(path) ? new ParseResult.Pointer(path, issue.actual, issue) : issue

const withHint = (issue: ParseResult.ParseIssue, parent: AST.AST): ParseResult.ParseIssue => {
  if (issue._tag !== "Pointer" || issue.issue._tag !== "Unexpected" || !AST.isTypeLiteral(parent)) return issue
  const known = parent.propertySignatures.map(({ name }) => String(name))
  return new ParseResult.Pointer(
    issue.path,
    issue.actual,
    new ParseResult.Unexpected(issue.issue.actual, unknownKey(String(issue.path), known))
  )
}

/** The message for an unknown key, with the key that was probably meant. */
export const unknownKey = (key: string, known: ReadonlyArray<string>): string => {
  const meant = nearest(key, known)
  return meant === undefined
    ? `is unknown, expected one of: ${known.join(", ")}`
    : `is unknown, did you mean "${meant}"?`
}

/** The word that is most like another one, if any is. */
const nearest = (word: string, words: ReadonlyArray<string>): string | undefined => {
  const given = letters(word)
  const likely = words
    .map((other) => ({ other, cost: cost(given, letters(other)) }))
    .filter(({ cost, other }) => cost <= Math.max(2, Math.ceil(other.length / 3)))
  return Arr.sort(
    likely,
    Order.mapInput(Order.number, ({ cost }: { readonly cost: number }) => cost)
  )[0]?.other
}

const letters = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, "")

/** A part of a word, such as `env`, is as near as two wrong letters. */
const cost = (a: string, b: string): number =>
  a.length > 2 && (a.includes(b) || b.includes(a)) ? Math.min(2, distance(a, b)) : distance(a, b)

/** Levenshtein's: the letters to insert, to delete and to replace. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(next[j] as number, row[j + 1] as number, (row[j] as number) - (a[i] === b[j] ? 1 : 0)) + 1)
    }
    row = next
  }
  return row[b.length] as number
}
