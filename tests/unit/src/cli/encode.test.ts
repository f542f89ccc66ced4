import { describe, expect, test } from 'vitest'
import { documents, hes } from './fake-io.ts'

describe('encode', () => {
  test('prints the request of a register and of the protocol’s own id', async () => {
    const argv = ['encode', '--protocol', 'dlt645-2007', '--address', '112233445566']
    // Worked by hand: 11H, DI 00010000 as 33 33 34 33.
    const request = '68665544332211681104333334331716\n'
    for (const item of ['1.8.0', '00010000']) {
      expect(await hes([...argv, '--item', item])).toEqual({ exit: 0, stdout: request, stderr: '' })
    }
  })

  test('frames Modbus for a serial line or for TCP', async () => {
    const argv = ['encode', '--protocol', 'modbus', '--unit', '1', '--profile', 'sdm630']
    const rtu = await hes([...argv, '--item', '32.7.0'])
    const tcp = await hes([...argv, '--item', '32.7.0', '--mbap'])
    expect(rtu.stdout).toBe('01040000000271CB\n')
    expect(tcp.stdout).toBe('000100000006010400000002\n')
  })

  test('exits 2 for an item that is unknown', async () => {
    const argv = ['encode', '--protocol', 'dlt645-2007', '--address', '112233445566']
    const { exit, stdout, stderr } = await hes([...argv, '--item', '9.9.9'])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain('9.9.9')
  })
})

test('a frame that was encoded is explained as what it asks', async () => {
  const argv = ['--protocol', 'dlt645-2007', '--address', '000012345678', '--item', '1.8.0']
  const frame = (await hes(['encode', ...argv])).stdout.trim()
  expect(documents((await hes(['decode', '--json', frame])).stdout)).toMatchObject([
    { direction: 'request', address: '000012345678', dataId: '00010000', control: '11' },
  ])
})
