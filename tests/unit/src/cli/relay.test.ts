import { expect, test } from 'vitest'
import type { RelayReport, RelayTask } from '#src/acquisition/field'
import { fail, ok, type Result } from '#src/core'
import { hes, type Surroundings } from './fake-io.ts'

const state = { contact: 'closed', tripOrdered: false, alarm: false, isKept: false, word: '0000' }
const report: RelayReport = {
  before: { ...state, contact: 'closed' },
  after: { ...state, contact: 'open', word: '0010' },
  delayMinutes: 0,
  answered: true,
  proven: true,
  said: ['tripped at once'],
}
const words = [
  ...['relay', '--protocol', 'dlt645-2007', '--address', '112233445566', '--action', 'trip'],
  ...['--serial', '/dev/ttyUSB0', '--password', '02987654'],
]

function bench(answer: Result<RelayReport, { code: string; message: string }>) {
  const tasks: RelayTask[] = []
  const actions: Surroundings['actions'] = {
    openRelayBench: async () =>
      ok({
        name: 'serial:/dev/ttyUSB0',
        async relay(task) {
          tasks.push(task)
          return answer.ok ? answer : fail({ ...answer.error, raw: new Uint8Array(0) })
        },
        close: async () => {},
      }),
  }
  return { tasks, actions }
}

test('an order takes --bench and somebody who confirms it', async () => {
  const { tasks, actions } = bench(ok(report))
  expect((await hes(words, { actions })).exit).toBe(4)
  expect((await hes([...words, '--bench'], { actions })).exit).toBe(4)
  const wrong = await hes([...words, '--bench'], { actions, typed: '112233445567' })
  expect(wrong.exit).toBe(4)
  expect(tasks).toEqual([])
  const right = await hes([...words, '--bench'], { actions, typed: '112233445566' })
  expect(right.exit).toBe(0)
  expect(right.stdout).toContain('after   relay open (0010)')
  expect(tasks).toMatchObject([{ action: 'trip', confirmed: 'typed' }])
})

test('the state read back decides the exit code', async () => {
  const held = bench(ok({ ...report, proven: false, after: report.before }))
  const outcome = await hes([...words, '--bench', '--yes'], held)
  expect(outcome.exit).toBe(1)
  expect(outcome.stderr).toContain('do not repeat the order')
  const done = await hes([...words, '--bench', '--yes', '--json'], bench(ok(report)))
  expect(done.exit).toBe(0)
  expect(JSON.parse(done.stdout)).toMatchObject({
    device: '112233445566',
    action: 'trip',
    before: { contact: 'closed' },
    after: { contact: 'open' },
    proven: true,
  })
})

test.each([
  ['exchange.gate', 4],
  ['relay.clock-off', 4],
  ['relay.channel-in-use', 4],
  ['relay.no-order', 2],
  ['dlms.control-mode', 4],
  ['dlt645.unauthorised', 7],
  ['exchange.timeout', 5],
  ['exchange.damaged', 8],
])('%s ends with %i', async (code, exit) => {
  const failed = bench(fail({ code, message: 'as it is' }))
  expect((await hes([...words, '--bench', '--yes'], failed)).exit).toBe(exit)
})

test('wildcards, missing passwords and concentrators are refused before anything opens', async () => {
  const { tasks, actions } = bench(ok(report))
  const to = (address: string) => words.map((word) => (word === '112233445566' ? address : word))
  expect((await hes([...to('AAAAAAAAAAAA'), '--bench', '--yes'], { actions })).exit).toBe(2)
  const bare = words.slice(0, -2)
  expect((await hes([...bare, '--bench', '--yes'], { actions })).exit).toBe(2)
  const remote = [...words.slice(0, 7), '--concentrator', '37010001', '--bench', '--yes']
  expect((await hes(remote, { actions })).exit).toBe(4)
  expect(tasks).toEqual([])
})

test('a password may come from a file and is never printed', async () => {
  const { tasks, actions } = bench(ok(report))
  const call = [...words.slice(0, -2), '--password-file', 'meter.key', '--bench', '--yes']
  const outcome = await hes(call, { actions, files: { 'meter.key': '02987654\n' } })
  expect(outcome.exit).toBe(0)
  expect(tasks[0]?.meter.access).toEqual({ password: '02987654' })
  expect(outcome.stdout + outcome.stderr).not.toContain('987654')
})

test.each([
  ['dlms.control-mode', /nothing was sent/, /works and says no/],
  ['relay.no-order', /nothing was sent/, /give --password/],
] as const)(
  'what helps against %s does not blame the meter or the password',
  async (code, said, not) => {
    const failed = bench(fail({ code, message: 'as it is' }))
    const { stderr } = await hes([...words, '--bench', '--yes'], failed)
    expect(stderr).toMatch(said)
    expect(stderr).not.toMatch(not)
  },
)
