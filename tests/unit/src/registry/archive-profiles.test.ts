import { expect, test } from 'vitest'
import { civilTime } from '#src/core'
import { type ReadProtocols, readArchive, unreadSettings } from '#src/registry'

const civil = civilTime('Asia/Shanghai')
const read: ReadProtocols = { 'dlt645-2007': ['no-blocks'], modbus: ['sdm630'], mqtt: [] }
const header = 'channel,channel_kind,channel_settings,meter_address,protocol,profile'

async function problemsOf(...rows: readonly string[]) {
  const file = new TextEncoder().encode([header, ...rows].join('\n'))
  const parsed = await readArchive(file, civil, read)
  return parsed.ok ? [] : parsed.error
}

const bus = 'bus,tcp,host=10.0.0.5;port=26'

test('a profile that no protocol knows is refused and not taken for the standard', async () => {
  expect(await problemsOf(`${bus},112233445566,dlt645-2007,no-blocks`)).toEqual([])
  expect(await problemsOf(`${bus},112233445566,dlt645-2007,`)).toEqual([])
  expect(await problemsOf(`${bus},112233445566,dlt645-2007,no-blokcs`)).toMatchObject([
    { line: 2, column: 'profile', value: 'no-blokcs', message: 'must be blank or no-blocks' },
  ])
  expect(await problemsOf('m,mqtt,,1,mqtt,tasmota')).toMatchObject([
    { column: 'profile', message: 'must be blank' },
  ])
})

test('settings of a channel that nobody reads are refused with a sentence', async () => {
  for (const setting of ['mapping=tasmota', 'topic=tele/#']) {
    const [problem, ...others] = await problemsOf(`m,mqtt,${setting},1,mqtt,`)
    expect(others).toEqual([])
    expect(problem?.column).toBe('channel_settings')
    expect(problem?.message).toContain('takes no settings')
  }
  expect(await problemsOf('m,mqtt,,1,mqtt,')).toEqual([])
})

test('settings that are stored and not read any more are told by name', () => {
  expect(unreadSettings('mqtt', { mapping: 'tasmota', topic: 'tele/#' })).toEqual([
    'mapping',
    'topic',
  ])
  expect(unreadSettings('tcp', { host: 'a', port: 1 })).toEqual([])
})
