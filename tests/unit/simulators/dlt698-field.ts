import { expect } from 'vitest'
import { type Apdu, type Dlt698Request, type Dlt698Response, dlt698 } from '#protocols/dlt698'
import { type MeterProfile, type Reading, type RelayAction, valueText } from '#protocols/model'
import { type Dlt698FaceOptions, dlt698Face, standardDlt698 } from '#simulators/faces'
import { meterOf, NOON_MS } from './field.ts'

export const profile: MeterProfile = { address: '330120000042', profile: null }
export const address = profile.address
/** A moment later on the wall of the site, and one long gone. */
export const soon = { year: 2026, month: 11, day: 22, hour: 11, minute: 10, second: 0 }
export const past = { ...soon, hour: 10 }

export function fieldOf(options: Partial<Dlt698FaceOptions> = {}) {
  const meter = meterOf()
  return { meter, device: dlt698Face(meter, { ...standardDlt698, ...options }) }
}

export type Device = ReturnType<typeof fieldOf>['device']

/** Exchanges as a head-end does, to the last block or fragment. */
export function exchange(device: Device, first: Dlt698Request, nowMs = NOON_MS) {
  const parts: Dlt698Response[] = []
  for (let request: Dlt698Request | null = first; request; ) {
    const [frame] = device.receive(dlt698.encode(request), nowMs)
    if (!frame) return { kind: 'silence', parts } as const
    const decoded = dlt698.decode(frame)
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    expect(dlt698.answers(request, decoded.response)).toBe(true)
    if (decoded.kind === 'refusal') return { kind: 'refusal', code: decoded.refusal.code } as const
    parts.push(decoded.response)
    request = dlt698.follow(request, decoded.response)
  }
  const read = dlt698.readings(first, parts)
  if (!read.ok) throw new Error(read.malformed.message)
  return { kind: 'readings', readings: read.readings, parts } as const
}

export function read(
  device: Device,
  items: readonly string[],
  nowMs = NOON_MS,
): readonly Reading[] {
  const { requests, unsupported } = dlt698.plan(items, profile)
  expect(unsupported).toEqual([])
  return requests.flatMap((request) => {
    const got = exchange(device, request, nowMs)
    if (got.kind !== 'readings') throw new Error(JSON.stringify(got))
    return got.readings
  })
}

export function valueOfItem(readings: readonly Reading[], item: string): string | null {
  const found = readings.find((reading) => reading.item === item)
  return found ? valueText(found.value) : null
}

export function ask(device: Device, body: Apdu, nowMs = NOON_MS) {
  return exchange(device, { kind: 'apdu', address, client: 0x10, apdu: body }, nowMs)
}

export function order(device: Device, action: RelayAction, expiresAt = soon) {
  const [request] = dlt698.order?.({ action, expiresAt }, profile).requests ?? []
  if (!request) throw new Error('no order')
  return exchange(device, request)
}
