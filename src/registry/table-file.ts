import { CsvError, parse } from 'csv-parse/sync'
import { fail, ok, type Result } from '#src/core'
import { isWorkbook, type Line, sheetOf, wholeFile } from './archive-workbook.ts'
import { csvText, parterOf } from './table-text.ts'
import type { ArchiveProblem } from './types.ts'

/** More than the largest utility's area; a file beyond it is a mistake. */
const rowsMax = 500_000

/** The lines of a table: CSV, or the first sheet of an XLSX workbook. */
export async function tableOf(file: Uint8Array): Promise<Result<readonly Line[], ArchiveProblem>> {
  return isWorkbook(file) ? await sheetOf(file) : csvOf(file)
}

export function csvOf(file: Uint8Array): Result<readonly Line[], ArchiveProblem> {
  const text = csvText(file)
  if (!text.ok) return text
  const lines: Line[] = []
  /** Where the row that was read last ends; quoted cells have lines of their own. */
  let end = 0
  try {
    parse(text.value, {
      delimiter: parterOf(text.value),
      relax_column_count: true,
      skip_empty_lines: true,
      to: rowsMax + 2,
      on_record(cells: string[], { lines: last }) {
        end = last
        const within = cells.reduce((sum, cell) => sum + lineEndsIn(cell), 0)
        lines.push({ line: last - within, cells })
        return null
      },
    })
  } catch (error) {
    return fail(notCsv(error, lines[0]?.cells ?? [], end))
  }
  if (lines.length > rowsMax + 1) return fail(wholeFile(`more than ${rowsMax} rows`))
  return lines.length === 0 ? fail(wholeFile('the file is empty')) : ok(lines)
}

const lineEndsIn = (cell: string): number =>
  cell.includes('\n') || cell.includes('\r') ? (cell.match(/\r\n|\r|\n/g)?.length ?? 0) : 0

/** csv-parse throws on quotes that are not as they must be; for the user that is a cell to mend. */
function notCsv(error: unknown, header: readonly string[], end: number): ArchiveProblem {
  if (!(error instanceof CsvError)) throw error
  const { code, lines, column } = error
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return { ...wholeFile('a quote that begins in this row never ends'), line: end + 1 }
  }
  const name = typeof column === 'number' ? header[column]?.trim() : undefined
  const said = /INVALID_(OPENING|CLOSING)_QUOTE$/.test(code)
    ? 'a cell with a quote in it stands in quotes, with each quote in it doubled'
    : `not a CSV file: ${error.message}`
  const line = typeof lines === 'number' ? lines : end + 1
  return { line, column: name || null, value: null, message: said }
}

/** Where each known column stands, by its English name; headings may be Chinese as well. */
export function columnsOf(
  header: readonly string[],
  headings: readonly (readonly [english: string, chinese: string])[],
  required: readonly string[],
): Result<ReadonlyMap<string, number>, readonly ArchiveProblem[]> {
  const columns = new Map<string, number>()
  const problems: ArchiveProblem[] = []
  const wrong = (column: string, message: string) =>
    problems.push({ line: 1, column, value: null, message })
  for (const [index, heading] of header.entries()) {
    const written = heading.trim()
    // Spreadsheets keep columns that were emptied; what stands in one is a fault of its cell.
    if (written === '') continue
    const name = headings.find(
      ([english, chinese]) => english === written.toLowerCase() || chinese === written,
    )?.[0]
    if (name === undefined) {
      const known = headings.map(([english]) => english).join(', ')
      wrong(written, `no such column; allowed are ${known}`)
    } else if (columns.has(name)) wrong(written, 'the column is there twice')
    else columns.set(name, index)
  }
  for (const name of required) {
    if (!columns.has(name)) wrong(name, 'the column is missing')
  }
  return problems.length > 0 ? fail(problems) : ok(columns)
}
