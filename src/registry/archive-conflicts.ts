import type { ProtocolName } from '#protocols/model'
import type { ArchiveProblem, ArchiveRow } from './types.ts'

/** Protocols whose addresses are the utility's asset numbers and exist once. */
const uniqueEverywhere: readonly ProtocolName[] = ['dlt645-2007', 'dlt645-1997', 'gdw376', 'dlt698']

/** What makes two rows the same meter. */
export const meterKey = (protocol: ProtocolName, address: string, channel: string): string =>
  uniqueEverywhere.includes(protocol)
    ? `${protocol} ${address}`
    : `${protocol} ${address} on ${channel}`

interface Rule {
  readonly column: string
  /** What is described, and what is said of it; rows with equal keys must say the same. */
  key(row: ArchiveRow): string | null
  says(row: ArchiveRow): string | null
  message(key: string, line: number): string
}

const rules: readonly Rule[] = [
  {
    column: 'meter_address',
    key: (row) => meterKey(row.protocol, row.meterAddress, row.channel),
    says: (row) => String(row.line),
    message: (_, line) => `the same meter as in line ${line}`,
  },
  {
    column: 'usage_point',
    key: (row) => row.usagePoint,
    says: (row) => String(row.line),
    message: (_, line) => `has a meter already in line ${line}`,
  },
  {
    column: 'channel_settings',
    key: (row) => row.channel,
    says: (row) => JSON.stringify([row.channelKind, Object.entries(row.channelSettings).sort()]),
    message: (key, line) => `channel ${key} is described otherwise in line ${line}`,
  },
  {
    column: 'concentrator',
    key: (row) => row.concentrator,
    says: (row) => row.channel,
    message: (key, line) => `concentrator ${key} is on another channel in line ${line}`,
  },
  {
    column: 'concentrator',
    key: (row) => (row.concentrator === null ? null : row.channel),
    says: (row) => row.concentrator,
    message: (key, line) => `channel ${key} has another concentrator in line ${line}`,
  },
  {
    column: 'customer',
    key: (row) => row.account,
    says: (row) => (row.customer === null ? null : `${row.customer} ${row.customerClass}`),
    message: (key, line) => `account ${key} has another customer in line ${line}`,
  },
  {
    column: 'area_longitude',
    key: (row) => (row.areaLongitude === undefined ? null : row.transformer),
    says: (row) => `${row.areaLongitude} ${row.areaLatitude}`,
    message: (key, line) => `area ${key} stands elsewhere in line ${line}`,
  },
  {
    column: 'substation_longitude',
    key: (row) => (row.substationLongitude === undefined ? null : (row.substation ?? null)),
    says: (row) => `${row.substationLongitude} ${row.substationLatitude}`,
    message: (key, line) => `substation ${key} stands elsewhere in line ${line}`,
  },
  {
    column: 'feeder',
    key: (row) => row.transformer,
    says: (row) => row.feeder,
    message: (key, line) => `transformer ${key} is on another feeder in line ${line}`,
  },
]

/** Rows of one file that contradict each other. */
export function conflictsIn(rows: readonly ArchiveRow[]): readonly ArchiveProblem[] {
  return rules.flatMap((rule) => {
    const said = new Map<string, { says: string; line: number }>()
    return rows.flatMap((row): ArchiveProblem[] => {
      const key = rule.key(row)
      const says = rule.says(row)
      if (key === null || says === null) return []
      const first = said.get(key)
      if (first === undefined) said.set(key, { says, line: row.line })
      if (first === undefined || first.says === says) return []
      const message = rule.message(key, first.line)
      return [{ line: row.line, column: rule.column, value: key, message }]
    })
  })
}
