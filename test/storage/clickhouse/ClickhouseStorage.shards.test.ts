import { vi } from "@effect/vitest"
import { storageContract } from "../../../src/testing/storageContract.js"
import { layer } from "../../utils/clickhouseHttp.js"
import { describeEngine } from "../../utils/describeEngine.js"

// Each statement is planned for each shard.
vi.setConfig({ testTimeout: 300_000 })

describeEngine("on two shards", () => {
  storageContract("ClickhouseStorage.make", layer("shards"), { queries: 10 })
})
