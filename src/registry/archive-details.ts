import type { Ratio } from './types.ts'

export const placeRoles = ['supply', 'receive', 'auxiliary', 'generation'] as const
export type PlaceRole = (typeof placeRoles)[number]

export const phases = ['A', 'B', 'C', 'ABC'] as const
export type Phase = (typeof phases)[number]

export const wirings = ['1p2w', '3p3w', '3p4w'] as const
export type Wiring = (typeof wirings)[number]

export const meteredSides = ['low', 'high'] as const
export type MeteredSide = (typeof meteredSides)[number]

/** What a register showed; the digits as they stood there. */
export interface RegisterShown {
  readonly register: string
  readonly digits: bigint
  readonly scale: number
}

/**
 * What an archive may say beyond the meter and its way. Absent says nothing. Decimals are text, so
 * that they are stored as they were written.
 */
export interface ArchiveDetails {
  readonly region?: string
  readonly substation?: string
  readonly bus?: string
  /** Of the feeder, or of the bus where no feeder is named; V. */
  readonly voltage?: number
  /** Where the substation and the transformer area stand; degrees, WGS 84. */
  readonly substationLongitude?: number
  readonly substationLatitude?: number
  readonly areaLongitude?: number
  readonly areaLatitude?: number
  readonly usagePointName?: string
  readonly role?: PlaceRole
  readonly phase?: Phase
  readonly longitude?: number
  readonly latitude?: number
  readonly wiring?: Wiring
  readonly nominalVoltage?: string
  readonly basicCurrent?: string
  readonly maxCurrent?: string
  readonly registerDigits?: number
  readonly opening?: readonly RegisterShown[]
  /** Of the meter that hung there until then. */
  readonly closing?: readonly RegisterShown[]
  readonly contract?: string
  readonly tariff?: string
  readonly trade?: string
  readonly capacityKva?: string
  readonly generates?: boolean
  /** Its code; that of the area where none is given. */
  readonly powerTransformer?: string
  readonly ratedKva?: string
  readonly noLoadLossW?: string
  readonly loadLossW?: string
  readonly noLoadCurrentPercent?: string
  readonly shortCircuitPercent?: string
  /** On which side of the transformer its area is measured. */
  readonly meteredSide?: MeteredSide
}

/** How a cell is read, and what it must be where it cannot. */
interface Shape<T> {
  readonly says: string
  read(text: string): T | undefined
}

const text: Shape<string> = { says: 'a text', read: (written) => written }

/** One of these words, each with the others that mean it. */
function words<Word extends string>(meanings: Readonly<Record<Word, readonly string[]>>) {
  const known = Object.entries<readonly string[]>(meanings)
  const shape: Shape<Word> = {
    says: `one of ${known.map(([word]) => word).join(', ')}`,
    read: (written) =>
      known.find(([word, others]) => word === written || others.includes(written))?.[0] as
        | Word
        | undefined,
  }
  return shape
}

const yesNo: Shape<boolean> = {
  says: 'yes or no',
  read: (written) =>
    ['yes', 'true', '1', '是'].includes(written.toLowerCase())
      ? true
      : ['no', 'false', '0', '否'].includes(written.toLowerCase())
        ? false
        : undefined,
}

/** A decimal that is not negative, as written but without zeros in front. */
const decimal = (says: string, isPositive: boolean): Shape<string> => ({
  says,
  read(written) {
    const match = /^(\d{1,9})(\.\d{1,6})?$/.exec(written)
    if (match === null || (isPositive && !/[1-9]/.test(written))) return undefined
    return written.replace(/^0+(?=\d)/, '')
  },
})
const positive = decimal('a positive number', true)
const notNegative = decimal('a number that is not negative', false)

const integer = (least: number, most: number): Shape<number> => ({
  says: `a whole number from ${least} to ${most}`,
  read: (written) =>
    /^\d{1,9}$/.test(written) && Number(written) >= least && Number(written) <= most
      ? Number(written)
      : undefined,
})

const degrees = (most: number): Shape<number> => ({
  says: `degrees from -${most} to ${most}`,
  read: (written) =>
    /^-?\d{1,3}(\.\d{1,10})?$/.test(written) && Math.abs(Number(written)) <= most
      ? Number(written)
      : undefined,
})

/** `10kV`, `380V` or a number of volts. */
const volts: Shape<number> = {
  says: 'a voltage such as 10kV or 380V',
  read(written) {
    const [, number, kilo] = /^(\d{1,7}(?:\.\d{1,3})?)\s*(k?)v?$/i.exec(written) ?? []
    if (number === undefined) return undefined
    const [whole = '0', fraction = ''] = number.split('.')
    const milli = BigInt(whole + fraction.padEnd(3, '0'))
    const value = kilo === '' ? milli / 1000n : milli
    return value > 0n && value <= 2_000_000n ? Number(value) : undefined
  },
}

