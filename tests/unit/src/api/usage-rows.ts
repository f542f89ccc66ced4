import { BUSINESS } from './who.ts'

const asked = (path: string, status: number) => ({
  ...{ method: 'GET' as const, url: `/api/v1/${path}`, allowed: BUSINESS, status },
})

/** The routes of kept energy, asked where there is none. */
export const usageRows = [
  asked('usage?granularity=month&from=2026-10-01&to=2026-10-01&register=1.8.1,1.8.2', 200),
  asked('usage-points/P1/energy/2026-11-21', 404),
]
