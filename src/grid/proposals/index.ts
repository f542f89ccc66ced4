export type { Suspect, VoltageCurve } from './groups.ts'
export { CONFIDENCE_MIN, type Judgement, judgeVoltages } from './judge.ts'
