import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { DeviceAccess, ProtocolName } from '#protocols/model'

/** What protocols take for a password, where not anything goes. */
const passwords: Readonly<Partial<Record<ProtocolName, RegExp>>> = {
  'dlt645-2007': /^[\dA-F]{8}$/i,
  'dlt645-1997': /^[\dA-F]{8}$/i,
  gdw376: /^[\dA-F]{32}$/i,
}

/**
 * What devices ask for before their settings are written: `secrets/meter-access.yaml` in the data
 * folder, by address, else by protocol, else `default`. Read each time: it is needed seldom.
 */
export function meterAccess(
  dataDir: string,
  address: string,
  protocol: ProtocolName,
): DeviceAccess | null {
  try {
    const all: unknown = parse(readFileSync(join(dataDir, 'secrets', 'meter-access.yaml'), 'utf8'))
    if (typeof all !== 'object' || all === null) return null
    const keys = [address, protocol, 'default']
    const found: unknown = keys.map((key) => Reflect.get(all, key)).find(Boolean)
    return isAccess(found) && fits(found, protocol) ? found : null
  } catch {
    // No such file: then nothing that asks for a password can be written.
    return null
  }
}

function isAccess(value: unknown): value is DeviceAccess {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every((one) => typeof one === 'string')
}

/** A password of another protocol is none: `default` is for devices of many. */
function fits({ password }: DeviceAccess, protocol: ProtocolName): boolean {
  return password === undefined || (passwords[protocol]?.test(password) ?? true)
}
