import { parseDocument } from 'yaml'
import { systemReason } from './reason.ts'

export interface SettingsFile {
  readonly entries: readonly { readonly name: string; readonly value: unknown }[]
  readonly mistakes: readonly string[]
}

/** The flat YAML mapping of a settings file, with what keeps it from being one. */
export function readSettingsFile(path: string, readFile: (path: string) => string): SettingsFile {
  let text: string
  try {
    text = readFile(path)
  } catch (error) {
    const mistake = `HES_CONFIG: ${path} cannot be read (${systemReason(error)}); allowed: a YAML file`
    return { entries: [], mistakes: [mistake] }
  }
  const document = parseDocument(text, { prettyErrors: false })
  if (document.errors.length > 0) {
    const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
    const mistakes = document.errors.map(
      (error) => `${path}: line ${lineOf(error.pos[0])} is not YAML (${error.message})`,
    )
    return { entries: [], mistakes }
  }
  const content: unknown = document.toJS()
  if (content === null) return { entries: [], mistakes: [] }
  if (typeof content !== 'object' || Array.isArray(content)) {
    return { entries: [], mistakes: [`${path}: allowed: lines such as "http_port: 8080"`] }
  }
  const entries = Object.entries(content).map(([name, value]) => ({ name, value }))
  return { entries, mistakes: [] }
}
