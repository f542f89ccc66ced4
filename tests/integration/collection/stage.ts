import { slotAfter, slotAt } from '#src/acquisition'
import {
  type Collection,
  type CollectionReports,
  createCollection,
  createCollectionReports,
  createTasks,
  type LedgerTask,
  type PlanId,
  type Tasks,
} from '#src/collection'
import {
  type BusinessDate,
  civilTime,
  hours,
  type Instant,
  idOf,
  instant,
  type MeterId,
  parseBusinessDate,
  seconds,
} from '#src/core'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
/** Four meters behind a concentrator. */
export async function openStage(): Promise<TestDatabase> {
  database = await migratedDatabase()
  await database.db.query(
    `insert into channel (name, kind, settings) values ('one', 'dialin', '{"identity": "1001"}')`,
  )
  await database.db.query(`insert into concentrator (address, channel_id) values ('1001', 1)`)
  await database.db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 from generate_series(1, 4) n`,
  )
  return database
}

export const dateOf = (text: string): BusinessDate => {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(`${text} is no date`)
  return date
}
export const meters: readonly MeterId[] = [1, 2, 3, 4].map((id) => idOf<'meter'>(id))
export const nobody = async () => {}

interface Stage {
  readonly collection: Collection
  readonly reports: CollectionReports
  readonly tasks: Tasks
  readonly clock: ManualClock
  readonly planId: PlanId
  readonly taskAt: (now: Instant) => LedgerTask
}

/** A task of its own over the four meters, from nothing. */
export async function stage(
  zone: string,
  { cycle, offset }: { cycle: number; offset: number },
  startsAt: Instant,
): Promise<Stage> {
  await database.db.query(
    `truncate collection_slot, collection_horizon, collection_member, collection_mark,
       collection_day, collection_place, collection_located, installation, installation_register`,
  )
  await database.db.query(`delete from poll_plan`)
  const civil = civilTime(zone)
  const clock = new ManualClock(startsAt)
  const tasks = createTasks(database.db)
  const made = await tasks.create(
    {
      ...{ name: 'curve', nameZh: '曲线', protocol: 'dlt645-2007', dataClass: 'interval' },
      ...{ items: ['1.8.0'], cycleSeconds: cycle / 1_000, offsetSeconds: offset / 1_000 },
      ...{ priority: 10, enabled: true, group: null, windowSeconds: null, validFrom: null },
      ...{ validTo: null, catchUpSeconds: 7 * 86_400, catchUpItems: ['x'], catchUpSlots: 1 },
    },
    nobody,
  )
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  const { id: planId } = made.value
  const duty = { cycle: seconds(cycle / 1_000), offset: seconds(offset / 1_000) }
  return {
    collection: createCollection(database.db, civil),
    reports: createCollectionReports(database.db, civil, clock),
    tasks,
    clock,
    planId,
    taskAt: (now) => ({
      planId,
      cycleSeconds: cycle / 1_000,
      offsetSeconds: offset / 1_000,
      first: slotAt(duty, now, civil),
      next: slotAfter(duty, now, civil),
      reach: instant(now - hours(7 * 24)),
      slots(from, to, most) {
        const starts: Instant[] = []
        for (let at = slotAfter(duty, instant(from - 1), civil); at < to; ) {
          if (starts.length === most) break
          starts.push(at)
          at = slotAfter(duty, at, civil)
        }
        return starts
      },
    }),
  }
}

export const at = (text: string): Instant => instant(Date.parse(text))
export const rows = (text: string, values: readonly unknown[] = []) =>
  database.db.query<Record<string, unknown>>(text, values)
