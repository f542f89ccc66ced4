import { createThread } from '#src/core'
import type { ComingDay, DayForecast, LoadDay } from './types.ts'

export interface Question {
  readonly days: readonly LoadDay[]
  readonly day: ComingDay
}

/** Works out forecasts beside the process that talks to meters. */
export interface Thinker {
  /** One call at a time. */
  forecast(questions: readonly Question[]): Promise<readonly (DayForecast | null)[]>
  close(): Promise<void>
}

export function createThinker(): Thinker {
  const thread = createThread<readonly Question[], readonly (DayForecast | null)[]>(
    import.meta.url,
    'forecasts',
  )
  return { forecast: (questions) => thread.ask(questions), close: () => thread.close() }
}
