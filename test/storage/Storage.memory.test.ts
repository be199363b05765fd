import * as Storage from "../../src/storage/Storage.js"
import { storageContract } from "../contract/storage.js"

storageContract("Storage.layerMemory", Storage.layerMemory)
