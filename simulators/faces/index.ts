export { dlt645Face, foreignDlt645, standardDlt645 } from './dlt645.ts'
export type { Face } from './face.ts'
export { type ModbusUnit, modbusRtuFace, modbusTcpFace } from './modbus.ts'
export { mqttBacklog, mqttMessages } from './mqtt.ts'
