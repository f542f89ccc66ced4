import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
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

/** Unpacked; a workbook of half a million rows has less, and what packs so much more is no table. */
const UNPACKED_BYTES_MAX = 2 ** 30
/** A spreadsheet keeps so many digits of a number. */
const DIGITS_MAX = 15

class TooLarge extends Error {}

/** True for a ZIP archive, which is what an XLSX workbook is. */
export function isWorkbook(file: Uint8Array): boolean {
  return file[0] === 0x50 && file[1] === 0x4b && file[2] === 3 && file[3] === 4
}

/** The rows of a workbook's first sheet, each cell as a person would have typed it into CSV. */
export async function sheetOf(file: Uint8Array): Promise<Result<readonly Line[], ArchiveProblem>> {
  try {
    const rows = await readSheet(Buffer.from(withFailures(file)), { parseNumber: numberText })
    if (rows.length === 0) return fail(wholeFile('the first sheet is empty'))
    return ok(rows.map((cells, index) => ({ line: index + 1, cells: cells.map(textOf) })))
  } catch (cause) {
    // Both readers throw on anything that is a ZIP archive and not a workbook.
    const message = cause instanceof Error ? cause.message : String(cause)
    return fail(wholeFile(`not an XLSX workbook: ${message}`))
  }
}

/**
 * The same workbook with what formulas that failed show (#N/A) as text: the reader takes such cells
 * for blank ones, and a blank cell says nothing.
 */
function withFailures(file: Uint8Array): Uint8Array {
  let bytes = 0
  const sheets = unzipSync(file, {
    filter: ({ name, originalSize }) => {
      bytes += originalSize
      if (bytes > UNPACKED_BYTES_MAX) throw new TooLarge('it is too large')
      return /^xl\/worksheets\/[^/]+\.xml$/.test(name)
    },
  })
  const failed = Object.entries(sheets).flatMap(([name, sheet]) => {
    const text = strFromU8(sheet)
    const shown = text.replace(/(<c [^>]*\bt=")e"/g, '$1str"')
    return shown === text ? [] : [[name, strToU8(shown)] as const]
  })
  if (failed.length === 0) return file
  return zipSync({ ...unzipSync(file), ...Object.fromEntries(failed) }, { level: 1 })
}

/** As the sheet shows it; of a longer number than it can keep its beginning: that is refused. */
function numberText(written: string): string {
  const value = Number(written)
  return Math.abs(value) >= 10 ** DIGITS_MAX
    ? value.toExponential(DIGITS_MAX - 1)
    : String(Number(value.toPrecision(DIGITS_MAX)))
}

/** Spreadsheets hold addresses as numbers and days as dates. */
function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  if (!(cell instanceof globalThis.Date)) return String(cell)
  const [day = '', time = ''] = cell.toISOString().split('T')
  return time === '00:00:00.000Z' ? day : `${day} ${time.slice(0, 8)}`
}
