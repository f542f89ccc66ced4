import { parse } from 'csv-parse/sync'
import { fail, ok, type Result } from '#src/core'
import { isWorkbook, type Line, sheetOf, wholeFile } from './archive-workbook.ts'
import type { ArchiveProblem } from './types.ts'

/** More than the largest utility's area; a file beyond it is a mistake. */
const rowsMax = 500_000

/** The lines of a table: CSV, or the first sheet of an XLSX workbook. */
export async function tableOf(file: Uint8Array): Promise<Result<readonly Line[], ArchiveProblem>> {
  return isWorkbook(file) ? await sheetOf(file) : csvOf(file)
}

export function csvOf(file: Uint8Array): Result<readonly Line[], ArchiveProblem> {
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
