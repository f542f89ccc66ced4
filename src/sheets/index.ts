import { createThread } from '#src/core'
import { csvText } from './csv.ts'
import type { Sheet, SheetFormat } from './types.ts'
import { xlsxOf } from './xlsx.ts'

export { csvLines, csvText } from './csv.ts'
export { fileText, UNREADABLE } from './text.ts'
export { type Sheet, type SheetColumn, type SheetFormat, sheetFormats } from './types.ts'

/** What is written within milliseconds is not worth a thread. */
const ROWS_HERE = 500

/** A table as a file: CSV (UTF-8 with its mark), or an XLSX workbook. */
export async function sheetFile(sheet: Sheet, format: SheetFormat): Promise<Uint8Array> {
  if (format === 'xlsx') return await workbook(sheet)
  const head = sheet.columns.map(({ title }) => title)
  return new TextEncoder().encode(csvText([head, ...sheet.rows]))
}

/** A long table is packed beside the process that talks to meters: a hundred thousand rows take seconds. */
async function workbook(sheet: Sheet): Promise<Uint8Array> {
  if (sheet.rows.length <= ROWS_HERE) return await xlsxOf([sheet])
  const thread = createThread<Sheet, Uint8Array>(import.meta.url, 'writes workbooks')
  try {
    return await thread.ask(sheet)
  } finally {
    await thread.close()
  }
}
