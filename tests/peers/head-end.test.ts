import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { systemClock } from '#src/core'
import { cable } from './cable.ts'
import { Broker, Publisher } from './mosquitto.ts'
import type { Program } from './program.ts'
import {
  describeWith,
  freePort,
  hes,
  patience,
  start,
  startHes,
  startScript,
  testFolder,
} from './support.ts'

const PASSWORD = 'peer-test-password'
const MINUTE_MS = 60_000
const METERS = 6
const EACH = 20
/** Four starts of the product on a busy machine; nothing is timed by this. */
const TIMEOUT_MS = 240_000

interface HeadEnd {
  readonly program: Program
  /** Asks the API as a signed-in user. */
  ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer>
}

type Answer = Readonly<Record<string, unknown>> & { readonly items?: readonly Answer[] }

async function enter(archive: readonly string[], folder: string): Promise<void> {
  const file = path.join(folder, 'archive.csv')
  writeFileSync(file, `${archive.join('\n')}\n`)
  const entered = await hes(['import', 'archive', file], { HES_DATA_DIR: folder })
  expect(entered).toMatchObject({ exit: 0 })
}

async function startHeadEnd(folder: string, settings: Readonly<Record<string, string>>) {
  const ports = ['--http-port', '0', '--dialin-port', '0', '--dialin-host', '127.0.0.1']
  const common = { HES_DATA_DIR: folder, HES_ADMIN_PASSWORD: PASSWORD, HES_MQTT_PORT: '0' }
  const program = startHes(['serve', ...ports], { ...common, ...settings })
  const [, url = ''] = await program.says(/OpenHES is running at (http:\S+)/)
  return signIn(program, `${url}/api/v1`)
}

