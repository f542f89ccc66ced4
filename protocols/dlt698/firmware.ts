/** Files for a terminal, block by block (文件分块传输管理, F001), and what it runs (4300). */

import { toHex } from '#protocols/bytes'
import type { Dlt698Response } from './answer.ts'
import { joined } from './answer-values.ts'
import { type Apdu, apdu } from './apdu.ts'
import { clientOf } from './plan.ts'
import type { Dlt698Request } from './request.ts'
import type { Data } from './value.ts'

const fileObject = 'F0010200'
const resultObject = 'F0010300'
const blocksObject = 'F0010400'
const versionObject = '43000300'
const startMethod = 'F0010700'
const writeMethod = 'F0010800'
/** 终端文件. */
const terminalFile = 0
const byMd5 = 1
/** To be read, written and executed. */
const allRights = 0xe0

export interface FileAnnounced {
  readonly name: string
  readonly bytes: number
  readonly version: string
  readonly blockBytes: number
  readonly md5: Uint8Array
}

/** 启动传输: what comes, in blocks of which size, and what it is checked by. */
export function startTransfer(terminal: string, file: FileAnnounced, piid: number): Dlt698Request {
  const value = structure([
    structure([
      visible(file.name),
      visible(file.name),
      { type: 'double-long-unsigned', value: file.bytes },
      { type: 'bit-string', length: 3, bytes: Uint8Array.of(allRights) },
      visible(file.version),
      { type: 'enum', value: terminalFile },
    ]),
    word(file.blockBytes),
    structure([
      { type: 'enum', value: byMd5 },
      { type: 'octet-string', bytes: file.md5 },
    ]),
  ])
  return asked(terminal, apdu('ActionRequest', piid, { method: startMethod, value }))
}

/** 写文件: the block with this number, from 0. */
export function writeBlock(
  terminal: string,
  block: number,
  data: Uint8Array,
  piid: number,
): Dlt698Request {
  const value = structure([word(block), { type: 'octet-string', bytes: data }])
  return asked(terminal, apdu('ActionRequest', piid, { method: writeMethod, value }))
}

const ask = (object: string) => (terminal: string, piid: number) =>
  asked(terminal, apdu('GetRequestNormal', piid, { object }))

export const askFile = ask(fileObject)
export const askResult = ask(resultObject)
export const askBlocks = ask(blocksObject)
export const askVersion = ask(versionObject)

/** What of the file a terminal has (传输块状态字), block by block; null where it tells nothing. */
export function blocksIn(parts: readonly Dlt698Response[]): readonly boolean[] | null {
  const value = valueIn(parts)
  if (value?.type !== 'bit-string') return null
  const { bytes, length } = value
  return Array.from({ length }, (_, at) => (((bytes[at >> 3] ?? 0) << (at & 7)) & 0x80) !== 0)
}

/** Name, size and version of the file that a terminal is at. */
export function fileIn(
  parts: readonly Dlt698Response[],
): { readonly bytes: number; readonly version: string } | null {
  const value = valueIn(parts)
  const [, , bytes, , version] = value?.type === 'structure' ? value.items : []
  if (bytes?.type !== 'double-long-unsigned') return null
  return { bytes: bytes.value, version: textOf(version) }
}

/** 命令结果: up to 99 how much there is, 100 done, 103 under way, else what failed. */
export function resultIn(parts: readonly Dlt698Response[]): number | null {
  const value = valueIn(parts)
  return value?.type === 'enum' ? value.value : null
}

const failures: Readonly<Record<number, string>> = {
  104: 'there is no such file',
  105: 'it may not be written or run',
  106: 'the transfer was broken off',
  107: 'its check failed',
  108: 'it could not be passed on',
  109: 'it could not be taken for another',
  112: 'there is no room for it',
}

/** Why a result is a failure; null where it is none. */
export function failureOf(result: number): string | null {
  return failures[result] ?? null
}

/** 版本信息: maker, software and its date, hardware and its date. */
export function versionIn(
  parts: readonly Dlt698Response[],
): { readonly maker: string; readonly version: string; readonly hardware: string } | null {
  const value = valueIn(parts)
  if (value?.type !== 'structure') return null
  const [maker, version, , hardware] = value.items
  return { maker: textOf(maker), version: textOf(version), hardware: textOf(hardware) }
}

function valueIn(parts: readonly Dlt698Response[]): Data | null {
  const whole = joined(parts)
  if (!whole.ok || whole.apdu.service !== 'GetResponseNormal') return null
  const { result } = whole.apdu.body
  return result.kind === 'data' ? result.value : null
}

function asked(address: string, request: Apdu): Dlt698Request {
  return { kind: 'apdu', address, client: clientOf({ address, profile: null }), apdu: request }
}

function textOf(value: Data | undefined): string {
  if (value?.type === 'octet-string') return toHex(value.bytes)
  if (value?.type !== 'visible-string') return ''
  return String.fromCharCode(...value.bytes).trim()
}

const structure = (items: readonly Data[]): Data => ({ type: 'structure', items })
const word = (value: number): Data => ({ type: 'long-unsigned', value })
const visible = (text: string): Data => ({
  type: 'visible-string',
  bytes: Uint8Array.from(text, (one) => one.charCodeAt(0) & 0x7f),
})
