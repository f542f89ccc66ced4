import { definitions, type SettingKey } from './definitions.ts'

const words = (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** `httpPort` is `HES_HTTP_PORT` in the environment … */
export const variableOf = (key: SettingKey): string => `HES_${words(key).toUpperCase()}`
/** … `http_port` (or the variable, or `httpPort`) in the file … */
export const fileKeyOf = (key: SettingKey): string => words(key)
/** … and `--http-port` on the command line. */
export const flagOf = (key: SettingKey): string => `--${words(key).replaceAll('_', '-')}`

export const settingKeys = Object.keys(definitions) as readonly SettingKey[]

/** The nearest of the names, when it is near enough to be what was meant. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(typed.length / 4)) + 1
  for (const name of names) {
    const distance = editDistance(typed, name)
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

/** Insertions, deletions and replacements between two texts (Levenshtein). */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      const deleted = (previous[column] ?? 0) + 1
      const inserted = (current[column - 1] ?? 0) + 1
      current.push(Math.min(replaced, deleted, inserted))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
