import { type Static, Type } from '@sinclair/typebox'
import {
  type Commission,
  type CommissionRefusal,
  type CommissionWay,
  type MeterCheck,
  wordsOf,
} from '#src/commissioning'
import { type CivilTime, fail, ok, type Result } from '#src/core'
import { wordsOf as wiringWordsOf } from '#src/wiring-check'
import type { Problem } from './problems.ts'
import { closed, Id, nullable, oneOf, Time } from './schemas.ts'

const METERS_MAX = 2_000
const UNITS_MAX = 247
const states = ['searching', 'reading', 'done', 'failed', 'cancelled'] as const
const verdicts = ['ready', 'remarks', 'not-ready'] as const
const matches = ['known', 'new', 'missing', 'moved', 'duplicate'] as const
const searches = ['dlt645-2007', 'dlt645-1997', 'gdw376', 'dlt698', 'modbus'] as const

const Text = Type.String({ minLength: 1, maxLength: 64 })
const Words = closed({
  code: Type.String(),
  severity: oneOf(['fault', 'remark', 'note']),
  evidence: Type.String(),
  en: Type.String(),
  zh: Type.String(),
  doEn: Type.String(),
  doZh: Type.String(),
})
export const NewJob = closed({
  concentrator: Type.Optional(Id),
  channel: Type.Optional(Id),
  protocols: Type.Optional(
    Type.Array(oneOf(searches), { minItems: 1, description: 'Absent: as suits the channel.' }),
  ),
  units: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: UNITS_MAX }), {
      minItems: 1,
      maxItems: UNITS_MAX,
    }),
  ),
  adopt: Type.Optional(Type.Boolean({ description: 'Enter all that are new in the archive.' })),
  profile: Type.Optional(Text),
})
export const Adoption = closed({
  addresses: Type.Optional(Type.Array(Text, { minItems: 1, maxItems: METERS_MAX })),
  usagePoints: Type.Optional(
    Type.Record(Text, Text, { description: 'Codes of usage points by address of the meter.' }),
  ),
  profile: Type.Optional(Text),
})
const MeterView = closed({
  address: Type.String(),
  protocol: Type.String(),
  place: nullable(Type.String()),
  match: nullable(oneOf(matches)),
  meter: nullable(Id),
  adoptedAt: nullable(Time),
  read: nullable(Type.String()),
  verdict: nullable(oneOf(verdicts)),
  remarks: Type.Array(Words),
})
const jobFields = {
  id: Id,
  channel: Id,
  concentrator: nullable(Id),
  state: oneOf(states),
  progress: closed({ searches: Type.Integer(), done: Type.Integer(), trying: Type.String() }),
  requestedBy: Type.String(),
  requestedAt: Time,
  finishedAt: nullable(Time),
  failure: nullable(Type.String()),
  verdict: nullable(oneOf(verdicts)),
}
export const Job = closed(jobFields)
export const JobWithMeters = closed({
  ...jobFields,
  counts: Type.Record(Type.String(), Type.Integer()),
  meters: Type.Array(MeterView),
})
export const Check = closed({
  read: Type.String(),
  finished: Type.Boolean(),
  system: nullable(Type.String()),
  verdict: nullable(oneOf(['right', 'remarks', 'wrong', 'ambiguous', 'unknown'])),
  findings: Type.Array(Type.Composite([Words, closed({ phases: Type.Array(Type.String()) })])),
  connections: Type.Array(Type.String()),
  measured: Type.Array(
    closed({ register: Type.String(), value: Type.String(), unit: Type.String() }),
  ),
  failure: Type.Union([closed({ code: Type.String(), message: Type.String() }), Type.Null()]),
})

export function waysOf(
  { protocols, units }: Static<typeof NewJob>,
  terminal: string | null,
): Result<readonly CommissionWay[], Problem> {
  const ways: CommissionWay[] = []
  const every = Array.from({ length: UNITS_MAX }, (_, n) => n + 1)
  const editions = (protocols ?? []).filter((one) => one === 'dlt645-2007' || one === 'dlt645-1997')
  if (editions.length > 0) ways.push({ kind: 'dlt645', editions })
  for (const protocol of protocols ?? []) {
    if (protocol === 'modbus') ways.push({ kind: 'modbus', units: units ?? every })
    if (protocol !== 'gdw376' && protocol !== 'dlt698') continue
    if (terminal === null) {
      const detail = `${protocol}: a terminal tells its archive; name a concentrator.`
      return fail({ code: 'invalid-parameters', detail })
    }
    ways.push({ kind: protocol, terminal })
  }
  return ok(protocols === undefined && units !== undefined ? [{ kind: 'modbus', units }] : ways)
}

export function problemOf({ kind, message }: CommissionRefusal): Problem {
  const codes = {
    'not-found': 'commission-not-found',
    'not-now': 'not-now',
    'no-channel': 'channel-not-found',
    wrong: 'invalid-parameters',
  } as const
  return { code: codes[kind], detail: message }
}

export function jobView(job: Commission, civil: CivilTime): Static<typeof Job> {
  const { ways, waysDone, trying } = job
  return {
    id: job.id,
    channel: job.channelId,
    concentrator: job.concentratorId,
    state: job.state,
    progress: { searches: ways.length, done: waysDone, trying },
    requestedBy: job.requestedBy,
    requestedAt: civil.iso(job.requestedAt),
    finishedAt: job.finishedAt === null ? null : civil.iso(job.finishedAt),
    failure: job.failure,
    verdict: job.verdict,
  }
}

export function jobWithMeters(job: Commission, civil: CivilTime): Static<typeof JobWithMeters> {
  const counts: Record<string, number> = {}
  for (const { match } of job.meters) {
    if (match !== null) counts[match] = (counts[match] ?? 0) + 1
  }
  const meters = job.meters.map((meter) => ({
    address: meter.address,
    protocol: meter.protocol,
    place: meter.place === '' ? null : meter.place,
    match: meter.match,
    meter: meter.meterId,
    adoptedAt: meter.adoptedAt === null ? null : civil.iso(meter.adoptedAt),
    read: meter.readId,
    verdict: meter.verdict,
    remarks: meter.remarks.map((remark) => ({ ...remark, ...wordsOf(remark.code) })),
  }))
  return { ...jobView(job, civil), counts, meters }
}

const noWords = { en: '', zh: '', doEn: '', doZh: '' }

export function checkView({ readId, report, measured, failure }: MeterCheck): Static<typeof Check> {
  return {
    read: readId,
    finished: report !== null || failure !== null,
    system: report?.system ?? null,
    verdict: report?.verdict ?? null,
    findings: (report?.findings ?? []).map(({ phases, ...finding }) => ({
      ...finding,
      ...(wiringWordsOf(finding.code) ?? noWords),
      phases: [...phases],
    })),
    connections: (report?.connections ?? []).map(({ elements }) =>
      elements
        .map(({ current, reversed, known }) => (known ? `${current}${reversed ? '-' : '+'}` : '?'))
        .join(' '),
    ),
    measured: measured.map((one) => ({ ...one })),
    failure,
  }
}
