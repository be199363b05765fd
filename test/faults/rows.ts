import { clickhouse } from "./clickhouse.js"
import { clocks } from "./clocks.js"
import { contained } from "./contained.js"
import { days } from "./day.js"
import { disks } from "./disks.js"
import { abruptEndings, closings } from "./endings.js"
import type { Row } from "./fault.js"
import { files } from "./files.js"
import { flood } from "./flood.js"
import { hangs } from "./hangs.js"
import { heirs } from "./heirs.js"
import { kills } from "./kills.js"
import { outages } from "./outages.js"
import { poison } from "./poison.js"
import { leaks } from "./secrets.js"
import { servers } from "./servers.js"

/** Every fault, in the order of the table. */
export const rows: ReadonlyArray<Row> = [
  outages,
  hangs,
  kills,
  closings,
  abruptEndings,
  heirs,
  clocks,
  poison,
  contained,
  flood,
  disks,
  files,
  servers,
  clickhouse,
  leaks,
  days
]
