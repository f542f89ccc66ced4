import {
  type Clock,
  type ConcentratorId,
  hours,
  type Instant,
  instant,
  type MeterId,
} from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { CasePort } from './types.ts'

/** So far back what came of orders says something of a device. */
const LOOKED_BACK = hours(14 * 24)
/** An answer may be lost; so many in a row are none that was. */
const UNANSWERED_MIN = 2
const PAGE = 5_000

interface ControlText {
  readonly zh: string
  readonly en: string
  readonly todoZh: string
  readonly todoEn: string
}

/** Faults of control (控制异常): ordered, and not proven. */
export const controlCauses = {
  'wrong-state': {
    zh: '命令已应答，回读状态与命令不符：开关机构故障或接错线',
    en: 'It took the order, and what was read back is another state: mechanism or wrong wiring',
    todoZh: '现场检查开关机构与控制回路接线',
    todoEn: 'Check mechanism and wiring of the control circuit on site',
  },
  refused: {
    zh: '设备拒绝执行命令：密码、权限或状态不允许',
    en: 'It refuses orders: password, rights or its own state forbid them',
    todoZh: '核对密码、密钥与编程开关状态',
    todoEn: 'Compare password, keys and the programming switch',
  },
  unanswered: {
    zh: '能采集但不应答命令：控制回路未接线或功能缺失',
    en: 'It is read and leaves orders unanswered: not wired for control, or without the function',
    todoZh: '现场检查控制回路是否接线、设备是否具备控制功能',
    todoEn: 'Check on site whether control is wired, and whether it has the function',
  },
} as const satisfies Readonly<Record<string, ControlText>>
export type ControlCause = keyof typeof controlCauses

export interface ControlOutcome {
  readonly at: Instant
  readonly effect: string
  readonly outcome: 'answered' | 'proven' | 'wrong-state' | 'refused' | 'unanswered'
  readonly reference: string
  readonly detail: string
}

export interface ControlVerdict {
  readonly cause: ControlCause
  /** Of a hundred. */
  readonly confidence: number
  /** What shows it, the newest first. */
  readonly shown: readonly ControlOutcome[]
}

/**
 * What orders show of a device's control, by the effect that fails: what was proven since heals. A
 * device that is not read either has a fault of communication, and none of control. Pure.
 */
export function judgeControl(
  newestFirst: readonly ControlOutcome[],
  isRead: boolean,
): ControlVerdict | null {
  const verdicts = [...Map.groupBy(newestFirst, ({ effect }) => effect).values()].flatMap(
    (ofEffect) => verdictOf(ofEffect, isRead) ?? [],
  )
  return verdicts.toSorted((left, right) => right.confidence - left.confidence)[0] ?? null
}

function verdictOf(ofEffect: readonly ControlOutcome[], isRead: boolean): ControlVerdict | null {
  const proven = ofEffect.findIndex(({ outcome }) => outcome === 'proven')
  const since = proven < 0 ? ofEffect : ofEffect.slice(0, proven)
  const of = (kind: ControlOutcome['outcome']) => since.filter(({ outcome }) => outcome === kind)
  const wrong = of('wrong-state')
  // An answer is no proof: a state that was read back wrong stands until one is right.
  if (wrong.length > 0) return { cause: 'wrong-state', confidence: sure(wrong, 80), shown: wrong }
  const answered = since.findIndex(({ outcome }) => outcome === 'answered')
  const failed = answered < 0 ? since : since.slice(0, answered)
  const refused = failed.filter(({ outcome }) => outcome === 'refused')
  if (refused.length > 0) {
    return { cause: 'refused', confidence: sure(refused, 75), shown: refused }
  }
  if (failed.length < UNANSWERED_MIN || !isRead) return null
  return { cause: 'unanswered', confidence: sure(failed, 50), shown: failed }
}

const sure = ({ length }: readonly unknown[], one: number): number =>
  Math.min(95, one + 5 * (length - 1))

interface DeviceRow extends ControlOutcome {
  readonly meter_id: MeterId | null
  readonly concentrator_id: ConcentratorId | null
  readonly is_read: boolean
}

const kindOf = (cause: ControlCause) => `control.${cause}`

export interface ControlGroup {
  readonly cause: ControlCause
  readonly devices: number
  /** Orders that show it. */
  readonly orders: number
}

/** Faults of control that orders show now, counted (控制异常). */
export async function controlGroups(db: Db, now: Instant): Promise<readonly ControlGroup[]> {
  const verdicts = [...(await verdictsOf(db, now)).values()].flatMap(({ verdict }) => verdict ?? [])
  return [...Map.groupBy(verdicts, ({ cause }) => cause)].map(([cause, ofCause]) => ({
    cause,
    devices: ofCause.length,
    orders: ofCause.reduce((sum, { shown }) => sum + shown.length, 0),
  }))
}

