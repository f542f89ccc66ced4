import { EventEmitter } from 'node:events'
import type modbusSerial from 'modbus-serial'
import { withCrc } from './crc.ts'
import type { ModbusRequest } from './request.ts'

/** The one id the library sees: it is given one request at a time, and TCP ids are the line's. */
const TRANSACTION_ID = 1

/** What modbus-serial says of an answer; `modbusCode` marks an exception, which is an answer too. */
interface Verdict extends Error {
  readonly modbusCode?: number
}

/** The library, with our line in the place of its ports: it builds requests and checks answers. */
export interface ModbusMaster {
  /** Unit, PDU and checksum, ready for a serial line. */
  frameOf(request: ModbusRequest): Uint8Array
  /** Whether a whole frame answers the last request. */
  accepts(frame: Uint8Array): boolean
}

/** Loaded only when a line is opened: the library pulls in the serial binding. */
export async function openMaster(): Promise<ModbusMaster> {
  const { default: module } = await import('modbus-serial')
  let written: Uint8Array | null = null
  let building = false
  const port = Object.assign(new EventEmitter(), {
    isOpen: true,
    _transactionIdRead: TRANSACTION_ID,
    _transactionIdWrite: TRANSACTION_ID,
    open: (done: (error: null) => void) => done(null),
    close: (done: (error: null) => void) => done(null),
    write(frame: Uint8Array) {
      // The library follows up a long device identification by itself; only the caller asks here.
      if (building) written = frame
    },
  })
  const library = new module.default(port)
  library.open(() => {})
  let verdict: Verdict | null = null
  const judge = (error: Verdict | null) => {
    verdict = error
  }
  return {
    frameOf(request) {
      written = null
      building = true
      ask(library, request, judge)
      building = false
      return written ?? withCrc(request.bytes)
    },
    accepts(frame) {
      verdict = null
      port.emit('data', Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength))
      return isAnswer(verdict)
    },
  }
}

function isAnswer(verdict: Verdict | null): boolean {
  return verdict === null || verdict.modbusCode !== undefined
}

type Library = InstanceType<typeof modbusSerial.default>

function ask(
  library: Library,
  { bytes, unit, functionCode }: ModbusRequest,
  judge: (error: Verdict | null) => void,
): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const address = functionCode <= 4 ? view.readUInt16BE(2) : 0
  const count = functionCode <= 4 ? view.readUInt16BE(4) : 0
  switch (functionCode) {
    case 1:
      library.writeFC1(unit, address, count, judge)
      break
    case 2:
      library.writeFC2(unit, address, count, judge)
      break
    case 3:
      library.writeFC3(unit, address, count, judge)
      break
    case 4:
      library.writeFC4(unit, address, count, judge)
      break
    default:
      library.writeCustomFC(unit, functionCode, [...bytes.subarray(2)], judge)
  }
}
