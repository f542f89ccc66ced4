import type { SimulatedMeter } from '#simulators/meter'
import { ascii, bcd, dateAndWeekday, digits, join, timeOfDay, word } from './dlt645-bytes.ts'

const WORDS = 7
const EXPORTING = 1 << 4
const RELAY_OPEN = 1 << 4
const RELAY_ORDER = 1 << 6

/** What every simulated meter says of itself (参变量), by identifier. */
const constants: Readonly<Record<string, Uint8Array>> = {
  '04000103': bcd(15, 1),
  '04000104': bcd(1, 1),
  '04000105': bcd(80, 2),
  '04000201': bcd(2, 1),
  '04000202': bcd(2, 1),
  '04000203': bcd(8, 1),
  '04000204': bcd(4, 1),
  '04000205': bcd(0, 2),
  '04000206': bcd(21, 1),
  '04000404': ascii('220V', 6),
  '04000405': ascii('5A', 6),
  '04000406': ascii('60A', 6),
  '04000407': ascii('1.0', 4),
  '04000408': ascii('2.0', 4),
  '04000409': bcd(1_200, 3),
  '0400040A': bcd(1_200, 3),
  '0400040B': ascii('OHES-SIM', 10),
  '0400040C': ascii('2021-06-01', 10),
  '0400040D': ascii('DL/T645-2007', 16),
  '04000601': Uint8Array.of(0x05),
  '04000602': Uint8Array.of(0x41),
  '04000603': Uint8Array.of(0x14),
  '04000703': Uint8Array.of(0x08),
  '04000A02': bcd(15, 2),
  '04000A03': bcd(15, 2),
  '04000A04': bcd(15, 2),
  '04000A05': bcd(15, 2),
  '04000A06': bcd(15, 2),
  '04000A07': bcd(15, 2),
  '04000B01': digits('0100'),
  '04800001': ascii('OpenHES simulator', 32),
  '04800002': ascii('none', 32),
  '04800003': ascii('OpenHES', 32),
  '03110000': bcd(2, 3),
  '03300000': bcd(1, 3),
  '03300100': bcd(0, 3),
  '03300200': bcd(0, 3),
  '03300300': bcd(0, 3),
  '03300D00': bcd(0, 3),
  '03300E00': bcd(0, 3),
}

/** 03 and 04: events counted, clock, names, status; null: none such. */
export function parameterData(
  meter: SimulatedMeter,
  dataId: string,
  nowMs: number,
): Uint8Array | null {
  const known = constants[dataId]
  if (known) return known
  const wall = meter.clock.wallAt(nowMs)
  const { address } = meter.spec
  switch (dataId) {
    case '04000101':
      return dateAndWeekday(wall)
    case '04000102':
      return timeOfDay(wall)
    case '0400010C':
      return join([timeOfDay(wall), dateAndWeekday(wall)])
    case '04000401':
    case '04000402':
    case '0400040E':
      return digits(address)
    case '04000403':
      return ascii(`SIM${address}`, 32)
    case '03300400':
      return bcd(meter.clock.settings.length, 3)
    case '1D000001':
      return bcd(meter.memory.openPeriods.length, 3)
    case '1E000001':
      return bcd(meter.memory.openPeriods.filter(({ toMs }) => toMs !== null).length, 3)
    default:
      return statusWords(meter, dataId, nowMs)
  }
}

/** 040005nn: run status words (电表运行状态字), FF all seven. */
function statusWords(meter: SimulatedMeter, dataId: string, nowMs: number): Uint8Array | null {
  if (!dataId.startsWith('040005')) return null
  const exporting = meter.momentaryAt(nowMs).totalActiveDeciW < 0
  const words = Array.from({ length: WORDS }, () => 0)
  words[0] = exporting ? EXPORTING : 0
  words[1] = exporting ? 0b111 >> (3 - meter.spec.phases) : 0
  words[2] = meter.isClosedAt(nowMs) ? 0 : RELAY_OPEN | RELAY_ORDER
  if (dataId.endsWith('FF')) return join(words.map(word))
  const wanted = words[Number.parseInt(dataId.slice(6), 16) - 1]
  return wanted === undefined ? null : word(wanted)
}
