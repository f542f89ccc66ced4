import { fail, ok, type Result } from '#src/core'
import { fileText, UNREADABLE } from '#src/sheets'
import { wholeFile } from './archive-workbook.ts'
import type { ArchiveProblem } from './types.ts'

const oldWorkbook = [0xd0, 0xcf, 0x11, 0xe0]
const parters = [',', ';', '\t'] as const

/** The text of a CSV file: UTF-8, UTF-16 with its mark, or GB 18030. */
export function csvText(file: Uint8Array): Result<string, ArchiveProblem> {
  if (oldWorkbook.every((byte, index) => file[index] === byte)) {
    return fail(wholeFile('a workbook of the old kind (.xls); save it as .xlsx or CSV'))
  }
  const text = fileText(file)
  const heading = text.slice(0, text.search(/[\r\n]|$/))
  const isText = !heading.includes('\0') && !heading.includes(UNREADABLE)
  return isText ? ok(text) : fail(wholeFile('neither a CSV file nor an XLSX workbook'))
}

/** What stands between cells: where a comma is part of a number spreadsheets take a semicolon. */
export function parterOf(text: string): string {
  const heading = text.slice(0, text.search(/[\r\n]|$/))
  const count = (parter: string) => heading.split(parter).length
  return [...parters].sort((a, b) => count(b) - count(a))[0] ?? ','
}
