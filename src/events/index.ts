export { type Settled, settle, type Told, tellingsOf } from './settle.ts'
export { devicesOf, eventRecord, type Telling } from './sighting.ts'
export { createDeviceEvents } from './store.ts'
export type { DeviceEventStore, EventDevice, EventFilter, ListedEvent } from './types.ts'
