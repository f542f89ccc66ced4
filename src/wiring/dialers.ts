import type { Dialer, SerialSettings } from '#drivers/channel'
import { modbusDialer } from '#drivers/modbus'
import { nodeSerialPorts, serialDialer } from '#drivers/serial'
import { nodeNetwork, tcpDialer } from '#drivers/tcp'
import { exclusiveDialer, type LockChannel } from '#src/acquisition/field'
import type { Clock } from '#src/core'
import type { ChannelRecord, ChannelSettings } from '#src/registry'

/** The same, on channels that no bench of this machine has meanwhile. */
export function heldDialerFor(
  channel: ChannelRecord,
  clock: Clock,
  lockChannel: LockChannel,
): Dialer | null {
  const dialer = dialerFor(channel, clock)
  if (dialer === null || channel.kind !== 'tcp') return dialer
  return exclusiveDialer(dialer, { kind: 'tcp', ...hostPortOf(channel.settings) }, lockChannel)
}

/** How a channel of the archive is dialed; null for kinds that call us or push. */
function dialerFor(channel: ChannelRecord, clock: Clock): Dialer | null {
  const { name, kind, settings } = channel
  const world = { network: nodeNetwork, serialPorts: nodeSerialPorts, clock }
  switch (kind) {
    case 'tcp':
      return tcpDialer({ name, clock, ...hostPortOf(settings) }, nodeNetwork)
    case 'serial':
      return serialDialer(serialOf(settings), nodeSerialPorts)
    case 'modbus-tcp':
      return modbusDialer({ name, kind: 'tcp', ...hostPortOf(settings) }, world)
    case 'modbus-rtu-tcp':
      return modbusDialer({ name, kind: 'rtu-tcp', ...hostPortOf(settings) }, world)
    case 'modbus-serial':
      return modbusDialer({ name, kind: 'serial', settings: serialOf(settings) }, world)
    case 'dialin':
    case 'mqtt':
      return null
  }
}

function hostPortOf(settings: ChannelSettings): { host: string; port: number } {
  return { host: String(settings.host), port: Number(settings.port) }
}

function serialOf(settings: ChannelSettings): SerialSettings {
  const { parity } = settings
  return {
    path: String(settings.path),
    baud: Number(settings.baud ?? 2_400),
    parity: parity === 'none' || parity === 'odd' ? parity : 'even',
    dataBits: settings.dataBits === 7 ? 7 : 8,
    stopBits: settings.stopBits === 2 ? 2 : 1,
  }
}
