export { type DlmsFaceOptions, dlmsFace, standardDlms } from './dlms.ts'
export { type Dlt645FaceOptions, dlt645Face, foreignDlt645, standardDlt645 } from './dlt645.ts'
export { dlt645v1997Face, standardDlt645v1997 } from './dlt645-1997.ts'
export {
  type Dlt698Device,
  type Dlt698FaceOptions,
  type Dlt698Security,
  dlt698Face,
  standardDlt698,
  toySecurity,
} from './dlt698.ts'
export { type Dlt698Terminal, dlt698TerminalFace } from './dlt698-terminal.ts'
export type { Face } from './face.ts'
export { simulatedFirmware } from './firmware.ts'
export { gdw376Face } from './gdw376.ts'
export type { MeteringPoint } from './gdw376-memory.ts'
export {
  type Gdw376Terminal,
  type Gdw376TerminalOptions,
  standardBytesMax,
} from './gdw376-terminal.ts'
export { type ModbusUnit, modbusRtuFace, modbusTcpFace } from './modbus.ts'
export { mqttBacklog, mqttMessages } from './mqtt.ts'
