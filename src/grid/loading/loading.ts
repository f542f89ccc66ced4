import { type CivilTime, fail, instant, ok } from '#src/core'
import type { Database } from '#src/db'
import { nodeIdOf } from '#src/grid'
import {
  addedTo,
  insertRating,
  selectContracts,
  selectLoading,
  selectLoadingUp,
} from './queries.ts'
import type { Loading, Period } from './types.ts'

export interface LoadingOptions {
  readonly db: Database
  readonly civil: CivilTime
}

export function createLoading({ db, civil }: LoadingOptions): Loading {
  /** The grid of the last moment of the period. */
  const endOf = ({ to }: Period) => instant(civil.startOf(civil.addDays(to, 1)) - 1)

  return {
    nodes: (kind, period, state, page) =>
      selectLoading(db, kind, period, endOf(period), state, page),
    contracts: (period, state, page) => selectContracts(db, period, endOf(period), state, page),
    async check(name, period, kva) {
      const node = await nodeIdOf(db, name)
      if (node === null) return null
      const steps = await selectLoadingUp(db, node, period, endOf(period))
      const added = await addedTo(db, steps, kva)
      const judged = steps.map((step, index) => ({
        ...step,
        freeKva: added[index]?.freeKva ?? null,
        fits: added[index]?.fits ?? null,
      }))
      // What stands above a feeder is rarely rated; only where it is, it has a say.
      const [own, ...above] = judged
      const rated = above.filter(({ capacityKva }) => capacityKva !== null)
      const answers = [own?.fits ?? null, ...rated.map(({ fits }) => fits)]
      const fits = answers.includes(false) ? false : answers.includes(null) ? null : true
      return { steps: judged, fits }
    },
    async rate(name, kva, from, by, also) {
      return await db.transaction(async (tx) => {
        const node = await nodeIdOf(tx, name)
        if (node === null)
          return fail({ kind: 'no-node', message: 'there is no such node' } as const)
        if (!(await insertRating(tx, node, kva, from, by))) {
          const message = 'another capacity is entered for a later time'
          return fail({ kind: 'clash', message } as const)
        }
        await also(tx)
        return ok(undefined)
      })
    },
  }
}
