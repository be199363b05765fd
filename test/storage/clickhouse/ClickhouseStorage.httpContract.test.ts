import { vi } from "@effect/vitest"
import { storageContract } from "../../../src/testing/storageContract.js"
import { layer } from "../../utils/clickhouseHttp.js"
import { describeEngine } from "../../utils/describeEngine.js"

vi.setConfig({ testTimeout: 120_000 })

describeEngine("over HTTP", () => {
  storageContract("ClickhouseStorage.make", layer("server"), { queries: 10 })
})
