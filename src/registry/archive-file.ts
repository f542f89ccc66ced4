import { addressForms, type ProtocolName, protocolNames, writtenAddress } from '#protocols/model'
import { type CivilTime, fail, type Instant, ok, parseInstant, type Result } from '#src/core'
import { conflictsIn } from './archive-conflicts.ts'
import { type ArchiveDetails, detailColumns } from './archive-details.ts'
import { archiveColumns, channelKinds, channelsOf, customerClasses } from './archive-rules.ts'
import type { Line } from './archive-workbook.ts'
import { parseChannelSettings } from './channel-settings.ts'
import { parseRatio } from './ratio.ts'
import { cellText, dayIn, faultsOf } from './table-faults.ts'
import { columnsOf, csvOf, tableOf } from './table-file.ts'
import type { ArchiveProblem, ArchiveRow, Ratio } from './types.ts'

/** Where nothing is said the installation counts for all readings there are. */
const validFromDefault = '2000-01-01'

/**
 * The protocols that are read, each with the profiles a meter may name; null where any will do.
 * What nobody reads is refused at the door, or it would wait for readings in vain.
 */
export type ReadProtocols = Readonly<Partial<Record<ProtocolName, readonly string[] | null>>>

const headings: readonly (readonly [english: string, chinese: string])[] = [
  ...archiveColumns,
  ...detailColumns.map(({ name, chinese }) => [name, chinese] as const),
]

const allProtocols: ReadProtocols = Object.fromEntries(protocolNames.map((name) => [name, null]))

export type ParsedArchive = Result<readonly ArchiveRow[], readonly ArchiveProblem[]>

/** Reads an archive: CSV, or the first sheet of an XLSX workbook. */
export async function readArchive(
  file: Uint8Array,
  civil: CivilTime,
  read: ReadProtocols = allProtocols,
): Promise<ParsedArchive> {
  const table = await tableOf(file)
  return table.ok ? rowsOf(table.value, civil, read) : fail([table.error])
}

/**
 * Reads an archive in CSV: UTF-8 (with or without a byte order mark) or GB 18030, as spreadsheets
 * write it. Every mistake is named; with one of them there are no rows.
 */
export function parseArchive(file: Uint8Array, civil: CivilTime): ParsedArchive {
  const table = csvOf(file)
  return table.ok ? rowsOf(table.value, civil, allProtocols) : fail([table.error])
}

function rowsOf(table: readonly Line[], civil: CivilTime, read: ReadProtocols): ParsedArchive {
  const [header, ...lines] = table
  const columns = columnsOf(header?.cells ?? [], headings, ['meter_address', 'protocol'])
  if (!columns.ok) return columns
  const problems: ArchiveProblem[] = []
  const rows: ArchiveRow[] = []
  const moments = new Map<string, Instant | undefined>()
  const faults = faultsOf(lines, columns.value)
  const faulty = new Set(faults.map(({ line }) => line))
  for (const { line, cells } of lines) {
    if (faulty.has(line) || cells.every((cell) => cell.trim() === '')) continue
    const row = rowOf({ line, cells, columns: columns.value, problems, read, moments }, civil)
    if (row !== undefined) rows.push(row)
  }
  const all = [...faults, ...problems, ...conflictsIn(rows)].sort((a, b) => a.line - b.line)
  return all.length > 0 ? fail(all) : ok(rows)
}

interface RowText {
  readonly line: number
  readonly cells: readonly string[]
  readonly columns: ReadonlyMap<string, number>
  readonly problems: ArchiveProblem[]
  readonly read: ReadProtocols
  /** What was made of the times so far: a file mostly says the same one in each row. */
  readonly moments: Map<string, Instant | undefined>
}

const cell = (row: RowText, column: string): string | null =>
  cellText(row.cells[row.columns.get(column) ?? -1], column)

function rowOf(row: RowText, civil: CivilTime): ArchiveRow | undefined {
  const before = row.problems.length
  const concentrator = cell(row, 'concentrator')
  const protocol = choice(row, 'protocol', Object.keys(row.read) as ProtocolName[], null)
  const channel = channelOf(row, concentrator, protocol)
  const parsed = {
    line: row.line,
    concentrator,
    concentratorName: cell(row, 'concentrator_name'),
    concentratorMaker: cell(row, 'concentrator_maker'),
    meterAddress: addressOf(row, protocol),
    profile: profileOf(row, protocol),
    model: cell(row, 'model'),
    maker: cell(row, 'maker'),
    usagePoint: cell(row, 'usage_point'),
    account: cell(row, 'account'),
    customer: cell(row, 'customer'),
    customerClass: choice(row, 'customer_class', customerClasses, 'residential'),
    transformer: cell(row, 'transformer'),
    feeder: cell(row, 'feeder'),
    ct: ratioOf(row, 'ct'),
    pt: ratioOf(row, 'pt'),
    validFrom: validFromOf(row, civil),
  }
  needs(row, 'account', 'usage_point')
  needs(row, 'customer', 'account')
  if (parsed.usagePoint === null) needs(row, 'feeder', 'transformer')
  const details = detailsOf(row)
  needs(row, 'concentrator_name', 'concentrator')
  needs(row, 'concentrator_maker', 'concentrator')
  const { customerClass, ct, pt, validFrom } = parsed
  if (
    row.problems.length > before ||
    protocol === undefined ||
    channel === undefined ||
    customerClass === undefined ||
    ct === undefined ||
    pt === undefined ||
    validFrom === undefined
  ) {
    return undefined
  }
  return { ...parsed, ...channel, ...details, protocol, customerClass, ct, pt, validFrom }
}

