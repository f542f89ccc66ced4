import type { ItemCode } from '#protocols/model'

/**
 * How the elements of an attribute are laid out. `rates`: total, then rate 1, 2, …; `demands`: the
 * same, each with its time; `phases`: A, B, C; `totals`: total, A, B, C; `one`: a single value;
 * `fields`: members of a structure, each a row of its own below; `words`: bit strings 1 to 7;
 * `clock`, `hex`, `text`: one value that is no number.
 */
export type Layout =
  | 'rates'
  | 'demands'
  | 'phases'
  | 'totals'
  | 'one'
  | 'fields'
  | 'words'
  | 'clock'
  | 'hex'
  | 'text'

/** OI and attribute, layout, codes of the elements ('#' is the rate), decimals, unit, name, clause. */
export type Row = readonly [
  object: string,
  layout: Layout,
  codes: string,
  decimals: number,
  unit: string,
  name: string,
  clause: string,
]

/**
 * Values of the objects (appendix E). The integers on the wire are counts of 10^-decimals of the
 * unit here; powers are sent in tenths of a W, var or VA, which are ten-thousandths of a kW.
 */
export const rows: readonly Row[] = [
  // object   layout     codes                           decimals unit    name                            clause
  ['000002', 'rates', '15.8.#', 2, 'kWh', 'Combined active energy', 'E.1'],
  ['000004', 'rates', '15.8.#', 4, 'kWh', 'Combined active energy', 'E.1'],
  ['001002', 'rates', '1.8.#', 2, 'kWh', 'Active energy import', 'E.1'],
  ['001004', 'rates', '1.8.#', 4, 'kWh', 'Active energy import', 'E.1'],
  ['001102', 'rates', '21.8.#', 2, 'kWh', 'Active energy import, phase A', 'E.1'],
  ['001202', 'rates', '41.8.#', 2, 'kWh', 'Active energy import, phase B', 'E.1'],
  ['001302', 'rates', '61.8.#', 2, 'kWh', 'Active energy import, phase C', 'E.1'],
  ['002002', 'rates', '2.8.#', 2, 'kWh', 'Active energy export', 'E.1'],
  ['002004', 'rates', '2.8.#', 4, 'kWh', 'Active energy export', 'E.1'],
  ['002102', 'rates', '22.8.#', 2, 'kWh', 'Active energy export, phase A', 'E.1'],
  ['002202', 'rates', '42.8.#', 2, 'kWh', 'Active energy export, phase B', 'E.1'],
  ['002302', 'rates', '62.8.#', 2, 'kWh', 'Active energy export, phase C', 'E.1'],
  ['003002', 'rates', '3.8.#', 2, 'kvarh', 'Combined reactive energy 1', 'E.1'],
  ['003004', 'rates', '3.8.#', 4, 'kvarh', 'Combined reactive energy 1', 'E.1'],
  ['004002', 'rates', '4.8.#', 2, 'kvarh', 'Combined reactive energy 2', 'E.1'],
  ['004004', 'rates', '4.8.#', 4, 'kvarh', 'Combined reactive energy 2', 'E.1'],
  ['005002', 'rates', '5.8.#', 2, 'kvarh', 'Reactive energy quadrant I', 'E.1'],
  ['005004', 'rates', '5.8.#', 4, 'kvarh', 'Reactive energy quadrant I', 'E.1'],
  ['006002', 'rates', '6.8.#', 2, 'kvarh', 'Reactive energy quadrant II', 'E.1'],
  ['006004', 'rates', '6.8.#', 4, 'kvarh', 'Reactive energy quadrant II', 'E.1'],
  ['007002', 'rates', '7.8.#', 2, 'kvarh', 'Reactive energy quadrant III', 'E.1'],
  ['007004', 'rates', '7.8.#', 4, 'kvarh', 'Reactive energy quadrant III', 'E.1'],
  ['008002', 'rates', '8.8.#', 2, 'kvarh', 'Reactive energy quadrant IV', 'E.1'],
  ['008004', 'rates', '8.8.#', 4, 'kvarh', 'Reactive energy quadrant IV', 'E.1'],
  ['009002', 'rates', '9.8.#', 2, 'kVAh', 'Apparent energy import', 'E.1'],
  ['00A002', 'rates', '10.8.#', 2, 'kVAh', 'Apparent energy export', 'E.1'],

  ['101002', 'demands', '1.6.#', 4, 'kW', 'Maximum demand import', 'E.2'],
  ['102002', 'demands', '2.6.#', 4, 'kW', 'Maximum demand export', 'E.2'],
  ['103002', 'demands', '3.6.#', 4, 'kvar', 'Maximum demand reactive 1', 'E.2'],
  ['104002', 'demands', '4.6.#', 4, 'kvar', 'Maximum demand reactive 2', 'E.2'],

  ['200002', 'phases', '32.7.0 52.7.0 72.7.0', 1, 'V', 'Voltage', 'E.3'],
  ['200102', 'phases', '31.7.0 51.7.0 71.7.0', 3, 'A', 'Current', 'E.3'],
  ['200104', 'one', '91.7.0', 3, 'A', 'Current, neutral', 'E.3'],
  ['200302', 'phases', '81.7.40 81.7.51 81.7.62', 1, '°', 'Phase angle', 'E.3'],
  ['200402', 'totals', '16.7.0 36.7.0 56.7.0 76.7.0', 4, 'kW', 'Active power', 'E.3'],
  ['200502', 'totals', '131.7.0 151.7.0 171.7.0 191.7.0', 4, 'kvar', 'Reactive power', 'E.3'],
  ['200602', 'totals', '9.7.0 29.7.0 49.7.0 69.7.0', 4, 'kVA', 'Apparent power', 'E.3'],
  ['200702', 'totals', '16.24.0', 4, 'kW', 'Active power, 1-minute average', 'E.3'],
  ['200A02', 'totals', '13.7.0 33.7.0 53.7.0 73.7.0', 3, '', 'Power factor', 'E.3'],
  ['200B02', 'phases', '32.7.124 52.7.124 72.7.124', 2, '%', 'Voltage distortion', 'E.3'],
  ['200C02', 'phases', '31.7.124 51.7.124 71.7.124', 2, '%', 'Current distortion', 'E.3'],
  ['200F02', 'one', '14.7.0', 2, 'Hz', 'Frequency', 'E.3'],
  ['201002', 'one', '0.0.96.9.0', 1, '°C', 'Temperature inside the meter', 'E.3'],
  ['201102', 'one', '0.0.96.6.3', 2, 'V', 'Clock battery voltage', 'E.3'],
  ['201202', 'one', '0.0.96.6.4', 2, 'V', 'Meter-reading battery voltage', 'E.3'],
  ['201302', 'one', '0.0.96.6.0', 0, 'min', 'Battery running time', 'E.3'],
  [
    '201402',
    'words',
    '0.0.96.5.1 0.0.96.5.2 0.0.96.5.3 0.0.96.5.4 0.0.96.5.5 0.0.96.5.6 0.0.96.5.7',
    0,
    '',
    'Run status word',
    'F.1',
  ],
  ['201702', 'one', '1.4.0', 4, 'kW', 'Active demand, present', 'E.3'],
  ['201802', 'one', '3.4.0', 4, 'kvar', 'Reactive demand, present', 'E.3'],
  ['201902', 'one', '9.4.0', 4, 'kVA', 'Apparent demand, present', 'E.3'],
  ['201E02', 'clock', '', 0, '', 'Time of the event', 'E.3'],
  ['202002', 'clock', '', 0, '', 'End of the event', 'E.3'],
  ['202102', 'clock', '', 0, '', 'Time of the freeze', 'E.3'],
  ['202202', 'one', '', 0, '', 'Number of the event', 'E.3'],
  ['202302', 'one', '', 0, '', 'Number of the freeze', 'E.3'],
  ['202C02', 'fields', '', 0, '', 'Purse', 'E.3'],
  ['202D02', 'one', '0.0.128.2.1', 2, 'CNY', 'Overdraft money', 'E.3'],
  ['202E02', 'one', '', 2, 'CNY', 'Money purchased in all', 'E.3'],

  ['400002', 'clock', '0.0.1.0.0', 0, '', 'Clock', 'E.5'],
  ['400102', 'hex', '0.0.96.1.1', 0, '', 'Communication address', 'E.5'],
  ['400202', 'hex', '0.0.96.1.0', 0, '', 'Meter number', 'E.5'],
  ['400302', 'hex', '', 0, '', 'Customer number', 'E.5'],
  ['400702', 'fields', '', 0, '', 'LCD parameters', 'E.5'],
  ['400C02', 'fields', '', 0, '', 'Numbers of tariff tables', 'E.5'],
  ['400D02', 'one', '', 0, '', 'Number of steps', 'E.5'],
  ['401002', 'one', '', 0, '', 'Number of measuring elements', 'E.5'],
  ['401C02', 'one', '0.4.2', 0, '', 'Current transformer ratio', 'E.5'],
  ['401D02', 'one', '0.4.3', 0, '', 'Voltage transformer ratio', 'E.5'],
  ['403002', 'fields', '', 0, '', 'Limits of voltage qualification', 'E.5'],
  ['410002', 'one', '', 0, 'min', 'Demand period', 'E.5'],
  ['410102', 'one', '', 0, 'min', 'Demand slide time', 'E.5'],
  ['410302', 'text', '0.0.96.1.2', 0, '', 'Asset number', 'E.5'],
  ['410402', 'text', '', 0, '', 'Rated voltage', 'E.5'],
  ['410502', 'text', '', 0, '', 'Rated current', 'E.5'],
  ['410602', 'text', '', 0, '', 'Maximum current', 'E.5'],
  ['410702', 'text', '', 0, '', 'Accuracy class, active', 'E.5'],
  ['410802', 'text', '', 0, '', 'Accuracy class, reactive', 'E.5'],
  ['410902', 'one', '', 0, 'imp/kWh', 'Constant, active', 'E.5'],
  ['410A02', 'one', '', 0, 'imp/kvarh', 'Constant, reactive', 'E.5'],
  ['410B02', 'text', '', 0, '', 'Meter model', 'E.5'],

  ['800102', 'one', '', 0, '', 'Keep supply', 'E.9'],
  ['810002', 'one', '', 4, 'kW', 'Protected power', 'E.9'],
  ['F20502', 'fields', '', 0, '', 'Relay output', 'E.16'],
]

