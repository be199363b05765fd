import { vi } from "@effect/vitest"
import { storageContract } from "../../src/testing/storageContract.js"
import { layer } from "../utils/clickhouseHttp.js"
import { describeEngine } from "../utils/describeEngine.js"
import { asked } from "../utils/remote.js"

// Each statement takes milliseconds, on however small a table.
vi.setConfig({ testTimeout: 120_000 })

// What is inserted goes over HTTP to ClickHouse, what is asked to the server and from there over HTTP to ClickHouse: the
// contract of both, in one run.
describeEngine("on ClickHouse over HTTP", () => {
  storageContract("RemoteStorage of ClickhouseStorage.make", asked(layer("server")), { queries: 10 })
})
