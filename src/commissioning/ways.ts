import type { ChannelRecord, MeterRecord } from '#src/registry'
import type { CommissionWay } from './types.ts'

const TERMINAL_376 = /^[\dA-F]{4}-[\dA-F]{4}$/
const UNITS_MAX = 247

/** How the meters of a channel are looked for, as the archive describes it; none for what pushes. */
export function waysOf(
  { kind, settings }: Pick<ChannelRecord, 'kind' | 'settings'>,
  meters: readonly Pick<MeterRecord, 'address' | 'protocol'>[],
): readonly CommissionWay[] {
  switch (kind) {
    case 'mqtt':
      return []
    case 'modbus-tcp':
    case 'modbus-rtu-tcp':
    case 'modbus-serial':
      return [{ kind: 'modbus', units: Array.from({ length: UNITS_MAX }, (_, n) => n + 1) }]
    case 'dialin':
    case 'tcp':
    case 'serial': {
      const terminal = String(settings.identity ?? '')
      if (TERMINAL_376.test(terminal)) return [{ kind: 'gdw376', terminal }]
      const speaks698 =
        settings.protocol === 'dlt698' || meters.some(({ protocol }) => protocol === 'dlt698')
      if (terminal !== '' && speaks698) return [{ kind: 'dlt698', terminal }]
      return [{ kind: 'dlt645', editions: ['dlt645-2007', 'dlt645-1997'] }]
    }
  }
}
