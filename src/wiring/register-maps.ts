import { modbusWith } from '#protocols/modbus'
import { type MeterReader, meterReader } from '#src/acquisition'
import { loadRegisterMaps, type RegisterMap } from '#src/acquisition/register-maps'
import type { Logger, Metrics } from '#src/observe'

interface RegisterMapOptions {
  readonly dataDir: string
  readonly log: Logger
  readonly metrics: Metrics
  readonly say: (text: string) => void
}

/** The register maps of the user's own that a running head-end knows. */
export interface KnownRegisterMaps {
  /** Reads Modbus meters by the maps that are known when it is asked. */
  readonly reader: MeterReader
  names(): readonly string[]
  /**
   * Looks into the folder again. What was known stays known, though its file is gone or was spoilt:
   * meters are read by it until the next start.
   */
  refresh(): Promise<void>
}

/** Loads the register maps of a data directory; a bad file is complained of and disturbs no other. */
export async function knownRegisterMaps(options: RegisterMapOptions): Promise<KnownRegisterMaps> {
  const { dataDir, log, metrics, say } = options
  const gauge = metrics.gauge({
    name: 'hes_register_maps',
    help: 'Register maps of the user, by what became of their files',
    labels: ['state'],
  })
  const known = new Map<string, RegisterMap>()
  const told = new Set<string>()
  let current = meterReader(modbusWith([]))

  function complain(file: string, mistakes: readonly string[]): void {
    const complaint = mistakes.join('\n')
    if (told.has(complaint)) return
    told.add(complaint)
    log.warn({ event: 'register-map.refused', file, mistakes }, 'its meters are not read')
    say(`${file} is not read, ${mistakes.length} mistake(s): hes doctor shows them`)
  }

  async function refresh(): Promise<void> {
    const { folder, maps, refused } = await loadRegisterMaps(dataDir)
    for (const map of maps) known.set(map.name, map)
    current = meterReader(modbusWith([...known.values()]))
    gauge.set({ state: 'known' }, known.size)
    gauge.set({ state: 'refused' }, refused.length)
    for (const { file, mistakes } of refused) complain(file, mistakes)
    if (known.size > 0) log.info({ event: 'register-maps', folder, maps: [...known.keys()] })
  }

  await refresh()
  return {
    reader: {
      name: current.name,
      read: (...asked) => current.read(...asked),
      readEvents: (...asked) => current.readEvents(...asked),
    },
    names: () => [...known.keys()],
    refresh,
  }
}
