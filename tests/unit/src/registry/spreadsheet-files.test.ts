import { describe, expect, test } from 'vitest'
import { civilTime } from '#src/core'
import { parseArchive } from '#src/registry'

const civil = civilTime('Asia/Shanghai')
const bytes = (text: string) => new TextEncoder().encode(text)
const header = 'concentrator,meter_address,protocol,usage_point,usage_point_name,account,valid_from'
const row = '1,1001,dlt645-2007,X1,east,33001,2025-01-01'

const problemsOf = (file: Uint8Array | string) => {
  const parsed = parseArchive(typeof file === 'string' ? bytes(file) : file, civil)
  return parsed.ok ? [] : parsed.error
}
const rowsOf = (file: Uint8Array | string) => {
  const parsed = parseArchive(typeof file === 'string' ? bytes(file) : file, civil)
  return parsed.ok ? parsed.value : parsed.error
}

describe('a file that a spreadsheet wrote', () => {
  test('is refused where a number was cut, with line and column', () => {
    const cut = `${header}\n${row}\n1,1002,dlt645-2007,3.3E9,b,3.3E+09,2025-01-01\n`
    expect(problemsOf(cut)).toEqual([
      {
        ...{ line: 3, column: 'account', value: '3.3E+09' },
        message: expect.stringContaining('longer number'),
      },
    ])
  })

  test('is refused where a formula failed', () => {
    const failed = `${header}\n1,1001,dlt645-2007,X1,east,#N/A,2025-01-01\n`
    expect(problemsOf(failed)).toMatchObject([{ line: 2, column: 'account', value: '#N/A' }])
  })

  test('may have names on several lines, and nothing else; lines are counted as they stand', () => {
    const names = `${header}\n1,1001,dlt645-2007,X1,"east \n side",33001,2025-01-01\n`
    expect(rowsOf(names)).toMatchObject([{ line: 2, usagePointName: 'east side' }])
    const codes = `${names}1,1002,dlt645-2007,X2,b,"33\n002",2025-01-01\n`
    expect(problemsOf(codes)).toMatchObject([{ line: 4, column: 'account' }])
  })

  test('says where a quote is wrong', () => {
    expect(problemsOf(`${header}\n${row}\n1,1002,dlt645-2007,X2,5" pipe,1,2025-01-01`)).toEqual([
      {
        ...{ line: 3, column: 'usage_point_name', value: null },
        message: expect.stringContaining('doubled'),
      },
    ])
    expect(
      problemsOf(`${header}\n${row}\n1,1002,dlt645-2007,"X2,b,1,2025-01-01\n${row}\n${row}\n`),
    ).toMatchObject([{ line: 3, message: expect.stringContaining('never ends') }])
  })

  test('may be parted by semicolons or tabs, in UTF-16, with dates as people see them', () => {
    const text = `${header}\n${row.replace('2025-01-01', '2025/1/1')}\n`
    const wide = Buffer.from(`\ufeff${text.replaceAll(',', '\t')}`, 'utf16le')
    const compact = text.replace('2025/1/1', '20250101')
    for (const file of [text, text.replaceAll(',', ';'), wide, compact]) {
      expect(rowsOf(file)).toMatchObject([
        { account: '33001', validFrom: Date.UTC(2024, 11, 31, 16) },
      ])
    }
  })

  test('may have empty columns at its end, but nothing in them', () => {
    expect(rowsOf(`${header},,\n${row},,\n`)).toHaveLength(1)
    expect(problemsOf(`${header},,\n${row},,x\n`)).toMatchObject([
      { line: 2, column: null, value: 'x', message: expect.stringContaining('heading') },
    ])
  })

  test('is refused where its letters cannot be read, with line and column', () => {
    const broken = (name: readonly number[]) =>
      Buffer.concat([
        bytes(`${header}\n${row}\n1,1002,dlt645-2007,X2,`),
        Buffer.from(name),
        bytes(',33002,2025-01-01\n1,1003,dlt645-2007,X3,城东供电所,33003,2025-01-01'),
      ])
    // A NUL, and a character of UTF-8 that was cut.
    for (const name of [
      [0x61, 0],
      [0xe5, 0x9f],
    ]) {
      expect(problemsOf(broken(name))).toMatchObject([{ line: 3, column: 'usage_point_name' }])
    }
  })

  test('of another kind is told as such', () => {
    const old = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(500)])
    expect(problemsOf(old)).toMatchObject([{ message: expect.stringContaining('.xls') }])
    expect(problemsOf(Buffer.from('7f454c4602010100000000', 'hex'))).toMatchObject([
      { message: expect.stringContaining('neither') },
    ])
  })
})
