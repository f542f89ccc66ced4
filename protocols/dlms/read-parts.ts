import { classText, memberText } from './classes-table.ts'
import type { Cursor } from './cursor.ts'
import { obisOf, objectText, readData } from './data.ts'
import { accessResults, actionResults, wordsOf } from './results-table.ts'
import type { AccessResult, ActionResult, Block, Target } from './services.ts'

/** Services in one list: more than this is no request of a meter's. */
const LIST_MAX = 256

export function list<Item>(cursor: Cursor, take: (cursor: Cursor) => Item): readonly Item[] {
  const from = cursor.at
  const count = cursor.size()
  if (count > LIST_MAX || count > cursor.left) cursor.fail()
  if (cursor.parts) cursor.note(from, `list of ${count}`)
  const found: Item[] = []
  for (let index = 0; index < count && !cursor.failed; index++) found.push(take(cursor))
  return found
}

export function nameOf(cursor: Cursor, what: 'attribute' | 'method') {
  const at = cursor.at
  const classId = cursor.uint16()
  if (cursor.parts) cursor.note(at, classText(classId))
  const nameAt = cursor.at
  const name = cursor.take(6)
  const obis = obisOf(name)
  if (cursor.parts) cursor.note(nameAt, objectText(obis))
  const idAt = cursor.at
  const id = (cursor.uint8() << 24) >> 24
  if (cursor.parts) cursor.note(idAt, memberText(classId, id, what))
  return { classId, obis, id }
}

export function attribute(cursor: Cursor): Target {
  const name = nameOf(cursor, 'attribute')
  const at = cursor.at
  if (cursor.uint8() === 0) {
    if (cursor.parts) cursor.note(at, 'whole attribute')
    return { ...name, access: null }
  }
  const selector = cursor.uint8()
  if (cursor.parts) cursor.note(at, `selective access by ${selectors[selector] ?? selector}`)
  return { ...name, access: { selector, parameters: readData(cursor) } }
}

const selectors: Readonly<Record<number, string>> = { 1: 'range', 2: 'entry' }

export const method = (cursor: Cursor): Target => ({ ...nameOf(cursor, 'method'), access: null })

export function accessResult(cursor: Cursor): AccessResult {
  const at = cursor.at
  const choice = cursor.uint8()
  if (choice === 0) {
    if (cursor.parts) cursor.note(at, 'data')
    return { ok: true, data: readData(cursor) }
  }
  if (choice !== 1) cursor.fail()
  const result = cursor.uint8()
  if (cursor.parts) cursor.note(at, `no data: ${resultWords(accessResults, result)}`)
  return { ok: false, result }
}

export function actionResult(cursor: Cursor): ActionResult {
  const result = resultByte(cursor, actionResults)
  const at = cursor.at
  const isGiven = cursor.uint8() !== 0
  if (cursor.parts) cursor.note(at, isGiven ? 'with what it returns' : 'nothing is returned')
  return { result, returned: isGiven ? accessResult(cursor) : null }
}

export function resultByte(cursor: Cursor, table: typeof accessResults): number {
  const at = cursor.at
  const result = cursor.uint8()
  if (cursor.parts) cursor.note(at, resultWords(table, result))
  return result
}

/** `read-write-denied (3), reading or writing is denied`. */
export function resultWords(table: typeof accessResults, result: number): string {
  const [name, text] = wordsOf(table, result)
  if (!(result in table)) return text
  return name === text ? `${name} (${result})` : `${name} (${result}), ${text}`
}

export function lastBlock(cursor: Cursor): boolean {
  const at = cursor.at
  const last = cursor.uint8() !== 0
  if (cursor.parts) cursor.note(at, last ? 'last block' : 'more blocks follow')
  return last
}

export function blockNumber(cursor: Cursor): number {
  const at = cursor.at
  const number = cursor.uint32()
  if (cursor.parts) cursor.note(at, `block ${number}`)
  return number
}

export function block(cursor: Cursor): Block {
  const last = lastBlock(cursor)
  const number = blockNumber(cursor)
  const at = cursor.at
  const bytes = cursor.sized()
  if (cursor.parts) cursor.note(at, `${bytes.length} bytes of the block`)
  return { number, last, bytes }
}

/** The results of a list whose answer came in blocks. */
export function readResultList(cursor: Cursor): readonly AccessResult[] {
  return list(cursor, accessResult)
}
