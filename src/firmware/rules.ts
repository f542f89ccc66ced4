import {
  type CivilTime,
  type Duration,
  type Instant,
  milliseconds,
  minutes,
  seconds,
} from '#src/core'
import type { Campaign, CampaignId, DeviceVersion, Firmware } from './types.ts'

const AGAIN_FIRST = seconds(2)
const AGAIN_MAX = minutes(15)

export const caseKeyOf = (id: CampaignId): string => `firmware-campaign/${id}`

/** Whether blocks may be sent now; equal hours are the whole day, and midnight may lie between. */
export function isOpen(
  { fromHour, toHour }: Pick<Campaign, 'fromHour' | 'toHour'>,
  civil: CivilTime,
  now: Instant,
): boolean {
  if (fromHour === toHour) return true
  const { hour } = civil.toWall(now)
  return fromHour < toHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour
}

/** True where more of the finished devices failed than may. */
export function isTooMuch({ counts, failurePercentMax }: Campaign): boolean {
  const { done, failed } = counts
  return 100 * failed > failurePercentMax * (done + failed)
}

/** Why a file is not for this device; null where it is. */
export function whyNotFor(
  { protocol, maker, model }: Pick<Firmware, 'protocol' | 'maker' | 'model'>,
  device: DeviceVersion,
): string | null {
  if (protocol !== device.protocol) return `it speaks ${device.protocol}`
  if (maker !== null && maker !== device.maker) return `made by ${device.maker || 'nobody'}`
  if (model !== null && model !== device.model) return `a ${device.model || 'nameless model'}`
  return null
}

export function backOff(tries: number): Duration {
  return milliseconds(Math.min(AGAIN_MAX, AGAIN_FIRST * 2 ** Math.min(Math.max(tries - 1, 0), 20)))
}
