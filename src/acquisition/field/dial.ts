import type { Channel, Opened } from '#drivers/channel'
import { serialDialer } from '#drivers/serial'
import { tcpDialer } from '#drivers/tcp'
import type { FieldChannel, FieldWorld } from './types.ts'

/** Opens a channel as it is: bytes in, bytes out. */
export function openRaw(
  channel: FieldChannel,
  world: FieldWorld,
  signal: AbortSignal,
): Promise<Opened<Channel>> {
  if (channel.kind === 'serial') return serialDialer(channel, world.serialPorts).open(signal)
  const { host, port } = channel
  return tcpDialer({ host, port, clock: world.clock }, world.network).open(signal)
}

/** Opens a channel of Modbus units: unit and PDU in, unit and PDU out. */
export async function openUnits(
  channel: FieldChannel,
  world: FieldWorld,
  signal: AbortSignal,
): Promise<Opened<Channel>> {
  const { modbusDialer } = await import('#drivers/modbus')
  switch (channel.kind) {
    case 'serial':
      return modbusDialer({ kind: 'serial', settings: channel }, world).open(signal)
    case 'tcp':
    case 'rtu-tcp':
      return modbusDialer({ ...channel, kind: channel.kind }, world).open(signal)
  }
}
