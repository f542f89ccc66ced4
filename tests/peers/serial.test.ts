import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { cable, opened } from './cable.ts'
import type { Program } from './program.ts'
import {
  describeWith,
  ended,
  hes,
  jsonLines,
  startHes,
  startScript,
  testFolder,
  valuesOf,
} from './support.ts'

const ADDRESS = '112233445566'
const dlt645 = ['--protocol', 'dlt645-2007']
const meter = [...dlt645, '--address', ADDRESS]

const read = (items: string, port: string, device = meter) =>
  hes(['read', ...device, '--item', items, '--serial', port, '--json'])

async function simulatedMeter(port: string, addresses = ADDRESS): Promise<Program> {
  const simulator = startHes(['simulate', 'meter', '--address', addresses, '--serial', port])
  await simulator.says(/\(serial/)
  return simulator
}

/** Frames in raw bytes, taken apart by hand and not by our codec. */
async function explain(file: string) {
  const script = startScript('dlt645_meter.py', ['explain'])
  script.write(readFileSync(file))
  script.endInput()
  return jsonLines((await ended(script)).stdout)
}

describeWith(['socat', 'python3-serial'], 'a serial line', () => {
  it('carries our requests and the answers of our meter as the standard has them', async () => {
    const folder = testFolder()
    const [answered, asked] = [path.join(folder, 'answered'), path.join(folder, 'asked')]
    const { left, right } = await cable(['-r', answered, '-R', asked])
    await simulatedMeter(left)
    const { exit, stdout } = await read('1.8.0,32.7.0', right)
    expect(exit).toBe(0)
    const values = jsonLines(stdout)
    expect(values.map(({ register }) => register)).toEqual(['1.8.0', '32.7.0'])
    const requests = await explain(asked)
    const of = (control: string, dataId: string) => ({ address: ADDRESS, control, dataId })
    expect(requests).toMatchObject([of('11', '00010000'), of('11', '02010100')])
    const answers = await explain(answered)
    expect(answers).toMatchObject([of('91', '00010000'), of('91', '02010100')])
    // XXXXXX.XX kWh and XXX.X V: annex A, tables A.1 and A.3.
    const [energy = '', voltage = ''] = answers.map(({ bcd }) => String(bcd))
    expect(energy).toMatch(/^\d{8}$/)
    expect(voltage).toMatch(/^\d{4}$/)
    expect(values[0]).toMatchObject({ device: ADDRESS, value: decimal(energy, 2), unit: 'kWh' })
    expect(values[1]).toMatchObject({ device: ADDRESS, value: decimal(voltage, 1), unit: 'V' })
  })

  it('lets a master without our code read our simulated meter', async () => {
    const { left, right } = await cable()
    await simulatedMeter(left)
    const asked = await ended(startScript('dlt645_meter.py', ['ask', right, '00010000']))
    expect(asked.exit).toBe(0)
    expect(jsonLines(asked.stdout)).toMatchObject([
      { address: ADDRESS, control: '91', dataId: '00010000' },
    ])
  })

  it('lets us read a meter without our code, and keeps its four ways to fail apart', async () => {
    const { left, right } = await cable()
    const foreign = startScript('dlt645_meter.py', ['answer', left])
    await foreign.says(/answering/)
    const good = await read('1.8.0,32.7.0,31.7.0,16.7.0', right)
    expect(good).toMatchObject({ exit: 0, stderr: '' })
    expect(valuesOf(good)).toEqual({
      '1.8.0': '123456.78',
      '32.7.0': '230.4',
      '31.7.0': '45.678',
      '16.7.0': '-12.3456',
    })
    const refused = await read('2.8.0', right)
    expect(refused).toMatchObject({ exit: 7, stdout: '' })
    const spoilt = await read('02800002', right)
    expect(spoilt).toMatchObject({ exit: 8, stdout: '' })
    expect(spoilt.stderr).toMatch(/exchange\.damaged.*received: (?:fe)*68/is)
    const another = await read('52.7.0', right)
    expect(another).toMatchObject({ exit: 8, stdout: '' })
    expect(another.stderr).toContain('exchange.mismatch')
    const silent = await read('72.7.0', right)
    expect(silent).toMatchObject({ exit: 5, stdout: '' })
    expect(silent.stderr).toContain('exchange.timeout')
  })

  it('is searched for meters, and says when there are none', async () => {
    const { left, right } = await cable()
    const simulator = await simulatedMeter(left)
    const found = await hes(['scan', ...dlt645, '--serial', right, '--json'])
    expect(found.exit).toBe(0)
    expect(jsonLines(found.stdout)).toMatchObject([
      { device: ADDRESS, register: '1.8.0', unit: 'kWh' },
    ])
    await simulator.stop('SIGTERM')
    const nobody = await hes(['scan', ...dlt645, '--serial', right, '--json'])
    expect(nobody).toMatchObject({ exit: 3, stdout: '' })
  })

  it('shows a clock and sets it', async () => {
    const { left, right } = await cable()
    await simulatedMeter(left)
    const clock = ['clock', ...meter, '--serial', right, '--json']
    const [before] = jsonLines((await hes(clock)).stdout)
    expect(before).toMatchObject({ device: ADDRESS, protocol: 'dlt645-2007' })
    const unconfirmed = await hes([...clock, '--set'])
    expect(unconfirmed).toMatchObject({ exit: 4, stdout: '' })
    const set = await hes([...clock, '--set', '--yes'])
    expect(set.exit).toBe(0)
    const [after] = jsonLines(set.stdout)
    // Two seconds beyond what can be measured are what the command itself allows.
    const offBy = Math.abs(Number(after?.offsetMs)) - Number(after?.uncertaintyMs)
    expect(offBy).toBeLessThanOrEqual(2_000)
  })

  it('is watched by a third party, who sends nothing', async () => {
    // Whatever passes on the bus either way is copied into the cable of the one who listens.
    const listening = await cable()
    const bus = await cable(['-r', listening.left, '-R', listening.left])
    await simulatedMeter(bus.left)
    const watch = startHes(['watch', ...dlt645, '--serial', listening.right, '--json'])
    await opened(watch, listening.right)
    const answer = await read('1.8.0', bus.right)
    expect(answer.exit).toBe(0)
    const frames = await watch.meets('two frames', () => {
      const lines = jsonLines(watch.stdout.slice(0, watch.stdout.lastIndexOf('\n') + 1))
      return lines.length >= 2 ? lines : null
    })
    const frame = { protocol: 'dlt645-2007', valid: true, address: ADDRESS, dataId: '00010000' }
    expect(frames).toMatchObject([
      { ...frame, direction: 'request', control: '11', readings: [] },
      { ...frame, direction: 'reply', control: '91' },
    ])
    const readings = frames[1]?.readings
    const [reading] = Array.isArray(readings) ? readings : []
    expect(reading).toMatchObject({ register: '1.8.0', value: valuesOf(answer)['1.8.0'] })
    expect(await watch.stop('SIGINT')).toBe(0)
    expect(watch.stderr).toContain('2 frame(s)')
  })

  it('that another program holds is refused with the name of the holder', async () => {
    const { right } = await cable()
    const holder = startHes(['watch', ...dlt645, '--serial', right])
    await opened(holder, right)
    const busy = await read('1.8.0', right)
    expect(busy).toMatchObject({ exit: 5, stdout: '' })
    expect(busy.stderr).toContain(`${right} is in use by`)
    expect(busy.stderr).toContain(`(process ${holder.pid})`)
    expect(busy.stderr).toContain('[transport.busy]')
    expect(await holder.stop('SIGINT')).toBe(0)
    const free = await read('1.8.0', right)
    expect(free.stderr).toContain('exchange.timeout')
  })

  it('that is not there, is none, or is pulled out gets a sentence each', async () => {
    const missing = await read('1.8.0', '/dev/ttyUSB99')
    expect(missing).toMatchObject({ exit: 5, stdout: '' })
    expect(missing.stderr).toContain('there is no device /dev/ttyUSB99')
    const noPort = await read('1.8.0', '/dev/null')
    expect(noPort).toMatchObject({ exit: 5, stdout: '' })
    expect(noPort.stderr).toContain('/dev/null is not a serial port')
    const { right, socat } = await cable()
    const watch = startHes(['watch', ...dlt645, '--serial', right])
    await opened(watch, right)
    await socat.stop('SIGTERM')
    expect(await watch.ended).toBe(5)
    expect(watch.stderr).toMatch(/hes: channel: .*\[transport\./)
  })
})

function decimal(digits: string, scale: number): string {
  const whole = digits.slice(0, -scale).replace(/^0+(?=\d)/, '')
  return `${whole}.${digits.slice(-scale)}`
}
