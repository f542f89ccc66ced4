import { csvText } from './csv.ts'
import type { Sheet, SheetFormat } from './types.ts'
import { xlsxOf } from './xlsx.ts'

export { csvLines, csvText } from './csv.ts'
export { fileText, UNREADABLE } from './text.ts'
export { type Sheet, type SheetColumn, type SheetFormat, sheetFormats } from './types.ts'

/** A table as a file: CSV (UTF-8 with its mark), or an XLSX workbook. */
export async function sheetFile(sheet: Sheet, format: SheetFormat): Promise<Uint8Array> {
  if (format === 'xlsx') return await xlsxOf([sheet])
  const head = sheet.columns.map(({ title }) => title)
  return new TextEncoder().encode(csvText([head, ...sheet.rows]))
}
