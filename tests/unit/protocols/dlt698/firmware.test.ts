import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import {
  askBlocks,
  askFile,
  askResult,
  askVersion,
  blocksIn,
  decodeApdu,
  dlt698,
  failureOf,
  fileIn,
  resultIn,
  startTransfer,
  versionIn,
  writeBlock,
} from '#protocols/dlt698'
import { dlt698TerminalFace } from '#simulators/faces'
import { Site } from '#simulators/meter'

const terminal = '330190000698'
const file = Uint8Array.from({ length: 250 }, (_, at) => at)
const md5 = new Uint8Array(createHash('md5').update(file).digest())
const announced = { name: 'new.bin', bytes: 250, version: '0002', blockBytes: 100, md5 }

const faceOf = () => {
  const site = new Site('Asia/Shanghai', 7)
  return dlt698TerminalFace({ address: terminal, site, meters: [], port: null })
}
type Face = ReturnType<typeof faceOf>

function said(face: Face, request: ReturnType<typeof askFile>, nowMs = 0) {
  const answers = face.receive(dlt698.encode(request), nowMs)
  return answers.flatMap((answer) => {
    const decoded = dlt698.decode(answer)
    return decoded.kind === 'answer' ? [decoded.response] : []
  })
}

const put = (face: Face, nth: number, of = file) =>
  said(face, writeBlock(terminal, nth, of.slice(nth * 100, nth * 100 + 100), 1)).length > 0

test('a beginning and a block lie in the frame as the object lays them out', () => {
  const begin = dlt698.encode(startTransfer(terminal, announced, 1))
  // ACTION of F001 method 7: info of six, double-long-unsigned 250, three bits, enum 0; long-unsigned
  // 100; check of two, enum 1 (MD5) and an octet-string.
  const name = `0A07${toHex(Uint8Array.from('new.bin', (one) => one.charCodeAt(0)))}`
  const info = `0206${name}${name}06000000FA0403E00A04303030321600`
  expect(toHex(begin)).toContain(`070101F00107000203${info}120064020216010910${toHex(md5)}`)
  const block = dlt698.encode(writeBlock(terminal, 2, file.slice(200), 1))
  expect(toHex(block)).toContain(`070101F001080002021200020932${toHex(file.slice(200))}`)
  for (const frame of [begin, block]) {
    expect(dlt698.effect(frame)).toBe('firmware')
    expect(dlt698.aim?.(frame)).toMatchObject({ address: terminal, isGroup: false })
  }
  expect(dlt698.effect(dlt698.encode(askBlocks(terminal, 1)))).toBe('read')
  const words = dlt698.describe(block).parts.map(({ text }) => text)
  expect(words.join('\n')).toContain('write a block')
})

test('the block status of a published answer counts from its first bit', () => {
  const apdu = fromHex('850101F00104000104' + '11FFFF800000')
  const decoded = apdu && decodeApdu(apdu)
  if (!decoded?.ok) throw new Error('no APDU')
  const part = { address: terminal, client: 16, apdu: decoded.apdu, fragment: null }
  expect(blocksIn([part])).toEqual(Array(17).fill(true))
})

test('a terminal takes blocks in any order, tells which it lacks, and runs the file a moment later', () => {
  const face = faceOf()
  said(face, startTransfer(terminal, announced, 1))
  put(face, 2)
  put(face, 0)
  put(face, 0)
  expect(blocksIn(said(face, askBlocks(terminal, 1)))).toEqual([true, false, true])
  expect(fileIn(said(face, askFile(terminal, 1)))).toEqual({ bytes: 250, version: '0002' })
  expect(resultIn(said(face, askResult(terminal, 1)))).toBe(66)
  put(face, 1)
  expect(resultIn(said(face, askResult(terminal, 1)))).toBe(100)
  expect(toHex(face.firmware.taken ?? new Uint8Array(0))).toBe(toHex(file))
  expect(versionIn(said(face, askVersion(terminal, 1), 0))?.version).toBe('0001')
  expect(versionIn(said(face, askVersion(terminal, 1), 6_000))).toMatchObject({ version: '0002' })
})

test('a file whose check fails is told of and never run', () => {
  const face = faceOf()
  said(face, startTransfer(terminal, { ...announced, md5: md5.with(0, 0) }, 1))
  for (const nth of [0, 1, 2]) put(face, nth)
  const result = resultIn(said(face, askResult(terminal, 1))) ?? 0
  expect([result, failureOf(result)]).toEqual([107, 'its check failed'])
  expect(failureOf(100)).toBeNull()
  expect(put(face, 1)).toBe(false)
  expect(versionIn(said(face, askVersion(terminal, 1), 9_000))?.version).toBe('0001')
})
