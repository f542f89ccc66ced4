import type { ScalerUnit } from './values.ts'

/** Powers of ten of lists that say no scaler, by what is measured. */
export interface MakerScale {
  readonly power: number
  readonly energy: number
  readonly current: number
  readonly voltage: number
  readonly factor: number
}

/** By the text that a list names itself with. */
export const makerScales: readonly (readonly [id: RegExp, scale: MakerScale])[] = [
  [/^Kamstrup_V\d+$/, { power: 0, energy: 1, current: -2, voltage: 0, factor: -2 }],
  [/^KFM_\d+$/, { power: 0, energy: 0, current: -3, voltage: -1, factor: -3 }],
]

/** Lists of Kaifa that name no objects, by their number of elements. */
const kaifaHead = ['1.1.0.2.129.255', '0.0.96.1.0.255', '0.0.96.1.7.255']
const power = ['1.0.1.7.0.255', '1.0.2.7.0.255', '1.0.3.7.0.255', '1.0.4.7.0.255']
const onePhase = ['1.0.31.7.0.255', '1.0.32.7.0.255']
const threePhases = [
  '1.0.31.7.0.255',
  '1.0.51.7.0.255',
  '1.0.71.7.0.255',
  '1.0.32.7.0.255',
  '1.0.52.7.0.255',
  '1.0.72.7.0.255',
]
const hourly = ['0.0.1.0.0.255', '1.0.1.8.0.255', '1.0.2.8.0.255', '1.0.3.8.0.255', '1.0.4.8.0.255']
export const kaifaLists: Readonly<Record<number, readonly string[]>> = {
  9: [...kaifaHead, ...power, ...onePhase],
  13: [...kaifaHead, ...power, ...threePhases],
  14: [...kaifaHead, ...power, ...onePhase, ...hourly],
  18: [...kaifaHead, ...power, ...threePhases, ...hourly],
}

const WATT = 27
const VAR = 29
const WATT_HOUR = 30
const VAR_HOUR = 32
const AMPERE = 33
const VOLT = 35
const COUNT = 255

/** What a maker's list means by a number under a name; null where it is not known. */
export function scaleOf(obis: string, maker: MakerScale | null): ScalerUnit | null {
  const [a, , c = '', d] = obis.split('.')
  if (!maker || a !== '1' || (d !== '7' && d !== '8')) return null
  // Twenty numbers a phase: 21 to 40 are those of phase A.
  const quantity = Number(c) > 20 ? ((Number(c) - 1) % 20) + 1 : Number(c)
  const isEnergy = d === '8'
  switch (quantity) {
    case 1:
    case 2:
      return isEnergy
        ? { exponent: maker.energy, unit: WATT_HOUR }
        : { exponent: maker.power, unit: WATT }
    case 3:
    case 4:
      return isEnergy
        ? { exponent: maker.energy, unit: VAR_HOUR }
        : { exponent: maker.power, unit: VAR }
    case 11:
      return { exponent: maker.current, unit: AMPERE }
    case 12:
      return { exponent: maker.voltage, unit: VOLT }
    case 13:
      return { exponent: maker.factor, unit: COUNT }
    default:
      return null
  }
}
