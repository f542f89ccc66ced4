import type { DlmsRequest } from '#protocols/dlms'
import type { ModbusProfile, ModbusRequest } from '#protocols/modbus'
import type {
  MeterProfile,
  Protocol,
  ProtocolName,
  RelayAction,
  RelayOrder,
} from '#protocols/model'
import type { FrameEncoder, OrderFrames } from './types.ts'

/** Null where the protocol has no requests. `maps` are the user's own, for Modbus. */
export async function frameEncoder(
  protocol: ProtocolName,
  maps: readonly ModbusProfile[] = [],
): Promise<FrameEncoder | null> {
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
      return modbusEncoder(maps)
    case 'dlms':
      return dlmsEncoder()
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
    order: (order, meter) => orderFrames(protocol, order, meter, (one) => protocol.encode(one)),
  }
}

function orderFrames<Request, Response>(
  protocol: Protocol<Request, Response>,
  order: RelayOrder,
  meter: MeterProfile,
  frameOf: (request: Request) => Uint8Array,
): OrderFrames {
  const none = { requests: [], unsupported: [order.action] }
  const { requests, unsupported } = protocol.order?.(order, meter) ?? none
  const frames = requests.map(frameOf)
  const expires = frames.every((frame) => (protocol.aim?.(frame)?.expiresAt ?? null) !== null)
  return { frames, unsupported, expires }
}

/** Modes of the disconnect control in which an order of each kind is one (class 70). */
const modes: Readonly<Partial<Record<RelayAction, number>>> = {
  trip: 4,
  close: 4,
  'allow-close': 1,
}

async function dlmsEncoder(): Promise<FrameEncoder> {
  const { dlms } = await import('../ciphered-dlms.ts')
  /** An order begins with a look at the control mode; this is what follows a fitting answer. */
  const afterLook = (request: DlmsRequest, mode: number): DlmsRequest => {
    const data = { kind: 'integer', tag: 22, value: mode } as const
    const results = [{ ok: true, data }] as const
    const service = {
      kind: 'get-response',
      form: 'normal',
      invoke: 0,
      results,
      block: null,
    } as const
    const { framing, server, client } = request.route
    const answer = { framing, server, client, control: null, segmented: false }
    const apdu = { kind: 'service', service } as const
    return dlms.follow(request, { ...answer, bytes: new Uint8Array(0), apdu }) ?? request
  }
  return {
    ...encoderOf(dlms),
    order: (order, meter) =>
      orderFrames(dlms, order, meter, (request) =>
        dlms.encode(afterLook(request, modes[order.action] ?? 0)),
      ),
  }
}

async function modbusEncoder(maps: readonly ModbusProfile[]): Promise<FrameEncoder> {
  const { mbap, modbusWith, rtu } = await import('#protocols/modbus')
  const modbus = modbusWith(maps)
  const framed = (request: ModbusRequest, framing: 'rtu' | 'tcp', index: number) => {
    const message = modbus.encode(request)
    return framing === 'tcp' ? mbap.frame(message, index + 1) : rtu.frame(message)
  }
  return {
    encode(items, meter, framing) {
      const { requests, unsupported } = modbus.plan(items, meter)
      const frames = requests.map((request, index) => framed(request, framing, index))
      return { frames, unsupported }
    },
    order: (order, meter, framing) =>
      orderFrames(modbus, order, meter, (request) => framed(request, framing, 0)),
  }
}
