import type { Acquisition, MeterReader } from '#src/acquisition'
import { type ParameterTarget, parameterTalk } from '#src/acquisition/control'
import type { PermitOffice } from '#src/acquisition/gate'
import { type CivilTime, type Clock, fail, type MeterId, ok, type Result } from '#src/core'
import type { Database } from '#src/db'
import { type Logger, tellRecurring } from '#src/observe'
import { createParameters } from '#src/parameters'
import type { Registry } from '#src/registry'
import { meterAccess } from './meter-access.ts'

const gone = { code: 'parameter.unknown-meter', message: 'the meter is not in the archive' }

export interface ParameterWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly registry: Pick<Registry, 'meter'>
  readonly office: PermitOffice
  readonly readers: readonly MeterReader[]
  readonly dataDir: string
  readonly acquisition: Pick<Acquisition, 'lend' | 'order'>
}

export function buildParameters(wiring: ParameterWiring) {
  const { registry, dataDir, log, clock } = wiring
  const field = parameterTalk(wiring)

  async function targetOf(id: MeterId): Promise<Result<ParameterTarget, typeof gone>> {
    const found = await registry.meter(id)
    if (!found) return fail(gone)
    const { address, protocol, profile, channelId } = found
    const access = meterAccess(dataDir, address, protocol)
    return ok({ channelId, meter: { address, protocol, profile, ...(access ? { access } : {}) } })
  }

  return createParameters({
    ...wiring,
    talk: {
      async read(meter, item) {
        const target = await targetOf(meter)
        return target.ok ? await field.read(target.value, item) : target
      },
      async fault(meter, order) {
        const target = await targetOf(meter)
        return target.ok ? await field.fault(target.value, order) : target.error
      },
      async write(meter, order, mayGo) {
        const target = await targetOf(meter)
        return target.ok ? await field.write(target.value, order, mayGo) : target
      },
    },
    report: tellRecurring(log, clock, 'warn'),
  })
}
