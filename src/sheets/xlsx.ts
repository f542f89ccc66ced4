import type { Cell } from 'write-excel-file/node'
import type { Sheet, SheetColumn } from './types.ts'

/** A spreadsheet keeps numbers in binary; more digits than this would be changed by it. */
const EXACT_DIGITS = 15
const DECIMAL = /^-?\d+(\.\d+)?$/

/** The sheets as one workbook; its header rows stay in sight. */
export async function xlsxOf(sheets: readonly Sheet[]): Promise<Uint8Array> {
  // Only who asks for a workbook pays for loading what writes it.
  const { default: write } = await import('write-excel-file/node')
  return await write(
    sheets.map(({ name, columns, rows }) => ({
      sheet: name,
      stickyRowsCount: 1,
      data: [
        columns.map(({ title }): Cell => ({ value: title, type: String, fontWeight: 'bold' })),
        ...rows.map((row) => row.map((text, index) => cellOf(text, columns[index]))),
      ],
    })),
  ).toBuffer()
}

function cellOf(text: string, column: SheetColumn | undefined): Cell {
  if (text === '') return null
  const isNumber = column?.kind === 'number' && DECIMAL.test(text)
  if (!isNumber || text.replace(/\D/g, '').length > EXACT_DIGITS) {
    return { value: text, type: String }
  }
  const decimals = text.split('.')[1]?.length ?? 0
  const format = decimals === 0 ? '0' : `0.${'0'.repeat(decimals)}`
  return { value: Number(text), type: Number, format }
}
