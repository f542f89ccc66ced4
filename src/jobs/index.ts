export {
  type KeptDays,
  keptDaysDefault,
  type Maintained,
  maintenanceJobs,
} from './maintenance.ts'
export { createScheduler } from './scheduler.ts'
export { cronTicker } from './tick.ts'
export type { Cycle, Job, JobEvent, JobSlot, Scheduler, Ticker } from './types.ts'
