import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { documents, hes } from './fake-io.ts'

interface MeterVector {
  readonly hex: string
  readonly address: string
  readonly control: string
  readonly dataId: string | null
  readonly values: readonly string[]
  readonly error: string | null
}

interface ModbusVectors {
  readonly rtu: readonly { readonly frame: string }[]
  readonly mbap: readonly { readonly frame: string }[]
}

interface MqttVectors {
  readonly messages: readonly { readonly topic: string; readonly payload: string }[]
}

const vectors = <T>(name: string): T => {
  const file = path.resolve(import.meta.dirname, '../../../vectors', name)
  const content: T = JSON.parse(readFileSync(file, 'utf8'))
  return content
}

/** What `decode --json` makes of lines on stdin. */
async function explained(lines: readonly string[], ...flags: readonly string[]) {
  const { exit, stdout } = await hes(['decode', '--json', ...flags], {
    stdin: [lines.join('\n')],
  })
  return { exit, frames: documents(stdout) }
}

test('every published DL/T 645 frame comes out in order, one document a line', async () => {
  const frames = vectors<MeterVector[]>('dlt645.json')
  const { exit, frames: documented } = await explained(
    frames.map(({ hex }) => hex),
    '--protocol',
    'dlt645-2007',
  )
  expect(exit).toBe(0)
  expect(documented).toHaveLength(frames.length)
  expect(documented).toMatchObject(
    frames.map(({ hex, address, control, dataId, values, error }) => ({
      protocol: 'dlt645-2007',
      valid: true,
      raw: hex.replace(/^(?:FE)*/, ''),
      address,
      control,
      dataId,
      error: error === null ? null : { code: error },
      ...(values.length > 0 ? { readings: expect.any(Array) } : {}),
    })),
  )
})

test('every published Modbus frame is found out to be one', async () => {
  const { rtu, mbap } = vectors<ModbusVectors>('modbus.json')
  const frames = [...rtu, ...mbap].map(({ frame }) => frame)
  const { frames: documented } = await explained(frames)
  expect(documented).toMatchObject(frames.map((raw) => ({ protocol: 'modbus', valid: true, raw })))
})

test('every published MQTT message is explained as mosquitto_sub prints it', async () => {
  const { messages } = vectors<MqttVectors>('mqtt.json')
  const { frames: documented } = await explained(
    messages.map(({ topic, payload }) => `${topic} ${payload}`),
  )
  expect(documented).toMatchObject(
    messages.map(({ topic }) => ({ protocol: 'mqtt', valid: true, topic })),
  )
})
