import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { cable } from './cable.ts'
import type { Program } from './program.ts'
import { describeWith, hes, jsonLines, startScript, testFolder, valuesOf } from './support.ts'

/** How the slave packs float32 is in modbus_slave.py; these are its numbers in the register model. */
const items = ['1.8.0', '2.8.0', '32.7.0', '31.7.0', '36.7.0', '16.7.0', '13.7.0', '14.7.0']
const values = {
  '1.8.0': '12345.678',
  '2.8.0': '0.500',
  '32.7.0': '230.25',
  '31.7.0': '4.125',
  '36.7.0': '0.9497',
  '16.7.0': '2.8495',
  '13.7.0': '-0.875',
  '14.7.0': '49.98',
}

interface Slave {
  readonly program: Program
  /** The channel under which `hes` reaches it. */
  readonly channel: readonly string[]
}

async function networkSlave(kind: 'tcp' | 'rtu-tcp'): Promise<Slave> {
  const program = startScript('modbus_slave.py', [kind])
  const [, port] = await program.says(/serving on (\d+)/)
  return { program, channel: [`--${kind}`, `127.0.0.1:${port}`] }
}

async function serialSlave(): Promise<Slave> {
  const { left, right } = await cable()
  const program = startScript('modbus_slave.py', ['serial', left])
  await program.says(/serving/)
  return { program, channel: ['--serial', right, '--baud', '9600'] }
}

const lines: readonly (readonly [string, () => Promise<Slave>])[] = [
  ['Modbus TCP', () => networkSlave('tcp')],
  ['RTU inside TCP', () => networkSlave('rtu-tcp')],
  ['RTU on a serial line', serialSlave],
]

const modbus = ['--protocol', 'modbus']

/** What a technician writes of the table in the maker's document. */
const ownMap = `
name: pump
functionCode: 4
points:
  - { item: 1.8.0, address: 0x0048, type: f32, decimals: 2 }
  - { item: 16.7.0, address: 52, type: f32, decimals: 1, exponent: -3 }
  - { item: 32.7.0, address: 0, type: f32, decimals: 1 }
`
const sdm630 = (unit: number) => [...modbus, '--unit', String(unit), '--profile', 'sdm630']
const read = (unit: number, wanted: readonly string[], { channel }: Slave) =>
  hes(['read', ...sdm630(unit), '--item', wanted.join(','), '--json', ...channel])

describeWith(
  ['python3-pymodbus', 'python3-serial', 'python3-serial-asyncio', 'socat'],
  'a pymodbus slave',
  () => {
    it.each(lines)('is read over %s, each value as it was packed', async (_, slaveOf) => {
      const slave = await slaveOf()
      const answer = await read(1, items, slave)
      expect(answer).toMatchObject({ exit: 0, stderr: '' })
      expect(valuesOf(answer)).toEqual(values)
      const other = await read(7, ['1.8.0'], slave)
      expect(valuesOf(other)).toEqual({ '1.8.0': '-12345.678' })
    })

    it.each(lines)(
      'says no over %s, and silence and a dead gateway stay silence',
      async (_, slaveOf) => {
        const slave = await slaveOf()
        const silent = await read(2, ['1.8.0'], slave)
        expect(silent).toMatchObject({ exit: 5, stdout: '' })
        expect(silent.stderr).toContain('exchange.timeout')
        const behindGateway = await read(9, ['1.8.0'], slave)
        expect(behindGateway).toMatchObject({ exit: 5, stdout: '' })
        expect(behindGateway.stderr).toContain('modbus.gateway-target')
        const refused = await read(1, ['15.8.0'], slave)
        expect(refused).toMatchObject({ exit: 7, stdout: '' })
        expect(refused.stderr).toContain('modbus.illegal-address')
        const inPart = await read(1, ['15.8.0', '1.8.0'], slave)
        expect(inPart.exit).toBe(1)
        expect(valuesOf(inPart)).toEqual({ '1.8.0': '12345.678' })
      },
    )

    it.each(lines)('is found over %s, without the units that are not there', async (_, slaveOf) => {
      const { channel } = await slaveOf()
      const found = await hes(['scan', ...modbus, '--units', '1,2,7-9', '--json', ...channel])
      expect(found.exit).toBe(0)
      expect(jsonLines(found.stdout).map(({ device }) => device)).toEqual(['1', '7'])
    })

    it('is read and found by a register map of our own, from its file', async () => {
      const { channel } = await networkSlave('tcp')
      const map = path.join(testFolder(), 'pump.yaml')
      writeFileSync(map, ownMap)
      const own = [...modbus, '--profile', map]
      const items = ['--item', '1.8.0,16.7.0,32.7.0']
      const answer = await hes(['read', ...own, '--unit', '1', ...items, '--json', ...channel])
      expect(answer).toMatchObject({ exit: 0, stderr: '' })
      expect(valuesOf(answer)).toEqual({
        '1.8.0': '12345.68',
        '16.7.0': '2.8495',
        '32.7.0': '230.3',
      })
      const found = await hes(['scan', ...own, '--units', '1,2,7,9', '--json', ...channel])
      expect(jsonLines(found.stdout)).toMatchObject([
        { device: '1', register: '1.8.0', value: '12345.68' },
        { device: '7', register: '1.8.0', value: '-12345.68' },
      ])
      expect(await hes(['doctor', '--profile', map])).toMatchObject({ exit: 0 })
    })

    it('that went away is no answer, and so is one that speaks the other framing', async () => {
      const tcp = await networkSlave('tcp')
      const framed = await hes(
        ['read', ...sdm630(1), '--item', '1.8.0', '--rtu-tcp'].concat(tcp.channel.slice(1)),
      )
      expect(framed.exit).toBe(5)
      await tcp.program.stop('SIGTERM')
      const gone = await read(1, ['1.8.0'], tcp)
      expect(gone).toMatchObject({ exit: 5, stdout: '' })
      expect(gone.stderr).toContain('[transport.')
    })
  },
)
