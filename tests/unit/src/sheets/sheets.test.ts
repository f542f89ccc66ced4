import readSheet from 'read-excel-file/node'
import { describe, expect, it } from 'vitest'
import { type Sheet, sheetFile } from '#src/sheets'

const sheet: Sheet = {
  name: '线损 2026-11',
  columns: [
    { title: '台区', kind: 'text' },
    { title: 'loss, kWh', kind: 'number' },
  ],
  rows: [
    ['=HYPERLINK("http://x")', '17.575'],
    ['东湖, 3 "号"', '-0.10'],
    ['', '12345678901234567.89'],
    ['0012', ''],
  ],
}

describe('a table as a file', () => {
  it('is CSV in which no cell calculates, and numbers stay as they are', async () => {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await sheetFile(sheet, 'csv'))
    expect(text).toBe(
      '\uFEFF台区,"loss, kWh"\r\n' +
        '"\'=HYPERLINK(""http://x"")",17.575\r\n' +
        '"东湖, 3 ""号""",-0.10\r\n' +
        ',12345678901234567.89\r\n' +
        '0012,\r\n',
    )
  })

  it('is the same workbook where it is so long that a thread writes it', async () => {
    const rows = Array.from({ length: 600 }, (_, nth) => [`号 ${nth}`, `${nth}.50`])
    const [first] = await readSheet(Buffer.from(await sheetFile({ ...sheet, rows }, 'xlsx')))
    expect(first?.sheet).toBe(sheet.name)
    expect(first?.data).toHaveLength(601)
    expect(first?.data.at(-1)).toEqual(['号 599', 599.5])
  })

  it('is a workbook that another reader understands: text is text, numbers are numbers', async () => {
    const [first] = await readSheet(Buffer.from(await sheetFile(sheet, 'xlsx')))
    expect(first).toMatchObject({ sheet: '线损 2026-11' })
    expect(first?.data).toEqual([
      ['台区', 'loss, kWh'],
      ['=HYPERLINK("http://x")', 17.575],
      ['东湖, 3 "号"', -0.1],
      // More digits than a spreadsheet keeps: as text, rather than another number.
      [null, '12345678901234567.89'],
      ['0012', null],
    ])
  })
})
