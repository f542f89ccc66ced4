import type { MeterProfile, MeterTime, Plan, RelayAction, RelayOrder } from '#protocols/model'
import type { MeterAccess } from './access.ts'
import { deviationOf } from './deviations.ts'
import type { Dlt645Order } from './orders.ts'
import { namesOneMeter } from './request.ts'
import { clockDataId, splitClockIds } from './table.ts'
import { type TimeLayout, writeClock } from './time.ts'

/** The command byte N1 of each action. */
const commands: Readonly<Record<RelayAction, number>> = {
  trip: 0x1a,
  'allow-close': 0x1b,
  close: 0x1c,
  alarm: 0x2a,
  'clear-alarm': 0x2b,
  protect: 0x3a,
  unprotect: 0x3b,
}

const nobody = '00000000'

/**
 * A 1CH with its expiry. Without a password, and for an address that means more than one meter,
 * there is nothing to send: the action comes back as unsupported.
 */
export function planOrder(order: RelayOrder, meter: MeterProfile): Plan<Dlt645Order> {
  const { address } = meter
  const access = accessOf(meter)
  if (!access || !namesOneMeter(address)) return { requests: [], unsupported: [order.action] }
  const command = commands[order.action]
  const { expiresAt } = order
  const request: Dlt645Order = {
    kind: 'control',
    address,
    access,
    command,
    reserved: 0,
    expiresAt,
  }
  return { requests: [request], unsupported: [] }
}

/**
 * The write of date and time, as one item or as two where a meter knows no better: then the date
 * goes first, so that the time is as fresh as it can be. Null without a password, where only the
 * broadcast is left.
 */
export function clockWrite(time: MeterTime, meter: MeterProfile): Dlt645Order | null {
  const { address } = meter
  const access = accessOf(meter)
  if (!access || !namesOneMeter(address)) return null
  const write = (dataId: string, layout: TimeLayout) =>
    ({ kind: 'write', address, access, dataId, data: writeClock(time, layout) }) as const
  if (deviationOf(meter.profile).wholeClock) return write(clockDataId, 'ssmmhhWWDDMMYY')
  const [dateId, timeId] = splitClockIds
  return { ...write(dateId, 'WWDDMMYY'), next: write(timeId, 'ssmmhh') }
}

function accessOf(meter: MeterProfile): MeterAccess | null {
  const { password, operator = nobody } = meter.access ?? {}
  if (!password || !isHex(password) || !isHex(operator)) return null
  return { password, operator }
}

/** Eight hex digits: PA P2 P1 P0, or the operator code. */
function isHex(digits: string): boolean {
  return /^[0-9A-F]{8}$/i.test(digits)
}
