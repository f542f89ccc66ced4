export { type HeadEnd, type HeadEndOptions, type HeadEndPorts, startHeadEnd } from './head-end.ts'
export { stopInOrder } from './stopping.ts'
