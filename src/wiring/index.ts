export { type HeadEnd, type HeadEndOptions, type HeadEndPorts, startHeadEnd } from './head-end.ts'
