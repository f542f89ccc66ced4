import cron from 'node-cron'
import type { Ticker } from './types.ts'

/** node-cron as nothing but a tick: once a minute in UTC, where no hour is skipped or repeated. */
export const cronTicker: Ticker = (tick) => {
  const task = cron.schedule('* * * * *', tick, { timezone: 'Etc/UTC', name: 'openhes tick' })
  return () => {
    void task.destroy()
  }
}
