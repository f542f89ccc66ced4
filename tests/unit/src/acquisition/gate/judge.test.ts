import { describe, expect, it } from 'vitest'
import type { RelayAction } from '#protocols/model'
import { gateKey, type Permit, reasonsAgainst, sealPermit } from '#src/acquisition/gate'
import { civilTime, type Instant, instant, minutes } from '#src/core'
import { aimAt } from './spoken-frames.ts'

const key = gateKey(new Uint8Array(32))
const record = { armed: true, stopped: false, epoch: 0, used: false, cuts: [], fleet: 0 }

function asked(zone: string, action: RelayAction, now: Instant, orderEnd: Instant) {
  const civil = civilTime(zone)
  const effect = action === 'trip' ? 'trip' : 'relay'
  const permit: Permit = sealPermit(
    {
      id: 'one',
      device: { protocol: 'dlt645-2007', address: '7' },
      effect,
      action,
      notBefore: now,
      expiresAt: instant(now + minutes(15)),
      budgetEpoch: 0,
      purpose: 'test',
      reference: null,
      requestedBy: 'user/1',
      approvers: ['user/2'],
    },
    key,
  )
  const aim = aimAt('7', { action, expiresAt: civil.toWall(orderEnd) })
  const frame = new Uint8Array(0)
  const acts = [{ protocol: 'dlt645-2007', effect, aim, frame, around: [] }] as const
  return reasonsAgainst({
    ...{ acts, permit, now, civil, record, via: 'line', genuine: true, stopFile: false },
  }).map(({ code }) => code)
}

describe('the end of an order', () => {
  const noon = instant(Date.UTC(2026, 10, 22, 4))

  it('may be as late as that of its permit, and no second later', () => {
    expect(asked('Asia/Shanghai', 'trip', noon, instant(noon + minutes(15)))).toEqual([])
    expect(asked('Asia/Shanghai', 'trip', noon, instant(noon + minutes(15) + 1_000))).toEqual([
      'gate.order-expiry',
    ])
  })

  it('counts as the second of the two hours where clocks fall back', () => {
    const before = instant(Date.UTC(2026, 9, 25, 0, 10))
    const end = instant(before + minutes(5))
    expect(asked('Europe/Berlin', 'trip', before, end)).toEqual(['gate.order-expiry'])
    expect(asked('Europe/Berlin', 'close', before, end)).toEqual([])
  })
})
