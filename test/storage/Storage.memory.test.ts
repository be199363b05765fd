import * as Storage from "../../src/storage/Storage.js"
import { storageContract } from "../../src/testing/storageContract.js"

storageContract("Storage.layerMemory", Storage.layerMemory)
