/**
 * ClickHouse: the storage for more than one machine.
 *
 * @since 0.1.0
 */
/** Keeps records in ClickHouse: `ClickhouseStorage.layer({ url })`. */
export * as ClickhouseStorage from "./storage/clickhouse/ClickhouseStorage.js"
