import { dlt645 } from '#protocols/dlt645'
import { mbap, modbus, rtu } from '#protocols/modbus'
import type { ProtocolName } from '#protocols/model'
import { decodeMessage, describeMessage } from '#protocols/mqtt'
import type { FrameEncoder, FrameTool } from './types.ts'

/** Protocols whose frames can be found and explained, the surest proof first. */
export function frameTools(): readonly FrameTool[] {
  return [
    {
      protocol: 'dlt645-2007',
      proof: 'strong',
      scanner: () => dlt645.scanner(),
      describe: (frame) => dlt645.describe(frame),
    },
    {
      protocol: 'modbus',
      proof: 'weak',
      scanner: () => rtu.scanner('both'),
      describe: (frame) => modbus.describe(frame),
    },
    {
      protocol: 'modbus',
      proof: 'weak',
      onlyInTcp: true,
      scanner: () => mbap.scanner(),
      describe: (frame) => modbus.describe(frame),
    },
    {
      protocol: 'mqtt',
      proof: 'weak',
      scanner: () => null,
      describe: (payload) => describeMessage('', payload, decodeMessage),
      describeText: describePublication,
    },
  ]
}

/** `topic payload`, as `mosquitto_sub -v` prints it; the payload is JSON. */
function describePublication(line: string): ReturnType<FrameTool['describe']> | null {
  const match = /^(\S*\/\S*)\s+(\S.*)$/s.exec(line.trim())
  const topic = match?.[1]
  const payload = match?.[2]
  if (topic === undefined || payload === undefined || !/^[[{"\d-]/.test(payload)) return null
  return describeMessage(topic, new TextEncoder().encode(payload), decodeMessage)
}

/** Null where the protocol has no requests. */
export function frameEncoder(protocol: ProtocolName): FrameEncoder | null {
  switch (protocol) {
    case 'dlt645-2007':
      return {
        encode(items, meter) {
          const { requests, unsupported } = dlt645.plan(items, meter)
          return { frames: requests.map((request) => dlt645.encode(request)), unsupported }
        },
      }
    case 'modbus':
      return {
        encode(items, meter, framing) {
          const { requests, unsupported } = modbus.plan(items, meter)
          const frames = requests.map((request, index) => {
            const message = modbus.encode(request)
            return framing === 'tcp' ? mbap.frame(message, index + 1) : rtu.frame(message)
          })
          return { frames, unsupported }
        },
      }
    case 'dlt645-1997':
    case 'gdw376':
    case 'dlt698':
    case 'dlms':
    case 'mqtt':
      return null
  }
}
