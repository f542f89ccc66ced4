import { expect, it, onTestFinished } from 'vitest'
import type { Channel } from '#drivers/channel'
import { modbusDialer } from '#drivers/modbus'
import { nodeSerialPorts } from '#drivers/serial'
import { nodeNetwork } from '#drivers/tcp'
import {
  type ModbusRequest,
  type ModbusResponse,
  modbus,
  nextSunSpecStep,
  type SunSpecStep,
  sunSpecSearch,
} from '#protocols/modbus'
import { valueText } from '#protocols/model'
import { systemClock } from '#src/core'
import { describeWith, startScript } from './support.ts'

type Framing = 'tcp' | 'rtu-tcp'

const patient = new AbortController().signal
const framings: readonly Framing[] = ['tcp', 'rtu-tcp']

/** One question at a time, and the answer as the driver frees it of its framing. */
interface Line {
  ask(message: Uint8Array): Promise<ModbusResponse>
}

async function lineTo(framing: Framing): Promise<Line> {
  const slave = startScript('modbus_slave.py', [framing])
  const [, port] = await slave.says(/serving on (\d+)/)
  const world = { clock: systemClock, network: nodeNetwork, serialPorts: nodeSerialPorts }
  const dialer = modbusDialer({ kind: framing, host: '127.0.0.1', port: Number(port) }, world)
  const opened = await dialer.open(patient)
  if (!opened.ok) throw new Error(opened.error.message)
  const channel: Channel = opened.value
  onTestFinished(() => channel.close())
  const answers = channel.bytes()[Symbol.asyncIterator]()
  return {
    async ask(message) {
      const sent = await channel.send(message, patient)
      if (!sent.ok) throw new Error(sent.error.message)
      const { value, done } = await answers.next()
      const decoded = done ? null : modbus.decode(value)
      if (!decoded || decoded.kind === 'malformed') throw new Error('no answer')
      return decoded.response
    },
  }
}

/** Asks to the end of the chain, and gives what it says and where it read. */
async function read(line: Line, items: readonly string[], unit: number, profile: string | null) {
  const { requests } = modbus.plan(items, { address: String(unit), profile })
  const [first] = requests
  if (!first || requests.length > 1) throw new Error('no single plan')
  const parts: ModbusResponse[] = []
  for (let request: ModbusRequest | null = first; request; ) {
    const response = await line.ask(modbus.encode(request))
    expect(modbus.answers(request, response)).toBe(true)
    parts.push(response)
    request = modbus.follow(request, response)
  }
  const values = modbus.readings(first, parts)
  if (!values.ok) throw new Error(values.malformed.message)
  const texts = values.readings.map(({ item, name, value }) => [item ?? name, valueText(value)])
  return { parts: parts.length, values: Object.fromEntries(texts) }
}

describeWith(['python3-pymodbus'], 'devices that pymodbus plays', () => {
  it.each(framings)('list their SunSpec models to a search over %s', async (framing) => {
    const line = await lineTo(framing)
    const found: Record<number, SunSpecStep> = {}
    for (const unit of [11, 12]) {
      let step = sunSpecSearch(unit)
      while (step.kind === 'ask') {
        const { unit: asked, functionCode, start, count } = step.read
        const request = { unit: asked, functionCode, start, count, points: [], guards: [] }
        const { exception, data } = await line.ask(modbus.encode({ kind: 'read', ...request }))
        const words = Array.from({ length: data.length / 2 }, (_, at) => {
          return ((data[2 * at] ?? 0) << 8) | (data[2 * at + 1] ?? 0)
        })
        step = nextSunSpecStep(step, exception === null ? words : null)
      }
      found[unit] = step
    }
    expect(found).toMatchObject({
      11: {
        base: 40_000,
        models: [{ id: 1 }, { id: 11 }, { id: 160 }, { id: 203, length: 105, address: 40_135 }],
      },
      12: { base: 0, models: [{ id: 1 }, { id: 213, length: 124, address: 69 }] },
    })
  })

  it.each(framings)('are read over %s wherever their meters stand', async (framing) => {
    const line = await lineTo(framing)
    const items = ['32.7.0', '52.7.0', '16.7.0', '1.8.0']
    const wye = { '32.7.0': '230.1', '52.7.0': null, '16.7.0': '-1.23', '1.8.0': '1234.567' }
    // The marker, three more headers and the meter's points.
    expect(await read(line, items, 11, 'sunspec')).toEqual({ parts: 5, values: wye })
    expect((await read(line, items, 11, 'sunspec-203-40135')).values).toEqual(wye)
    const inFloats = { '32.7.0': '230.3', '16.7.0': '-2.8495', '1.8.0': '12345.678' }
    const floatItems = ['32.7.0', '16.7.0', '1.8.0']
    expect((await read(line, floatItems, 12, 'sunspec')).values).toEqual(inFloats)
    expect((await read(line, floatItems, 12, 'sunspec-at0')).values).toEqual(inFloats)
  })

  it.each(framings)(
    'identify themselves over %s, in as many answers as it takes',
    async (framing) => {
      const line = await lineTo(framing)
      const basic = { 'Vendor name': 'OpenHES peers', 'Product code': 'PYMODBUS', Revision: '3.0' }
      expect(await read(line, ['43:basic'], 1, null)).toEqual({ parts: 1, values: basic })
      const extended = await read(line, ['43:extended'], 11, null)
      expect(extended.parts).toBeGreaterThan(1)
      expect(extended.values).toMatchObject({
        'Object 0x80': 'a'.repeat(120),
        'Object 0x81': 'b'.repeat(120),
      })
    },
  )
})
