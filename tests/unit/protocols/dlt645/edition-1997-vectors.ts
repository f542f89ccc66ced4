import { readFileSync } from 'node:fs'
import type { Vector } from './vectors.ts'

const file = new URL('../../../vectors/dlt645-1997.json', import.meta.url)

/** Published or hand-worked frames of DL/T 645-1997. */
export const vectors1997: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'))