async function signIn(program: Program, url: string): Promise<HeadEnd> {
  const ask = async (
    token: string | null,
    method: string,
    where: string,
    body?: object,
  ): Promise<Answer> => {
    const response = await fetch(`${url}${where}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const answer: Answer = JSON.parse(await response.text())
    expect(response.status, JSON.stringify(answer)).toBeLessThan(300)
    return answer
  }
  const user = { username: 'admin', password: PASSWORD }
  const { token } = await ask(null, 'POST', '/sessions', user)
  return { program, ask: (method, where, body) => ask(String(token), method, where, body) }
}

/** Ids of the meters by their addresses. */
async function meterIds({ ask }: HeadEnd): Promise<ReadonlyMap<unknown, unknown>> {
  const { items = [] } = await ask('GET', '/meters')
  return new Map(items.map(({ address, id }) => [address, id]))
}

const device = (index: number) => `peer-${index}`

/** What a meter says in each of a run of minutes: one message a minute, and never the same value. */
function messages(firstMinute: number, index: number, from: number): readonly string[] {
  return Array.from({ length: EACH }, (_, offset) => {
    const minute = from + offset
    const at = new Date((firstMinute + minute) * MINUTE_MS).toISOString()
    const value = `${1_000 * index + minute}.${String(minute).padStart(2, '0')}`
    return JSON.stringify({ at, readings: [{ register: '1.8.0', value, unit: 'kWh' }] })
  })
}

/** Moment and value, as they were published and as they were stored. */
function published(line: string): string {
  const { at, readings } = JSON.parse(line)
  return `${Date.parse(at)} ${Number(readings[0].value)}`
}

async function stored({ ask }: HeadEnd, id: unknown): Promise<ReadonlySet<string>> {
  const { items = [] } = await ask('GET', `/meters/${id}/readings?register=1.8.0&limit=500`)
  return new Set(items.map(({ at, value }) => `${Date.parse(String(at))} ${Number(value)}`))
}

describeWith(['mosquitto', 'mosquitto-clients'], 'the head-end on Mosquitto', () => {
  it(
    'has every acknowledged reading after both were restarted in the middle',
    async () => {
      const folder = testFolder()
      const broker = await Broker.started()
      const rows = Array.from({ length: METERS }, (_, index) => `mqtt-1,mqtt,${device(index)},mqtt`)
      await enter(['channel,channel_kind,meter_address,protocol', ...rows], folder)
      const settings = { HES_MQTT_URL: broker.url }
      const first = await startHeadEnd(folder, settings)
      const publishers = Array.from({ length: METERS }, (_, index) => {
        return new Publisher(broker, `openhes/v1/meters/${device(index)}/readings`)
      })
      const start = Math.floor(systemClock.now() / MINUTE_MS) - 3 * EACH
      const publish = (from: number) => {
        for (const [index, publisher] of publishers.entries()) {
          publisher.send(messages(start, index, from))
        }
      }
      const acknowledged = (count: number) =>
        Promise.all(publishers.map((publisher) => publisher.isAcknowledged(count)))

      publish(0)
      await acknowledged(EACH / 2)
      await broker.stop()
      publish(EACH)
      await broker.restart()
      await acknowledged(EACH + EACH / 2)
      await first.program.stop('SIGKILL')
      publish(2 * EACH)
      await acknowledged(3 * EACH)
      const second = await startHeadEnd(folder, settings)

      const ids = await meterIds(second)
      for (const [index, publisher] of publishers.entries()) {
        const wanted = publisher.acknowledged().map(published)
        expect(wanted).toHaveLength(3 * EACH)
        const id = ids.get(device(index))
        await vi.waitUntil(async () => {
          const found = await stored(second, id)
          return wanted.every((reading) => found.has(reading))
        }, patience)
        expect((await stored(second, id)).size).toBe(3 * EACH)
      }
      expect(await second.program.stop('SIGTERM')).toBe(0)
    },
    TIMEOUT_MS,
  )
})

describeWith(
  ['python3-pymodbus', 'python3-serial', 'socat'],
  'the head-end among foreign devices',
  () => {
    it(
      'reads them on demand: pymodbus, and a meter behind socat as serial server',
      async () => {
        const slave = startScript('modbus_slave.py', ['tcp'])
        const [, modbusPort] = await slave.says(/serving on (\d+)/)
        const { left, right } = await cable()
        const meter = startScript('dlt645_meter.py', ['answer', left])
        await meter.says(/answering/)
        const serverPort = await freePort()
        const listen = `tcp-listen:${serverPort},bind=127.0.0.1,fork,reuseaddr`
        const serialServer = start('/usr/bin/socat', ['-d', '-d', listen, `${right},rawer`])
        await serialServer.says(/listening on/)
        const folder = testFolder()
        await enter(
          [
            'channel,channel_kind,channel_settings,meter_address,protocol,profile',
            `gateway,modbus-tcp,host=127.0.0.1;port=${modbusPort},1,modbus,sdm630`,
            `converter,tcp,host=127.0.0.1;port=${serverPort},112233445566,dlt645-2007,`,
          ],
          folder,
        )
        const headEnd = await startHeadEnd(folder, {})
        const ids = await meterIds(headEnd)
        const devices = [ids.get('1'), ids.get('112233445566')]
        const request = await headEnd.ask('POST', '/reads', { devices, items: ['1.8.0', '32.7.0'] })
        await vi.waitUntil(async () => {
          const { state } = await headEnd.ask('GET', `/reads/${request.id}`)
          return state === 'done'
        }, patience)
        const values = async (id: unknown) => {
          const { items = [] } = await headEnd.ask('GET', `/meters/${id}/readings`)
          return Object.fromEntries(items.map(({ register, value }) => [register, value]))
        }
        expect(await values(devices[0])).toMatchObject({ '1.8.0': '12345.678', '32.7.0': '230.25' })
        expect(await values(devices[1])).toMatchObject({ '1.8.0': '123456.78', '32.7.0': '230.4' })
        expect(await headEnd.program.stop('SIGTERM')).toBe(0)
      },
      TIMEOUT_MS,
    )
  },
)
