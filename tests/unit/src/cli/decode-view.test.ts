import { describe, expect, test } from 'vitest'
import type { FrameDescription, Reading } from '#protocols/model'
import type { FrameTool } from '#src/acquisition/frames'
import { hes } from './fake-io.ts'

describe('decode for people', () => {
  /** Explains everything the same way, so that only the layout is looked at. */
  const tool = (more: Partial<FrameDescription>): FrameTool => ({
    protocol: 'dlt645-2007',
    proof: 'strong',
    scanner: () => ({ push: (chunk) => [chunk], skippedBytes: 0, pending: false, reset() {} }),
    describe: (raw) => ({
      protocol: 'dlt645-2007',
      valid: true,
      raw,
      direction: 'reply',
      address: '112233445566',
      function: 'read',
      control: '91',
      dataId: null,
      more: false,
      readings: [],
      error: null,
      extras: {},
      parts: [
        { from: 0, to: 1, text: 'start' },
        { from: 1, to: 15, text: 'a long part' },
        { from: 15, to: 16, text: '' },
      ],
      ...more,
    }),
  })
  const frame = '000102030405060708090A0B0C0D0E0F'
  const shown = async (more: Partial<FrameDescription>, ...words: string[]) => {
    const actions = { frameTools: async () => [tool(more)] }
    return (await hes(['decode', ...words], { actions })).stdout
  }
  const voltage: Reading = {
    item: '32.7.0',
    dataId: '02010100',
    name: 'Voltage, phase A',
    unit: 'V',
    value: { kind: 'number', digits: 2284, scale: 1 },
    dataClass: 'current',
    at: null,
  }

  test('walks through the bytes and ends with the values', async () => {
    const missing: Reading = {
      ...voltage,
      item: null,
      dataId: '0EFF0001',
      name: '某厂扩展量',
      unit: '',
      value: { kind: 'missing', flag: 'not-bcd' },
      at: {
        kind: 'wall',
        time: { year: 2026, month: 2, day: 30, hour: 0, minute: 0, second: 0 },
      },
    }
    expect(await shown({ readings: [voltage, missing] }, frame)).toMatchInlineSnapshot(`
      "dlt645-2007, reply, address 112233445566, read
           0  00                                   start
        1-14  01 02 03 04 05 06 07 08 09 0A 0B 0C  a long part
              0D 0E
          15  0F
        REGISTER  NAME                  VALUE  UNIT  AT
        32.7.0    Voltage, phase A      228.4  V
        0EFF0001  某厂扩展量        (not-bcd)        (impossible date)
      "
    `)
  })

  test('names what is wrong with a damaged frame', async () => {
    const error = { code: 'dlt645.checksum', message: 'checksum is 07, computed 1A' }
    expect(await shown({ valid: false, error, parts: [] }, frame)).toMatchInlineSnapshot(`
      "dlt645-2007, reply, address 112233445566, read, DAMAGED
        00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F
        error: checksum is 07, computed 1A [dlt645.checksum]
      "
    `)
  })

  test('calls the no of a device a refusal, not an error', async () => {
    const error = { code: 'dlt645.no-such-data', message: 'no such data' }
    expect(await shown({ error, address: null, parts: [] }, 'AABBCCDD')).toMatchInlineSnapshot(`
      "dlt645-2007, reply, read
        AA BB CC DD
        refused: no such data [dlt645.no-such-data]
      "
    `)
  })
})
