export { type HeadEnd, startHeadEnd } from './head-end.ts'
export type { HeadEndOptions, HeadEndPorts } from './head-end-options.ts'
export { stopInOrder } from './stopping.ts'
