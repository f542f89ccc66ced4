import { readFileSync } from 'node:fs'
import type { SettingsInput } from '../load.ts'

/** This process' environment and files: the only place where either is touched for settings. */
export const processSources: SettingsInput = {
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
}
