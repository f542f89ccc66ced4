import { BUSINESS } from './who.ts'

const asked = (path: string, status: number) => ({
  ...{ method: 'GET' as const, url: `/api/v1/${path}`, allowed: BUSINESS, status },
})

/** The routes of the grid, asked where there is none. */
export const gridRows = [
  asked('grid', 200),
  asked('grid/area/T1', 404),
  asked('grid/area/T1/points', 404),
  asked('grid/trace?from=point:P1&direction=up', 404),
  asked('grid/affected?bbox=1,2,3,4', 200),
  asked('grid.geojson', 200),
]
