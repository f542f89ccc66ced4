import type { MeterProfile } from '#protocols/model'
import type { RegisterMap } from '#src/acquisition/register-maps'
import type { LoadedSettings } from '#src/config'
import { fail, ok, type Result } from '#src/core'
import type { CliContext } from './context.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import { say } from './report.ts'

/** A device with the name of its register map, and the map where it is the user's own. */
interface MappedDevice {
  readonly device: MeterProfile
  readonly maps: readonly RegisterMap[]
}

const nexts = {
  unknown: 'docs/recipes/add-modbus-profile.md tells how to write a map',
  unreadable: 'name a file that you may read',
  wrong: 'mend the file; hes doctor --profile checks it again',
} as const

/**
 * Finds the register map that `--profile` names for a Modbus device. Where there is none, says
 * everything that is wrong and gives what to end with; null settings were complained of already.
 */
export async function mapFor(
  device: MeterProfile,
  protocol: string,
  settings: () => Promise<LoadedSettings | null>,
  { io, actions }: CliContext,
): Promise<Result<MappedDevice, ExitCode>> {
  if (protocol !== 'modbus') return ok({ device, maps: [] })
  const loaded = await settings()
  if (loaded === null) return fail(exitCodes.usage)
  const chosen = await actions.registerMap(device.profile, loaded)
  if (chosen.ok) {
    const { name, own } = chosen.value
    return ok({ device: { ...device, profile: name }, maps: own })
  }
  const { kind, sentences } = chosen.error
  for (const sentence of sentences) say(io, `hes: --profile: ${sentence}`)
  say(io, `     next: ${nexts[kind]}`)
  return fail(kind === 'unreadable' ? exitCodes.notFound : exitCodes.usage)
}
