import fc from 'fast-check'
import type { MeterTime, RelayAction } from '#protocols/model'
import {
  gateKey,
  type Interlock,
  type Permit,
  type PermitTerms,
  sealPermit,
} from '#src/acquisition/gate'
import { type CivilTime, civilTime, instant, minutes } from '#src/core'
import { ManualClock, testGate } from '#tests/support'
import { aimAt, type Spoken, spokenFrame, spokenProtocol } from './spoken-frames.ts'

const civil: CivilTime = civilTime('Asia/Shanghai')
const HOUR_MS = 3_600_000

/** How a frame or a permit of a history differs from a right one. */
export const faults = [
  'none',
  'no permit',
  'forged',
  'other device',
  'other action',
  'other effect',
  'group',
  'unknown',
  'no aim',
  'no action',
  'two acts',
  'long life',
  'too early',
  'too late',
  'late order',
  'endless order',
  'old epoch',
  'upkeep',
  'nobody approved',
  'no paper',
  'used',
] as const
export type Fault = (typeof faults)[number]

export type Step =
  | {
      readonly kind: 'order'
      readonly fault: Fault
      readonly action: RelayAction
      readonly via: string
    }
  | { readonly kind: 'burst'; readonly count: number; readonly via: string | null }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'button' | 'file'; readonly on: boolean }
  | { readonly kind: 'arm'; readonly on: boolean }
  | { readonly kind: 'ledger'; readonly works: boolean }

const via = fc.constantFrom('line 1', 'line 2', 'line 3')
const action = fc.constantFrom<RelayAction>('trip', 'trip', 'close', 'unprotect', 'allow-close')
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      fault: fc.constantFrom(...faults),
      action,
      via,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      count: fc.integer({ min: 1, max: 40 }),
      via: fc.option(via),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(
        fc.integer({ min: 0, max: 90_000 }),
        fc.constantFrom(59_999, 60_000, 60_001, 840_000, HOUR_MS, HOUR_MS - 1, 20 * HOUR_MS),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('button' as const, 'file' as const),
      on: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('arm' as const), on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('ledger' as const), works: fc.boolean() }),
  },
)

/** A frame that left, and what was true then, kept apart from the gate's own books. */
export interface Left {
  readonly at: number
  readonly permit: Permit | null
  readonly fault: Fault
  readonly cuts: boolean
  readonly via: string
  readonly stopped: boolean
  readonly armed: boolean
}

/** Plays a history against a gate and tells what left. */
export async function play(
  steps: readonly Step[],
  interlocks: readonly Interlock[],
): Promise<Left[]> {
  const clock = new ManualClock()
  const gate = testGate(clock, [spokenProtocol], interlocks)
  const stranger = gateKey(new TextEncoder().encode('another key'))
  const { ledger, file } = gate
  const left: Left[] = []
  let count = 0
  let last: Permit | null = null

  async function order(fault: Fault, wanted: RelayAction, line: string): Promise<void> {
    const now = clock.now()
    count += 1
    const effect = wanted === 'trip' ? 'trip' : 'relay'
    const terms: PermitTerms = {
      id: `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`,
      device: { protocol: spokenProtocol.name, address: fault === 'other device' ? '8' : '7' },
      effect: fault === 'other effect' ? 'price' : fault === 'unknown' ? 'unknown' : effect,
      action: fault === 'other action' ? 'alarm' : fault === 'no action' ? null : wanted,
      notBefore: instant(
        fault === 'too early' ? now + 1 : fault === 'too late' ? now - 60_000 : now,
      ),
      expiresAt: instant(
        fault === 'too late' ? now : now + minutes(15) + (fault === 'long life' ? 1 : 0),
      ),
      budgetEpoch: ledger.epochNow - (fault === 'old epoch' ? 1 : 0),
      purpose: fault === 'upkeep' ? 'upkeep' : fault === 'no paper' ? 'safety-order' : 'test',
      reference: null,
      requestedBy: 'user/1',
      approvers: fault === 'nobody approved' ? [] : ['user/2'],
    }
    const sealed = sealPermit(terms, fault === 'forged' ? stranger : gate.key)
    const permit = fault === 'no permit' ? null : fault === 'used' ? (last ?? sealed) : sealed
    const act: Spoken = {
      effect: fault === 'unknown' ? 'unknown' : effect,
      aim:
        fault === 'no aim'
          ? null
          : aimAt('7', {
              isGroup: fault === 'group',
              action: fault === 'no action' ? null : wanted,
              expiresAt: orderExpiry(fault, terms.expiresAt),
            }),
      carried: [],
    }
    const frame: Spoken =
      fault === 'two acts' ? { effect: 'read', aim: null, carried: [act, act] } : act
    const admitted = await gate.keeper.admit(spokenProtocol, spokenFrame(frame), permit, line)
    if (!admitted.ok) return
    if (fault === 'none') last = permit
    const stopped = ledger.stopped || file.isThere
    const cuts = wanted === 'trip' || wanted === 'unprotect'
    left.push({ at: now, permit, fault, cuts, via: line, stopped, armed: ledger.armed })
  }

  for (const one of steps) {
    switch (one.kind) {
      case 'order':
        await order(one.fault, one.action, one.via)
        break
      case 'burst':
        for (let n = 0; n < one.count; n++) await order('none', 'trip', one.via ?? `line ${n + 9}`)
        break
      case 'wait':
        await clock.advance(one.ms)
        break
      case 'button':
        ledger.stopped = one.on
        ledger.epochNow += 1
        break
      case 'file':
        file.isThere = one.on
        break
      case 'arm':
        ledger.armed = one.on
        ledger.epochNow += 1
        break
      case 'ledger':
        ledger.broken = !one.works
        break
    }
  }
  return left
}

function orderExpiry(fault: Fault, expiresAt: number): MeterTime {
  if (fault === 'endless order')
    return { year: 2000, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
  const wall = civil.toWall(instant(Math.floor(expiresAt / 1_000) * 1_000))
  if (fault !== 'late order') return wall
  return civil.toWall(instant(Math.floor(expiresAt / 1_000) * 1_000 + 1_000))
}
