import type { CollectionReports, MeterGroup, Task, Tasks } from '#src/collection'
import { fail, idOf, instant, ok } from '#src/core'

const at = instant(Date.UTC(2026, 10, 22, 4))
const meter = { meterId: idOf<'meter'>(1), address: '000000000001', usagePoint: 'U1' }
const share = { formula: 'a / b', numerator: 1, denominator: 2, value: '0.5000' }
const counts = {
  ...{ due: 1, received: 2, late: 0, givenUp: 1, notExpected: 0, estimated: 0, firstPass: 2 },
}

export function idleReports(): CollectionReports {
  return {
    kpis: async (query) => ({
      ...query,
      items: [{ group: '', counts, kpis: [{ name: 'finalSuccess', ...share }] }],
    }),
    slots: async (_filter, { cursor }) => {
      if (cursor === 'bad') return fail({ kind: 'bad-cursor' })
      const slot = { ...meter, concentrator: null, task: 'curve', slotStart: at, due: at }
      const end = { state: 'given-up', reason: 'timeout', attempts: 2, answeredAt: null } as const
      return ok({ items: [{ ...slot, ...end }], next: null })
    },
    unread: async () =>
      ok({ items: [{ ...meter, concentrator: null, lastReceived: at, reason: null }], next: null }),
    coverage: async () =>
      ok({
        kpi: { name: 'coverage', ...share },
        items: [{ usagePoint: 'U2', address: null, concentrator: null, reason: 'no-meter' }],
        next: null,
      }),
    backfill: async (_order, also) => {
      const outcome = { slots: 3, lost: 1 }
      await also({ query: async () => [] }, outcome)
      return outcome
    },
  }
}

const task: Task = {
  ...{ id: idOf(1), name: 'curve', nameZh: '曲线', protocol: 'dlt645-2007', dataClass: 'interval' },
  ...{ items: ['1.8.0'], cycleSeconds: 900, offsetSeconds: 0, priority: 10, enabled: true },
  ...{ group: null, windowSeconds: null, validFrom: null, validTo: null, timelySeconds: 900 },
  ...{ catchUpSeconds: 0, catchUpItems: [], catchUpSlots: 1, meters: 7 },
}
const group: MeterGroup = { id: idOf(1), name: 'hall', filter: null, meterIds: [], meters: 0 }

/** One task and one group; what is named `taken` is, and a cycle of 0 is wrong. */
export function idleTasks(): Tasks {
  const tx = { query: async () => [] }
  return {
    list: async () => [task],
    get: async (id) => (id === 1 ? task : undefined),
    async create(made, also) {
      if (made.name === 'taken') return fail({ kind: 'name-taken' })
      if (made.cycleSeconds === 0) {
        const mistakes = [{ field: 'cycleSeconds', message: 'has to be 1 to 2678400' }]
        return fail({ kind: 'invalid', mistakes })
      }
      await also(tx, 2)
      return ok({ ...task, ...made })
    },
    async change(id, change, also) {
      if (id !== 1) return fail({ kind: 'not-found' })
      await also(tx, id)
      return ok({ ...task, ...change })
    },
    groups: async () => [group],
    group: async () => group,
    async createGroup(made, also) {
      await also(tx, 2)
      return ok({ ...group, ...made })
    },
    async changeGroup(id, change, also) {
      if (id !== 1) return fail({ kind: 'not-found' })
      await also(tx, id)
      return ok({ ...group, ...change })
    },
    async removeGroup(id, also) {
      if (id !== 1) return fail({ kind: 'in-use', tasks: ['curve'] })
      await also(tx, id)
      return ok(null)
    },
  }
}
