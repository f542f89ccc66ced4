import { type Definition, definitions, type SettingKey } from './definitions.ts'
import type { LoadedSettings, SettingSource } from './load.ts'
import { fileKeyOf, flagOf, settingKeys, variableOf } from './names.ts'

/** An effective setting as others may see it: secrets masked. */
export interface SettingView {
  readonly name: string
  readonly value: string | number | readonly string[] | null
  readonly source: SettingSource
  readonly meaning: string
}

/** A setting as the documentation and `--help` show it. */
export interface SettingExplanation {
  readonly key: SettingKey
  readonly variable: string
  readonly fileKey: string
  readonly flag: string | null
  /** What the flag takes: `PORT`. */
  readonly takes: string
  readonly default: string
  readonly meaning: string
  readonly allowed: string
  readonly group: 'server' | 'client'
  readonly secret: boolean
}

/** The effective settings of the head-end, for `GET /settings` and `hes doctor`. */
export function viewSettings(loaded: LoadedSettings): readonly SettingView[] {
  return settingKeys
    .filter((key) => definitions[key].group === 'server')
    .map((key) => {
      const definition: Definition<SettingKey> = definitions[key]
      const value = loaded.settings[key]
      const shown =
        typeof value === 'string' && definition.mask !== undefined ? definition.mask(value) : value
      return {
        name: variableOf(key),
        value: shown,
        source: loaded.sources[key],
        meaning: definition.meaning,
      }
    })
}

/** Every setting there is, in the order of the documentation. */
export function explainSettings(): readonly SettingExplanation[] {
  return settingKeys.map((key) => {
    const definition: Definition<SettingKey> = definitions[key]
    return {
      key,
      variable: variableOf(key),
      fileKey: fileKeyOf(key),
      flag: definition.flag === null ? null : flagOf(key),
      takes: definition.flag ?? '',
      default: definition.defaultText ?? String(definition.default),
      meaning: definition.meaning,
      allowed: definition.allowed,
      group: definition.group,
      secret: definition.mask !== undefined,
    }
  })
}
