/**
 * Physical units of the Blue Book (4.1.5, enumeration `unit`) that a meter of electricity sends:
 * the unit of the register model, and how many powers of ten it is bigger.
 */
export const units: Readonly<Record<number, readonly [unit: string, shift: number]>> = {
  5: ['h', 0],
  6: ['min', 0],
  7: ['s', 0],
  8: ['°', 0],
  9: ['°C', 0],
  13: ['m³', 0],
  14: ['m³', 0],
  27: ['kW', 3],
  28: ['kVA', 3],
  29: ['kvar', 3],
  30: ['kWh', 3],
  31: ['kVAh', 3],
  32: ['kvarh', 3],
  33: ['A', 0],
  35: ['V', 0],
  44: ['Hz', 0],
  56: ['%', 0],
  255: ['', 0],
}

/** The code of a unit of the register model, for those who play a meter. */
export function unitCode(unit: string): number {
  const found = Object.entries(units).find(([, [name]]) => name === unit)
  return found ? Number(found[0]) : 255
}
