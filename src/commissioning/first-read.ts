import type { ProtocolName } from '#protocols/model'
import type { ReadItem } from '#src/collection'
import type { CivilTime, Instant } from '#src/core'
import { checkWiring, snapshotOf, wiringItems } from '#src/wiring-check'
import type { CommissionVerdict, Match, Remark } from './types.ts'

/** Where a meter tells date and time apart; all others tell both in one. */
const apart: Readonly<Partial<Record<ProtocolName, readonly [date: string, time: string]>>> = {
  'dlt645-2007': ['04000101', '04000102'],
  'dlt645-1997': ['0.9.2', '0.9.1'],
}
const CLOCK = '0.0.1.0.0'
const ENERGY = '1.8.0'
/** A meter's clock may be so far off; beyond the second bound it is corrected with leave only. */
const CLOCK_OFF_S = 60
const CLOCK_WRONG_S = 900

/** The first read of a meter: its register, what its wiring shows, its clock last. */
export function firstReadItems(protocol: ProtocolName): readonly string[] {
  if (protocol === 'modbus' || protocol === 'mqtt') return wiringItems(protocol)
  return [...wiringItems(protocol), ...(apart[protocol] ?? [CLOCK])]
}

export interface FirstRead {
  readonly protocol: ProtocolName
  readonly items: readonly ReadItem[]
  /** The register as it was read before, if it was. */
  readonly before: { readonly at: Instant; readonly value: string } | null
}

/** What the first read of a meter shows. */
export function remarksOf(read: FirstRead, civil: CivilTime): readonly Remark[] {
  const { items } = read
  if (!items.some(({ state }) => state === 'answered')) return [silence(items)]
  return [...registerRemarks(read), ...clockRemarks(read, civil), ...wiringRemarks(items)]
}

function silence(items: readonly ReadItem[]): Remark {
  const reason = items.find((item) => item.reason !== null && !isUnknown(item))?.reason
  const evidence = reason?.message ?? 'nothing was answered'
  const fault = (code: string): Remark => ({ code, severity: 'fault', evidence })
  switch (reason?.code) {
    case 'dlt645.other-edition':
      return fault('meter.other-edition')
    case 'read.offline':
      return fault('channel.offline')
    case 'exchange.damaged':
      return fault('meter.garbled')
    default:
      return fault(reason?.code.includes('timeout') ? 'meter.silent' : 'meter.refuses')
  }
}

const isUnknown = ({ reason }: ReadItem) => reason?.code === 'read.unsupported'

function textOf(items: readonly ReadItem[], item: string): string | null {
  const found = items.find((one) => one.item === item)
  return (
    found?.readings.find(({ register }) => register === item)?.value ??
    found?.readings[0]?.value ??
    null
  )
}

function registerRemarks({ items, before }: FirstRead): readonly Remark[] {
  const value = textOf(items, ENERGY)
  if (value === null) {
    const reason = items.find(({ item }) => item === ENERGY)?.reason?.message ?? 'no value'
    return [{ code: 'register.absent', severity: 'fault', evidence: reason }]
  }
  if (before !== null && Number(value) < Number(before.value)) {
    const evidence = `${before.value} kWh before, ${value} kWh now`
    return [{ code: 'register.fell', severity: 'fault', evidence }]
  }
  return []
}

function clockRemarks({ protocol, items }: FirstRead, civil: CivilTime): readonly Remark[] {
  const [date, time] = apart[protocol] ?? []
  const text =
    date === undefined || time === undefined
      ? textOf(items, CLOCK)
      : joined(textOf(items, date), textOf(items, time))
  const answeredAt = items.find(({ state }) => state === 'answered')?.answeredAt
  if (text === null || answeredAt === null || answeredAt === undefined) return []
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] =
    match?.slice(1).map(Number) ?? []
  const at =
    match === null ? undefined : civil.toInstant({ year, month, day, hour, minute, second })
  if (at === undefined) return [{ code: 'clock.impossible', severity: 'fault', evidence: text }]
  const offset = Math.round((at - answeredAt) / 1_000)
  if (Math.abs(offset) <= CLOCK_OFF_S) return []
  const evidence = `${text}, ${offset > 0 ? '+' : ''}${offset} s`
  const isWrong = Math.abs(offset) >= CLOCK_WRONG_S
  return [
    {
      code: isWrong ? 'clock.wrong' : 'clock.off',
      severity: isWrong ? 'fault' : 'remark',
      evidence,
    },
  ]
}

const joined = (date: string | null, time: string | null) =>
  date === null || time === null ? null : `${date}T${time}`

function wiringRemarks(items: readonly ReadItem[]): readonly Remark[] {
  const report = checkWiring(snapshotOf((register) => textOf(items, register), null))
  return report.findings.flatMap(({ code, severity, phases, evidence }): Remark[] => {
    // Many devices have no such items: that says nothing of how they are connected.
    if (severity === 'note' || code === 'nothing-measured') return []
    const where = phases.length === 0 ? '' : `${phases.join(', ')}: `
    return [{ code: `wiring.${code}`, severity, evidence: where + evidence }]
  })
}

/** What the comparison with the archive says against a meter. */
export function matchRemarks(match: Match | null, isAdopted: boolean): readonly Remark[] {
  const fault = (code: string): Remark[] => [{ code, severity: 'fault', evidence: '' }]
  switch (match) {
    case 'missing':
      return fault('archive.missing')
    case 'duplicate':
      return fault('archive.duplicate')
    case 'moved':
      return fault('archive.moved')
    case 'new':
      return isAdopted ? [] : fault('archive.not-adopted')
    case 'known':
    case null:
      return []
  }
}

export function verdictOf(remarks: readonly Remark[]): CommissionVerdict {
  if (remarks.some(({ severity }) => severity === 'fault')) return 'not-ready'
  return remarks.length > 0 ? 'remarks' : 'ready'
}

/** A job is as ready as the least ready of its meters; without a meter it is not. */
export function worstOf(verdicts: readonly (CommissionVerdict | null)[]): CommissionVerdict {
  if (verdicts.length === 0 || verdicts.some((one) => one === null || one === 'not-ready')) {
    return 'not-ready'
  }
  return verdicts.includes('remarks') ? 'remarks' : 'ready'
}
