import { BUSINESS } from './who.ts'

const read = (url: string, status = 200) =>
  ({ method: 'GET', url: `/api/v1/statistics/${url}`, allowed: BUSINESS, status }) as const

export const statisticsRows = [read('energy'), read('energy.csv'), read('energy.xlsx')]
