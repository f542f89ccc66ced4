import { type BusinessDate, parseBusinessDate, plainCode } from '#src/core'
import { UNREADABLE } from '#src/sheets'
import type { Line } from './archive-workbook.ts'
import type { ArchiveProblem } from './types.ts'

/** What people write in words; in it alone a line may end. */
const worded: ReadonlySet<string> = new Set(['concentrator_name', 'customer', 'usage_point_name'])

/** Nearly no row has anything of this, so that its cells need no look of their own. */
const suspicious = /\p{Cc}|[#\ufffd]|Err:|E\+/iu
const cutNumber = /^\d([.,]\d+)?E\+\d{1,3}$/i
const failedFormula = /^(#(N\/A|REF!|VALUE!|DIV\/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)|#+|Err:\d{3})$/

/** What spreadsheets, transfers and wrong encodings make of cells; none of it can be meant. */
export function faultsOf(
  lines: readonly Line[],
  columns: ReadonlyMap<string, number>,
): readonly ArchiveProblem[] {
  const names = new Map([...columns].map(([name, index]) => [index, name]))
  const isGapless = [...names.keys()].every((index) => index < columns.size)
  return lines.flatMap(({ line, cells }) => {
    const isNamed = cells.length <= columns.size && isGapless
    if (isNamed && !suspicious.test(cells.join(' '))) return []
    return cells.flatMap((text, index): ArchiveProblem[] => {
      const column = names.get(index) ?? null
      const message = faultOf(text.trim(), column)
      return message === undefined ? [] : [{ line, column, value: text.trim(), message }]
    })
  })
}

function faultOf(text: string, column: string | null): string | undefined {
  if (text === '') return undefined
  if (column === null) return 'stands under no heading'
  if (cutNumber.test(text)) {
    return 'is what a spreadsheet shows of a longer number: enter it anew, in a column of text'
  }
  if (failedFormula.test(text)) return 'is what a spreadsheet shows of a formula that failed'
  if (text.includes(UNREADABLE))
    return 'has a letter that cannot be read in the encoding of the file'
  const rest = worded.has(column) ? oneLine(text) : text
  return /\p{Cc}/u.test(rest) ? 'has a line end, a tab or another control character' : undefined
}

/** A cell of a column as it is meant; null where it says nothing. */
export function cellText(written: string | undefined, column: string): string | null {
  const text = oneLine(written?.trim() ?? '')
  return text === '' ? null : worded.has(column) ? text : plainCode(text)
}

const oneLine = (text: string): string => text.replace(/\s*[\r\n\t]+\s*/g, ' ')

/** A day as spreadsheets write it where years come first: 2025-01-31, 2025/1/31, 20250131. */
export function dayIn(text: string): BusinessDate | undefined {
  const [, year, month = '', day = ''] =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(text) ??
    []
  if (year === undefined) return undefined
  return parseBusinessDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
}