/** What the row says in the columns that are there; a blank cell says nothing. */
function detailsOf(row: RowText): ArchiveDetails {
  let details: ArchiveDetails = {}
  for (const { name, needs: others, says, read } of detailColumns) {
    if (!row.columns.has(name)) continue
    const written = cell(row, name)
    if (written === null) continue
    const said = read(written)
    if (said === undefined) wrongCell(row, name, `must be ${says}`)
    else details = { ...details, ...said }
    for (const other of others) needs(row, name, other)
  }
  const { maxCurrent, basicCurrent, voltage } = details
  if (basicCurrent !== undefined && maxCurrent !== undefined && +maxCurrent < +basicCurrent) {
    wrongCell(row, 'max_current', 'must not be less than basic_current')
  }
  if (voltage !== undefined && cell(row, 'feeder') === null && details.bus === undefined) {
    wrongCell(row, 'voltage_level', 'needs feeder or bus in the same row')
  }
  return details
}

function wrongCell(row: RowText, column: string, message: string): undefined {
  row.problems.push({ line: row.line, column, value: cell(row, column), message })
  return undefined
}

/** A value only means something beside another one. */
function needs(row: RowText, column: string, other: string): void {
  if (cell(row, column) !== null && cell(row, other) === null) {
    wrongCell(row, column, `needs ${other} in the same row`)
  }
}

function choice<Word extends string>(
  row: RowText,
  column: string,
  words: readonly Word[],
  otherwise: Word | null,
): Word | undefined {
  const text = cell(row, column)
  const word = text === null ? otherwise : words.find((candidate) => candidate === text)
  return word ?? wrongCell(row, column, `must be one of ${words.join(', ')}`)
}

function addressOf(row: RowText, protocol: ProtocolName | undefined): string {
  const text = cell(row, 'meter_address') ?? ''
  const written = text === '' || protocol === undefined ? null : writtenAddress(protocol, text)
  if (text === '' || (protocol !== undefined && written === null)) {
    const says = protocol === undefined ? 'the address of the meter' : addressForms[protocol].says
    wrongCell(row, 'meter_address', `must be ${says}`)
  }
  return written ?? text
}

function profileOf(row: RowText, protocol: ProtocolName | undefined): string | null {
  const profile = cell(row, 'profile')
  if (protocol === 'modbus' && profile === null) {
    wrongCell(row, 'profile', 'a Modbus meter needs the name of its register map')
  }
  const known = protocol === undefined ? null : row.read[protocol]
  if (profile !== null && known && !known.includes(profile)) {
    const names = known.join(', ')
    const allowed = protocol === 'modbus' ? `one of ${names}` : ['blank', ...known].join(' or ')
    wrongCell(row, 'profile', `must be ${allowed}`)
  }
  return profile
}

function channelOf(
  row: RowText,
  concentrator: string | null,
  protocol: ProtocolName | undefined,
): Pick<ArchiveRow, 'channel' | 'channelKind' | 'channelSettings'> | undefined {
  const channel = cell(row, 'channel') ?? concentrator
  if (channel === null) return wrongCell(row, 'channel', 'needed where there is no concentrator')
  const kind = choice(row, 'channel_kind', channelKinds, concentrator === null ? null : 'dialin')
  if (kind === undefined) return undefined
  const settings = parseChannelSettings(kind, cell(row, 'channel_settings') ?? '')
  if (!settings.ok) return wrongCell(row, 'channel_settings', settings.error)
  if (protocol !== undefined && !channelsOf[protocol].includes(kind)) {
    const kinds = channelsOf[protocol].join(', ')
    return wrongCell(row, 'channel_kind', `${protocol} is spoken over ${kinds}`)
  }
  const identity = kind === 'dialin' && concentrator !== null ? { identity: concentrator } : {}
  return {
    channel,
    channelKind: kind,
    channelSettings: { ...identity, ...settings.value },
  }
}

function ratioOf(row: RowText, column: 'ct' | 'pt'): Ratio | undefined {
  const ratio = parseRatio(cell(row, column) ?? '1')
  return ratio ?? wrongCell(row, column, 'must be a positive number or fraction such as 400/5')
}

function validFromOf(row: RowText, civil: CivilTime): Instant | undefined {
  const text = cell(row, 'valid_from') ?? validFromDefault
  if (!row.moments.has(text)) row.moments.set(text, momentOf(text, civil))
  const at = row.moments.get(text)
  return at ?? wrongCell(row, 'valid_from', 'must be a date YYYY-MM-DD or a time with an offset')
}

function momentOf(text: string, civil: CivilTime): Instant | undefined {
  const date = dayIn(text)
  return date === undefined ? parseInstant(text) : civil.startOf(date)
}
