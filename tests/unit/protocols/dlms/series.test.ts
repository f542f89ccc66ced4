import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDlms, slave } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'
import { bytesOf, readingText, vectors } from './vectors.ts'

const dlms = createDlms(gcm)

function hexOf(name: string): string {
  const vector = vectors.find((each) => each.name === name)
  if (!vector) throw new Error(`no vector ${name}`)
  return vector.hex
}

const blocks = [1, 2, 3].map((block) => hexOf(`Landis+Gyr E450, block ${block} of a transfer`))
const segments = ['first', 'last'].map((which) => hexOf(`capture objects, the ${which} piece`))

function described(...frames: readonly string[]) {
  const describe = dlms.describer()
  return frames.map((hex) => describe(bytesOf(hex)))
}

const textsOf = ({ parts }: { parts: readonly { from: number; to: number; text: string }[] }) =>
  parts.map(({ from, to, text }) => `${from}-${to} ${text}`)

describe('frames in the order in which they came', () => {
  it('give the readings of a transfer with its last block', () => {
    const all = described(...blocks)
    expect(all.map(({ readings }) => readings.length)).toEqual([0, 0, 13])
    expect(all.map(({ more }) => more)).toEqual([true, true, false])
    const [, , last] = all
    expect(last).toMatchObject({
      valid: true,
      direction: 'report',
      address: '1',
      function: 'DataNotification',
      extras: { service: 'DataNotification', blocks: 3 },
    })
    // Worked out by hand: 0x16A, 0x232226, 0x418 … of the published frame.
    const at = '@2024-02-29T22:48:50'
    expect(last?.readings.map(readingText)).toEqual([
      `40:0.8.25.9.0.255:1=0008190900FF${at}`,
      `0.0.96.1.0=63326413${at}`,
      `3:1.0.1.7.0.255:2=0.362 kW${at}`,
      `3:1.0.2.7.0.255:2=0.000 kW${at}`,
      `1.8.0=2302.502 kWh${at}`,
      `2.8.0=1.048 kWh${at}`,
      `5.8.0=34.671 kvarh${at}`,
      `6.8.0=0.000 kvarh${at}`,
      `7.8.0=2.675 kvarh${at}`,
      `8.8.0=706.216 kvarh${at}`,
      `31.7.0=0.51 A${at}`,
      `51.7.0=1.05 A${at}`,
      `71.7.0=0.52 A${at}`,
    ])
  })

  it('explain the bytes of each block, also a value that two blocks share', () => {
    const [first, , last] = described(...blocks)
    expect(textsOf(first ?? { parts: [] })).toEqual(
      expect.arrayContaining([
        '12-13 GeneralBlockTransfer',
        '14-16 block 1',
        '18-19 112 bytes of an APDU',
        '19-24 DataNotification, invoke id 2204723',
        '24-37 time 2024-02-29 22:48:50',
        '37-39 structure of 14',
      ]),
    )
    expect(textsOf(last ?? { parts: [] })).toContain(
      '98-103 double-long-unsigned 2302502, Active energy import, total 2302.502 kWh',
    )
    // A name of six bytes, two of them in the first block.
    const [begun, ended] = described(
      'E040000100000D0F000000010002020906010001',
      'E0C000020000080800FF0600000001',
    )
    expect(textsOf(begun ?? { parts: [] }).at(-1)).toMatch(/goes on in the next/)
    expect(textsOf(ended ?? { parts: [] })).toContain(
      '7-10 object 1-0:1.8.0.255, Active energy import, total',
    )
  })

  it('name the blocks that did not come', () => {
    const [lone] = described(blocks[2] ?? '')
    expect(lone).toMatchObject({
      valid: true,
      function: 'GeneralBlockTransfer',
      readings: [],
      extras: { block: 3, missing: '1 to 2' },
    })
    expect(textsOf(lone ?? { parts: [] })).toContain(
      '15-137 121 bytes of an APDU; blocks 1 to 2 are not there',
    )
    const [, skipped] = described(blocks[0] ?? '', blocks[2] ?? '')
    expect(skipped?.extras).toMatchObject({ block: 3, missing: '2' })
    const again = described(blocks[0] ?? '', blocks[2] ?? '', ...blocks)
    expect(again.map(({ readings }) => readings.length)).toEqual([0, 0, 0, 0, 13])
  })

  it('take a block that is repeated once', () => {
    const all = described(blocks[0] ?? '', blocks[1] ?? '', blocks[1] ?? '', blocks[2] ?? '')
    expect(all.at(-1)?.readings.length).toBe(13)
  })

  it('keep the transfers of several meters apart', () => {
    const other = blocks.map((hex) => {
      const parsed = slave.frame.parse(bytesOf(hex))
      if (!parsed.ok || parsed.carried.control === null) throw new Error('no frame')
      const source = { upper: 5, lower: null, bytes: 1 } as const
      return slave.frame.build({ ...parsed.carried, control: parsed.carried.control, source })
    })
    const explain = dlms.describer()
    const counts = blocks.flatMap((hex, index) => [
      explain(bytesOf(hex)).readings.length,
      explain(other[index] ?? new Uint8Array(0)).readings.length,
    ])
    expect(counts).toEqual([0, 0, 0, 0, 13, 13])
  })

  it('explain an APDU that the link has cut in pieces', () => {
    const [first, last] = described(...segments)
    expect(textsOf(first ?? { parts: [] })).toEqual(
      expect.arrayContaining([
        '11-13 GetResponseNormal',
        expect.stringMatching(/^\d+-\d+ array of 8$/),
      ]),
    )
    expect(last).toMatchObject({ valid: true, function: 'GetResponseNormal', more: false })
    expect(textsOf(last ?? { parts: [] })).toContainEqual(
      expect.stringMatching(/object 1-0:15\.8\.4\.255/),
    )
    const [lone] = described(segments[1] ?? '')
    expect(textsOf(lone ?? { parts: [] })).toContainEqual(
      expect.stringMatching(/bytes of an APDU in pieces; its beginning is not there$/),
    )
  })

  it('are explained as if alone where nothing belongs together', () => {
    const explain = dlms.describer()
    for (const { hex, name } of vectors.filter(
      (vector) => !/block|piece|segment/i.test(vector.name),
    )) {
      expect(explain(bytesOf(hex)), name).toEqual(dlms.describe(bytesOf(hex)))
    }
  })

  it('never explain a byte twice or none in a block', () => {
    for (const frame of described(...blocks, ...segments)) {
      let last = 1
      for (const { from, to } of frame.parts) {
        expect(from).toBe(last)
        last = to
      }
      expect(last).toBe(frame.raw.length - 1)
    }
  })

  it('never explain a byte twice, whatever comes', () => {
    const frame = fc.constantFrom(...vectors.map(({ hex }) => hex)).map(bytesOf)
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
    const damaged = fc.tuple(frame, damage, fc.nat()).map(([bytes, changes, cut]) => {
      const made = bytes.slice(0, cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length)
      for (const [at, value] of changes) made[at % (made.length || 1)] = value
      return made
    })
    fc.assert(
      fc.property(fc.array(damaged, { maxLength: 12 }), (stream) => {
        const explain = dlms.describer()
        for (const each of stream) {
          const { parts } = explain(each)
          const isInOrder = parts.every(({ from, to }, index) => {
            return from >= (parts[index - 1]?.to ?? 0) && to > from && to <= each.length
          })
          expect(isInOrder).toBe(true)
        }
      }),
    )
  })
})
