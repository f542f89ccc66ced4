import { expect, it } from 'vitest'
import { cable, opened } from './cable.ts'
import {
  describeWith,
  ended,
  freePort,
  hes,
  jsonLines,
  start,
  startHes,
  startScript,
  valuesOf,
} from './support.ts'

interface Register {
  readonly item: string
  /** Number of the first of its two registers, from 0. */
  readonly first: number
  readonly decimals: number
}

/** Counters only grow. */
const counters: readonly Register[] = [
  { item: '1.8.0', first: 0x0048, decimals: 3 },
  { item: '15.8.0', first: 0x0156, decimals: 3 },
]
/** The network's own values wander, but never far. */
const voltage: Register = { item: '32.7.0', first: 0x0000, decimals: 2 }
const steady: readonly Register[] = [voltage, { item: '14.7.0', first: 0x0046, decimals: 2 }]
const WANDER_SHARE_MAX = 0.2

/** What a second master sees: two registers, put together as IEEE 754 by hand. */
async function poll({ first }: Register, line: readonly string[]): Promise<number> {
  const frame = ['-a', '1', '-t', '3:hex', '-0', '-r', String(first), '-c', '2', '-1']
  const polled = await ended(start('/usr/bin/mbpoll', [...frame, ...line]))
  expect(polled).toMatchObject({ exit: 0 })
  const words = [...polled.stdout.matchAll(/^\[\d+\]:\s+0x([0-9A-F]{4})/gim)].map(([, hex]) => hex)
  expect(words).toHaveLength(2)
  return Buffer.from(words.join(''), 'hex').readFloatBE(0)
}

async function pollAll(wanted: readonly Register[], line: Line): Promise<readonly number[]> {
  const numbers: number[] = []
  for (const register of wanted) numbers.push(await poll(register, line.mbpoll))
  return numbers
}

interface Line {
  readonly mbpoll: readonly string[]
  readonly hes: readonly string[]
}

const simulated = ['simulate', 'modbus', '--profile', 'sdm630', '--unit', '1']

async function overTcp(): Promise<Line> {
  const port = await freePort()
  const simulator = startHes([...simulated, '--listen', `127.0.0.1:${port}`])
  await simulator.says(/modbus-tcp/)
  return {
    mbpoll: ['-m', 'tcp', '-p', String(port), '127.0.0.1'],
    hes: ['--tcp', `127.0.0.1:${port}`],
  }
}

async function overSerial(): Promise<Line> {
  const { left, right } = await cable()
  const simulator = startHes([...simulated, '--serial', left])
  await simulator.says(/modbus-serial/)
  return {
    mbpoll: ['-m', 'rtu', '-b', '9600', '-P', 'none', right],
    hes: ['--serial', right, '--baud', '9600'],
  }
}

describeWith(['mbpoll', 'socat'], 'mbpoll', () => {
  it.each([
    ['Modbus TCP', overTcp],
    ['RTU on a serial line', overSerial],
  ])('reads our simulated meter over %s as we do', async (_, lineOf) => {
    const line = await lineOf()
    const items = [...counters, ...steady].map(({ item }) => item)
    const before = await pollAll(counters, line)
    const answer = await hes([
      ...['read', '--protocol', 'modbus', '--unit', '1', '--profile', 'sdm630', '--json'],
      ...['--item', items.join(','), ...line.hes],
    ])
    const after = await pollAll(counters, line)
    const near = await pollAll(steady, line)
    const values = valuesOf(answer)
    expect(answer).toMatchObject({ exit: 0 })
    expect(Object.keys(values).sort()).toEqual(items.sort())
    for (const [index, { item, decimals }] of counters.entries()) {
      const [low = 0, high = 0] = [before[index], after[index]]
      expect(low).toBeGreaterThan(0)
      expect(Number(values[item])).toBeGreaterThanOrEqual(Number(low.toFixed(decimals)))
      expect(Number(values[item])).toBeLessThanOrEqual(Number(high.toFixed(decimals)))
    }
    for (const [index, { item, decimals }] of steady.entries()) {
      expect(values[item]).toMatch(new RegExp(`^\\d+\\.\\d{${decimals}}$`))
      const drift = Math.abs(Number(values[item]) / (near[index] ?? 0) - 1)
      expect(drift).toBeLessThan(WANDER_SHARE_MAX)
    }
  })

  it('is told by an exception what the simulated meter does not have', async () => {
    const { mbpoll } = await overTcp()
    const beyond = ['-a', '1', '-t', '3', '-0', '-r', '60000', '-c', '1', '-1']
    const refused = await ended(start('/usr/bin/mbpoll', [...beyond, ...mbpoll]))
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/illegal data address/i)
    const otherUnit = ['-a', '5', '-t', '3', '-0', '-r', '0', '-c', '1', '-1', '-o', '0.5']
    const absent = await ended(start('/usr/bin/mbpoll', [...otherUnit, ...mbpoll]))
    expect(`${absent.stdout}${absent.stderr}`).toMatch(/failed to respond/i)
  })
})

describeWith(
  ['mbpoll', 'python3-pymodbus', 'python3-serial', 'python3-serial-asyncio', 'socat'],
  'a bus with neither master nor slave of ours',
  () => {
    it('is watched and explained: mbpoll asks, pymodbus answers', async () => {
      const listening = await cable()
      const bus = await cable(['-r', listening.left, '-R', listening.left])
      await startScript('modbus_slave.py', ['serial', bus.left]).says(/serving/)
      const line = ['--serial', listening.right, '--baud', '9600']
      const watch = startHes(['watch', '--protocol', 'modbus', ...line, '--json'])
      await opened(watch, listening.right)
      const rtu = ['-m', 'rtu', '-b', '9600', '-P', 'none', bus.right]
      expect(await poll(voltage, rtu)).toBe(230.25)
      const frames = await watch.meets('two frames', () => {
        const lines = jsonLines(watch.stdout.slice(0, watch.stdout.lastIndexOf('\n') + 1))
        return lines.length >= 2 ? lines : null
      })
      const frame = { protocol: 'modbus', valid: true, unit: 1, functionCode: 4, exception: null }
      expect(frames).toMatchObject([
        { ...frame, direction: 'request', raw: expect.stringMatching(/^010400000002/) },
        // 230.25 as IEEE 754 is 43664000.
        { ...frame, direction: 'reply', raw: expect.stringMatching(/^01040443664000/) },
      ])
      expect(await watch.stop('SIGINT')).toBe(0)
    })
  },
)