/** `1.8.0=123.45;1.8.1=0`; a bare number is the total of active import. */
const registers: Shape<readonly RegisterShown[]> = {
  says: 'registers such as 1.8.0=123.45;1.8.1=60.2',
  read(written) {
    const parts = written.split(/[;；]/).filter((part) => part.trim() !== '')
    const shown = parts.map((part): RegisterShown | undefined => {
      const [, register = '1.8.0', whole, fraction = ''] =
        /^\s*(?:(\d{1,2}\.\d{1,2}\.\d{1,2})\s*=\s*)?(\d{1,12})(?:\.(\d{1,4}))?\s*$/.exec(part) ?? []
      if (whole === undefined) return undefined
      return { register, digits: BigInt(whole + fraction), scale: fraction.length }
    })
    const all = shown.filter((one) => one !== undefined)
    const isWhole = all.length === parts.length && parts.length > 0
    return isWhole && new Set(all.map(({ register }) => register)).size === all.length
      ? all
      : undefined
  },
}

export interface DetailColumn {
  readonly name: string
  readonly chinese: string
  /** Another column that must be filled in the same row. */
  readonly needs: readonly string[]
  readonly says: string
  read(text: string): ArchiveDetails | undefined
}

function column<Key extends keyof ArchiveDetails>(
  name: string,
  chinese: string,
  key: Key,
  shape: Shape<NonNullable<ArchiveDetails[Key]>>,
  needs: readonly string[] = [],
): DetailColumn {
  return {
    name,
    chinese,
    needs,
    says: shape.says,
    read(written) {
      const value = shape.read(written)
      return value === undefined ? undefined : ({ [key]: value } as ArchiveDetails)
    },
  }
}

const role = words<PlaceRole>({
  supply: ['供电', '供电点', '关口'],
  receive: ['受电', '受电点', '售电'],
  auxiliary: ['辅助', '辅助点', '站用'],
  generation: ['发电', '分布式电源', '上网'],
})
const phase = words<Phase>({
  A: ['A相', 'a'],
  B: ['B相', 'b'],
  C: ['C相', 'c'],
  ABC: ['三相', 'abc'],
})
const side = words<MeteredSide>({ low: ['低压侧', '低供低计'], high: ['高压侧', '高供高计'] })
const wiring = words<Wiring>({
  '1p2w': ['单相', '单相两线'],
  '3p3w': ['三相三线'],
  '3p4w': ['三相四线'],
})

// Column, Chinese heading, what it says, how it is read, beside which others.
const point = ['usage_point']
const account = ['account']
const plate = [
  'rated_kva',
  'no_load_loss_w',
  'load_loss_w',
  'no_load_current_percent',
  'short_circuit_percent',
]
export const detailColumns: readonly DetailColumn[] = [
  column('region', '区域', 'region', text),
  column('substation', '变电站', 'substation', text),
  column('bus', '母线', 'bus', text),
  column('voltage_level', '电压等级', 'voltage', volts),
  column('substation_longitude', '变电站经度', 'substationLongitude', degrees(180), [
    ...['substation', 'substation_latitude'],
  ]),
  column('substation_latitude', '变电站纬度', 'substationLatitude', degrees(90), [
    ...['substation', 'substation_longitude'],
  ]),
  column('area_longitude', '台区经度', 'areaLongitude', degrees(180), [
    ...['transformer', 'area_latitude'],
  ]),
  column('area_latitude', '台区纬度', 'areaLatitude', degrees(90), [
    ...['transformer', 'area_longitude'],
  ]),
  column('usage_point_name', '用电点名称', 'usagePointName', text, point),
  column('role', '计量点角色', 'role', role, point),
  column('phase', '相别', 'phase', phase, point),
  column('longitude', '经度', 'longitude', degrees(180), ['usage_point', 'latitude']),
  column('latitude', '纬度', 'latitude', degrees(90), ['usage_point', 'longitude']),
  column('wiring', '接线方式', 'wiring', wiring),
  column('nominal_voltage', '额定电压', 'nominalVoltage', positive),
  column('basic_current', '基本电流', 'basicCurrent', positive),
  column('max_current', '最大电流', 'maxCurrent', positive),
  column('register_digits', '示数位数', 'registerDigits', integer(4, 12)),
  column('opening', '起始示数', 'opening', registers, point),
  column('closing', '拆表示数', 'closing', registers, point),
  column('contract', '合同编号', 'contract', text, account),
  column('tariff', '电价', 'tariff', text, account),
  column('trade', '行业分类', 'trade', text, account),
  column('capacity_kva', '合同容量', 'capacityKva', positive, account),
  column('generates', '分布式电源', 'generates', yesNo, account),
  column('power_transformer', '变压器', 'powerTransformer', text, plate),
  column('rated_kva', '变压器容量', 'ratedKva', positive, plate),
  column('no_load_loss_w', '空载损耗', 'noLoadLossW', notNegative, plate),
  column('load_loss_w', '负载损耗', 'loadLossW', notNegative, plate),
  column('no_load_current_percent', '空载电流', 'noLoadCurrentPercent', notNegative, plate),
  column('short_circuit_percent', '阻抗电压', 'shortCircuitPercent', notNegative, plate),
  column('metered_side', '计量侧', 'meteredSide', side, plate),
]

/** As people write it: 400/5 reduced is 80. */
export const ratioText = ({ numerator, denominator }: Ratio): string =>
  denominator === 1n ? String(numerator) : `${numerator}/${denominator}`
