import type { Role } from '#src/identity'
import { BUSINESS } from './who.ts'

const DISPATCHING: readonly Role[] = ['admin', 'operator']

const asked = (path: string, status: number) => ({
  ...{ method: 'GET' as const, url: `/api/v1/${path}`, allowed: BUSINESS, status },
})
const done = (method: 'POST' | 'PUT', path: string, status: number, payload: object) => ({
  ...{ method, url: `/api/v1/${path}`, allowed: DISPATCHING, status, payload },
})

/** The routes of the grid, asked where there is none. */
export const gridRows = [
  asked('grid', 200),
  asked('grid/area/T1', 404),
  asked('grid/area/T1/points', 404),
  asked('grid/trace?from=point:P1&direction=up', 404),
  asked('grid/affected?bbox=1,2,3,4', 200),
  asked('grid.geojson', 200),
  asked('grid/loading?kind=feeder&state=overloaded', 200),
  asked('grid/contracts?state=below', 200),
  asked('grid/area/T1/headroom?kva=160', 404),
  done('PUT', 'grid/feeder/F1/capacity', 404, { kva: '5000', from: '2026-01-01' }),
  asked('grid/managers?kind=area&held=false', 200),
  asked('grid/area/T1/managers', 404),
  done('PUT', 'grid/area/T1/manager', 404, { name: 'Wang Fang', from: '2026-01-01' }),
  done('POST', 'grid/area/T1/manager/end', 404, { at: '2026-01-01' }),
  { ...done('POST', 'grid/managers/file', 422, {}), payload: 'code,name\nT1,Wang Fang' },
  asked('grid/proposals?state=open', 200),
  done('POST', 'grid/proposals/search', 404, { under: 'feeder:F1' }),
  done('POST', 'grid/proposals/1/adopt', 404, {}),
  done('POST', 'grid/proposals/1/dismiss', 404, { reason: 'seen on site' }),
  asked('archive/score', 200),
  asked('archive/areas', 200),
  asked('archive/gaps?rule=point-meter', 200),
  asked('archive/trend', 200),
  done('POST', 'archive/look', 200, {}),
  asked('archive/differences', 200),
  asked('archive/differences/file?format=csv', 200),
  asked('archive/comparisons', 200),
]
