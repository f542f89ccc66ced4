import { describe, expect, test } from 'vitest'
import type { RegisterMap, RegisterMaps } from '#src/acquisition/register-maps'
import type { Inspection } from '#src/cli'
import { fail, instant, ok } from '#src/core'
import { documents, hes } from './fake-io.ts'

const folder = '.hes/profiles/modbus'
const noMaps = { folder, maps: [], refused: [], passedOver: [] }

const healthy: Inspection = {
  nodeVersion: '24.21.0',
  now: instant(Date.UTC(2026, 10, 22, 4)),
  directory: async () => ({ exists: true, writable: true, freeBytes: 5e9, lockedBy: null }),
  portProblem: async () => null,
  reachProblem: async () => null,
  database: async () => ok('embedded TimescaleDB 2.23, 3 migrations'),
  serialPorts: async () => ['/dev/ttyUSB0'],
  registerMaps: async () => noMaps,
}

const doctor = (inspection: Partial<Inspection>, argv: readonly string[] = [], env = {}) =>
  hes(['doctor', ...argv], {
    env,
    actions: { inspect: async () => ({ ...healthy, ...inspection }) },
  })

test('a healthy installation passes every check', async () => {
  const { exit, stdout, stderr } = await doctor({})
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  expect(stdout).toMatchInlineSnapshot(`
    "OK    settings        all understood (hes doctor --settings shows them)
    OK    node            Node.js 24.21.0
    OK    clock           2026-11-22 12:00:00 in Asia/Shanghai
    OK    data directory  ./.hes, writable
    OK    register maps   none of your own in .hes/profiles/modbus
    OK    database        embedded TimescaleDB 2.23, 3 migrations
    OK    http port       127.0.0.1:8080 is free
    OK    dial-in port    0.0.0.0:9700 is free
    OK    mqtt port       127.0.0.1:1883 is free
    OK    serial ports    /dev/ttyUSB0

    10 checks: 0 failed, 0 warnings
    "
  `)
})

test('what fails says what to do and ends with 1', async () => {
  const broken: Partial<Inspection> = {
    nodeVersion: '22.17.1',
    now: instant(0),
    directory: async () => ({ exists: false, writable: false, freeBytes: null, lockedBy: null }),
    database: async () =>
      fail({
        exit: 1,
        code: 'database.no-timescaledb',
        message: 'no TimescaleDB',
        next: 'install it',
      }),
    reachProblem: async () => 'nobody listens there',
  }
  const env = { HES_MQTT_URL: 'mqtt://broker', HES_NATS_URL: 'nats://bus:4333' }
  const { exit, stdout } = await doctor(broken, [], env)
  expect(exit).toBe(1)
  expect(stdout).toMatchInlineSnapshot(`
    "OK    settings        all understood (hes doctor --settings shows them)
    FAIL  node            Node.js 22.17.1 is too old
                          install Node.js 22.18 or newer
    FAIL  clock           this machine believes it is 1970-01-01 08:00:00 in Asia/Shanghai
                          set its clock (timedatectl set-ntp true): readings are stamped with it
    FAIL  data directory  ./.hes cannot be made
                          give its owner the right to write, or set HES_DATA_DIR to another folder
    OK    register maps   none of your own in .hes/profiles/modbus
    FAIL  database        no TimescaleDB
                          install it
    OK    http port       127.0.0.1:8080 is free
    OK    dial-in port    0.0.0.0:9700 is free
    FAIL  broker          broker:1883: nobody listens there
                          start it, open the firewall, or mend HES_MQTT_URL
    FAIL  nats            bus:4333: nobody listens there
                          start it, open the firewall, or mend HES_NATS_URL
    OK    serial ports    /dev/ttyUSB0

    11 checks: 6 failed, 0 warnings
    "
  `)
})

test('what a running head-end holds is only a warning', async () => {
  const { exit, stdout } = await doctor(
    {
      directory: async () => ({
        exists: true,
        writable: true,
        freeBytes: 5e8,
        lockedBy: 'process 42',
      }),
      database: async () => fail({ exit: 1, code: 'database.locked', message: 'locked' }),
      portProblem: async () => 'taken by another program',
    },
    ['--json'],
  )
  expect(exit).toBe(0)
  const [report] = documents(stdout)
  expect(report).toMatchObject({ ok: true })
  expect(JSON.stringify(report).match(/"status":"warn"/g)).toHaveLength(5)
})

