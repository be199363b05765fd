import { vi } from "@effect/vitest"
import { storageContract } from "../../../src/testing/storageContract.js"
import { layer } from "../../utils/chdb.js"
import { describeClickhouse } from "../../utils/describeClickhouse.js"

// Each statement takes milliseconds, on however small a table.
vi.setConfig({ testTimeout: 120_000 })

describeClickhouse("on ClickHouse", () => {
  storageContract("ClickhouseStorage.layerClient", layer(), { queries: 60 })
})
