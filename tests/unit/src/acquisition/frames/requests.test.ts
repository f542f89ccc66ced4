import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { parseFrame } from '#protocols/gdw376'
import { type ProtocolName, protocolNames } from '#protocols/model'
import { frameEncoder } from '#src/acquisition/frames'

interface Vector {
  readonly name: string
  readonly hex: string
  readonly source: string
  readonly address: string
  readonly afn: string
  readonly units: readonly string[]
  readonly error: string | null
}

const file = new URL('../../../../vectors/gdw376.json', import.meta.url)
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'))
const expiresAt = { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
const framing = 'rtu'
const passwordBytes = 16
const timeTagBytes = 6

async function namesOf(protocol: ProtocolName): Promise<readonly string[]> {
  return (await frameEncoder(protocol))?.forms.requests.map(({ name }) => name) ?? []
}

/** What the standards let a master say beside reading and writing an item. */
describe('every request of', () => {
  test.each([
    // DL/T 645-2007 §5.2.3 and its amendments: 03, 08, 12, 13, 15 to 1D; 11 and 14 are items.
    [
      'dlt645-2007',
      'authenticate set-clock read-more read-address write-address freeze change-baud change-password clear-demand clear-meter clear-events control multi-function-output',
    ],
    // DL/T 645-1997 §5.2.3: 02, 03, 08, 0A, 0C, 0F, 10; 01 and 04 are items.
    [
      'dlt645-1997',
      'read-more repeat set-clock write-address change-baud change-password clear-demand',
    ],
    // DL/T 698.45 §6.3: every service that a client sends.
    [
      'dlt698',
      'LINK-Response CONNECT-Request RELEASE-Request GetRequestNormal GetRequestNormalList GetRequestRecord GetRequestRecordList GetRequestNext GetRequestMD5 SetRequestNormal SetRequestNormalList SetThenGetRequestNormalList ActionRequest ActionRequestList ActionThenGetRequestNormalList ReportResponseList ReportResponseRecordList ReportResponseTransData ProxyGetRequestList ProxyGetRequestRecord ProxySetRequestList ProxySetThenGetRequestList ProxyActionRequestList ProxyActionThenGetRequestList ProxyTransCommandRequest SECURITY-Request Client-ERROR-Response',
    ],
    // 376.1: what an item with a value does not say.
    ['gdw376', 'confirm reset forward send'],
  ] as const)('%s can be asked for by name', async (protocol, names) => {
    expect(await namesOf(protocol)).toEqual(expect.arrayContaining(names.split(' ')))
  })

  test('Modbus is a function of V1.1b3 §6', async () => {
    const forms = (await frameEncoder('modbus'))?.forms.requests ?? []
    const codes = forms.flatMap(({ says }) => /^function (\d+):/.exec(says)?.[1] ?? [])
    const standard = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43]
    expect(codes.map(Number)).toEqual(standard)
  })

  test.each(protocolNames)('%s has a name of its own', async (protocol) => {
    const names = await namesOf(protocol)
    expect(new Set(names).size).toBe(names.length)
  })
})

/** Frames worked out by hand from the clauses; ours adds the time tag behind the password. */
const moving = vectors.filter(({ afn, source, error }) => {
  return /^(?:01|04|05|06|0F)$/.test(afn) && /by hand/.test(source) && error === null
})

test('what 376.1 sets and orders is what the clauses say, but for an end in the past', async () => {
  const encoder = await frameEncoder('gdw376')
  expect(moving.length).toBeGreaterThan(90)
  for (const { hex, afn, units, address, name } of moving) {
    const parsed = parseFrame(fromHex(hex) ?? new Uint8Array(0))
    const [, point, fn] = /^p(\d+)F(\d+)$/.exec(units[0] ?? '') ?? []
    if (!parsed.ok || fn === undefined || units.length !== 1) continue
    const known = parsed.frame.body.slice(0, -passwordBytes)
    const of = point === '0' ? address : `${address.replace(/\/.*/, '')}/${point}`
    const meter = { address: of, profile: null }
    const item = `${afn}-F${fn}:=${toHex(known.slice(4))}`
    const built = encoder?.items([item], { meter, expiresAt, framing })
    const again = parseFrame(built?.frames[0]?.bytes ?? new Uint8Array(0))
    const body = again.ok ? again.frame.body.slice(0, -passwordBytes - timeTagBytes) : null
    expect(body && toHex(body), name).toBe(toHex(known))
    expect(built?.frames[0]?.effect, name).not.toBe('read')
  }
})
