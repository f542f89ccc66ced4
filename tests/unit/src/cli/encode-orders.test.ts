import { describe, expect, test } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { createDlms } from '#protocols/dlms'
import { dlt645 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import { documents, hes } from './fake-io.ts'

const dlms = createDlms({ seal: () => new Uint8Array(0), open: () => null })
const meter = ['encode', '--protocol', 'dlt645-2007', '--address', '112233445566']
const words = ['trip', 'close', 'allow-close', 'alarm', 'clear-alarm', 'protect', 'unprotect']
const longAgo = /^hes: this frame .+; its end is 2000-01-01T00:00:00\n$/
const bytes = (text: string) => fromHex(text.trim()) ?? new Uint8Array(0)

describe('an order that is printed', () => {
  test.each(words)('%s to a DL/T 645 meter ended long ago', async (action) => {
    const call = [...meter, '--action', action, '--password', '02123456', '--operator', '00000009']
    const { exit, stdout, stderr } = await hes(call)
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringMatching(longAgo) })
    expect(dlt645.aim?.(bytes(stdout))).toMatchObject({
      address: '112233445566',
      action,
      expiresAt: { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
    })
  })

  test('is the frame that was worked out by hand', async () => {
    // 1CH, 16 bytes: 02 563412 09000000 1A 00 and 000000010100, each with 33H.
    const { stdout } = await hes([
      ...[...meter, '--action', 'trip', '--spaces'],
      ...['--password', '02123456', '--operator', '00000009'],
    ])
    const data = '35 89 67 45 3C 33 33 33 4D 33 33 33 33 34 34 33'
    expect(stdout).toBe(`68 66 55 44 33 22 11 68 1C 10 ${data} 54 16\n`)
  })

  test.each(words)('%s to a 698 device ended long ago', async (action) => {
    const call = ['encode', '--protocol', 'dlt698', '--address', '000000000001']
    const { exit, stdout, stderr } = await hes([...call, '--action', action])
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringMatching(longAgo) })
    expect(dlt698.aim?.(bytes(stdout))).toMatchObject({ action, expiresAt: { year: 2000 } })
  })

  test.each([
    ['gdw376', '4401-0105/3', 'trip', gdw376],
    ['gdw376', '4401-0105', 'protect', gdw376],
    ['dlms', '1/17', 'trip', dlms],
    ['dlms', '1/17', 'close', dlms],
  ] as const)(
    'of %s to %s names no day on which it ends, and stderr says so',
    async (name, address, action, of) => {
      const call = ['encode', '--protocol', name, '--address', address, '--action', action]
      const { exit, stdout, stderr } = await hes(call)
      expect(exit).toBe(0)
      expect(stderr).toContain('names no day on which it ends')
      // What leads up to an order and ends the visit moves nothing.
      const moving = stdout
        .trim()
        .split('\n')
        .map(bytes)
        .filter((frame) => of.effect(frame) !== 'read')
      expect(moving.map(of.effect)).toEqual([expect.stringMatching(/^(?:trip|relay)$/)])
      expect(moving.map((frame) => of.aim?.(frame))).toMatchObject([
        { address, action, expiresAt: null },
      ])
    },
  )

  test('comes as JSON with its action', async () => {
    const call = [...meter, '--action', 'alarm', '--password', '02123456', '--json']
    expect(documents((await hes(call)).stdout)).toMatchObject([
      { protocol: 'dlt645-2007', action: 'alarm', frame: expect.stringMatching(/^6866/) },
    ])
  })

  test('takes its password from a file, and prints it nowhere but in the frame', async () => {
    const call = [...meter, '--action', 'trip', '--password-file', 'meter.key']
    const { exit, stdout, stderr } = await hes(call, { files: { 'meter.key': '02987654\n' } })
    expect(exit).toBe(0)
    expect(stdout + stderr).not.toContain('987654')
  })
})

describe('a wrong call', () => {
  const trip = [...meter, '--action', 'trip']

  test.each([
    [meter, 'name --item or --action or --request'],
    [[...trip, '--item', '1.8.0'], 'cannot be used with'],
    [[...meter, '--action', 'explode'], 'Allowed choices are trip'],
    [trip, '--password: allowed: 8 hex digits'],
    [[...trip, '--password', '12'], '--password: allowed: 8 hex digits'],
    [[...trip, '--password', '02000000', '--operator', '1'], '--operator'],
    [[...trip, '--password', '02000000', '--password-file', 'x'], 'only one of them'],
    [[...trip, '--password-file', 'nowhere'], 'nowhere cannot be read'],
  ])('%j exits 2 and says what is wrong', async (argv, said) => {
    const { exit, stdout, stderr } = await hes(argv)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain(said)
  })

  test.each([
    ['dlt645-2007', 'AAAAAAAAAAAA', 'trip', ['--password', '02000000']],
    ['dlt645-2007', '999999999999', 'trip', ['--password', '02000000']],
    ['dlt645-1997', '112233445566', 'trip', []],
    ['gdw376', '4401-0105', 'trip', []],
    ['gdw376', '4401-0105/3', 'close', []],
    ['dlms', '1', 'alarm', []],
    ['modbus', '1', 'trip', ['--profile', 'sdm630']],
  ] as const)('%s has for %s no order %s', async (name, address, action, more) => {
    const call = ['encode', '--protocol', name, '--address', address, '--action', action, ...more]
    const { exit, stdout, stderr } = await hes(call)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain(`${name} has no order "${action}" for ${address}`)
  })
})
