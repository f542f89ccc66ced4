import type { Pace } from '#simulators/region'
import { milliseconds, sleep, systemClock } from '#src/core'
import type { Database } from '#src/db'
import type { Mortal } from './mortal.ts'
import { realMsUntil } from './spec.ts'

const MINUTE_MS = 60_000
/** When who dies, of the played time, and for how long: amid the freeze, and later both at once. */
const deaths = {
  database: [
    { fromMs: 3 * MINUTE_MS, forMs: 12 * MINUTE_MS },
    { fromMs: 55 * MINUTE_MS, forMs: 15 * MINUTE_MS },
  ],
  broker: [
    { fromMs: 8 * MINUTE_MS, forMs: 10 * MINUTE_MS },
    { fromMs: 60 * MINUTE_MS, forMs: 15 * MINUTE_MS },
  ],
} as const
/** Until then the diagnosis has looked at the day again. */
const JUDGED_AFTER_MS = 17 * MINUTE_MS

export interface Dying {
  readonly who: Mortal
  readonly times: keyof typeof deaths
  readonly pace: Pace
  /** What the head-end made of it, asked a while after each death; null for nobody to ask. */
  readonly after: (() => Promise<string>) | null
  readonly tell: (text: string) => void
  readonly signal: AbortSignal
}

/** Kills it and lets it come back, and tells what the head-end made of it. */
export async function letDie({ who, times, pace, after, tell, signal }: Dying): Promise<void> {
  const [{ fromMs: startMs }] = pace.legs
  const began = performance.now()
  const until = async (playedMs: number) => {
    const waitMs = realMsUntil(startMs + playedMs, pace) - (performance.now() - began)
    return sleep(systemClock, milliseconds(Math.max(0, waitMs)), signal)
  }
  for (const { fromMs, forMs } of deaths[times]) {
    if (!(await until(fromMs))) return
    tell(`${who.name} is killed, ${fromMs / MINUTE_MS} min of the field's time after the start`)
    await who.kill()
    await until(fromMs + forMs)
    await who.start()
    tell(`${who.name} is back ${forMs / MINUTE_MS} min later`)
    if (!after) continue
    if (!(await until(fromMs + forMs + JUDGED_AFTER_MS))) return
    tell(await after())
  }
}

/** What is said of those that can be read and that are still missing. */
export async function toldOf(
  open: () => Promise<Database>,
  isReachable: (meterAddress: string) => boolean,
): Promise<string> {
  const db = await open()
  try {
    const rows = await db.query<{ readonly address: string; readonly cause: string }>(
      'select m.address, d.cause from meter_diagnosis d join meter m on m.id = d.meter_id',
    )
    const missing = rows.filter(({ address }) => isReachable(address))
    const causes = Map.groupBy(missing, ({ cause }) => cause)
    const counts = Array.from(causes, ([cause, { length }]) => `${length} ${cause}`)
    return `of those that can be read are missing now: ${counts.join(', ') || 'none'}`
  } finally {
    await db.close()
  }
}
