import { storageContract } from "../../contract/storage.js"
import { describeClickhouse, layer } from "../../utils/chdb.js"

describeClickhouse("on ClickHouse", () => {
  storageContract("ClickhouseStorage.layerClient", layer())
})
