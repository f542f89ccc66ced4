import { profileOf, profiles, sunSpecNames } from '#protocols/modbus'
import { fail, ok, type Result } from '#src/core'
import { isMapFile, lintRegisterMap, type RegisterMap } from './file.ts'
import { loadRegisterMaps } from './folder.ts'

/** The map that somebody named, for work on one channel. */
export interface MapChoice {
  readonly name: string
  /** The map where it is the user's own; nothing where the product brings it. */
  readonly own: readonly RegisterMap[]
}

/** Why there is none: sentences for whoever named it. */
export interface MapFault {
  readonly kind: 'unknown' | 'unreadable' | 'wrong'
  readonly sentences: readonly string[]
}

/** Names of maps that the product brings. */
export const modbusProfiles: readonly string[] = [
  ...profiles.map(({ name }) => name),
  ...sunSpecNames,
]

/** A map by its name, there or in the data directory, or by the path of its file. */
export async function chooseRegisterMap(
  given: string | null,
  dataDir: string,
): Promise<Result<MapChoice, MapFault>> {
  if (given !== null && isPath(given)) {
    const read = await lintRegisterMap(given)
    if (read.ok) return ok({ name: read.value.name, own: [read.value] })
    return fail({ kind: read.error.kind, sentences: read.error.mistakes })
  }
  const isBuiltIn = given !== null && (modbusProfiles.includes(given) || profileOf(given))
  if (isBuiltIn) return ok({ name: given, own: [] })
  const { maps, refused } = await loadRegisterMaps(dataDir)
  const own = maps.find(({ name }) => name === given)
  if (own) return ok({ name: own.name, own: [own] })
  const names = [...modbusProfiles, ...maps.map(({ name }) => name)].join(', ')
  const what = given === null ? 'missing' : `"${given}" is not known`
  const allowed = `${what}; allowed: ${names}, or the path of a .yaml or .json file`
  // What was meant may be the name in a file that is refused.
  return fail({
    kind: 'unknown',
    sentences: [allowed, ...refused.flatMap(({ mistakes }) => mistakes)],
  })
}

/** A name has neither. */
function isPath(text: string): boolean {
  return /[/\\]/.test(text) || isMapFile(text)
}
