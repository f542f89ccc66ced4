import type { ReadItem, ReadRequest } from '#src/collection'
import type { CivilTime, Instant } from '#src/core'
import type { ApiKey, AuditRecord, User } from '#src/identity'
import type { KeptReading } from '#src/readings'
import type { ConcentratorRecord, MeterRecord } from '#src/registry'

/** What leaves the API, spelled out: a new column of a service never leaks by itself. */

const isoOrNull = (civil: CivilTime, at: Instant | null): string | null =>
  at === null ? null : civil.iso(at)

export function userView(civil: CivilTime, user: User) {
  const { roles, createdAt, ...rest } = user
  return { ...rest, roles: [...roles], createdAt: civil.iso(createdAt) }
}

export function keyView(civil: CivilTime, key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    roles: [...key.roles],
    createdAt: civil.iso(key.createdAt),
    lastUsedAt: isoOrNull(civil, key.lastUsedAt),
    expiresAt: isoOrNull(civil, key.expiresAt),
    revokedAt: isoOrNull(civil, key.revokedAt),
  }
}

export function auditView(civil: CivilTime, record: AuditRecord) {
  return { ...record, at: civil.iso(record.at) }
}

export function meterView(meter: MeterRecord) {
  return {
    id: meter.id,
    address: meter.address,
    protocol: meter.protocol,
    profile: meter.profile,
    model: meter.model,
    usagePoint: meter.usagePoint,
    account: meter.account,
    concentrator: meter.concentrator,
    concentratorId: meter.concentratorId,
    channel: meter.channelName,
    channelKind: meter.channelKind,
  }
}

export function concentratorView(civil: CivilTime, concentrator: ConcentratorRecord) {
  return {
    id: concentrator.id,
    address: concentrator.address,
    name: concentrator.name,
    transformer: concentrator.transformer,
    meters: concentrator.meters,
    online: concentrator.online,
    lastHeartbeat: isoOrNull(civil, concentrator.lastHeardAt),
    remoteAddress: concentrator.remoteAddress,
    signal: concentrator.signal,
  }
}

export function readingView(civil: CivilTime, reading: KeptReading) {
  return {
    register: reading.register,
    value: reading.value,
    unit: reading.unit,
    at: civil.iso(reading.at),
    receivedAt: civil.iso(reading.receivedAt),
    quality: reading.quality,
    source: reading.source,
    dataClass: reading.dataClass,
    timeSource: reading.timeSource,
  }
}

export function readView(civil: CivilTime, read: ReadRequest) {
  return {
    id: read.id,
    state: read.state,
    requestedBy: read.requestedBy,
    requestedAt: civil.iso(read.requestedAt),
    startedAt: isoOrNull(civil, read.startedAt),
    finishedAt: isoOrNull(civil, read.finishedAt),
    deadline: isoOrNull(civil, read.deadline),
    cancelledBy: read.cancelledBy,
    meters: read.meters,
    progress: { ...read.counts, ...paceOf(read) },
    items: read.items.map((item) => readItemView(civil, item)),
  }
}

function paceOf({ counts, startedAt, lastAt }: ReadRequest) {
  const ended = counts.answered + counts.failed + counts.cancelled
  const percent = Math.floor((ended * 1_000) / Math.max(1, counts.total)) / 10
  const ms = (lastAt ?? 0) - (startedAt ?? 0)
  const heard = counts.answered + counts.failed
  const perMinute = startedAt === null || ms <= 0 ? null : Math.round((heard * 600_000) / ms) / 10
  return { percent, perMinute }
}

export function readItemView(civil: CivilTime, item: ReadItem) {
  return {
    meter: item.meterId,
    item: item.item,
    state: item.state,
    value: item.value,
    unit: item.unit,
    at: isoOrNull(civil, item.at),
    answeredAt: isoOrNull(civil, item.answeredAt),
    readings: item.readings.map((reading) => ({ ...reading, at: isoOrNull(civil, reading.at) })),
    reason: item.reason === null ? null : { ...item.reason },
  }
}
