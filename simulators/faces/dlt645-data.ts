import type { SimulatedMeter } from '#simulators/meter'
import { dataIdOf } from './dlt645-bytes.ts'
import { demandData, energyData } from './dlt645-energy.ts'
import { eventData } from './dlt645-events.ts'
import { loadRecordData } from './dlt645-load-record.ts'
import { parameterData } from './dlt645-parameters.ts'
import { freezeData } from './dlt645-records.ts'
import { variableData } from './dlt645-variables.ts'

/** The data of a read request: its identifier, and what a load record asks beside. */
export function dataOf(
  meter: SimulatedMeter,
  request: Uint8Array,
  nowMs: number,
): Uint8Array | null {
  const [di0 = 0, di1 = 0, di2 = 0, di3 = 0] = request
  const place = [di2, di1, di0] as const
  switch (di3) {
    case 0:
      return energyData(meter, place, nowMs)
    case 1:
      return demandData(meter, place, nowMs)
    case 2:
      return variableData(meter, place, nowMs)
    case 3:
    case 0x1d:
    case 0x1e:
      return eventData(meter, dataIdOf(request), nowMs)
    case 5:
      return freezeData(meter, place, nowMs)
    case 6:
      return loadRecordData(meter, place, request.subarray(4), nowMs)
    default:
      return parameterData(meter, dataIdOf(request), nowMs)
  }
}
