import { parse } from 'csv-parse/sync'
import { type CivilTime, fail, type Instant, idOf, ok, parseInstant, type Result } from '#src/core'
import type { Db } from '#src/db'
import type { DeskRefusal, Written } from './types.ts'

const ROWS_MAX = 20_000
const fields = ['address', 'register', 'value', 'at'] as const
type Field = (typeof fields)[number]

/** A row of a file that says nothing that could be judged. */
export interface WrongRow {
  readonly line: number
  readonly reason: string
}

export interface HandheldFile {
  readonly readings: readonly (Written & { readonly line: number })[]
  readonly wrong: readonly WrongRow[]
}

/** Reads a handheld's (掌机) file by the format of that name. */
export async function readHandheld(
  db: Db,
  civil: CivilTime,
  formatName: string,
  text: string,
): Promise<Result<HandheldFile, DeskRefusal>> {
  const [format] = await db.query<{ headings: Record<string, string>; delimiter: string }>(
    'select headings, delimiter from validation_file_format where name = $1::text',
    [formatName],
  )
  if (format === undefined) {
    return fail({ kind: 'not-found', message: `there is no file format ${formatName}` })
  }
  const rows = rowsOf(text, format.delimiter)
  if (!rows.ok) return rows
  const [header = [], ...lines] = rows.value
  const places = placesOf(header, format.headings)
  if (!places.ok) return places
  const parsed = lines.map((cells, index) => rowOf(civil, cells, places.value, index + 2))
  const addresses = [...new Set(parsed.flatMap((one) => ('address' in one ? [one.address] : [])))]
  const known = await db.query<{ address: string; id: number; meters: bigint }>(
    `select address, max(id) as id, count(*) as meters from meter
     where address = any($1::text[]) group by address`,
    [addresses],
  )
  const meters = new Map(known.map((one) => [one.address, one]))
  const readings: (Written & { readonly line: number })[] = []
  const wrong: WrongRow[] = []
  for (const one of parsed) {
    if ('reason' in one) {
      wrong.push(one)
      continue
    }
    const meter = meters.get(one.address)
    const { line, register, value, at } = one
    if (meter === undefined) wrong.push({ line, reason: 'no-such-meter' })
    else if (meter.meters > 1n) wrong.push({ line, reason: 'ambiguous-meter' })
    else readings.push({ line, meterId: idOf(meter.id), register, value, at, detail: { line } })
  }
  return ok({ readings, wrong })
}

function rowsOf(text: string, delimiter: string): Result<readonly string[][], DeskRefusal> {
  try {
    const rows = parse(text, {
      bom: true,
      delimiter,
      trim: true,
      relax_column_count: true,
      skip_empty_lines: true,
      to: ROWS_MAX + 2,
    })
    if (rows.length < 2) return fail({ kind: 'bad-file', message: 'the file has no rows' })
    if (rows.length > ROWS_MAX + 1) {
      return fail({ kind: 'bad-file', message: `the file has more than ${ROWS_MAX} rows` })
    }
    return ok(rows)
  } catch (cause) {
    // csv-parse throws on a quote that never ends; for the user that is a file to repair.
    const reason = cause instanceof Error ? cause.message : String(cause)
    return fail({ kind: 'bad-file', message: `not a CSV file: ${reason}` })
  }
}

type Places = Readonly<Partial<Record<Field, number>>>

function placesOf(
  header: readonly string[],
  headings: Readonly<Record<string, string>>,
): Result<Places, DeskRefusal> {
  const places: Partial<Record<Field, number>> = {}
  for (const field of fields) {
    const heading = headings[field]
    const index = heading === undefined ? -1 : header.indexOf(heading)
    if (index >= 0) places[field] = index
    else if (field !== 'register') {
      return fail({ kind: 'bad-file', message: `the column ${heading ?? field} is missing` })
    }
  }
  return ok(places)
}

interface Row {
  readonly line: number
  readonly address: string
  readonly register: string
  readonly value: string
  readonly at: Instant
}

function rowOf(
  civil: CivilTime,
  cells: readonly string[],
  places: Places,
  line: number,
): Row | WrongRow {
  const cell = (field: Field) => cells[places[field] ?? -1] ?? ''
  const at = momentOf(civil, cell('at'))
  if (at === undefined) return { line, reason: 'not-a-moment' }
  const register = cell('register') === '' ? '1.8.0' : cell('register')
  return { line, address: cell('address'), register, value: cell('value'), at }
}

/** With an offset, or on the wall clock of the utility as handhelds write it. */
function momentOf(civil: CivilTime, text: string): Instant | undefined {
  const wall = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(
    text,
  )
  if (wall === null) return parseInstant(text)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = wall
    .slice(1)
    .map((part) => Number(part ?? 0))
  return civil.toInstant({ year, month, day, hour, minute, second })
}
