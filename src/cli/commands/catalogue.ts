import type { BuildCommand } from '../context.ts'

/** A command's name, its line in `hes --help`, and where it is built when it is chosen. */
export interface CatalogueEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<BuildCommand>
}

/** Every command, in the order of `hes --help`. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'demo',
    summary: 'a whole head-end with a simulated field (npm start)',
    load: async () => (await import('./serve.ts')).buildDemo,
  },
  {
    name: 'serve',
    summary: 'the head-end',
    load: async () => (await import('./serve.ts')).buildServe,
  },
  {
    name: 'migrate',
    summary: 'bring a database up to date',
    load: async () => (await import('./migrate.ts')).buildMigrate,
  },
  {
    name: 'doctor',
    summary: 'check settings, database, broker, ports and clock',
    load: async () => (await import('./doctor.ts')).buildDoctor,
  },
  {
    name: 'read',
    summary: 'ask one device and print its readings',
    load: async () => (await import('./read.ts')).buildRead,
  },
  {
    name: 'scan',
    summary: 'find the devices on a channel',
    load: async () => (await import('./scan.ts')).buildScan,
  },
  {
    name: 'clock',
    summary: "show a device's clock and its offset, or set it",
    load: async () => (await import('./clock.ts')).buildClock,
  },
  {
    name: 'param',
    summary: 'settings of devices: read, write, read back',
    load: async () => (await import('./param.ts')).buildParam,
  },
  {
    name: 'relay',
    summary: 'order the relay of one meter at the bench',
    load: async () => (await import('./relay.ts')).buildRelay,
  },
  {
    name: 'trip',
    summary: 'stop every trip at once; arm trips before the first one',
    load: async () => (await import('./trip.ts')).buildTrip,
  },
  {
    name: 'firmware',
    summary: 'firmware of terminals: files, and upgrades in stages',
    load: async () => (await import('./firmware.ts')).buildFirmware,
  },
  {
    name: 'case',
    summary: 'work that was found: show it, take it, close it',
    load: async () => (await import('./case.ts')).buildCase,
  },
  {
    name: 'outbox',
    summary: 'what waits for the database, and what it refused',
    load: async () => (await import('./outbox.ts')).buildOutbox,
  },
  {
    name: 'diagnosis',
    summary: 'why something is missing, and what to do',
    load: async () => (await import('./diagnosis.ts')).buildDiagnosis,
  },
  {
    name: 'grid',
    summary: 'tree, traces, maps, headroom and the archive of the grid',
    load: async () => (await import('./grid.ts')).buildGrid,
  },
  {
    name: 'channel',
    summary: 'ways to the field: which is in use, second ways, shared limits',
    load: async () => (await import('./channel.ts')).buildChannel,
  },
  {
    name: 'collection',
    summary: 'what should have come, what did, and why the rest did not',
    load: async () => (await import('./collection.ts')).buildCollection,
  },
  {
    name: 'forecast',
    summary: 'load of the day ahead, and how far off it was',
    load: async () => (await import('./forecast.ts')).buildForecast,
  },
  {
    name: 'anomaly',
    summary: 'what looks wrong with usage points, and who may explain a loss',
    load: async () => (await import('./anomaly.ts')).buildAnomaly,
  },
  {
    name: 'loss',
    summary: 'line loss: what went in and did not come out, and why',
    load: async () => (await import('./loss.ts')).buildLoss,
  },
  {
    name: 'validation',
    summary: 'findings about values: the queue, rules, edits, readings people bring',
    load: async () => (await import('./validation.ts')).buildValidation,
  },
  {
    name: 'task',
    summary: 'what is read of which meters, and how often',
    load: async () => (await import('./task.ts')).buildTask,
  },
  {
    name: 'archive',
    summary: 'files that change the archive: proposed, applied; usage points as of a day',
    load: async () => (await import('./archive.ts')).buildArchive,
  },
  {
    name: 'usage-group',
    summary: 'own groups of usage points for statistics and reports',
    load: async () => (await import('./usage-group.ts')).buildUsageGroup,
  },
  {
    name: 'group',
    summary: 'groups of meters that tasks are for',
    load: async () => (await import('./group.ts')).buildGroup,
  },
  {
    name: 'device-events',
    summary: 'what devices say happened',
    load: async () => (await import('./device-events.ts')).buildDeviceEvents,
  },
  {
    name: 'meter',
    summary: 'what is known of one meter: its events, its wiring',
    load: async () => (await import('./device-events.ts')).buildMeter,
  },
  {
    name: 'order',
    summary: 'field work: replace, install and retire meters, step by step',
    load: async () => (await import('./order.ts')).buildOrder,
  },
  {
    name: 'messages',
    summary: 'what left to people, and what became of it',
    load: async () => (await import('./messages.ts')).buildMessages,
  },
  {
    name: 'conc',
    summary: 'concentrators: who is there, and who waits to be let in',
    load: async () => (await import('./conc.ts')).buildConc,
  },
  {
    name: 'commission',
    summary: 'take a concentrator into use: find, compare, adopt, read, judge',
    load: async () => (await import('./commission.ts')).buildCommission,
  },
  {
    name: 'check',
    summary: 'say how a meter on a bus is wired',
    load: async () => (await import('./check.ts')).buildCheck,
  },
  {
    name: 'point',
    summary: 'monitored points: limits, alarms, trends',
    load: async () => (await import('./point.ts')).buildPoint,
  },
  {
    name: 'stats',
    summary: 'statistics of energy, load and power quality',
    load: async () => (await import('./stats.ts')).buildStats,
  },
  {
    name: 'query',
    summary: 'ask for what you put together, once or by name',
    load: async () => (await import('./query.ts')).buildQuery,
  },
  {
    name: 'reading-day',
    summary: 'readings for billing to the marketing system, on the reading day',
    load: async () => (await import('./reading-day.ts')).buildReadingDay,
  },
  {
    name: 'watch-list',
    summary: 'key accounts in one view: live, today and another day',
    load: async () => (await import('./watch-list.ts')).buildWatchList,
  },
  {
    name: 'watch',
    summary: 'explain every frame that passes on a bus, sending nothing',
    load: async () => (await import('./watch.ts')).buildWatch,
  },
  {
    name: 'decode',
    summary: 'explain frames given as hex or as raw bytes',
    load: async () => (await import('./decode.ts')).buildDecode,
  },
  {
    name: 'encode',
    summary: 'print the frames of a request as hex',
    load: async () => (await import('./encode.ts')).buildEncode,
  },
  {
    name: 'simulate',
    summary: 'play devices that speak the real protocols',
    load: async () => (await import('./simulate.ts')).buildSimulate,
  },
  {
    name: 'import',
    summary: 'take in an archive of meters, or a whole database',
    load: async () => (await import('./transfer.ts')).buildImport,
  },
  {
    name: 'export',
    summary: 'write out a whole database',
    load: async () => (await import('./transfer.ts')).buildExport,
  },
  {
    name: 'user',
    summary: 'people: how they are reached, and a new password',
    load: async () => (await import('./user.ts')).buildUser,
  },
]
