import type { Reading } from '#protocols/model'
import { addressText } from './address.ts'
import { apduReadings } from './answer-values.ts'
import { decodeApdu } from './apdu.ts'
import { fragmentBit, fromServer, parseFrame } from './frame.ts'
import { toldIn } from './record-values.ts'
import { opened } from './security.ts'

/** What a report brings of one device: the sender, or a meter behind it. */
export interface Reported {
  readonly device: string
  readonly readings: readonly Reading[]
}

/** Readings of a report (主动上报) by device; none in any other frame. */
export function reportedIn(frame: Uint8Array): readonly Reported[] {
  const parsed = parseFrame(frame)
  if (!parsed.ok || (parsed.frame.control & fromServer) === 0) return []
  if ((parsed.frame.control & fragmentBit) !== 0) return []
  const outer = decodeApdu(parsed.frame.data)
  const inner = outer.ok ? opened(outer.apdu) : null
  if (!inner?.ok) return []
  const sender = addressText(parsed.frame.server)
  const { service, body } = inner.apdu
  if (service === 'ReportNotificationList') {
    return byDevice([{ device: sender, readings: apduReadings(inner.apdu, null) }])
  }
  if (service !== 'ReportNotificationRecordList') return []
  const told = body.results.flatMap((record) => toldIn(record, null))
  return byDevice(told.map(({ meter, readings }) => ({ device: meter ?? sender, readings })))
}

function byDevice(reports: readonly Reported[]): readonly Reported[] {
  const devices = new Map<string, readonly Reading[]>()
  for (const { device, readings } of reports) {
    if (readings.length > 0) devices.set(device, [...(devices.get(device) ?? []), ...readings])
  }
  return Array.from(devices, ([device, readings]) => ({ device, readings }))
}
