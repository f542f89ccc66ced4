import type { Metrics } from '#src/observe'
import type { AcquisitionStatus } from './types.ts'

/** Shows in /metrics how many channels and meters there are and how they do. */
export function showStatus(metrics: Metrics, status: () => AcquisitionStatus): void {
  metrics.watch({ name: 'hes_channels', help: 'Channels served' }, () => status().channels)
  metrics.watch(
    { name: 'hes_channels_online', help: 'Channels connected' },
    () => status().channelsOnline,
  )
  metrics.watch(
    { name: 'hes_meters_silent', help: 'Meters that did not answer when last asked' },
    () => status().metersSilent,
  )
}
