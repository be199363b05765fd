import { storageContract } from "../../contract/storage.js"
import { layer } from "../../utils/chdb.js"
import { describeClickhouse } from "../../utils/describeClickhouse.js"

describeClickhouse("on ClickHouse", () => {
  storageContract("ClickhouseStorage.layerClient", layer())
})