/** A member of a structure: its code, decimals, unit and name. */
export type FieldRow = readonly [code: ItemCode | '', decimals: number, unit: string, name: string]

/** Members of the structures among the rows, in the order of the standard. */
export const fieldRows: Readonly<Record<string, readonly FieldRow[]>> = {
  '202C02': [
    ['0.0.128.2.0', 2, 'CNY', 'Remaining money'],
    ['', 0, '', 'Number of purchases'],
  ],
  '400702': [
    ['', 0, 's', 'Time on of the display'],
    ['', 0, 's', 'Time of each page'],
    ['', 0, 's', 'Time of the back light by key'],
    ['', 0, 's', 'Time of the back light'],
    ['', 0, '', 'Digits of energy'],
    ['', 0, '', 'Decimals of energy'],
    ['', 0, '', 'Digits of power'],
    ['', 0, '', 'Decimals of power'],
  ],
  '400C02': [
    ['', 0, '', 'Number of year zones'],
    ['', 0, '', 'Number of day period tables'],
    ['', 0, '', 'Number of day periods'],
    ['', 0, '', 'Number of rates'],
    ['', 0, '', 'Number of holidays'],
  ],
  '403002': [
    ['', 1, 'V', 'Voltage examined, upper limit'],
    ['', 1, 'V', 'Voltage examined, lower limit'],
    ['', 1, 'V', 'Voltage qualified, upper limit'],
    ['', 1, 'V', 'Voltage qualified, lower limit'],
  ],
  F20502: [
    ['', 0, '', 'Relay name'],
    ['0.0.96.3.10', 0, '', 'Relay state'],
    ['', 0, '', 'Relay kind of signal'],
    ['', 0, '', 'Relay wired'],
  ],
}

/** Codes that are read otherwise than from the attribute that has them as an element. */
export const readFrom: Readonly<Partial<Record<ItemCode, string>>> = {
  '0.9.1': '40000200',
  '0.9.2': '40000200',
  '0.0.96.3.10': '20140203',
  '0.0.128.2.0': '202C0201',
}
