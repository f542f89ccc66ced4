import { describeSystemError, type TransportError } from '#drivers/channel'

/** CONNACK codes for wrong credentials or rights, of MQTT 3.1.1 and 5. */
const ACCESS_DENIED: ReadonlySet<number> = new Set([4, 5, 134, 135])
/** SUBACK codes from here on are refusals. */
const TOPIC_DENIED_MIN = 0x80

/** Why there is no connection: wrong credentials are the settings' fault, not the network's. */
export function describeRefusal(error: Error, name: string): TransportError {
  if (!('code' in error) || !ACCESS_DENIED.has(Number(error.code))) {
    return describeSystemError(error, name)
  }
  return {
    code: 'transport.permission',
    message: `${name}: the broker denies access (${error.message}); check user name and password`,
    retry: 'later',
  }
}

/** Which topics the broker does not let us read. */
export function describeDenial(
  error: Error,
  name: string,
  topics: readonly string[],
): TransportError {
  const granted = grantedIn(error)
  const denied = topics.filter((_, i) => (granted[i] ?? 0) >= TOPIC_DENIED_MIN)
  if (denied.length === 0) return describeSystemError(error, `subscribing at ${name}`)
  return {
    code: 'transport.permission',
    message: `${name}: the broker denies ${denied.join(', ')}; give this client the right to read it`,
    retry: 'later',
  }
}

/** What the broker said of each topic, from the SUBACK that the library's error carries. */
function grantedIn(error: Error): readonly number[] {
  const packet: unknown = 'packet' in error ? error.packet : null
  const granted: unknown =
    typeof packet === 'object' && packet !== null && 'granted' in packet ? packet.granted : null
  return Array.isArray(granted) ? granted.map(Number) : []
}
