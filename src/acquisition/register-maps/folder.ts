import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isMapFile, lintRegisterMap, type RegisterMap } from './file.ts'

const FILES_MAX = 1_000

/** A file that gives no map, with every mistake in it. */
export interface RefusedMap {
  readonly file: string
  readonly mistakes: readonly string[]
}

/** What the folder of a user's register maps holds. */
export interface RegisterMaps {
  readonly folder: string
  readonly maps: readonly RegisterMap[]
  /** They disturb no other map. */
  readonly refused: readonly RefusedMap[]
  /** Names of files that do not end as maps do. */
  readonly passedOver: readonly string[]
}

/** Where a head-end and its tools look for register maps of the user's own. */
export function registerMapFolder(dataDir: string): string {
  return join(dataDir, 'profiles', 'modbus')
}

/** Every register map of a data directory, each checked; a folder that is not there holds none. */
export async function loadRegisterMaps(dataDir: string): Promise<RegisterMaps> {
  const folder = registerMapFolder(dataDir)
  const none: RegisterMaps = { folder, maps: [], refused: [], passedOver: [] }
  let names: readonly string[]
  try {
    names = (await readdir(folder)).filter((name) => !name.startsWith('.')).toSorted()
  } catch (error) {
    // Nobody needs maps of their own.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return none
    const reason = error instanceof Error ? error.message : String(error)
    return { ...none, refused: [{ file: folder, mistakes: [`${folder}: ${reason}`] }] }
  }
  const files = names.filter(isMapFile)
  const passedOver = names.filter((name) => !isMapFile(name))
  if (files.length > FILES_MAX) {
    const mistake = `${folder}: has ${files.length} files; at most ${FILES_MAX} maps are read`
    return { ...none, passedOver, refused: [{ file: folder, mistakes: [mistake] }] }
  }
  return { ...none, passedOver, ...(await readAll(files.map((name) => join(folder, name)))) }
}

async function readAll(files: readonly string[]): Promise<Pick<RegisterMaps, 'maps' | 'refused'>> {
  const refused: RefusedMap[] = []
  const named = new Map<string, { readonly file: string; readonly map: RegisterMap }[]>()
  for (const file of files) {
    const read = await lintRegisterMap(file)
    if (!read.ok) refused.push({ file, mistakes: read.error.mistakes })
    else
      named.set(read.value.name, [...(named.get(read.value.name) ?? []), { file, map: read.value }])
  }
  const maps: RegisterMap[] = []
  for (const [name, alike] of named) {
    const [first] = alike
    if (first && alike.length === 1) maps.push(first.map)
    else refused.push(...alike.map(({ file }) => sameName(name, file, alike)))
  }
  return { maps, refused }
}

/** Which of them is meant nobody can know, and the wrong one would give wrong values. */
function sameName(
  name: string,
  file: string,
  alike: readonly { readonly file: string }[],
): RefusedMap {
  const others = alike.filter((one) => one.file !== file).map((one) => one.file)
  const mistake = `${file}:head:name: ${name} is also the name in ${others.join(', ')}; none is read`
  return { file, mistakes: [mistake] }
}
