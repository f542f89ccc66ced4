import { parse } from 'csv-parse/sync'
import type { Result } from '#src/core'
import { type CivilTime, fail, type Instant, ok, parseBusinessDate, parseInstant } from '#src/core'
import { type DutyEntry, type DutyFault, type DutyKind, dutyKinds } from './types.ts'

const ROWS_MAX = 20_000
const TEXT_MAX = 100

const headings = [
  ['kind', '类型'],
  ['code', '编号'],
  ['name', '姓名'],
  ['staff_no', '工号'],
  ['phone', '电话'],
  ['valid_from', '生效日期'],
  ['valid_to', '失效日期'],
] as const
type Column = (typeof headings)[number][0]
const kindWords: Readonly<Record<string, DutyKind>> = {
  area: 'area',
  台区: 'area',
  feeder: 'feeder',
  线路: 'feeder',
}

export interface FileEntry {
  readonly line: number
  readonly entry: DutyEntry
}

/** The rows of a file, or every cell that is wrong. Without a day a row holds from now on. */
export function dutiesIn(
  text: string,
  civil: CivilTime,
  now: Instant,
): Result<readonly FileEntry[], readonly DutyFault[]> {
  const table = linesOf(text)
  if (!table.ok) return table
  const [header, ...lines] = table.value
  const places = placesOf(header?.cells ?? [])
  if (!places.ok) return places
  const faults: DutyFault[] = []
  const entries = lines.flatMap(({ line, cells }) => {
    const cell = (column: Column) => cells[places.value.get(column) ?? -1] ?? ''
    const wrong = (column: Column, message: string) => {
      faults.push({ line, column, message })
      return null
    }
    const text = (column: Column) => {
      const value = cell(column)
      return value.length > TEXT_MAX ? wrong(column, `is longer than ${TEXT_MAX}`) : value || null
    }
    const needed = (column: Column) =>
      cell(column) === '' ? wrong(column, 'is blank') : text(column)
    const day = (column: Column) => {
      const value = cell(column)
      if (value === '') return null
      const date = parseBusinessDate(value)
      const at = date === undefined ? parseInstant(value) : civil.startOf(date)
      return at ?? wrong(column, 'is neither a date such as 2026-11-21 nor a moment with an offset')
    }
    const kind = cell('kind') === '' ? 'area' : kindWords[cell('kind').toLowerCase()]
    if (kind === undefined) wrong('kind', `is none of ${dutyKinds.join(', ')}`)
    const [code, name, staffNo, phone] = [
      ...[needed('code'), needed('name'), text('staff_no'), text('phone')],
    ]
    const [from, to] = [day('valid_from'), day('valid_to')]
    if (!kind || !code || !name) return []
    const person = { name, staffNo: staffNo ?? null, phone: phone ?? null }
    return [{ line, entry: { node: { kind, code }, ...person, from: from ?? now, to } }]
  })
  if (faults.length > 0) return fail(faults)
  return entries.length === 0 ? whole('the file has no rows') : ok(entries)
}

const whole = (message: string) => fail([{ line: 1, column: null, message }])

interface Line {
  readonly line: number
  readonly cells: readonly string[]
}

function linesOf(text: string): Result<readonly Line[], readonly DutyFault[]> {
  const lines: Line[] = []
  try {
    parse(text, {
      ...{ bom: true, trim: true, relax_column_count: true, skip_empty_lines: true },
      to: ROWS_MAX + 2,
      on_record(cells: string[], { lines: line }) {
        lines.push({ line, cells })
        return null
      },
    })
  } catch (cause) {
    // csv-parse throws on a quote that never ends; for the user that is a file to repair.
    return whole(`not a CSV file: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  return lines.length > ROWS_MAX + 1 ? whole(`more than ${ROWS_MAX} rows`) : ok(lines)
}

function placesOf(header: readonly string[]): Result<ReadonlyMap<Column, number>, DutyFault[]> {
  const places = new Map<Column, number>()
  const faults: DutyFault[] = []
  const wrong = (column: string, message: string) => faults.push({ line: 1, column, message })
  for (const [index, title] of header.entries()) {
    if (title === '') continue
    const name = headings.find((names) => names.some((one) => one === title.toLowerCase()))?.[0]
    if (name === undefined) {
      wrong(title, `no such column; there are ${headings.map(([one]) => one).join(', ')}`)
    } else if (places.has(name)) wrong(title, 'the column is there twice')
    else places.set(name, index)
  }
  for (const name of ['code', 'name'] as const) {
    if (!places.has(name)) wrong(name, 'the column is missing')
  }
  return faults.length > 0 ? fail(faults) : ok(places)
}
