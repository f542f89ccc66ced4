import { fail, ok, type Result } from '#src/core'
import { wholeFile } from './archive-workbook.ts'
import type { ArchiveProblem } from './types.ts'

/** What a character that could not be read becomes; cells that hold it are named. */
export const UNREADABLE = '\ufffd'

/** Of GBK that is read as UTF-8 nine in ten are broken, of UTF-8 that was damaged few. */
const BROKEN_SHARE = 0.5
const oldWorkbook = [0xd0, 0xcf, 0x11, 0xe0]
const parters = [',', ';', '\t'] as const

/** The text of a CSV file: UTF-8, UTF-16 with its mark, or GB 18030. */
export function csvText(file: Uint8Array): Result<string, ArchiveProblem> {
  if (oldWorkbook.every((byte, index) => file[index] === byte)) {
    return fail(wholeFile('a workbook of the old kind (.xls); save it as .xlsx or CSV'))
  }
  const text = decoded(file)
  const heading = text.slice(0, text.search(/[\r\n]|$/))
  const isText = !heading.includes('\0') && !heading.includes(UNREADABLE)
  return isText ? ok(text) : fail(wholeFile('neither a CSV file nor an XLSX workbook'))
}

function decoded(file: Uint8Array): string {
  const [first, second] = file
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(file)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(file)
  const text = new TextDecoder('utf-8').decode(file)
  if (!text.includes(UNREADABLE)) return text
  // Chinese spreadsheets save CSV in GBK; what is hardly UTF-8 is read as its superset.
  const foreign = text.match(/[^\0-\x7f]/gu)?.length ?? 0
  const broken = text.split(UNREADABLE).length - 1
  const isMarked = first === 0xef && second === 0xbb
  return isMarked || broken < foreign * BROKEN_SHARE
    ? text
    : new TextDecoder('gb18030').decode(file)
}

/** What stands between cells: where a comma is part of a number spreadsheets take a semicolon. */
export function parterOf(text: string): string {
  const heading = text.slice(0, text.search(/[\r\n]|$/))
  const count = (parter: string) => heading.split(parter).length
  return [...parters].sort((a, b) => count(b) - count(a))[0] ?? ','
}
