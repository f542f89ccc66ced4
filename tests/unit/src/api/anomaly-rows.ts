import type { Role } from '#src/identity'
import { BUSINESS } from './who.ts'

const asked = (path: string, status: number) => ({
  ...{ method: 'GET' as const, url: `/api/v1/${path}`, allowed: BUSINESS, status },
})

/** The routes of anomalies and suspects, asked where nothing was found. */
export const anomalyRows = [
  asked('anomalies?state=open&scoreMin=50', 200),
  asked('anomalies/rules', 200),
  asked('anomalies/prices', 200),
  asked('anomalies/1', 404),
  asked('theft-suspects?scoreMin=50', 200),
  asked('theft-suspects/1', 404),
  asked('theft-suspects/1/sheet', 404),
  asked('theft-suspects/1/pack.csv', 404),
  asked('theft-suspects/1/pack.xlsx', 404),
  {
    ...{ method: 'PATCH' as const, url: '/api/v1/anomalies/1', status: 404 },
    ...{ allowed: ['admin', 'operator'] as readonly Role[], payload: { act: 'confirm' } },
  },
  {
    ...{ method: 'PUT' as const, url: '/api/v1/anomalies/prices', status: 200 },
    allowed: ['admin'] as readonly Role[],
    payload: { validFrom: '2026-11-01', price: '0.61', customerClass: 'residential' },
  },
  {
    ...{ method: 'PUT' as const, url: '/api/v1/anomalies/rules/zero-use', status: 404 },
    ...{ allowed: ['admin'] as readonly Role[], payload: { enabled: false, reason: 'why' } },
  },
]