test('register maps of the user are checked, each mistake is told', async () => {
  const map = { title: 'Pump', functionCode: 3, order: 'ABCD', blockMax: 9, gapMax: 0 } as const
  const known = { ...map, name: 'pump', forbidden: [], guards: [], points: [] }
  const refused = [{ file: 'b.yaml', mistakes: ['b.yaml:1:head: one', 'b.yaml:2:head: two'] }]
  const some = { folder, maps: [known], passedOver: ['c.txt'] }
  const check = async (maps: RegisterMaps) => {
    const { exit, stdout } = await doctor({ registerMaps: async () => maps })
    return [exit, ...stdout.split('\n').filter((line) => /register maps|b\.yaml/.test(line))]
  }
  expect(await check({ ...some, refused })).toEqual([
    1,
    `FAIL  register maps   ${folder}: 1 not read; read: pump`,
    '      b.yaml:1:head: one',
    '      b.yaml:2:head: two',
  ])
  expect(await check({ ...some, refused: [] })).toEqual([
    0,
    `WARN  register maps   ${folder}: c.txt is passed over`,
  ])
  expect(await check({ ...some, refused: [], passedOver: [] })).toEqual([
    0,
    `OK    register maps   pump in ${folder}`,
  ])
})

describe('--profile', () => {
  const good: RegisterMap = {
    ...{ name: 'pump', title: 'Pump', functionCode: 3, order: 'ABCD', blockMax: 9, gapMax: 0 },
    ...{ forbidden: [], guards: [], points: [] },
  }
  const unreadable = { kind: 'unreadable', mistakes: ['c.yaml: cannot be read (ENOENT)'] } as const
  const wrong = { kind: 'wrong', mistakes: ['b.yaml:1:head: one', 'b.yaml:2:head: two'] } as const
  const files = { 'a.yaml': ok(good), 'b.yaml': fail(wrong), 'c.yaml': fail(unreadable) }
  const lintRegisterMap = async (path: string) =>
    Object.entries(files).find(([name]) => name === path)?.[1] ?? fail(unreadable)
  const lint = (...words: readonly string[]) =>
    hes(['doctor', '--profile', ...words], { actions: { lintRegisterMap } })

  test('checks the named files alone, with all mistakes', async () => {
    const { exit, stdout } = await lint('a.yaml', 'b.yaml')
    expect(exit).toBe(1)
    expect(stdout).toMatchInlineSnapshot(`
      "OK    register map    a.yaml: pump (Pump), 0 quantities
      FAIL  register map    b.yaml: 2 mistakes
            b.yaml:1:head: one
            b.yaml:2:head: two
                            docs/recipes/add-modbus-profile.md says what a map may hold

      2 checks: 1 failed, 0 warnings
      "
    `)
  })

  test.each([
    [['a.yaml'], 0],
    [['a.yaml', 'c.yaml'], 3],
    [['b.yaml', 'c.yaml'], 1],
  ])('%j ends with %i', async (paths, code) => {
    expect((await lint(...paths)).exit).toBe(code)
  })

  test('--json is one document with the mistakes', async () => {
    const { stdout } = await lint('b.yaml', '--json')
    expect(documents(stdout)).toMatchObject([{ ok: false, checks: [{ mistakes: wrong.mistakes }] }])
  })
})

test('--settings shows every setting, where it is from, and no secret', async () => {
  const env = { HES_ADMIN_PASSWORD: 'very secret', HES_HTTP_PORT: '8081' }
  const { exit, stdout } = await doctor({}, ['--settings'], env)
  expect(exit).toBe(0)
  expect(stdout).toMatch(/^HES_HTTP_PORT +8081 +environment$/m)
  expect(stdout).toMatch(/^HES_ADMIN_PASSWORD +\*\*\* +environment$/m)
  expect(stdout).not.toContain('very secret')
})

test('wrong settings end with 2 before anything is looked at', async () => {
  expect((await doctor({}, [], { HES_TIMEZONE: 'Mars' })).exit).toBe(2)
})
