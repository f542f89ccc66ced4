import { Value } from '@sinclair/typebox/value'
import { fail, ok, type Result } from '#src/core'
import {
  type Definition,
  definitions,
  type SettingKey,
  type Settings,
  settingsSchema,
} from './definitions.ts'
import { readSettingsFile } from './file.ts'
import { fileKeyOf, flagOf, nearest, settingKeys, variableOf } from './names.ts'
import { systemReason } from './reason.ts'

interface Environment {
  readonly HES_CONFIG?: string | undefined
  readonly [name: string]: string | undefined
}

/** Where a value came from, for people who wonder why it is what it is. */
export type SettingSource = 'default' | 'file' | 'environment' | 'flag'

/** Texts given on the command line, by setting. */
export type SettingFlags = Readonly<Partial<Record<SettingKey, string>>>

export interface SettingsInput {
  readonly env: Environment
  readonly flags?: SettingFlags
  /** Reads a whole text file; rejects with the system's error. */
  readonly readFile: (path: string) => string
}

export interface LoadedSettings {
  readonly settings: Settings
  readonly sources: Readonly<Record<SettingKey, SettingSource>>
}

/** Every mistake found, one sentence each: the name, its value, what is allowed. */
export interface SettingsRefused {
  readonly kind: 'settings'
  readonly mistakes: readonly string[]
}

/** Names that steer the reading of settings and are none themselves. */
const otherVariables = ['HES_CONFIG']

interface Given {
  readonly key: SettingKey
  readonly source: SettingSource
  /** As the person knows it: `HES_HTTP_PORT`, `http_port (hes.yaml)`, `--http-port`. */
  readonly label: string
  readonly value: unknown
}

/**
 * Reads the file named by `HES_CONFIG`, the environment and the flags, the later winning. All
 * mistakes of all three are found in one go, also in values that a stronger source replaces.
 */
export function loadSettings(input: SettingsInput): Result<LoadedSettings, SettingsRefused> {
  const mistakes: string[] = []
  const given = [...fromFile(input), ...fromEnvironment(input), ...fromFlags(input.flags ?? {})]
  const values: Record<string, unknown> = {}
  const sources: Record<string, SettingSource> = {}
  for (const key of settingKeys) {
    values[key] = definitions[key].default
    sources[key] = 'default'
  }
  for (const entry of given) {
    const parsed = typeof entry === 'string' ? fail(entry) : parse(entry)
    if (!parsed.ok) {
      mistakes.push(parsed.error)
      continue
    }
    const { key, source, value } = parsed.value
    values[key] = value
    sources[key] = source
  }
  if (mistakes.length === 0) mistakes.push(...samePorts(values as Settings))
  if (mistakes.length > 0) return fail({ kind: 'settings', mistakes })
  return ok({
    settings: Object.freeze(values as Settings),
    sources: Object.freeze(sources as Record<SettingKey, SettingSource>),
  })
}

/** What a source gives, in its order: values, and sentences on what is no setting. */
type Found = Given | string

function fromFile(input: SettingsInput): Found[] {
  const path = input.env.HES_CONFIG
  if (path === undefined || path === '') return []
  const file = readSettingsFile(path, input.readFile)
  const byName = new Map(settingKeys.map((key) => [fileKeyOf(key), key]))
  const givenAs = new Map<SettingKey, string>()
  const found = file.entries.map(({ name, value }): Found => {
    const word = fileWordOf(name)
    const key = byName.get(word)
    if (key === undefined) {
      return `${name} (${path}): no such setting${suggestion(word, [...byName.keys()])}`
    }
    const twice = givenAs.get(key)
    if (twice !== undefined) return `${name} (${path}): is there already, as ${twice}`
    givenAs.set(key, name)
    return { key, source: 'file', label: `${name} (${path})`, value }
  })
  return [...file.mistakes, ...found]
}

/** People write a setting as its variable, as its flag or as programs do: it is the same one. */
function fileWordOf(name: string): string {
  const parted = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').replaceAll('-', '_')
  return parted.toLowerCase().replace(/^hes_/, '')
}

function fromEnvironment(input: SettingsInput): Found[] {
  const byName = new Map(settingKeys.map((key) => [variableOf(key), key]))
  const found: Found[] = []
  for (const [name, value] of Object.entries(input.env).sort()) {
    // An empty variable is how shells and compose files say "not set".
    if (!name.startsWith('HES_') || value === undefined || value === '') continue
    const key = byName.get(name)
    const secret = byName.get(name.replace(/_FILE$/, ''))
    if (key !== undefined) found.push({ key, source: 'environment', label: name, value })
    else if (secret !== undefined && definitions[secret].mask) {
      found.push(secretFrom(value, name, secret, input))
    } else if (!otherVariables.includes(name)) {
      const known = [...byName.keys(), ...otherVariables]
      found.push(`${name}: no such setting${suggestion(name, known)}`)
    }
  }
  return found
}

/** The content of a file that a variable such as `HES_TOKEN_FILE` names. */
function secretFrom(path: string, name: string, key: SettingKey, input: SettingsInput): Found {
  const label = `${name} (${path})`
  try {
    const value = input.readFile(path).replace(/\r?\n$/, '')
    return { key, source: 'environment', label, value }
  } catch (error) {
    return `${label}: cannot be read (${systemReason(error)}); name a readable file`
  }
}

function fromFlags(flags: SettingFlags): Given[] {
  return settingKeys.flatMap((key) => {
    const value = flags[key]
    return value === undefined ? [] : [{ key, source: 'flag', label: flagOf(key), value } as const]
  })
}

function suggestion(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === undefined ? '; hes doctor --settings lists all' : `; did you mean ${meant}?`
}

function parse(entry: Given): Result<Given, string> {
  const definition: Definition<SettingKey> = definitions[entry.key]
  const value = typed(entry.value, definition.kind)
  const fits =
    Value.Check(settingsSchema.properties[entry.key], value) &&
    (typeof value !== 'string' || (definition.accepts?.(value) ?? true))
  if (fits) return ok({ ...entry, value: Array.isArray(value) ? Object.freeze(value) : value })
  const shown = definition.mask ? 'this value' : JSON.stringify(entry.value)
  return fail(`${entry.label}: ${shown} is not allowed; allowed: ${definition.allowed}`)
}

/** The value a text stands for; what does not fit stays as it is and fails the check. */
function typed(value: unknown, kind: Definition<SettingKey>['kind']): unknown {
  if (typeof value !== 'string') return value
  const trimmed = value.trim()
  switch (kind) {
    case 'text':
      return trimmed
    case 'integer':
      return /^\d{1,9}$/.test(trimmed) ? Number(trimmed) : value
    case 'list':
      return trimmed.split(',').map((part) => part.trim())
  }
}

/** Two listeners of one process cannot share a port. */
function samePorts(settings: Settings): string[] {
  const listeners: SettingKey[] = ['httpPort', 'dialinPort']
  if (settings.mqttUrl === null) listeners.push('mqttPort')
  const owners = new Map<unknown, SettingKey>()
  return listeners.flatMap((key) => {
    const port = settings[key]
    const owner = owners.get(port)
    owners.set(port, key)
    if (owner === undefined || port === 0) return []
    return [
      `${variableOf(key)}: ${port} is already taken by ${variableOf(owner)}; allowed: another port`,
    ]
  })
}
