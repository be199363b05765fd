import type { Methods } from "../../internal/reopening.js"
import type { Connection } from "./connection.js"
import type { Names } from "./schema.js"

export declare const make: (
  connection: Connection,
  name: Names
) => Pick<Methods<never>, "deleteBefore" | "deleteSession">
