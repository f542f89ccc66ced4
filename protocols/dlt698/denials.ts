import type { Refusal } from '#protocols/model'

/** Why a server denies other than by a DAR: number, stable name, words. */
type Rows = readonly (readonly [number, string, string])[]

/** Kinds of error (ERROR-Response, §6.3), which are no DARs: 2 is not `temporary` here. */
const errors: Rows = [
  [1, 'apdu', 'the APDU cannot be parsed'],
  [2, 'service', 'the service is not supported'],
  [255, 'other', 'another error'],
]

/** Results of a connection (ConnectResponseInfo, §6.3), which are no DARs either. */
const connections: Rows = [
  [0, 'done', 'connected'],
  [1, 'password', 'the password is wrong'],
  [2, 'symmetric', 'symmetric decryption failed'],
  [3, 'asymmetric', 'asymmetric decryption failed'],
  [4, 'signature', 'the signature is wrong'],
  [5, 'version', 'the version of the protocol does not match'],
  [255, 'other', 'another error'],
]

export function errorWords(kind: number): string {
  return wordsOf(errors, kind)
}

export function connectWords(result: number): string {
  return wordsOf(connections, result)
}

export function errorRefusal(kind: number): Refusal {
  return { code: `dlt698.error-${nameOf(errors, kind)}`, message: `error ${errorWords(kind)}` }
}

export function connectRefusal(result: number): Refusal {
  const [, words] = rowOf(connections, result)
  const code = `dlt698.connect-${nameOf(connections, result)}`
  return { code, message: `not connected, result ${result}: ${words}` }
}

function wordsOf(rows: Rows, code: number): string {
  return `${code}, ${rowOf(rows, code)[1]}`
}

function nameOf(rows: Rows, code: number): string {
  return rowOf(rows, code)[0]
}

function rowOf(rows: Rows, code: number): readonly [name: string, words: string] {
  const [, name, words] = rows.find(([number]) => number === code) ?? []
  return [name ?? String(code), words ?? 'a code unknown here']
}
