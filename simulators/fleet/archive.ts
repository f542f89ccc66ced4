import type { ProtocolName } from '#protocols/model'
import { seededRandom } from '#simulators/line'
import type { CustomerClass } from '#simulators/meter'

type ChannelKind =
  | 'dialin'
  | 'tcp'
  | 'serial'
  | 'modbus-tcp'
  | 'modbus-rtu-tcp'
  | 'modbus-serial'
  | 'mqtt'

/** An exact ratio: 400/5. */
export interface FieldRatio {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** A line of the archive (档案): a meter, how it is reached, and whose energy it counts. */
export interface FieldRow {
  /** Number in the list, from 1. */
  readonly line: number
  readonly concentrator: string | null
  readonly concentratorName: string | null
  readonly channel: string
  readonly channelKind: ChannelKind
  readonly channelSettings: Readonly<Record<string, string | number | boolean>>
  readonly meterAddress: string
  readonly protocol: ProtocolName
  readonly profile: string | null
  readonly model: string | null
  readonly usagePoint: string
  /** Null of a point that nobody pays for, such as an area's gateway. */
  readonly account: string | null
  readonly customer: string | null
  readonly customerClass: 'residential' | 'commercial' | 'industrial' | 'public'
  readonly transformer: string
  readonly feeder: string
  readonly ct: FieldRatio
  readonly pt: FieldRatio
  /** Epoch milliseconds: since when the meter hangs there. */
  readonly validFrom: number
  /** What brings energy into the area is `supply`; customers receive it. */
  readonly role?: 'supply' | 'receive'
  readonly region?: string
  readonly substation?: string
  readonly bus?: string
  readonly voltage?: number
  readonly phase?: 'A' | 'B' | 'C' | 'ABC'
  readonly longitude?: number
  readonly latitude?: number
  readonly wiring?: '1p2w' | '3p4w'
  readonly nominalVoltage?: string
  readonly basicCurrent?: string
  readonly maxCurrent?: string
  readonly contract?: string
  readonly tariff?: string
  readonly trade?: string
  readonly capacityKva?: string
  readonly generates?: boolean
  readonly ratedKva?: string
  readonly noLoadLossW?: string
  readonly loadLossW?: string
  readonly noLoadCurrentPercent?: string
  readonly shortCircuitPercent?: string
}

const surnames = [...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗']
const givenNames =
  '建国 秀英 伟 芳 娜 敏 静 强 磊 洋 艳 勇 军 杰 涛 明 超 霞 平 桂英 志强 玉兰'.split(' ')
const trades = '便利店 面馆 药房 理发店 水果店 五金行 茶庄 书店'.split(' ')
const works = '五金加工厂 木业加工坊 塑料制品厂 汽修厂 印务部'.split(' ')
const factories = '纺织有限公司 机械制造有限公司 食品有限公司 电子有限公司'.split(' ')
const places = '城东 城西 南湖 北苑 东湖 西溪 新桥 青山 柳河 前进'.split(' ')

/** Who a meter's customer is, the same for the same seed. */
export function customerOf(customerClass: CustomerClass, seed: number): string {
  const random = seededRandom(seed)
  const one = (list: readonly string[]) => list[random.between(0, list.length - 1)] ?? ''
  switch (customerClass) {
    case 'household':
    case 'prosumer':
      return one(surnames) + one(givenNames)
    case 'shop':
      return `${one(places)}${one(surnames)}记${one(trades)}`
    case 'workshop':
      return `${one(places)}${one(works)}`
    case 'factory':
      return `${one(places)}${one(factories)}`
    case 'street-light':
      return `${one(places)}街道路灯管理所`
  }
}

/** The name of the n-th transformer area (台区). */
export function areaName(nth: number): string {
  const place = places[nth % places.length] ?? ''
  return `${place}${Math.floor(nth / places.length) + 1}号台区`
}

export const classOfArchive = {
  household: 'residential',
  prosumer: 'residential',
  shop: 'commercial',
  workshop: 'industrial',
  factory: 'industrial',
  'street-light': 'public',
} as const satisfies Record<CustomerClass, FieldRow['customerClass']>

/** Only what is measured behind current transformers has a ratio. */
export function currentRatio(customerClass: CustomerClass, seed: number): FieldRatio {
  const sizes = [100n, 150n, 200n, 300n, 400n]
  const size = sizes[seededRandom(seed).between(0, sizes.length - 1)] ?? 100n
  return customerClass === 'factory'
    ? { numerator: size, denominator: 5n }
    : { numerator: 1n, denominator: 1n }
}
