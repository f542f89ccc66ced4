import { type BusinessDate, type CivilTime, type Clock, type Instant, instant } from '#src/core'
import type { Database } from '#src/db'
import { textOf } from './causes.ts'
import { controlGroups, offerControl } from './control.ts'
import type { LineEvidence, MeterEvidence } from './evidence.ts'
import { type Day, type MissingRow, selectMissing } from './evidence-queries.ts'
import { linesOf } from './lines.ts'
import { lookCloser } from './looking.ts'
import {
  addTalks,
  type DiagnosisRow,
  deleteBefore,
  deleteHealed,
  type FindingRow,
  insertOutage,
  selectFindings,
  selectGroups,
  upsertDiagnoses,
} from './queries.ts'
import { judge } from './rules.ts'
import { TalkBook } from './talks.ts'
import type { CasePort, Diagnosis, MeterDiagnosis, ProbePort } from './types.ts'
import { offerWork } from './work.ts'

/** Meters that one statement judges. */
const METERS_AT_ONCE = 5_000
const NOBODY_LATER = 2_147_483_647
export interface DiagnosisOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly cases: CasePort
  /** Null where nobody can look closer. */
  readonly probes: () => ProbePort | null
}

export function createDiagnosis(options: DiagnosisOptions): Diagnosis {
  const { db, clock, civil, probes } = options
  const book = new TalkBook()
  let awaySince: Instant | null = null

  const dayOf = (date: BusinessDate): Day => {
    const from = civil.startOf(date)
    const end = civil.startOf(civil.addDays(date, 1))
    return { date, from, to: instant(Math.max(from, Math.min(end, clock.now()))) }
  }

  async function judgePage(
    day: Day,
    after: number,
    lines: Awaited<ReturnType<typeof linesOf>>,
  ): Promise<{ readonly judged: number; readonly last: number | null }> {
    const rows = await selectMissing(db, day, after, METERS_AT_ONCE)
    const diagnoses = rows.flatMap((row) => {
      const line = lines.get(row.channel_id)
      return line ? [diagnosisOf(row, line)] : []
    })
    const last = rows.length < METERS_AT_ONCE ? null : (rows.at(-1)?.meter_id ?? null)
    await db.transaction(async (tx) => {
      const missing = rows.map(({ meter_id }) => meter_id)
      await deleteHealed(tx, day.date, after, last ?? NOBODY_LATER, missing)
      if (diagnoses.length > 0) await upsertDiagnoses(tx, day.date, diagnoses, clock.now())
    })
    return { judged: diagnoses.length, last }
  }

  return {
    visited: (meterId, end) => book.visited(meterId, civil.dateOf(clock.now()), end),

    async flush() {
      const counts = book.take()
      const now = clock.now()
      try {
        if (awaySince !== null) await insertOutage(db, awaySince, now)
        awaySince = null
        if (counts.length > 0) await addTalks(db, counts)
      } catch (error) {
        // What was counted is written next time; the time until then is itself evidence.
        awaySince ??= now
        book.putBack(counts)
        throw error
      }
    },

    async run(date) {
      const day = dayOf(date)
      const lines = await linesOf(db, day)
      let all = 0
      for (let after: number | null = 0; after !== null; ) {
        const { judged, last }: Awaited<ReturnType<typeof judgePage>> = await judgePage(
          day,
          after,
          lines,
        )
        all += judged
        after = last
      }
      return all
    },

    async lookCloser(date, limit, signal = new AbortController().signal) {
      const port = probes()
      return port ? await lookCloser({ db, clock, port, signal }, date, limit) : 0
    },

    retain: (before) => deleteBefore(db, before),

    offer: async (date) => (await offerWork(options, dayOf(date))) + (await offerControl(options)),

    control: () => controlGroups(db, clock.now()),

    async groups(date, by) {
      const rows = await selectGroups(db, date, by)
      return rows.map((row) => ({ ...row, class: textOf(row.cause).class }))
    },

    async findings(date, cause, after, limit) {
      const rows = await selectFindings(db, date, cause, after, limit)
      return rows.map(meterDiagnosisOf)
    },
  }
}

function diagnosisOf(row: MissingRow, line: LineEvidence): DiagnosisRow {
  const { meter_id: meterId, missing, reason, speaks, clock, channel_id: _channel, ...others } = row
  const { answers_others: answersOthers, is_elsewhere: isElsewhere, ...talk } = others
  const meter: MeterEvidence = {
    reason,
    missing,
    talk,
    speaks,
    answersOthers,
    isElsewhere,
    clock,
    line,
  }
  const { name: rule, cause, confidence } = judge(meter)
  // How long the day is already is no evidence, and would make every row a new one.
  const { daySeconds: _day, awaySeconds: _away, outageAgoSeconds: _ago, ...rest } = line
  const { onlineSeconds, ...lasting } = rest
  const evidence = {
    reason,
    talk,
    speaks,
    answersOthers,
    isElsewhere,
    clock,
    line: { ...lasting, wasOnline: onlineSeconds > 0 },
  }
  return { meterId, cause, rule, confidence, missing, evidence }
}

function meterDiagnosisOf(row: FindingRow): MeterDiagnosis {
  const { meter_id: meterId, address, concentrator, cause, rule, confidence, evidence } = row
  const { missing_slots: missingSlots, first_found_at: since } = row
  return {
    meterId,
    address,
    concentrator,
    cause,
    class: textOf(cause).class,
    rule,
    confidence,
    missingSlots,
    evidence,
    since,
  }
}
