export {
  type KeptDays,
  keptDaysDefault,
  maintenanceJobs,
} from './maintenance.ts'
export { createScheduler } from './scheduler.ts'
export { cronTicker } from './tick.ts'
export type { Job, JobEvent } from './types.ts'
