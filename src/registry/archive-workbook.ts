import { readSheet } from 'read-excel-file/node'
import { fail, ok, type Result } from '#src/core'
import type { ArchiveProblem } from './types.ts'

/** A row of a table file, as text; 1 is the heading. */
export interface Line {
  readonly line: number
  readonly cells: readonly string[]
}

/** What is wrong with a file before any of its lines can be read. */
export const wholeFile = (message: string): ArchiveProblem => ({
  line: 1,
  column: null,
  value: null,
  message,
})

/** True for a ZIP archive, which is what an XLSX workbook is. */
export function isWorkbook(file: Uint8Array): boolean {
  return file[0] === 0x50 && file[1] === 0x4b && file[2] === 3 && file[3] === 4
}

/** The rows of a workbook's first sheet, each cell as a person would have typed it into CSV. */
export async function sheetOf(file: Uint8Array): Promise<Result<readonly Line[], ArchiveProblem>> {
  try {
    const rows = await readSheet(Buffer.from(file))
    if (rows.length === 0) return fail(wholeFile('the first sheet is empty'))
    return ok(rows.map((cells, index) => ({ line: index + 1, cells: cells.map(textOf) })))
  } catch (cause) {
    // The reader throws on anything that is a ZIP archive and not a workbook.
    const message = cause instanceof Error ? cause.message : String(cause)
    return fail(wholeFile(`not an XLSX workbook: ${message}`))
  }
}

/** Spreadsheets hold addresses as numbers and days as dates. */
function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  if (cell instanceof globalThis.Date) return cell.toISOString().slice(0, 10)
  return String(cell)
}
