import { planItems, unitOf } from './codec.ts'
import {
  buildIdentificationRead,
  type IdentificationCategory,
  type IdentificationRead,
  identificationCodes,
} from './identification.ts'
import { buildRead, type RegisterRead } from './pdu.ts'
import type { Point } from './plan.ts'
import type { Guard, ModbusProfile } from './profile.ts'
import { planSunSpec, type SunSpecRead } from './sunspec-chain.ts'
import { buildWrite, type RegisterWrite } from './writes.ts'

/** A read of one block and what it is for. */
export interface BlockRead extends RegisterRead {
  readonly kind: 'read'
  readonly points: readonly Point[]
  readonly guards: readonly Guard[]
}

/** A read of the device identification; `item` is what was asked for. */
export interface IdentifyRequest extends IdentificationRead {
  readonly kind: 'identify'
  readonly item: string
}

export interface WriteRequest extends RegisterWrite {
  readonly kind: 'write'
}

export type ModbusRequest = BlockRead | SunSpecRead | IdentifyRequest | WriteRequest

export function encodeRequest(request: ModbusRequest): Uint8Array {
  switch (request.kind) {
    case 'read':
    case 'sunspec':
      return buildRead(request)
    case 'identify':
      return buildIdentificationRead(request)
    case 'write':
      return buildWrite(request)
  }
}

const IDENTIFY = /^43:(basic|regular|extended)$/

/**
 * Requests for items of a meter: codes and addresses of its profile, registers named by hand, and
 * `43:basic`, `43:regular` or `43:extended` for the device identification.
 */
export function planRequests(
  items: readonly string[],
  address: string,
  profileName: string | null,
  profile: ModbusProfile | undefined,
): { readonly requests: readonly ModbusRequest[]; readonly unsupported: readonly string[] } {
  const unit = unitOf(address)
  if (unit === undefined) return { requests: [], unsupported: items }
  const requests: ModbusRequest[] = []
  const registers: string[] = []
  for (const item of items) {
    const category = categoryOf(item)
    if (!category) registers.push(item)
    else {
      const readCode = identificationCodes[category]
      requests.push({ kind: 'identify', unit, readCode, objectId: 0, item })
    }
  }
  const looked = planSunSpec(registers, unit, profileName)
  if (looked?.first) requests.push(looked.first)
  const { groups, unsupported } = planItems(looked?.unsupported ?? registers, profile)
  for (const { functionCode, guards, blocks } of groups) {
    for (const block of blocks) {
      requests.push({ kind: 'read', unit, functionCode, guards, ...block })
    }
  }
  return { requests, unsupported }
}

function categoryOf(item: string): IdentificationCategory | undefined {
  const [, name] = IDENTIFY.exec(item) ?? []
  return name === 'basic' || name === 'regular' || name === 'extended' ? name : undefined
}
