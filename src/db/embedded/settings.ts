/**
 * What the backend runs once after opening, in this order. Without LOAD as the very first
 * statement a reopened database reads compressed chunks as empty and says nothing.
 */
export const openingStatements: readonly string[] = [
  `load 'timescaledb'`,
  'set client_min_messages = warning',
  'create extension if not exists timescaledb',
  // The build starts with developers' settings and reads no configuration file.
  'set enable_seqscan = on',
  'set jit = off',
  `set timezone = 'UTC'`,
  `set datestyle = 'ISO, YMD'`,
  `set intervalstyle = 'iso_8601'`,
  `set work_mem = '16MB'`,
  `set maintenance_work_mem = '64MB'`,
  'set max_parallel_workers_per_gather = 0',
  'set log_min_messages = warning',
  'set client_min_messages = notice',
]
