import { type Static, Type } from '@sinclair/typebox'
import type { CivilTime } from '#src/core'
import {
  type Campaign as CampaignOf,
  CampaignTarget,
  campaignStates,
  type DeviceOfCampaign,
  deviceStates,
  type Firmware,
} from '#src/firmware'
import { closed, oneOf, Time } from './schemas.ts'

const TimeOrNull = Type.Union([Time, Type.Null()])
const TextOrNull = Type.Union([Type.String(), Type.Null()])

export const File = closed({
  id: Type.Integer(),
  name: Type.String(),
  protocol: Type.String(),
  maker: TextOrNull,
  model: TextOrNull,
  version: Type.String(),
  size: Type.Integer(),
  sha256: Type.String(),
  uploadedBy: Type.String(),
  uploadedAt: Time,
})

export const Campaign = closed({
  id: Type.Integer(),
  firmware: Type.Integer(),
  state: oneOf(campaignStates),
  target: CampaignTarget,
  canary: Type.Integer(),
  batch: Type.Integer(),
  blockBytes: Type.Integer(),
  fromHour: Type.Integer(),
  toHour: Type.Integer(),
  failurePercentMax: Type.Integer(),
  stage: Type.Integer(),
  requestedBy: Type.String(),
  requestedAt: Time,
  approvedBy: TextOrNull,
  approvedAt: TimeOrNull,
  endedAt: TimeOrNull,
  reason: TextOrNull,
  devices: Type.Record(Type.String(), Type.Integer()),
})

export const Device = closed({
  concentrator: Type.Integer(),
  address: Type.String(),
  stage: Type.Integer(),
  state: oneOf(deviceStates),
  block: Type.Integer(),
  blocks: Type.Integer(),
  restarts: Type.Integer(),
  versionBefore: TextOrNull,
  versionAfter: TextOrNull,
  reason: TextOrNull,
  startedAt: TimeOrNull,
  endedAt: TimeOrNull,
  nextAt: TimeOrNull,
})

export function fileView(file: Firmware, civil: CivilTime): Static<typeof File> {
  return { ...file, uploadedAt: civil.iso(file.uploadedAt) }
}

export function campaignView(campaign: CampaignOf, civil: CivilTime): Static<typeof Campaign> {
  const { firmwareId, counts, requestedAt, approvedAt, endedAt, ...rest } = campaign
  return {
    ...rest,
    firmware: firmwareId,
    requestedAt: civil.iso(requestedAt),
    approvedAt: approvedAt && civil.iso(approvedAt),
    endedAt: endedAt && civil.iso(endedAt),
    devices: { ...counts },
  }
}

export function deviceView(device: DeviceOfCampaign, civil: CivilTime): Static<typeof Device> {
  const { concentratorId, startedAt, endedAt, nextAt, ...rest } = device
  return {
    ...rest,
    concentrator: concentratorId,
    startedAt: startedAt && civil.iso(startedAt),
    endedAt: endedAt && civil.iso(endedAt),
    nextAt: nextAt && civil.iso(nextAt),
  }
}
