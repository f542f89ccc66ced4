/** Unit as senders write it, the catalogue's unit it belongs to, and the power of ten between. */
const rows = [
  ['Wh', 'kWh', -3],
  ['kWh', 'kWh', 0],
  ['MWh', 'kWh', 3],
  ['varh', 'kvarh', -3],
  ['kvarh', 'kvarh', 0],
  ['Mvarh', 'kvarh', 3],
  ['VAh', 'kVAh', -3],
  ['kVAh', 'kVAh', 0],
  ['W', 'kW', -3],
  ['kW', 'kW', 0],
  ['MW', 'kW', 3],
  ['var', 'kvar', -3],
  ['kvar', 'kvar', 0],
  ['VA', 'kVA', -3],
  ['kVA', 'kVA', 0],
  ['mV', 'V', -3],
  ['V', 'V', 0],
  ['kV', 'V', 3],
  ['mA', 'A', -3],
  ['A', 'A', 0],
  ['Hz', 'Hz', 0],
  ['°', '°', 0],
  ['%', '%', 0],
  ['°C', '°C', 0],
  ['min', 'min', 0],
  ['', '', 0],
  ['%', '', -2],
] as const

const exponents = new Map<string, number>(
  rows.map(([unit, target, exponent]) => [`${unit}→${target}`, exponent]),
)

/** n where 1 `unit` is 10^n `target`; undefined where they measure different things. */
export function exponentTo(unit: string, target: string): number | undefined {
  return exponents.get(`${unit}→${target}`)
}
