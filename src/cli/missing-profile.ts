import type { MeterProfile } from '#protocols/model'
import type { CliContext } from './context.ts'

/** What is wrong with a Modbus profile's name; null when nothing is. */
export async function missingProfile(
  device: MeterProfile,
  protocol: string,
  { actions }: CliContext,
): Promise<string | null> {
  if (protocol !== 'modbus') return null
  const names = await actions.modbusProfiles()
  if (device.profile !== null && names.includes(device.profile)) return null
  const given = device.profile === null ? 'missing' : `"${device.profile}" is not known`
  return `--profile: ${given}; allowed: ${names.join(', ')}`
}
