import { expect } from 'vitest'
import { type Gdw376Request, type Gdw376Response, gdw376 } from '#protocols/gdw376'
import { type MeterProfile, type Reading, valueText } from '#protocols/model'
import {
  dlt645Face,
  type Gdw376TerminalOptions,
  gdw376Face,
  standardBytesMax,
} from '#simulators/faces'
import { Site } from '#simulators/meter'
import { meterOf, NOON_MS } from './field.ts'

/** A terminal with two meters, and a head-end's side of its line. */

export const address = '4401-0105'
export const profile: MeterProfile = { address: `${address}/2`, profile: null }
export const whole: MeterProfile = { address, profile: null }
/** The moment of the tests on the wall of the site, and a little later. */
export const now = { year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }
export const soon = { ...now, minute: 17 }

export function fieldOf(options: Partial<Gdw376TerminalOptions> = {}) {
  const meters = [meterOf({ seed: 5, address: '330120000041' }), meterOf()]
  const port = dlt645Face(meters)
  const terminal = gdw376Face({
    address,
    site: new Site('Asia/Shanghai', 7),
    points: meters.map((meter, index) => ({ point: index + 1, meter })),
    port,
    password: null,
    bytesMax: standardBytesMax,
    ...options,
  })
  return { terminal, meters }
}

type Terminal = ReturnType<typeof fieldOf>['terminal']

/** Exchanges as a head-end does, with confirmations of parts. */
export function exchange(terminal: Terminal, first: Gdw376Request, nowMs = NOON_MS) {
  const parts: Gdw376Response[] = []
  for (let request: Gdw376Request | null = first; request; ) {
    const [frame] = terminal.receive(gdw376.encode(request), nowMs)
    if (!frame) return { kind: 'silence' } as const
    const decoded = gdw376.decode(frame)
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    expect(gdw376.answers(request, decoded.response)).toBe(true)
    if (decoded.kind === 'refusal') return { kind: 'refusal', code: decoded.refusal.code } as const
    parts.push(decoded.response)
    request = gdw376.follow(request, decoded.response)
  }
  const read = gdw376.readings(first, parts)
  if (!read.ok) throw new Error(read.malformed.message)
  return { kind: 'answer', readings: read.readings, frames: parts.length } as const
}

export function ask(
  terminal: Terminal,
  items: readonly string[],
  meter = profile,
): readonly Reading[] {
  const { requests, unsupported } = gdw376.plan(items, meter)
  expect(unsupported).toEqual([])
  return requests.flatMap((request) => {
    const outcome = exchange(terminal, request)
    return outcome.kind === 'answer' ? outcome.readings : []
  })
}

export const shown = (readings: readonly Reading[], code: string) =>
  readings.filter(({ item }) => item === code).map(({ value }) => valueText(value))

/** Hundredths of a kilowatt-hour with four decimals. */
export const centi = (value: number) => (value / 100).toFixed(2).concat('00')
