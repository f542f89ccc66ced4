import type { ScalerUnit } from './values.ts'

/** Powers of ten of lists that say no scaler, by what is measured. */
export interface MakerScale {
  readonly power: number
  readonly energy: number
  readonly current: number | BySize
  readonly voltage: number | BySize
  /** Null where nobody says. */
  readonly factor: number | null
}

/** Where meters of one maker differ and no list says how: its biggest number does. */
export interface BySize {
  /** The least number that a meter of the second kind has and one of the first never. */
  readonly from: number
  readonly below: number
  /** Null where nobody says. */
  readonly above: number | null
}

/** Whole volts of low voltage, or parts of them. */
const inHundredths = { from: 1_000, below: 0, above: -2 } as const
const inTenths = { from: 1_000, below: 0, above: -1 } as const
/** No meter without current transformers carries 125 A; those with them count otherwise. */
const ofDirectMeters = { from: 12_500, below: -2, above: null } as const
const kaifa = { power: 0, energy: 0, current: -3, voltage: -1, factor: -3 } as const
const iskra = { power: 0, energy: 0, current: -2, voltage: -1, factor: -3 } as const

/** Lists of names and values, by the text that such a list names itself with. */
export const makerScales: readonly (readonly [id: RegExp, scale: MakerScale])[] = [
  [
    /^Kamstrup_V\d+$/,
    { power: 0, energy: 1, current: ofDirectMeters, voltage: inHundredths, factor: -2 },
  ],
  [/^KFM_\d+$/, kaifa],
]

/** Lists that bring their capture objects along, by the name of the push setup they are of. */
export const setupScales: Readonly<Record<string, MakerScale>> = {
  // Landis+Gyr E450.
  '0.8.25.9.0.255': { power: 0, energy: 0, current: -2, voltage: inTenths, factor: null },
}

/** What an element is on the wire. `number` is any integer type. */
export type PushKind = 'octets' | 'u8' | 'u16' | 'u32' | 'enum' | 'boolean' | 'list' | 'number'

/** An element and the object whose value it is; null where no public description names one. */
export type PushColumn = readonly [kind: PushKind, obis: string | null]

/** A list that names no objects: known by its elements and by the text of one of them. */
export interface PushProfile {
  readonly name: string
  /** Which element names the list, its maker or the meter, and how. */
  readonly told: readonly [index: number, text: RegExp] | 'nowhere'
  /** Where nothing tells: the only invoke id of such a list. */
  readonly invoke?: number
  readonly scale: MakerScale
  readonly columns: readonly PushColumn[]
}

const columns = (kind: PushKind, ...codes: readonly (string | null)[]): readonly PushColumn[] =>
  codes.map((code) => [kind, code && (code.split('.').length === 4 ? `1.0.${code}` : code)])

const powers = ['1.7.0.255', '2.7.0.255', '3.7.0.255', '4.7.0.255']
const importPowers = ['21.7.0.255', '41.7.0.255', '61.7.0.255']
const exportPowers = ['22.7.0.255', '42.7.0.255', '62.7.0.255']
const currents = ['31.7.0.255', '51.7.0.255', '71.7.0.255']
const voltages = ['32.7.0.255', '52.7.0.255', '72.7.0.255']
const importEnergies = ['1.8.0.255', '1.8.1.255', '1.8.2.255']
const exportEnergies = ['2.8.0.255', '2.8.1.255', '2.8.2.255']

const kaifaHead = [
  ...columns('octets', '1.1.0.2.129.255', '0.0.96.1.0.255', '0.0.96.1.7.255'),
  ...columns('number', ...powers),
]
const kaifaOnePhase = columns('number', '31.7.0.255', '32.7.0.255')
const kaifaThreePhases = columns('number', ...currents, ...voltages)
const kaifaHourly = [
  ...columns('octets', '0.0.1.0.0.255'),
  ...columns('number', '1.8.0.255', '2.8.0.255', '3.8.0.255', '4.8.0.255'),
]
const kaifaList = (name: string, ...parts: readonly (readonly PushColumn[])[]): PushProfile => ({
  name: `Kaifa, ${name}`,
  told: [0, /^KFM_\d+$/],
  scale: kaifa,
  columns: [...kaifaHead, ...parts.flat()],
})

const iskraHead = columns('octets', '0.0.42.0.0.255', '0.0.96.1.3.255')
const iskraList = (
  name: string,
  told: RegExp,
  ...parts: readonly (readonly PushColumn[])[]
): PushProfile => ({
  name: `Iskraemeco, ${name}`,
  told: [0, told],
  scale: iskra,
  columns: parts.flat(),
})
const iskraName = /^ISK\d+$/
const serialNumber = /^\d{8}$/