/** By device: what came of its orders, and what that shows. */
async function verdictsOf(db: Db, now: Instant) {
  const rows = await selectOutcomes(db, instant(now - LOOKED_BACK), now)
  const devices = Map.groupBy(rows, (row) =>
    row.meter_id === null ? `concentrator/${row.concentrator_id}` : `meter/${row.meter_id}`,
  )
  return new Map(
    [...devices].map(([device, said]) => {
      return [device, { said, verdict: judgeControl(said, said[0]?.is_read === true) }]
    }),
  )
}

/** Makes work of what orders showed, and ends that of devices whose control is proven again. */
export async function offerControl({
  db,
  cases,
  clock,
}: {
  readonly db: Db
  readonly cases: CasePort
  readonly clock: Clock
}): Promise<number> {
  const now = clock.now()
  const devices = await verdictsOf(db, now)
  const offered = new Set<string>()
  const findings: Parameters<CasePort['found']>[0][number][] = []
  for (const [device, { said, verdict }] of devices) {
    const [first] = said
    if (!verdict || !first) continue
    const { cause, confidence, shown } = verdict
    const key = `${kindOf(cause)}/${device}`
    offered.add(key)
    findings.push({
      kind: kindOf(cause),
      key,
      subject:
        first.meter_id !== null
          ? { kind: 'meter', id: first.meter_id }
          : { kind: 'concentrator', id: first.concentrator_id ?? neverNull() },
      severity: cause === 'wrong-state' ? 'high' : 'medium',
      evidence: {
        says: controlCauses[cause].en,
        todo: controlCauses[cause].todoEn,
        confidence,
        effect: shown[0]?.effect,
        orders: shown.slice(0, 10).map(({ reference, detail }) => ({ reference, detail })),
      },
    })
  }
  if (findings.length > 0) await cases.found(findings)
  for (const cause of ['wrong-state', 'refused', 'unanswered'] as const) {
    await endControl(
      cases,
      cause,
      (key, device) => !offered.has(key) && isWell(devices.get(device)?.said),
    )
  }
  return offered.size
}

/** Without a newer order nobody knows: such work stays until a person ends it. */
const isWell = (newestFirst: readonly ControlOutcome[] | undefined): boolean =>
  newestFirst?.[0]?.outcome === 'answered' || newestFirst?.[0]?.outcome === 'proven'

/** Work ends once an order of the device was proven, or was answered where none was. */
async function endControl(
  cases: CasePort,
  cause: ControlCause,
  isOver: (key: string, device: string) => boolean,
): Promise<void> {
  const states = ['open', 'assigned', 'working'] as const
  for (let before: number | null = null; ; ) {
    const page: Awaited<ReturnType<CasePort['list']>> = await cases.list(
      { kind: kindOf(cause), states },
      before,
      PAGE,
    )
    const gone = page.filter(({ key, subject }) => isOver(key, `${subject.kind}/${subject.id}`))
    const evidence = { says: 'Later orders of the device were carried out' }
    await cases.settled(gone.map(({ key }) => ({ key, evidence })))
    const last = page.at(-1)
    if (page.length < PAGE || !last) return
    before = last.id
  }
}

/** Newest first, of devices whose orders did not all come out well. */
function selectOutcomes(db: Db, since: Instant, now: Instant): Promise<readonly DeviceRow[]> {
  return db.query<DeviceRow>(
    `with said as (
       select * from control_outcome o where o.at >= $1::timestamptz and o.at <= $2::timestamptz),
     failing as (
       select distinct meter_id, concentrator_id from said
       where outcome in ('wrong-state', 'refused', 'unanswered'))
     select s.meter_id, s.concentrator_id, s.at, s.effect, s.outcome, s.reference, s.detail,
       case when s.meter_id is null
         then coalesce(c.last_heard_at >= $2::timestamptz - interval '1 day', false)
         else exists (select from collection_slot k where k.meter_id = s.meter_id
           and k.state in (2, 3) and k.slot_start >= $2::timestamptz - interval '1 day') end
         as is_read
     from said s
     join failing f on f.meter_id is not distinct from s.meter_id
       and f.concentrator_id is not distinct from s.concentrator_id
     left join concentrator_state c on c.concentrator_id = s.concentrator_id
     order by s.at desc, s.reference desc`,
    [timestamptz(since), timestamptz(now)],
  )
}

function neverNull(): never {
  throw new Error('invariant broken: an order was to nobody')
}
