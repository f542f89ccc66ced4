export { createFieldOrders } from './orders.ts'
export { createFieldRunner, type FieldRunner } from './runner.ts'
export {
  type FieldOrder,
  type FieldOrders,
  FieldReport,
  type FieldSlots,
  type FieldStep,
  type FieldTalk,
  type MeterPoint,
  type OnOrder,
  type OrderEvent,
  type OrderFilter,
  type OrderId,
  OrderSpec,
  orderKinds,
  orderStates,
  type RegisterValue,
  type TalkFailure,
} from './types.ts'
