import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { civilTime } from '#src/core'
import { readArchive } from '#src/registry'

const civil = civilTime('Asia/Shanghai')
const bytes = (text: string) => new TextEncoder().encode(text)

/** The smallest workbook there is, written by hand after ECMA-376: one sheet of inline cells. */
function workbook(rows: readonly (readonly string[])[]): Uint8Array {
  const xml = '<?xml version="1.0" encoding="UTF-8"?>'
  const office = 'http://schemas.openxmlformats.org'
  const sheetRows = rows.map((cells, row) => {
    const written = cells.map((cell, column) => {
      const at = `${String.fromCharCode(65 + column)}${row + 1}`
      if (cell.startsWith('#')) return `<c r="${at}" t="e"><f>1/0</f><v>${cell}</v></c>`
      return /^[\d.E+]+$/.test(cell)
        ? `<c r="${at}"><v>${cell}</v></c>`
        : `<c r="${at}" t="inlineStr"><is><t>${cell}</t></is></c>`
    })
    return `<row r="${row + 1}">${written.join('')}</row>`
  })
  return zipSync({
    '[Content_Types].xml': bytes(
      `${xml}<Types xmlns="${office}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>`,
    ),
    '_rels/.rels': bytes(
      `${xml}<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="r1" Type="${office}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    'xl/workbook.xml': bytes(
      `${xml}<workbook xmlns="${office}/spreadsheetml/2006/main" xmlns:r="${office}/officeDocument/2006/relationships"><sheets><sheet name="one" sheetId="1" r:id="r1"/></sheets></workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': bytes(
      `${xml}<Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="r1" Type="${office}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    ),
    'xl/worksheets/sheet1.xml': bytes(
      `${xml}<worksheet xmlns="${office}/spreadsheetml/2006/main"><sheetData>${sheetRows.join('')}</sheetData></worksheet>`,
    ),
  })
}

describe('an archive in a workbook', () => {
  test('reads like the same table in CSV, also where addresses are numbers', async () => {
    const table = [
      ['集中器', 'meter_address', 'protocol', 'usage_point', 'account'],
      ['31010001', '112233445566', 'dlt645-2007', 'P1', '6001'],
      ['31010001', '112233445571', 'dlt645-2007', 'P2', '6002'],
    ]
    const csv = table.map((cells) => cells.join(',')).join('\n')
    const fromCsv = await readArchive(bytes(csv), civil)
    expect(fromCsv.ok).toBe(true)
    expect(await readArchive(workbook(table), civil)).toEqual(fromCsv)
  })

  test('refuses what nobody reads and profiles that nobody knows', async () => {
    const csv = [
      'channel,channel_kind,channel_settings,meter_address,protocol,profile',
      'a,modbus-tcp,host=h,1,modbus,sdm630',
      'a,modbus-tcp,host=h,2,modbus,sdm63O',
      'b,dialin,,3,gdw376,',
    ].join('\n')
    const read = { 'dlt645-2007': null, modbus: ['sdm630', 'sdm120'] }
    const parsed = await readArchive(bytes(csv), civil, read)
    expect(parsed.ok ? [] : parsed.error).toEqual([
      { line: 3, column: 'profile', value: 'sdm63O', message: 'must be one of sdm630, sdm120' },
      {
        line: 4,
        column: 'protocol',
        value: 'gdw376',
        message: 'must be one of dlt645-2007, modbus',
      },
    ])
  })

  test('names the wrong cell by its line', async () => {
    const parsed = await readArchive(
      workbook([
        ['meter_address', 'protocol', 'channel'],
        ['112233445566', 'dlt999', 'bus'],
      ]),
      civil,
    )
    expect(parsed).toMatchObject({ ok: false })
    expect(parsed.ok ? [] : parsed.error.map(({ line, column }) => [line, column])).toContainEqual([
      2,
      'protocol',
    ])
  })

  test('keeps numbers as the sheet shows them, and refuses what it cannot keep', async () => {
    const head = ['channel', 'channel_kind', 'meter_address', 'protocol', 'usage_point', 'account']
    const row = ['m', 'mqtt', '112233445566', 'mqtt', 'P1']
    const exact = await readArchive(
      workbook([
        [...head, 'longitude', 'latitude'],
        [...row, '3.3E+9', '0.30000000000000004', '30.5'],
      ]),
      civil,
    )
    expect(exact.ok ? exact.value : exact.error).toMatchObject([
      { account: '3300000000', longitude: 0.3 },
    ])
    const long = await readArchive(workbook([head, [], [...row, '1.2345678901234568E+19']]), civil)
    expect(long.ok ? [] : long.error).toMatchObject([
      { line: 3, column: 'account', message: expect.stringContaining('longer number') },
    ])
    const failed = await readArchive(workbook([head, [...row, '#N/A']]), civil)
    expect(failed.ok ? [] : failed.error).toMatchObject([
      { line: 2, column: 'account', value: '#N/A' },
    ])
  })

  test('that unpacks into more than any table is refused', async () => {
    const bomb = zipSync({ 'xl/worksheets/sheet1.xml': new Uint8Array(2 ** 20) })
    const size = new DataView(bomb.buffer, bomb.byteOffset)
    // What its directory says of the size: two GiB.
    const directory = Buffer.from(bomb).lastIndexOf('PK\u0001\u0002')
    size.setUint32(directory + 24, 2 ** 31, true)
    const parsed = await readArchive(bomb, civil)
    expect(parsed.ok ? [] : parsed.error).toMatchObject([
      { message: expect.stringContaining('too large') },
    ])
  })

  test('is refused with a sentence when it is no workbook at all', async () => {
    const parsed = await readArchive(zipSync({ 'readme.txt': bytes('hello') }), civil)
    expect(parsed).toMatchObject({ ok: false })
    expect(parsed.ok ? '' : parsed.error[0]?.message).toContain('XLSX')
  })
})
