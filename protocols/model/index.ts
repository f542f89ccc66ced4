export { type AddressForm, addressForms, writtenAddress } from './addresses.ts'
export {
  type DeviceEvent,
  type EventCode,
  type EventDetail,
  type EventPhase,
  type EventPull,
  type EventType,
  eventTypeOf,
  eventTypes,
  isEventCode,
  type KnownEvent,
  type PullBrought,
} from './events.ts'
export {
  type FormArgument,
  type FormedFrames,
  type FormTarget,
  type GivenArguments,
  hexArgument,
  numberArgument,
  numberOf,
  patternArgument,
  type RequestForm,
  type RequestForms,
  scaledOf,
  several,
  timeArgument,
  timeOf,
  usually,
  type WrittenValue,
  wordArgument,
} from './forms.ts'
export { type Item, type ItemCode, type ItemKind, itemOf, items } from './items.ts'
export type { DeviceAccess, RelayAction, RelayOrder } from './orders.ts'
export type {
  Decoded,
  FrameAim,
  FrameDescription,
  FrameEffect,
  FramePart,
  Malformed,
  MeterProfile,
  Plan,
  Protocol,
  ProtocolName,
  Refusal,
  Scanner,
  Unasked,
} from './protocol.ts'
export { nothingKnown, protocolNames } from './protocol.ts'
export { relayStatus, runStatusNames } from './run-status.ts'
export {
  type DataClass,
  decimalText,
  isOf,
  isPresent,
  type MeterTime,
  type MissingFlag,
  meterTimeText,
  type Reading,
  type Stamp,
  type TaskClass,
  type Value,
  valueText,
} from './values.ts'