export const pushProfiles: readonly PushProfile[] = [
  kaifaList('one phase', kaifaOnePhase),
  kaifaList('three phases', kaifaThreePhases),
  kaifaList('one phase, hourly', kaifaOnePhase, kaifaHourly),
  kaifaList('three phases, hourly', kaifaThreePhases, kaifaHourly),
  iskraList(
    'AM550, three phases',
    iskraName,
    iskraHead,
    columns('u32', ...powers),
    columns('u16', ...voltages, ...currents),
    columns('u32', ...importPowers, ...exportPowers),
  ),
  iskraList(
    'AM550, energies with the relay',
    iskraName,
    iskraHead,
    columns('enum', '0.0.96.3.10.255'),
    columns('octets', '0.0.96.14.0.255'),
    columns('u32', ...importEnergies, ...exportEnergies, '3.8.0.255', '4.8.0.255'),
  ),
  iskraList(
    'AM550, voltages first',
    iskraName,
    iskraHead,
    columns('u16', ...voltages, ...currents),
    columns('u32', ...powers),
  ),
  iskraList(
    'AM550, one phase with its current',
    iskraName,
    iskraHead,
    columns('u32', ...powers),
    columns('u16', '32.7.0.255', '31.7.0.255'),
    columns('u32', '21.7.0.255', '22.7.0.255'),
  ),
  iskraList(
    'AM550, one phase',
    iskraName,
    iskraHead,
    columns('u32', ...powers),
    columns('u16', '32.7.0.255'),
    // Zero in all that was published.
    columns('u32', null, null),
  ),
  iskraList(
    'AM550, powers and energies',
    iskraName,
    columns('octets', '0.0.42.0.0.255'),
    columns('u32', '1.7.0.255', '2.7.0.255', ...importEnergies, ...exportEnergies),
  ),
  iskraList(
    'AM550, energies',
    serialNumber,
    columns('octets', '0.0.96.1.0.255'),
    columns('u8', null),
    columns('u32', '1.8.0.255', '2.8.0.255'),
  ),
  iskraList(
    'IE.5',
    serialNumber,
    columns('octets', '0.0.96.1.0.255', '0.9.1.255', '0.9.2.255'),
    columns('u32', ...importEnergies, ...exportEnergies),
    columns('u32', '5.8.0.255', '6.8.0.255', '7.8.0.255', '8.8.0.255'),
    columns('u32', '1.7.0.255', '2.7.0.255'),
    columns('u16', '13.7.0.255'),
    columns('u32', ...importPowers, ...exportPowers),
    columns('u16', ...voltages, ...currents),
    // Limits and a switch.
    columns('u32', null),
    columns('list', null, null, null),
    columns('boolean', null),
  ),
  {
    name: 'Kaifa in Norway, the power alone',
    told: 'nowhere',
    invoke: 0x4000_0000,
    scale: kaifa,
    columns: columns('u32', '1.7.0.255'),
  },
  {
    name: 'Landis+Gyr E450, three phases',
    told: [13, serialNumber],
    scale: { power: 0, energy: 0, current: -2, voltage: 0, factor: null },
    columns: [
      ...columns('u16', ...voltages, ...currents),
      ...columns('u32', '1.7.0.255', '2.7.0.255', '1.8.0.255', '2.8.0.255'),
      ...columns('u16', null, null, null),
      ...columns('octets', '0.0.96.1.0.255'),
    ],
  },
]

const WATT = 27
const VAR = 29
const WATT_HOUR = 30
const VAR_HOUR = 32
const AMPERE = 33
const VOLT = 35
const COUNT = 255

const voltageObis = /^1\.\d+\.[357]2\.7\.0\./
const currentObis = /^1\.\d+\.[357]1\.7\.0\./

type Numbers = readonly (readonly [obis: string, value: number])[]

/** The exponents of one list, by the numbers in it. */
export interface ListScale extends Omit<MakerScale, 'current' | 'voltage'> {
  readonly current: number | null
  readonly voltage: number | null
}

/** A maker's scale for one list, by what is in it. */
export function settled(maker: MakerScale, numbers: Numbers): ListScale {
  return {
    ...maker,
    current: bySize(maker.current, numbers, currentObis),
    voltage: bySize(maker.voltage, numbers, voltageObis),
  }
}

function bySize(rule: number | BySize, numbers: Numbers, named: RegExp): number | null {
  if (typeof rule === 'number') return rule
  const isAbove = numbers.some(([obis, value]) => named.test(obis) && value >= rule.from)
  return isAbove ? rule.above : rule.below
}

/** What a maker's list means by a number under a name; null where it is not known. */
export function scaleOf(obis: string, maker: ListScale): ScalerUnit | null {
  const [a, , c = '', d] = obis.split('.')
  if (a !== '1' || (d !== '7' && d !== '8')) return null
  // Twenty numbers a phase: 21 to 40 are those of phase A.
  const quantity = Number(c) > 20 ? ((Number(c) - 1) % 20) + 1 : Number(c)
  const isEnergy = d === '8'
  const [exponent, unit] = powerOf(quantity, isEnergy, maker)
  return exponent === null ? null : { exponent, unit }
}

function powerOf(
  quantity: number,
  isEnergy: boolean,
  maker: ListScale,
): readonly [exponent: number | null, unit: number] {
  switch (quantity) {
    case 1:
    case 2:
      return isEnergy ? [maker.energy, WATT_HOUR] : [maker.power, WATT]
    case 3:
    case 4:
      return isEnergy ? [maker.energy, VAR_HOUR] : [maker.power, VAR]
    case 5:
    case 6:
    case 7:
    case 8:
      return isEnergy ? [maker.energy, VAR_HOUR] : [null, COUNT]
    case 11:
      return [maker.current, AMPERE]
    case 12:
      return [maker.voltage, VOLT]
    case 13:
      return [maker.factor, COUNT]
    default:
      return [null, COUNT]
  }
}
