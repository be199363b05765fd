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

/** The most problems that are listed. */
const mostProblems = 20

/** The first problems in an issue, and that there are more. */
export const problemsOf = (issue: ParseResult.ParseIssue): ReadonlyArray<ParseResult.ParseIssue> => {
  const found: Array<ParseResult.ParseIssue> = []
  for (const problem of problemsIn(issue, [])) {
    if (found.length === mostProblems) {
      const more = new ParseResult.Type(
        AST.neverKeyword,
        undefined,
        `There are more than these ${mostProblems} problems`
      )
      return [...found, more]
    }
    found.push(problem)
  }
  return found
}

/**
 * The problems in an issue, each under its whole path and without the schemas around it. An unknown key is told which one
 * was probably meant.
 */
function* problemsIn(
  issue: ParseResult.ParseIssue,
  path: ReadonlyArray<PropertyKey>
): Generator<ParseResult.ParseIssue> {
  switch (issue._tag) {
    case "Pointer":
      yield* problemsIn(issue.issue, [...path, ...Arr.ensure(issue.path)])
      break
    case "Composite":
      for (const cause of causesOf(issue)) yield* problemsIn(withHint(cause, issue.ast), path)
      break
    case "Refinement":
    case "Transformation":
      yield* problemsIn(issue.issue, path)
      break
    case "Missing":
      yield under(path, new ParseResult.Missing(issue.ast, `is missing, expected ${expected(issue.ast.type)}`))
      break
    case "Type":
      // A union with `undefined` is an optional field. That it may be absent is of no use to somebody who gave it.
      if (!AST.isUndefinedKeyword(issue.ast)) yield under(path, typeProblem(issue))
      break
    default:
      yield under(path, issue)
  }
}

/** Effect prints a value by its own `toString`, and a plain object with all that it holds. */
const typeProblem = ({ actual, ast, message }: ParseResult.Type): ParseResult.ParseIssue => {
  const short = inShort(ast)
  const saysItself = Option.isSome(AST.getMessageAnnotation(short))
  return new ParseResult.Type(short, saysItself ? actual : { toString: () => shown(actual) }, message)
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
    ? causes
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
  Arr.isNonEmptyReadonlyArray(path)
    ? new ParseResult.Pointer(
        Arr.map(path, (key) => (typeof key === "string" ? cut(key) : key)),
        issue.actual,
        issue
      )
    : issue

const withHint = (issue: ParseResult.ParseIssue, parent: AST.AST): ParseResult.ParseIssue => {
  if (issue._tag !== "Pointer" || issue.issue._tag !== "Unexpected" || !AST.isTypeLiteral(parent)) return issue
  const known = parent.propertySignatures.map(({ name }) => String(name))
  return new ParseResult.Pointer(
    issue.path,
    issue.actual,
    new ParseResult.Unexpected(issue.issue.actual, unknownKey(String(issue.path), known))
  )
}

/**
 * A value in a message: a short text or number as it is, and of everything else what it is alone. Its members may be
 * secrets, and to read them may fail.
 */
export const shown = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(cut(value))
    case "function":
      return "a function"
    case "bigint":
      return cut(`${value}n`)
    case "object":
      return value === null ? "null" : Option.getOrElse(Option.liftThrowable(shownObject)(value), () => "an object")
    default:
      return cut(String(value))
  }
}

const shownObject = (value: object): string => {
  if (Array.isArray(value)) return "an array"
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return `an instance of ${cut(prototype.constructor.name)}`
  const keys = Object.keys(value).map((key) => JSON.stringify(cut(key)))
  return keys.length === 0
    ? "an empty object"
    : `an object with ${keys.slice(0, 5).join(", ")}${keys.length > 5 ? ", …" : ""}`
}

const mostShown = 100

const cut = (text: string): string => (text.length > mostShown ? `${text.slice(0, mostShown).toWellFormed()}…` : text)

/** The message for an unknown key, with the key that was probably meant. */
export const unknownKey = (key: string, known: ReadonlyArray<string>): string => {
  const meant = nearest(key, known)
  return meant === undefined
    ? `is unknown, expected one of: ${known.join(", ")}`
    : `is unknown, did you mean "${meant}"?`
}

/** The word that is most like another one, if any is. */
const nearest = (word: string, words: ReadonlyArray<string>): string | undefined => {
  if (word.length > mostShown) return undefined
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
