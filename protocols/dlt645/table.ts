import type { ItemCode } from '#protocols/model'
import { ascii, bcd, bits, demand, digits, type Shape, signed, time } from './shapes.ts'
import type { VariableName } from './variables.ts'

/**
 * The data identifiers (数据标识) of DL/T 645-2007 appendix A, in the standard's order and in display
 * order. A pair of lower-case letters stands for a family, see variables.ts: `rr` a rate, `ss` a
 * settlement day, and so on; FF in its place is the block of all of them. In the register column
 * `#` is the number of the family's member; several codes belong to its members one by one. A fifth
 * column names what the register model does not hold, a sixth says that the item itself is a list.
 */
export type Row = readonly [
  pattern: string,
  register: string,
  shape: Shape,
  clause: string,
  naming?: readonly [name: string, unit: string],
  list?: VariableName,
]

export const rows: readonly Row[] = [
  // 电能量: only the combined energies may be negative.
  ['0000rrss', '15.8.#', signed(4, 2), 'A.1', ['Combined active energy', 'kWh']],
  ['0001rrss', '1.8.#', bcd(4, 2), 'A.1', ['Active energy import', 'kWh']],
  ['0002rrss', '2.8.#', bcd(4, 2), 'A.1', ['Active energy export', 'kWh']],
  ['0003rrss', '3.8.#', signed(4, 2), 'A.1', ['Combined reactive energy 1', 'kvarh']],
  ['0004rrss', '4.8.#', signed(4, 2), 'A.1', ['Combined reactive energy 2', 'kvarh']],
  ['0005rrss', '5.8.#', bcd(4, 2), 'A.1', ['Reactive energy quadrant I', 'kvarh']],
  ['0006rrss', '6.8.#', bcd(4, 2), 'A.1', ['Reactive energy quadrant II', 'kvarh']],
  ['0007rrss', '7.8.#', bcd(4, 2), 'A.1', ['Reactive energy quadrant III', 'kvarh']],
  ['0008rrss', '8.8.#', bcd(4, 2), 'A.1', ['Reactive energy quadrant IV', 'kvarh']],
  ['0009rrss', '9.8.#', bcd(4, 2), 'A.1', ['Apparent energy import', 'kVAh']],
  ['000Arrss', '10.8.#', bcd(4, 2), 'A.1', ['Apparent energy export', 'kVAh']],
  ['001500ss', '21.8.0', bcd(4, 2), 'A.1'],
  ['001600ss', '22.8.0', bcd(4, 2), 'A.1'],
  ['001700ss', '', signed(4, 2), 'A.1', ['Combined reactive energy 1, phase A', 'kvarh']],
  ['001800ss', '', signed(4, 2), 'A.1', ['Combined reactive energy 2, phase A', 'kvarh']],
  ['001900ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant I, phase A', 'kvarh']],
  ['001A00ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant II, phase A', 'kvarh']],
  ['001B00ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant III, phase A', 'kvarh']],
  ['001C00ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant IV, phase A', 'kvarh']],
  ['001D00ss', '', bcd(4, 2), 'A.1', ['Apparent energy import, phase A', 'kVAh']],
  ['001E00ss', '', bcd(4, 2), 'A.1', ['Apparent energy export, phase A', 'kVAh']],
  ['002900ss', '41.8.0', bcd(4, 2), 'A.1'],
  ['002A00ss', '42.8.0', bcd(4, 2), 'A.1'],
  ['002B00ss', '', signed(4, 2), 'A.1', ['Combined reactive energy 1, phase B', 'kvarh']],
  ['002C00ss', '', signed(4, 2), 'A.1', ['Combined reactive energy 2, phase B', 'kvarh']],
  ['002D00ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant I, phase B', 'kvarh']],
  ['002E00ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant II, phase B', 'kvarh']],
  ['002F00ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant III, phase B', 'kvarh']],
  ['003000ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant IV, phase B', 'kvarh']],
  ['003100ss', '', bcd(4, 2), 'A.1', ['Apparent energy import, phase B', 'kVAh']],
  ['003200ss', '', bcd(4, 2), 'A.1', ['Apparent energy export, phase B', 'kVAh']],
  ['003D00ss', '61.8.0', bcd(4, 2), 'A.1'],
  ['003E00ss', '62.8.0', bcd(4, 2), 'A.1'],
  ['003F00ss', '', signed(4, 2), 'A.1', ['Combined reactive energy 1, phase C', 'kvarh']],
  ['004000ss', '', signed(4, 2), 'A.1', ['Combined reactive energy 2, phase C', 'kvarh']],
  ['004100ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant I, phase C', 'kvarh']],
  ['004200ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant II, phase C', 'kvarh']],
  ['004300ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant III, phase C', 'kvarh']],
  ['004400ss', '', bcd(4, 2), 'A.1', ['Reactive energy quadrant IV, phase C', 'kvarh']],
  ['004500ss', '', bcd(4, 2), 'A.1', ['Apparent energy import, phase C', 'kVAh']],
  ['004600ss', '', bcd(4, 2), 'A.1', ['Apparent energy export, phase C', 'kVAh']],
  // 费控: of the prepaid extension, not of the 2007 text.
  ['00900100', '0.0.128.1.0', bcd(4, 2), 'State Grid'],
  ['00900101', '0.0.128.1.1', bcd(4, 2), 'State Grid'],
  ['00900200', '0.0.128.2.0', bcd(4, 2), 'State Grid'],
  ['00900201', '0.0.128.2.1', bcd(4, 2), 'State Grid'],

  // 最大需量及发生时间
  ['0101rrss', '1.6.#', demand, 'A.2', ['Maximum demand import', 'kW']],
  ['0102rrss', '2.6.#', demand, 'A.2', ['Maximum demand export', 'kW']],
  ['0103rrss', '3.6.#', demand, 'A.2', ['Maximum demand reactive 1', 'kvar']],
  ['0104rrss', '4.6.#', demand, 'A.2', ['Maximum demand reactive 2', 'kvar']],
  ['0105rrss', '', demand, 'A.2', ['Maximum demand quadrant I', 'kvar']],
  ['0106rrss', '', demand, 'A.2', ['Maximum demand quadrant II', 'kvar']],
  ['0107rrss', '', demand, 'A.2', ['Maximum demand quadrant III', 'kvar']],
  ['0108rrss', '', demand, 'A.2', ['Maximum demand quadrant IV', 'kvar']],
  ['0109rrss', '', demand, 'A.2', ['Maximum demand apparent import', 'kVA']],
  ['010Arrss', '', demand, 'A.2', ['Maximum demand apparent export', 'kVA']],

  // 变量: the sign of a current is its direction.
  ['0201pp00', '32.7.0 52.7.0 72.7.0', bcd(2, 1), 'A.3'],
  ['0202pp00', '31.7.0 51.7.0 71.7.0', signed(3, 3), 'A.3'],
  ['0203tt00', '16.7.0 36.7.0 56.7.0 76.7.0', signed(3, 4), 'A.3'],
  ['0204tt00', '131.7.0 151.7.0 171.7.0 191.7.0', signed(3, 4), 'A.3'],
  ['0205tt00', '9.7.0 29.7.0 49.7.0 69.7.0', signed(3, 4), 'A.3'],
  ['0206tt00', '13.7.0 33.7.0 53.7.0 73.7.0', signed(2, 3), 'A.3'],
  ['0207pp00', '81.7.40 81.7.51 81.7.62', bcd(2, 1), 'A.3'],
  ['0208pp00', '32.7.124 52.7.124 72.7.124', bcd(2, 2), 'A.3'],
  ['0209pp00', '31.7.124 51.7.124 71.7.124', bcd(2, 2), 'A.3'],
  ['020A01oo', '', bcd(2, 2), 'A.3', ['Voltage harmonic, phase A', '%']],
  ['020A02oo', '', bcd(2, 2), 'A.3', ['Voltage harmonic, phase B', '%']],
  ['020A03oo', '', bcd(2, 2), 'A.3', ['Voltage harmonic, phase C', '%']],
  ['020B01oo', '', bcd(2, 2), 'A.3', ['Current harmonic, phase A', '%']],
  ['020B02oo', '', bcd(2, 2), 'A.3', ['Current harmonic, phase B', '%']],
  ['020B03oo', '', bcd(2, 2), 'A.3', ['Current harmonic, phase C', '%']],
  ['02800001', '91.7.0', signed(3, 3), 'A.3'],
  ['02800002', '14.7.0', bcd(2, 2), 'A.3'],
  ['02800003', '16.24.0', signed(3, 4), 'A.3'],
  ['02800004', '1.4.0', signed(3, 4), 'A.3'],
  ['02800005', '3.4.0', signed(3, 4), 'A.3'],
  ['02800006', '9.4.0', signed(3, 4), 'A.3'],
  ['02800007', '0.0.96.9.0', signed(2, 1), 'A.3'],
  ['02800008', '0.0.96.6.3', bcd(2, 2), 'A.3'],
  ['02800009', '0.0.96.6.4', bcd(2, 2), 'A.3'],
  ['0280000A', '0.0.96.6.0', bcd(4, 0), 'A.3'],
  ['0280000B', '', bcd(4, 4), 'State Grid', ['Step price, present', 'CNY/kWh']],

  // 事件记录: totals only.
  ['03110000', '', bcd(3, 0), 'A.4', ['Power failures', '']],
  ['03300000', '', bcd(3, 0), 'A.4', ['Programming events', '']],
  ['03300100', '', bcd(3, 0), 'A.4', ['Meter clear events', '']],
  ['03300200', '', bcd(3, 0), 'A.4', ['Demand clear events', '']],
  ['03300300', '', bcd(3, 0), 'A.4', ['Event clear events', '']],
  ['03300400', '', bcd(3, 0), 'A.4', ['Clock set events', '']],
  ['03300D00', '', bcd(3, 0), 'A.4', ['Cover open events', '']],
  ['03300E00', '', bcd(3, 0), 'A.4', ['Terminal cover open events', '']],
  ['1D000001', '', bcd(3, 0), 'State Grid', ['Trip events', '']],
  ['1E000001', '', bcd(3, 0), 'State Grid', ['Close events', '']],

  // 参变量
  ['04000101', '0.9.2', time('WWDDMMYY'), 'A.5'],
  ['04000102', '0.9.1', time('ssmmhh'), 'A.5'],
  ['04000103', '', bcd(1, 0), 'A.5', ['Demand period', 'min']],
  ['04000104', '', bcd(1, 0), 'A.5', ['Demand slide time', 'min']],
  ['04000105', '', bcd(2, 0), 'A.5', ['Test pulse width', 'ms']],
  ['04000106', '', time('mmhhDDMMYY'), 'A.5', ['Zone table switch time', '']],
  ['04000107', '', time('mmhhDDMMYY'), 'A.5', ['Period table switch time', '']],
  ['0400010C', '0.0.1.0.0', time('ssmmhhWWDDMMYY'), 'State Grid'],
  ['04000201', '', bcd(1, 0), 'A.5', ['Zones a year', '']],
  ['04000202', '', bcd(1, 0), 'A.5', ['Period tables', '']],
  ['04000203', '', bcd(1, 0), 'A.5', ['Periods a day', '']],
  ['04000204', '', bcd(1, 0), 'A.5', ['Rates', '']],
  ['04000205', '', bcd(2, 0), 'A.5', ['Public holidays', '']],
  ['04000206', '', bcd(1, 0), 'A.5', ['Harmonics analysed', '']],
  ['04000306', '0.4.2', bcd(3, 0), 'A.5'],
  ['04000307', '0.4.3', bcd(3, 0), 'A.5'],
  ['04000401', '0.0.96.1.1', digits(6), 'A.5'],
  ['04000402', '0.0.96.1.0', digits(6), 'A.5'],
  ['04000403', '0.0.96.1.2', ascii(32), 'A.5'],
  ['04000404', '', ascii(6), 'A.5', ['Rated voltage', '']],
  ['04000405', '', ascii(6), 'A.5', ['Rated current', '']],
  ['04000406', '', ascii(6), 'A.5', ['Maximum current', '']],
  ['04000407', '', ascii(4), 'A.5', ['Accuracy class, active', '']],
  ['04000408', '', ascii(4), 'A.5', ['Accuracy class, reactive', '']],
  ['04000409', '', bcd(3, 0), 'A.5', ['Meter constant, active', 'imp/kWh']],
  ['0400040A', '', bcd(3, 0), 'A.5', ['Meter constant, reactive', 'imp/kvarh']],
  ['0400040B', '', ascii(10), 'A.5', ['Meter model', '']],
  ['0400040C', '', ascii(10), 'A.5', ['Date of manufacture', '']],
  ['0400040D', '', ascii(16), 'A.5', ['Protocol version', '']],
  ['0400040E', '', digits(6), 'State Grid', ['Customer number', '']],
  ['040005ww', '0.0.96.5.#', bits(2), 'A.5'],
  ['04000601', '', bits(1), 'A.5', ['Combination word, active', '']],
  ['04000602', '', bits(1), 'A.5', ['Combination word, reactive 1', '']],
  ['04000603', '', bits(1), 'A.5', ['Combination word, reactive 2', '']],
  ['04000701', '', bits(1), 'A.5', ['Baud rate word, modulated infrared', '']],
  ['04000702', '', bits(1), 'A.5', ['Baud rate word, contact infrared', '']],
  ['04000703', '', bits(1), 'A.5', ['Baud rate word, port 1', '']],
  ['04000704', '', bits(1), 'A.5', ['Baud rate word, port 2', '']],
  ['04000705', '', bits(1), 'A.5', ['Baud rate word, port 3', '']],
  ['04000801', '', bits(1), 'A.5', ['Weekly rest days', '']],
  ['04000802', '', bcd(1, 0), 'A.5', ['Period table of rest days', '']],
  ['04000901', '', bits(1), 'A.5', ['Load profile mode word', '']],
  ['04000902', '', bits(1), 'A.5', ['Freeze mode word', '']],
  ['04000A01', '', digits(4), 'A.5', ['Load profile start, MMDDhhmm', '']],
  ['04000A02', '', bcd(2, 0), 'A.5', ['Load profile interval, class 1', 'min']],
  ['04000A03', '', bcd(2, 0), 'A.5', ['Load profile interval, class 2', 'min']],
  ['04000A04', '', bcd(2, 0), 'A.5', ['Load profile interval, class 3', 'min']],
  ['04000A05', '', bcd(2, 0), 'A.5', ['Load profile interval, class 4', 'min']],
  ['04000A06', '', bcd(2, 0), 'A.5', ['Load profile interval, class 5', 'min']],
  ['04000A07', '', bcd(2, 0), 'A.5', ['Load profile interval, class 6', 'min']],
  ['04000B01', '', digits(2), 'A.5', ['Settlement day 1, DDhh', '']],
  ['04000B02', '', digits(2), 'A.5', ['Settlement day 2, DDhh', '']],
  ['04000B03', '', digits(2), 'A.5', ['Settlement day 3, DDhh', '']],
  ['04000F01', '', bcd(4, 2), 'State Grid', ['Alarm energy 1', 'kWh']],
  ['04000F02', '', bcd(4, 2), 'State Grid', ['Alarm energy 2', 'kWh']],
  ['04000F03', '', bcd(4, 2), 'State Grid', ['Hoarding limit', 'kWh']],
  ['04000F04', '', bcd(4, 2), 'State Grid', ['Overdraft limit', 'kWh']],
  ['04010000', '', digits(3), 'A.5', ['Zone, MMDD and period table', ''], 'zz'],
  ['040100dd', '', digits(3), 'A.5', ['Period, hhmm and rate', ''], 'zz'],
  ['04800001', '', ascii(32), 'A.5', ['Software version', '']],
  ['04800002', '', ascii(32), 'A.5', ['Hardware version', '']],
  ['04800003', '', ascii(32), 'A.5', ['Maker', '']],

  // 冻结量: an energy is the total and as many rates as the meter has.
  ['05ff00nn', '', time('mmhhDDMMYY'), 'A.6', ['Time of freeze', '']],
  ['05ff01nn', '1.8.#', bcd(4, 2), 'A.6', ['Active energy import', 'kWh'], 'rr'],
  ['05ff02nn', '2.8.#', bcd(4, 2), 'A.6', ['Active energy export', 'kWh'], 'rr'],
  ['05ff03nn', '3.8.#', signed(4, 2), 'A.6', ['Combined reactive energy 1', 'kvarh'], 'rr'],
  ['05ff04nn', '4.8.#', signed(4, 2), 'A.6', ['Combined reactive energy 2', 'kvarh'], 'rr'],
  ['05ff05nn', '5.8.#', bcd(4, 2), 'A.6', ['Reactive energy quadrant I', 'kvarh'], 'rr'],
  ['05ff06nn', '6.8.#', bcd(4, 2), 'A.6', ['Reactive energy quadrant II', 'kvarh'], 'rr'],
  ['05ff07nn', '7.8.#', bcd(4, 2), 'A.6', ['Reactive energy quadrant III', 'kvarh'], 'rr'],
  ['05ff08nn', '8.8.#', bcd(4, 2), 'A.6', ['Reactive energy quadrant IV', 'kvarh'], 'rr'],
  ['05ff09nn', '1.6.#', demand, 'A.6', ['Maximum demand import', 'kW'], 'rr'],
  ['05ff0Ann', '2.6.#', demand, 'A.6', ['Maximum demand export', 'kW'], 'rr'],
  [
    '05ff10nn',
    '16.7.0 36.7.0 56.7.0 76.7.0 131.7.0 151.7.0 171.7.0 191.7.0',
    signed(3, 4),
    'A.6',
    ['Power', ''],
    'vv',
  ],
]

/** Date and time in one item: what sets a clock. */
export const clockDataId = '0400010C'

/** A bit of a status word that is an item of its own. */
export interface DerivedBit {
  readonly dataId: string
  readonly bit: number
  readonly register: ItemCode
  readonly name: string
  readonly zero: string
  readonly one: string
}

export const derivedBits: readonly DerivedBit[] = [
  // 继电器状态
  {
    dataId: '04000503',
    bit: 4,
    register: '0.0.96.3.10',
    name: 'Relay state',
    zero: 'closed',
    one: 'open',
  },
]

/** Items that take more than one identifier. */
export const composites: Readonly<Record<string, readonly string[]>> = {
  '0.0.1.0.0': ['04000101', '04000102'],
}
