export type { DeviceEventRecord, DeviceEvents, PlainData } from './events.ts'
