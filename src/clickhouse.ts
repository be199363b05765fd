/**
 * ClickHouse: the storage for more than one machine.
 *
 * @since 0.1.0
 */
export * as ClickhouseStorage from "./storage/clickhouse/ClickhouseStorage.js"
