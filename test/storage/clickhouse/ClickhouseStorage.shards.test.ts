import { vi } from "@effect/vitest"
import { storageContract } from "../../../src/testing/storageContract.js"
import { layer } from "../../utils/clickhouseHttp.js"
import { describeEngine } from "../../utils/describeEngine.js"
import { asked } from "../../utils/remote.js"

// Each statement is planned for each shard.
vi.setConfig({ testTimeout: 300_000 })

// What is inserted goes over HTTP to ClickHouse, what is asked to a server of the library, and from there over HTTP to
// ClickHouse: the contract of both, in one run.
describeEngine("on two shards, over HTTP", () => {
  storageContract("RemoteStorage of ClickhouseStorage.make", asked(layer()), { queries: 10 })
})
