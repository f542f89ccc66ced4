import type { DataClass } from '#protocols/model'

/** A byte of a data identifier that counts: what its members are called, and whether FF is all. */
export interface Variable {
  readonly first: number
  readonly last: number
  /** True where FF asks for all members at once (数据块). */
  readonly block: boolean
  /** True where newer meters append fields of their own behind the last member. */
  readonly mayGoOn: boolean
  readonly suffix: (member: number) => string
  /** True where members are one quantity at several times, not several quantities. */
  readonly namesThePast: boolean
  /** The series that members belong to; undefined where the rest of the identifier decides. */
  readonly dataClass: (member: number) => DataClass | undefined
}

const freezes: readonly (readonly [name: string, dataClass: DataClass])[] = [
  ['timed freeze', 'interval'],
  ['instant freeze', 'current'],
  ['zone table switch', 'current'],
  ['period table switch', 'current'],
  ['hourly freeze', 'interval'],
  ['tariff switch', 'current'],
  ['daily freeze', 'daily'],
  ['step switch', 'current'],
]
const demands = ['import', 'export', 'quadrant I', 'quadrant II', 'quadrant III', 'quadrant IV']
const plain = () => undefined
const numbered = (label: string) => (member: number) => `${label} ${member}`

const table = {
  /** Rate (费率), 0 the total. */
  rr: {
    first: 0,
    last: 63,
    block: true,
    mayGoOn: false,
    namesThePast: false,
    suffix: (rate: number) => (rate === 0 ? ', total' : `, rate ${rate}`),
    dataClass: plain,
  },
  /** Settlement day (结算日), 0 the present. */
  ss: {
    first: 0,
    last: 12,
    block: true,
    mayGoOn: false,
    namesThePast: true,
    suffix: (back: number) => (back === 0 ? '' : `, settlement day ${back} back`),
    dataClass: (back: number) => (back === 0 ? undefined : 'monthly'),
  },
  /** Phase. */
  pp: {
    first: 1,
    last: 3,
    block: true,
    mayGoOn: false,
    namesThePast: false,
    suffix: numbered(', phase'),
    dataClass: plain,
  },
  /** Total and phases. */
  tt: {
    first: 0,
    last: 3,
    block: true,
    mayGoOn: false,
    namesThePast: false,
    suffix: numbered(', phase'),
    dataClass: plain,
  },
  /** Order of a harmonic. */
  oo: {
    first: 1,
    last: 21,
    block: true,
    mayGoOn: false,
    namesThePast: false,
    suffix: numbered(', order'),
    dataClass: plain,
  },
  /** Status word. */
  ww: {
    first: 1,
    last: 7,
    block: true,
    mayGoOn: true,
    namesThePast: false,
    suffix: numbered(', word'),
    dataClass: plain,
  },
  /** Day period table. */
  dd: {
    first: 1,
    last: 8,
    block: false,
    mayGoOn: false,
    namesThePast: false,
    suffix: numbered(', table'),
    dataClass: plain,
  },
  /** Entry of a zone or period table. */
  zz: {
    first: 1,
    last: 14,
    block: false,
    mayGoOn: false,
    namesThePast: false,
    suffix: numbered(', entry'),
    dataClass: plain,
  },
  /** Member of the freeze's variables. */
  vv: {
    first: 0,
    last: 7,
    block: false,
    mayGoOn: false,
    namesThePast: false,
    suffix: numbered(', number'),
    dataClass: plain,
  },
  /** Kind of freeze (冻结). */
  ff: {
    first: 0,
    last: 7,
    block: false,
    mayGoOn: false,
    namesThePast: true,
    suffix: (kind: number) => `, ${freezes[kind]?.[0]}`,
    dataClass: (kind: number) => freezes[kind]?.[1],
  },
  /** Phase of an event. */
  qq: {
    first: 1,
    last: 3,
    block: false,
    mayGoOn: false,
    namesThePast: false,
    suffix: (phase: number) => `, phase ${'ABC'.charAt(phase - 1)}`,
    dataClass: plain,
  },
  /** What a demand is of: import, export, the quadrants. */
  uu: {
    first: 1,
    last: 6,
    block: false,
    mayGoOn: false,
    namesThePast: false,
    suffix: (kind: number) => `, ${demands[kind - 1]}`,
    dataClass: plain,
  },
  /** Which record of an event, 1 the last. */
  ee: {
    first: 1,
    last: 10,
    block: false,
    mayGoOn: false,
    namesThePast: true,
    suffix: (back: number) => `, ${back} back`,
    dataClass: plain,
  },
  /** Rate of a price. */
  kk: {
    first: 1,
    last: 63,
    block: true,
    mayGoOn: false,
    namesThePast: false,
    suffix: numbered(', rate'),
    dataClass: plain,
  },
  /** Tier (阶梯), holiday, or screen. */
  ll: {
    first: 1,
    last: 254,
    block: true,
    mayGoOn: false,
    namesThePast: false,
    suffix: numbered(', number'),
    dataClass: plain,
  },
  /** How many times back, 1 the last. */
  nn: {
    first: 1,
    last: 254,
    block: false,
    mayGoOn: false,
    namesThePast: true,
    suffix: (back: number) => ` ${back} back`,
    dataClass: plain,
  },
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof table

export const variables: Readonly<Record<VariableName, Variable>> = table

export function isVariable(pair: string): pair is VariableName {
  return Object.hasOwn(table, pair)
}
