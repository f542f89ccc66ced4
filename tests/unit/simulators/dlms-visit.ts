import { expect } from 'vitest'
import { createDlms, type DlmsRequest, type DlmsResponse, type DlmsSession } from '#protocols/dlms'
import { type DeviceAccess, type Reading, valueText } from '#protocols/model'
import { type DlmsFaceOptions, dlmsFace, type Face, standardDlms } from '#simulators/faces'
import type { SimulatedMeter } from '#simulators/meter'
import { gcm } from '../protocols/dlms/aes-gcm.ts'
import { meterOf, NOON_MS } from './field.ts'

export const dlms = createDlms(gcm)
const encryption = Uint8Array.from({ length: 16 }, (_, index) => index)
const authentication = Uint8Array.from({ length: 16 }, (_, index) => 0xd0 + index)
export const keys = { encryption, authentication }
export const withKeys: DeviceAccess = {
  encryptionKey: '000102030405060708090A0B0C0D0E0F',
  authenticationKey: 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF',
  systemTitle: '4D4D4D0000000001',
  client: 1,
}
export const drawn = (bytes: number) =>
  Uint8Array.from({ length: bytes }, (_, index) => 7 * index + 1)

export interface Heard {
  readonly readings: readonly Reading[]
  readonly refusals: readonly string[]
  readonly faults: readonly string[]
  readonly effects: readonly string[]
  readonly frames: number
}

interface Asked {
  readonly access?: DeviceAccess
  readonly profile?: string
  readonly options?: Partial<DlmsFaceOptions>
  /** A meter that was visited before; else a new one with the options. */
  readonly face?: Face
  readonly plan?: (session: DlmsSession) => readonly DlmsRequest[]
  /** Every n-th frame of the meter is lost on the way. */
  readonly losing?: number
}

/** A visit as a head-end makes it: every request to its end, lost frames asked for again. */
export function visit(meter: SimulatedMeter, items: readonly string[], asked: Asked = {}): Heard {
  const { access = {}, profile = null, options = {}, losing = 0 } = asked
  const framing = profile?.includes('wrapper') ? 'wrapper' : 'hdlc'
  const face = asked.face ?? dlmsFace([meter], { ...standardDlms(framing, gcm), ...options })
  const place = { address: meter.spec.address, profile, access }
  const session = dlms.session(place, drawn)
  const requests = asked.plan?.(session) ?? session.plan(items, place).requests
  const heard = { readings: [], refusals: [], faults: [], effects: [], frames: 0 } as {
    readings: Reading[]
    refusals: string[]
    faults: string[]
    effects: string[]
    frames: number
  }
  for (const request of requests) ask(request)
  return heard

  function ask(request: DlmsRequest): void {
    const scanner = session.scanner()
    const parts: DlmsResponse[] = []
    let next: DlmsRequest | null = request
    for (let turn = 0; next && turn < 2_000; turn++) {
      const frame = session.encode(next)
      heard.effects.push(session.effect(frame))
      heard.frames++
      const chunks = face.receive(frame, NOON_MS)
      if (losing > 0 && heard.frames % losing === 0) continue
      const answers = chunks.flatMap((chunk) => scanner.push(chunk))
      if (answers.length === 0) {
        heard.faults.push('silence')
        return
      }
      const following = takeAll(answers, next, parts)
      if (following === 'ended') return
      next = following
    }
    const read = session.readings(request, parts)
    if (read.ok) heard.readings.push(...read.readings)
    else heard.faults.push(read.malformed.code)
  }

  /** What is to be sent after the frames of one answer. */
  function takeAll(
    answers: readonly Uint8Array[],
    request: DlmsRequest,
    parts: DlmsResponse[],
  ): DlmsRequest | null | 'ended' {
    let next: DlmsRequest | null = null
    for (const [nth, answer] of answers.entries()) {
      const decoded = session.decode(answer)
      if (decoded.kind === 'malformed') {
        heard.faults.push(decoded.malformed.code)
        return 'ended'
      }
      expect(session.answers(request, decoded.response)).toBe(true)
      if (decoded.kind === 'refusal') {
        heard.refusals.push(decoded.refusal.code)
        return 'ended'
      }
      parts.push(decoded.response)
      next = session.follow(request, decoded.response)
      const isLast = nth === answers.length - 1
      expect(session.goesOn?.(request, decoded.response)).toBe(!isLast)
    }
    return next
  }
}

export const meterAt = (address: string) => meterOf({ address })
export const texts = (readings: readonly Reading[]) =>
  readings.map(({ item, dataId, value, unit }) => `${item ?? dataId}=${valueText(value)}${unit}`)
