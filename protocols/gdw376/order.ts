import type { MeterProfile, MeterTime, Plan, RelayAction, RelayOrder } from '#protocols/model'
import { type Address, parseAddress } from './address.ts'
import { addMinutes, clockText } from './clock.ts'
import { a1 } from './formats.ts'
import type { Frame } from './frame.ts'
import { requestTo } from './plan.ts'
import type { DataUnit, Gdw376Request, TimeTag } from './request.ts'
import { writeShape } from './shapes.ts'
import { functions } from './table.ts'
import { readBody } from './units.ts'

/** A terminal throws away what its own clock finds older than the time tag allows. */
const delayMin = 15
const noData = new Uint8Array(0)
/** No alarm before the trip, and no end to it. */
const tripAtOnce = Uint8Array.of(0)
const withoutEnd = Uint8Array.of(0)

/** What an order to a terminal is: the class of AFN 05, its data, and what it is given to. */
const orders: Readonly<
  Partial<Record<RelayAction, { fn: number; data: Uint8Array; to: 'round' | 'terminal' }>>
> = {
  trip: { fn: 1, data: tripAtOnce, to: 'round' },
  'allow-close': { fn: 2, data: noData, to: 'round' },
  alarm: { fn: 26, data: noData, to: 'terminal' },
  'clear-alarm': { fn: 34, data: noData, to: 'terminal' },
  protect: { fn: 25, data: withoutEnd, to: 'terminal' },
  unprotect: { fn: 33, data: noData, to: 'terminal' },
}

/**
 * Orders to the rounds of a terminal: `RRRR-TTTT/N` is its round N. Alarms and keep-supply are of
 * the whole terminal and need its own address, so that nobody orders more than was named. A meter
 * behind a terminal is told through `forward`. Closing at once is a word that 376.1 does not have.
 */
export function orderTo(order: RelayOrder, meter: MeterProfile): Plan<Gdw376Request> {
  const address = parseAddress(meter.address)
  const found = orders[order.action]
  const isNamed = address !== null && (found?.to === 'round') === address.point > 0
  if (!found || !isNamed) return { requests: [], unsupported: [order.action] }
  const pn = found.to === 'round' ? address.point : 0
  const sent = addMinutes(order.expiresAt, -delayMin)
  const unit = { pn, fn: found.fn, data: found.data }
  return {
    requests: [control(address, unit, meter, { counter: 0, sent, delayMin })],
    unsupported: [],
  }
}

/**
 * AFN 05 F31: the terminal's clock; null for a metering point, whose clock is its meter's. Without a
 * time tag: a clock that is wrong would find it too old, and that is the one to be set.
 */
export function setClockOf(time: MeterTime, meter: MeterProfile): Gdw376Request | null {
  const address = parseAddress(meter.address)
  const data = writeShape(a1, { kind: 'text', text: clockText(time, 'ssmmhhDDWMYY') })
  if (!address || address.point > 0 || !data) return null
  return control(address, { pn: 0, fn: 31, data }, meter, null)
}

function control(
  address: Address,
  unit: DataUnit,
  meter: MeterProfile,
  timeTag: TimeTag | null,
): Gdw376Request {
  const password = meter.access?.password ?? null
  return requestTo(address, functions.control, [unit], { password, timeTag })
}

/** How a terminal speaks to what hangs at its port. */
export interface SerialSettings {
  readonly baud: 300 | 600 | 1200 | 2400 | 4800 | 7200 | 9600 | 19200
  readonly parity: 'none' | 'even' | 'odd'
  readonly dataBits: 5 | 6 | 7 | 8
  readonly stopBits: 1 | 2
  /** How long the terminal waits for an answer, and between its bytes. */
  readonly answerSeconds: number
  readonly gapMs: number
}

/** What DL/T 645 meters on a line of a concentrator speak. */
export const meterLine: SerialSettings = {
  baud: 2400,
  parity: 'even',
  dataBits: 8,
  stopBits: 1,
  answerSeconds: 60,
  gapMs: 100,
}

const bauds = [300, 600, 1200, 2400, 4800, 7200, 9600, 19200] as const
const inSeconds = 0x80

/**
 * AFN 10 F1: a frame of another protocol to be passed on at a port as it is (透明转发). Throws where
 * the address is none of a terminal: a bug of ours.
 */
export function forward(
  terminalAddress: string,
  port: number,
  innerFrame: Uint8Array,
  serial: SerialSettings = meterLine,
  password: string | null = null,
): Gdw376Request {
  const address = parseAddress(terminalAddress)
  if (!address) throw new Error(`invariant broken: '${terminalAddress}' names no terminal`)
  const { baud, parity, dataBits, stopBits, answerSeconds, gapMs } = serial
  const settings =
    (bauds.indexOf(baud) << 5) |
    (stopBits === 2 ? 0x10 : 0) |
    (parity === 'none' ? 0 : 0x08) |
    (parity === 'odd' ? 0x04 : 0) |
    (dataBits - 5)
  const head = [
    port,
    settings,
    inSeconds | Math.min(answerSeconds, 0x7f),
    Math.min(gapMs / 10, 0xff),
  ]
  const { length } = innerFrame
  const data = Uint8Array.of(...head, length & 0xff, length >> 8, ...innerFrame)
  return requestTo(address, functions.forward, [{ pn: 0, fn: 1, data }], { password })
}

/** The bytes that came back through a terminal; null where the frame brings none. */
export function forwardedAnswer(response: Frame): Uint8Array | null {
  return forwardedFrames(response)[0] ?? null
}

/** Frames that AFN 10 F1 carries, in either direction. */
export function forwardedFrames(frame: Frame): readonly Uint8Array[] {
  if (frame.afn !== functions.forward) return []
  const { units } = readBody(frame)
  return units.flatMap(({ id, leaves, to }) => {
    const inner = leaves.at(-1)
    if (id.fn !== 1 || !inner || inner.to !== to || inner.from === inner.to) return []
    return [frame.body.slice(inner.from, inner.to)]
  })
}
