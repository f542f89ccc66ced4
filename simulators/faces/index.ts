export { type Dlt645FaceOptions, dlt645Face, standardDlt645 } from './dlt645.ts'
export type { Face } from './face.ts'
