import { expect, test } from 'vitest'
import type { FieldChannel } from '#src/acquisition/field'
import { fail } from '#src/core'
import { hes, type Surroundings } from './fake-io.ts'

const read = ['read', '--protocol', 'dlt645-2007', '--address', '112233445566', '--item', '1.8.0']
const tcp = ['--tcp', '127.0.0.1:1']
const secret = '00112233445566778899AABBCCDDEEFF'

/** The channel that a call would open. */
async function opened(...words: readonly string[]) {
  const channels: FieldChannel[] = []
  const actions: Surroundings['actions'] = {
    async openBench(channel) {
      channels.push(channel)
      return fail({ code: 'transport.refused', message: 'as it is', raw: new Uint8Array(0) })
    },
  }
  const files = { 'terminal.key': `${secret}\n`, 'wrong.key': '12' }
  const outcome = await hes([...read, ...words], { actions, files })
  return { ...outcome, channels }
}

test('a terminal is named by the address that its protocol has', async () => {
  const usual = { port: 1, wait: 20_000, line: { baud: 2_400, parity: 'even' }, password: null }
  expect((await opened(...tcp, '--via', '4401-010a')).channels).toMatchObject([
    { kind: 'tcp', via: { ...usual, protocol: 'gdw376', address: '4401-010A' } },
  ])
  expect((await opened(...tcp, '--via', '330190000001')).channels).toMatchObject([
    { via: { ...usual, protocol: 'dlt698', address: '330190000001' } },
  ])
  expect((await opened(...tcp)).channels).toMatchObject([{ kind: 'tcp' }])
})

test('a terminal is told how to speak to the meter', async () => {
  const words = ['--via-port', '31', '--via-line', '9600-8n1', '--via-wait', '60']
  const { channels } = await opened(
    ...[...tcp, '--via', '4401-0105', ...words, '--via-password-file', 'terminal.key'],
  )
  expect(channels).toMatchObject([
    {
      via: {
        port: 31,
        line: { baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 },
        wait: 60_000,
        password: secret,
      },
    },
  ])
})

test.each([
  [['--via', '4401-0105/3'], 'a terminal, 2347-0001 or 12 digits'],
  [['--via', '4401-FFFF'], 'not all of a region'],
  [['--via', '4401-0105', '--via-port', '0'], '1 to 255'],
  [['--via', '4401-0105', '--via-wait', '128'], '1 to 127 seconds'],
  [['--via', '4401-0105', '--via-line', '2401-8E1'], 'speeds 300'],
  [['--via', '4401-0105', '--via-password-file', 'wrong.key'], '32 hex digits'],
  [['--via', '4401-0105', '--via-password-file', 'none.key'], '32 hex digits'],
  [['--via', '330190000001', '--via-password-file', 'terminal.key'], 'only 376.1'],
  [['--via-port', '1'], 'name the terminal as well'],
])('%j is a wrong call', async (words, said) => {
  const { exit, stderr, channels } = await opened(...tcp, ...words)
  expect(exit).toBe(2)
  expect(stderr).toContain(said)
  expect(channels).toEqual([])
})

test('a head-end knows the terminals of its channels, and not every protocol is passed on', async () => {
  const remote = await hes([...read, '--concentrator', '4401-0105', '--via', '4401-0105'])
  expect(remote.exit).toBe(2)
  expect(remote.stderr).toContain('knows what is behind')
  const modbus = ['--protocol', 'modbus', '--unit', '1', '--profile', 'sdm630']
  const { exit, stderr } = await hes(
    ['read', ...modbus, '--item', '1.8.0', ...tcp, '--via', '4401-0105'],
    {},
  )
  expect(exit).toBe(2)
  expect(stderr).toContain('not modbus')
})

test.each([
  ['dlt645-1997', '--protocol dlt645-2007'],
  ['modbus', "maker's own tool"],
  ['mqtt', 'serial port'],
])('%s has no order to a relay: it says why and what instead', async (protocol, instead) => {
  const { exit, stderr } = await hes(
    ['relay', '--bench', '--protocol', protocol, '--address', '1', '--action', 'trip', ...tcp],
    {},
  )
  expect(exit).toBe(2)
  expect(stderr).toContain('relay.no-word')
  expect(stderr).toContain(instead)
})
