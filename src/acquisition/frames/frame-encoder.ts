import type { Protocol, ProtocolName } from '#protocols/model'
import type { FrameEncoder } from './types.ts'

/** Null where the protocol has no requests. */
export async function frameEncoder(protocol: ProtocolName): Promise<FrameEncoder | null> {
  switch (protocol) {
    case 'dlt645-2007':
      return encoderOf((await import('#protocols/dlt645')).dlt645)
    case 'dlt645-1997':
      return encoderOf((await import('#protocols/dlt645')).dlt645v1997)
    case 'gdw376':
      return encoderOf((await import('#protocols/gdw376')).gdw376)
    case 'dlt698':
      return encoderOf((await import('#protocols/dlt698')).dlt698)
    case 'modbus':
      return modbusEncoder()
    case 'dlms':
      return encoderOf((await import('../ciphered-dlms.ts')).dlms)
    case 'mqtt':
      return null
  }
}

function encoderOf<Request, Response>(protocol: Protocol<Request, Response>): FrameEncoder {
  const framesOf = (requests: readonly Request[]) => requests.map((one) => protocol.encode(one))
  return {
    encode(items, meter) {
      const { requests, unsupported } = protocol.plan(items, meter)
      return { frames: framesOf(requests), unsupported }
    },
    order(order, meter) {
      const plan = protocol.order?.(order, meter)
      return plan ? { frames: framesOf(plan.requests), unsupported: plan.unsupported } : null
    },
  }
}

async function modbusEncoder(): Promise<FrameEncoder> {
  const { mbap, modbus, rtu } = await import('#protocols/modbus')
  return {
    encode(items, meter, framing) {
      const { requests, unsupported } = modbus.plan(items, meter)
      const frames = requests.map((request, index) => {
        const message = modbus.encode(request)
        return framing === 'tcp' ? mbap.frame(message, index + 1) : rtu.frame(message)
      })
      return { frames, unsupported }
    },
    order: () => null,
  }
}
