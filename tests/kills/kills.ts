import path from 'node:path'
import { seededRandom } from '#simulators/line'
import { milliseconds, ok, systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { temporaryFolder } from '#tests/support'
import { bundled } from './bundle.ts'
import { type DatabaseDoor, openDatabaseDoor } from './database-door.ts'
import { type Findings, findings, KILL_EVENT } from './findings.ts'
import { type KillPoint, killPoints, Lane } from './lane.ts'
import type { Mutation } from './mutations.ts'

export interface KillOptions {
  readonly kills: number
  /** Processes at once, each with an outbox of its own. */
  readonly lanes: number
  readonly seed: number
  /** A mistake that is to be found; `none` is the product as it is. */
  readonly mutation: Mutation
  readonly progress: (text: string) => void
}

export interface KillReport extends Findings {
  readonly kills: number
  /** Where they struck; `random` is at no named point. */
  readonly at: Readonly<Partial<Record<KillPoint, number>>>
  readonly databaseOutages: number
  /** From the first process to the last, without the making of the database. */
  readonly seconds: number
}

/** How often a life may come to a point before it ends there; others come as fast as they can. */
const countdownMax: Readonly<Record<KillPoint, number>> = {
  'before-sync': 12,
  'after-sync': 12,
  'new-segment': 2,
  'after-acknowledged': 300,
  'before-commit': 3,
  'after-commit': 3,
  'before-remove': 1,
  random: 400,
}
const PROGRESS_EVERY = 100
/** One life in so many sees the database go and come back. */
const OUTAGE_EVERY = 8
const OUTAGE = milliseconds(200)

/**
 * Kills a process that ingests again and again, at named points and at random, and looks at the end
 * whether everything that was acknowledged is in the database, once. Devices, disk and database
 * outlive it.
 */
export async function killManyTimes(options: KillOptions): Promise<KillReport> {
  const { kills, seed, mutation, progress } = options
  const random = seededRandom(seed)
  const wrong: string[] = []
  const door = await openDatabaseDoor((reason) => wrong.push(`the database was lost: ${reason}`))
  const db = await openFor(door)
  const made = temporaryFolder()
  const program = await bundled(path.join(import.meta.dirname, 'ingest.ts'), made.path)
  const acknowledged = new Set<number>()
  let sent = 0
  const field = { acknowledged, nextNumber: () => sent++ }
  const lanes = Array.from({ length: options.lanes }, () => {
    return new Lane({ field, databaseUrl: door.url, program, mutation, outboxBytesMax: 400_000 })
  })
  const at: Partial<Record<KillPoint, number>> = {}
  let [begun, done, databaseOutages] = [0, 0, 0]
  const startedAt = systemClock.now()
  const elapsed = () => (systemClock.now() - startedAt) / 1_000

  const liveAndDie = async (lane: Lane): Promise<void> => {
    while (begun < kills && wrong.length === 0) {
      begun++
      const point = killPoints[random.between(0, killPoints.length - 1)] ?? 'random'
      if (begun % OUTAGE_EVERY === 0) {
        databaseOutages++
        door.shut()
        systemClock.after(OUTAGE, door.open)
      }
      const struck = await lane.live(point, random.between(1, countdownMax[point]))
      at[struck] = (at[struck] ?? 0) + 1
      done++
      if (done % PROGRESS_EVERY === 0) {
        const rate = (done / elapsed()).toFixed(2)
        progress(
          `${done} of ${kills} kills, ${rate}/s, ${acknowledged.size} of ${sent} acknowledged`,
        )
      }
    }
  }
  /** What ends one lane ends the others at their next life, and is told beside what was found. */
  const live = (lane: Lane) =>
    liveAndDie(lane).catch((error: unknown) => void wrong.push(String(error)))

  try {
    await db.query(KILL_EVENT)
    await Promise.all(lanes.map((lane) => lane.open()))
    await Promise.all(lanes.map(live))
    door.open()
    for (const left of await Promise.all(lanes.map((lane) => lane.finish()))) {
      if (left !== null) wrong.push(left)
    }
    const seconds = elapsed()
    const found = await findings(db, acknowledged, sent)
    return {
      kills: done,
      at,
      databaseOutages,
      seconds,
      ...found,
      wrong: [...wrong, ...found.wrong],
    }
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()))
    await db.close()
    await door.close()
    made.remove()
  }
}

async function openFor({ url }: DatabaseDoor): Promise<Database> {
  const check = async () => ok(undefined)
  const opened = await openDatabase({ url, dataDir: '', clock: systemClock, check })
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}
