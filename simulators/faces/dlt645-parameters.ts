import { isReversedSequence, type SimulatedMeter } from '#simulators/meter'
import { ascii, bcd, dateAndWeekday, digits, join, timeOfDay, word } from './dlt645-bytes.ts'
import { writtenData } from './dlt645-writes.ts'

const WORDS = 7
/** Word 7, bit 0 (电压逆相序). */
const VOLTAGES_REVERSED = 1
const EXPORTING = 1 << 4

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
  '04001001': bcd(5_000, 4),
  '04001002': bcd(2_000, 4),
  '04001003': bcd(0, 4),
  '04001004': bcd(99_999_999, 4),
  '04001005': bcd(1, 4),
  '04001401': bcd(0, 2),
  '04001402': bcd(0, 2),
  '04800001': ascii('OpenHES simulator', 32),
  '04800002': ascii('none', 32),
  '04800003': ascii('OpenHES', 32),
}

/** 04: clock, names, status, and whatever was written; null: none such. */
export function parameterData(
  meter: SimulatedMeter,
  dataId: string,
  nowMs: number,
): Uint8Array | null {
  const known = writtenData(meter, dataId) ?? constants[dataId]
  if (known) return known
  const wall = meter.clock.wallAt(nowMs)
  const { address } = meter
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
  words[2] = meter.supply.bitsAt(nowMs)
  const { wiring } = meter.spec
  words[6] = wiring && isReversedSequence(wiring) ? VOLTAGES_REVERSED : 0
  if (dataId.endsWith('FF')) return join(words.map(word))
  const wanted = words[Number.parseInt(dataId.slice(6), 16) - 1]
  return wanted === undefined ? null : word(wanted)
}
