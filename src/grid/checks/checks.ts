import type { CivilTime, Clock } from '#src/core'
import type { Database } from '#src/db'
import {
  joinInMemory,
  replaceDifferences,
  selectComparisonDays,
  selectDifferences,
  selectDone,
} from './compare-queries.ts'
import { archiveRules, type RuleSubject } from './rules.ts'
import {
  countRules,
  replaceScores,
  scoreOf,
  selectAreaScore,
  selectChangeDays,
  selectGaps,
  selectLastScore,
  selectScoreDays,
  selectWorstAreas,
} from './score-queries.ts'
import type { ArchiveChecks } from './types.ts'

const subjects: readonly RuleSubject[] = ['area', 'usage-point', 'account', 'meter']

export interface ArchiveChecksOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
}

export function createArchiveChecks({ db, clock, civil }: ArchiveChecksOptions): ArchiveChecks {
  const today = () => civil.dateOf(clock.now())

  async function look() {
    await db.transaction(async (tx) => {
      await joinInMemory(tx)
      const counted = []
      for (const subject of subjects) counted.push(...(await countRules(tx, subject, clock.now())))
      await replaceScores(tx, today(), counted)
    })
    return await score()
  }

  async function score() {
    const { date, rules } = await selectLastScore(db)
    return { date, rules, score: await scoreOf(db, rules) }
  }

  async function compare() {
    const done = await db.transaction((tx) => replaceDifferences(tx, clock.now(), today()))
    return done ?? { accounts: 0, differences: 0 }
  }

  return {
    look,
    score,
    compare,
    areas: (limit) => selectWorstAreas(db, limit),
    async area(code) {
      const rules = await selectAreaScore(db, code)
      return rules && { rules, score: await scoreOf(db, rules) }
    },
    async gaps(code, area, page) {
      const rule = archiveRules.find((one) => one.code === code)
      return rule === undefined ? null : await selectGaps(db, rule, area, clock.now(), page)
    },
    scoreDays: (from, to) => selectScoreDays(db, from, to),
    changeDays: (from, to) => selectChangeDays(db, civil.zone, from, to),
    differences: (filter, page) => selectDifferences(db, filter, page),
    comparisonDays: (from, to) => selectComparisonDays(db, from, to),
    async daily() {
      // Each by itself: whoever died between the two has done only one of them.
      const is = await selectDone(db, today())
      if (!is.scored) await look()
      if (!is.compared) await compare()
    },
  }
}
