import { parse } from 'csv-parse/sync'
import { addressForms, type ProtocolName, protocolNames, writtenAddress } from '#protocols/model'
import {
  type CivilTime,
  fail,
  type Instant,
  ok,
  parseBusinessDate,
  parseInstant,
  type Result,
} from '#src/core'
import { conflictsIn } from './archive-conflicts.ts'
import {
  archiveColumns,
  type ColumnName,
  channelKinds,
  channelsOf,
  customerClasses,
} from './archive-rules.ts'
import { isWorkbook, type Line, sheetOf, wholeFile } from './archive-workbook.ts'
import { parseChannelSettings } from './channel-settings.ts'
import { parseRatio } from './ratio.ts'
import type { ArchiveProblem, ArchiveRow, Ratio } from './types.ts'

/** More than the largest utility's area; a file beyond it is a mistake. */
const rowsMax = 500_000
/** Where nothing is said the installation counts for all readings there are. */
const validFromDefault = '2000-01-01'

/**
 * The protocols that are read, each with the profiles a meter may name; null where any will do.
 * What nobody reads is refused at the door, or it would wait for readings in vain.
 */
export type ReadProtocols = Readonly<Partial<Record<ProtocolName, readonly string[] | null>>>

const allProtocols: ReadProtocols = Object.fromEntries(protocolNames.map((name) => [name, null]))

export type ParsedArchive = Result<readonly ArchiveRow[], readonly ArchiveProblem[]>

/** Reads an archive: CSV, or the first sheet of an XLSX workbook. */
export async function readArchive(
  file: Uint8Array,
  civil: CivilTime,
  read: ReadProtocols = allProtocols,
): Promise<ParsedArchive> {
  const table = isWorkbook(file) ? await sheetOf(file) : tableOf(file)
  return table.ok ? rowsOf(table.value, civil, read) : fail([table.error])
}

/**
 * Reads an archive in CSV: UTF-8 (with or without a byte order mark) or GB 18030, as spreadsheets
 * write it. Every mistake is named; with one of them there are no rows.
 */
export function parseArchive(file: Uint8Array, civil: CivilTime): ParsedArchive {
  const table = tableOf(file)
  return table.ok ? rowsOf(table.value, civil, allProtocols) : fail([table.error])
}

function rowsOf(table: readonly Line[], civil: CivilTime, read: ReadProtocols): ParsedArchive {
  const [header, ...lines] = table
  const columns = columnsOf(header?.cells ?? [])
  if (!columns.ok) return columns
  const problems: ArchiveProblem[] = []
  const rows: ArchiveRow[] = []
  const moments = new Map<string, Instant | undefined>()
  for (const { line, cells } of lines) {
    if (cells.every((cell) => cell.trim() === '')) continue
    const row = rowOf({ line, cells, columns: columns.value, problems, read, moments }, civil)
    if (row !== undefined) rows.push(row)
  }
  const all = [...problems, ...conflictsIn(rows)].sort((a, b) => a.line - b.line)
  return all.length > 0 ? fail(all) : ok(rows)
}

function tableOf(file: Uint8Array): Result<readonly Line[], ArchiveProblem> {
  try {
    const lines: Line[] = []
    parse(textOf(file), {
      relax_column_count: true,
      skip_empty_lines: true,
      to: rowsMax + 2,
      on_record(cells, { lines: line }) {
        lines.push({ line, cells })
        return null
      },
    })
    if (lines.length > rowsMax + 1) return fail(wholeFile(`more than ${rowsMax} rows`))
    return lines.length === 0 ? fail(wholeFile('the file is empty')) : ok(lines)
  } catch (cause) {
    // csv-parse throws on a quote that never ends; for the user that is a line to repair.
    const message = cause instanceof Error ? cause.message : String(cause)
    return fail(wholeFile(`not a CSV file: ${message}`))
  }
}

function textOf(file: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file)
  } catch {
    // Chinese spreadsheets save CSV in GBK; what is no UTF-8 is read as its superset.
    return new TextDecoder('gb18030').decode(file)
  }
}

/** Where each known column stands. */
function columnsOf(
  header: readonly string[],
): Result<ReadonlyMap<ColumnName, number>, readonly ArchiveProblem[]> {
  const columns = new Map<ColumnName, number>()
  const problems: ArchiveProblem[] = []
  const wrong = (column: string, message: string) =>
    problems.push({ line: 1, column, value: null, message })
  for (const [index, heading] of header.entries()) {
    const written = heading.trim()
    const name = archiveColumns.find(
      ([english, chinese]) => english === written.toLowerCase() || chinese === written,
    )?.[0]
    if (name === undefined) {
      const known = archiveColumns.map(([english]) => english).join(', ')
      wrong(written, `no such column; allowed are ${known}`)
    } else if (columns.has(name)) wrong(written, 'the column is there twice')
    else columns.set(name, index)
  }
  for (const name of ['meter_address', 'protocol'] as const) {
    if (!columns.has(name)) wrong(name, 'the column is missing')
  }
  return problems.length > 0 ? fail(problems) : ok(columns)
}

interface RowText {
  readonly line: number
  readonly cells: readonly string[]
  readonly columns: ReadonlyMap<ColumnName, number>
  readonly problems: ArchiveProblem[]
  readonly read: ReadProtocols
  /** What was made of the times so far: a file mostly says the same one in each row. */
  readonly moments: Map<string, Instant | undefined>
}

const cell = (row: RowText, column: ColumnName): string | null => {
  const text = row.cells[row.columns.get(column) ?? -1]?.trim() ?? ''
  return text === '' ? null : text
}

function rowOf(row: RowText, civil: CivilTime): ArchiveRow | undefined {
  const before = row.problems.length
  if (row.cells.length > row.columns.size) {
    const message = `${row.cells.length} cells where the heading has ${row.columns.size}`
    row.problems.push({ line: row.line, column: null, value: null, message })
    return undefined
  }
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
  needs(row, 'feeder', 'transformer')
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
  return { ...parsed, ...channel, protocol, customerClass, ct, pt, validFrom }
}

function wrongCell(row: RowText, column: ColumnName, message: string): undefined {
  row.problems.push({ line: row.line, column, value: cell(row, column), message })
  return undefined
}

/** A value only means something beside another one. */
function needs(row: RowText, column: ColumnName, other: ColumnName): void {
  if (cell(row, column) !== null && cell(row, other) === null) {
    wrongCell(row, column, `needs ${other} in the same row`)
  }
}

function choice<Word extends string>(
  row: RowText,
  column: ColumnName,
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
  const date = parseBusinessDate(text)
  return date === undefined ? parseInstant(text) : civil.startOf(date)
}
