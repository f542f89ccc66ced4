import { describe, expect, test } from 'vitest'
import { dlt645 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import type {
  DeviceEvent,
  EventPull,
  KnownEvent,
  MeterProfile,
  Protocol,
  PullBrought,
  Reading,
} from '#protocols/model'
import { dlt645Face, type Face, standardDlt645 } from '#simulators/faces'
import { fieldOf } from './dlt698-field.ts'
import { meterOf, NOON_MS } from './field.ts'

const profile: MeterProfile = { address: '330120000042', profile: null }
const now = { year: 2026, month: 11, day: 22, hour: 12, minute: 0, second: 0 }
const MINUTE_MS = 60_000

/** Fetches what is new as a head-end does; also how many frames that took. */
function pulled<Request, Response>(
  protocol: Protocol<Request, Response>,
  face: Pick<Face, 'receive'>,
  items: readonly string[],
  known: readonly KnownEvent[] = [],
) {
  let frames = 0
  const pull: EventPull | undefined = protocol.pullEvents?.(items, known, now)
  let brought: PullBrought | null = null
  for (let wanted = pull?.next(null) ?? []; wanted.length > 0; wanted = pull?.next(brought) ?? []) {
    const readings: Reading[] = []
    const events: DeviceEvent[] = []
    for (const first of protocol.plan(wanted, profile).requests) {
      const parts: Response[] = []
      for (let request: Request | null = first; request; ) {
        frames++
        const [frame] = face.receive(protocol.encode(request), NOON_MS)
        const decoded = frame && protocol.decode(frame)
        if (decoded?.kind !== 'answer') break
        parts.push(decoded.response)
        request = protocol.follow(request, decoded.response)
      }
      const read = protocol.readings(first, parts)
      if (read.ok) readings.push(...read.readings)
      events.push(...(protocol.events?.(first, parts) ?? []))
    }
    brought = { readings, events }
  }
  return { frames, events: pull?.events ?? [] }
}

const shown = (events: readonly DeviceEvent[]) =>
  events.map(({ code, sequence, clearedAt }) => [code, sequence, clearedAt !== null])

describe('what befalls a simulated meter', () => {
  test('is told in DL/T 645, and told again when it is over', () => {
    const meter = meterOf()
    const face = dlt645Face([meter], standardDlt645)
    const fromMs = NOON_MS - 30 * MINUTE_MS
    meter.book.befall({ kind: 'cover-open', fromMs, toMs: null })
    const first = pulled(dlt645, face, ['03300D00'])
    expect(shown(first.events)).toEqual([['cover-open', 1, false]])
    meter.book.befall({ kind: 'cover-open', fromMs, toMs: NOON_MS - MINUTE_MS })
    const open = { series: '03300D', phase: null, sequence: 1, at: now, isOpen: true }
    expect(shown(pulled(dlt645, face, ['03300D00'], [open]).events)).toEqual([
      ['cover-open', 1, true],
    ])
    const over = pulled(dlt645, face, ['03300D00'], [{ ...open, isOpen: false }])
    expect(over).toEqual({ frames: 1, events: [] })
  })

  test('is told in 698.45 by the numbers of its records', () => {
    const { meter, device } = fieldOf()
    for (const minutes of [90, 60, 30]) {
      const fromMs = NOON_MS - minutes * MINUTE_MS
      meter.book.befall({ kind: 'power-failure', fromMs, toMs: fromMs + MINUTE_MS })
    }
    const known = { series: '3011', phase: null, sequence: 1, at: now, isOpen: false }
    const { events } = pulled(dlt698, device, ['30110200'], [known])
    expect(new Set(events.map(({ sequence }) => sequence))).toEqual(new Set([2, 3]))
    const last = pulled(dlt698, device, ['30110200'], [{ ...known, sequence: 3 }])
    expect(last.frames).toBe(1)
  })
})
