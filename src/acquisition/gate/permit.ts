import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import type { ProtocolName, RelayAction } from '#protocols/model'
import { type Clock, type Duration, type Instant, instant, minutes } from '#src/core'
import type { MovingEffect } from './acts.ts'

/** What a permit is for. Nothing is inherited between purposes; each has interlocks of its own. */
export const purposes = [
  'arrears',
  'prepayment',
  'orderly-use',
  'safety-order',
  'customer-request',
  'end-of-contract',
  'test',
  'upkeep',
] as const

export type Purpose = (typeof purposes)[number]

/** The longest that a permit may hold. */
export const permitLifeMax: Duration = minutes(15)

export interface PermitTerms {
  readonly id: string
  /** The device that acts, behind whatever passes the frame on. */
  readonly device: { readonly protocol: ProtocolName; readonly address: string }
  readonly effect: MovingEffect
  readonly action: RelayAction | null
  readonly notBefore: Instant
  readonly expiresAt: Instant
  /** Of the budget that it was given under: arming, stopping and resuming void what cuts supply. */
  readonly budgetEpoch: number
  readonly purpose: Purpose
  /** The plan, order or case that it serves. */
  readonly reference: string | null
  readonly requestedBy: string
  readonly approvers: readonly string[]
}

/** Leave to send one frame that does more than read. Single use, short-lived, sealed. */
export interface Permit extends PermitTerms {
  readonly seal: string
}

/** Seals and checks what only this head-end may have written. Shows its key to nobody. */
export interface GateKey {
  seal(text: string): string
  isSealOf(seal: string, text: string): boolean
}

export function gateKey(secret: Uint8Array): GateKey {
  const seal = (text: string) => createHmac('sha256', secret).update(text).digest('hex')
  return {
    seal,
    isSealOf(given, text) {
      const expected = Buffer.from(seal(text), 'hex')
      const found = Buffer.from(given, 'hex')
      return found.length === expected.length && timingSafeEqual(found, expected)
    },
  }
}

export function sealPermit(terms: PermitTerms, key: GateKey): Permit {
  return { ...terms, seal: key.seal(textOf(terms)) }
}

export function isGenuine(permit: Permit, key: GateKey): boolean {
  return key.isSealOf(permit.seal, textOf(permit))
}

/** Every term, in an order that is part of the format. */
function textOf(terms: PermitTerms): string {
  return JSON.stringify([
    'hes-permit-1',
    terms.id,
    terms.device.protocol,
    terms.device.address,
    terms.effect,
    terms.action,
    terms.notBefore,
    terms.expiresAt,
    terms.budgetEpoch,
    terms.purpose,
    terms.reference,
    terms.requestedBy,
    terms.approvers,
  ])
}

/** What whoever decides says of a permit; the rest follows. */
export type PermitOrder = Omit<PermitTerms, 'id' | 'notBefore' | 'expiresAt' | 'budgetEpoch'> & {
  readonly life: Duration
}

/** Gives permits. The gate believes none of it: it checks each by itself. */
export interface PermitOffice {
  issue(order: PermitOrder): Promise<Permit>
}

export function permitOffice(
  key: GateKey,
  clock: Clock,
  budgetEpoch: () => Promise<number>,
): PermitOffice {
  return {
    async issue({ life, ...terms }) {
      const epoch = await budgetEpoch()
      const notBefore = clock.now()
      const expiresAt = instant(notBefore + life)
      return sealPermit(
        { ...terms, id: randomUUID(), notBefore, expiresAt, budgetEpoch: epoch },
        key,
      )
    },
  }
}
