import { encodeMessages } from '#protocols/mqtt'

/** One report of a device; everything of it follows from its number. */
export interface Report {
  readonly number: number
  readonly device: string
  readonly meterId: number
  readonly atMs: number
  readonly digits: number
}

export const DEVICES = 40
const START_MS = Date.UTC(2026, 10, 20, 4)
const STEP_MS = 1_000

export function reportOf(number: number): Report {
  const meterId = 1 + (number % DEVICES)
  const device = String(330_120_000_000 + meterId)
  const atMs = START_MS + Math.floor(number / DEVICES) * STEP_MS
  return { number, device, meterId, atMs, digits: 1_000_000 + number }
}

/** The number of the report that a reading is of. */
export function numberOf(meterId: number, atMs: number): number {
  const first = meterId === DEVICES ? DEVICES - 1 : meterId - 1
  return ((atMs - START_MS) / STEP_MS) * DEVICES + first
}

const wall = { year: 2026, month: 11, day: 20, hour: 12, minute: 0, second: 0 }

/** The report as its device publishes it, on a line of its own. */
export function lineOf({ number, device, atMs, digits }: Report): string {
  const samples = [{ code: '1.8.0', digits, scale: 3 }] as const
  const at = { epochMs: atMs, wall }
  const [message] = encodeMessages('openhes', { device, at, samples })
  if (!message) throw new Error('the form has a message')
  const payload = Buffer.from(message.payload).toString()
  return `${JSON.stringify({ number, topic: message.topic, payload })}\n`
}
