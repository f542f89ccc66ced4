import { BUSINESS } from './who.ts'

const asked = (path: string, status: number) => ({
  ...{ method: 'GET' as const, url: `/api/v1/line-loss${path}`, allowed: BUSINESS, status },
})

/** The routes of line loss, asked where nothing was computed. */
export const lossRows = [
  asked('?scope=area&date=2026-11-20', 200),
  asked('/ranking?by=loss', 200),
  asked('/area/1', 404),
  asked('/area/1/history?from=2026-11-01&to=2026-11-20', 200),
]
