import path from 'node:path'

const script = path.resolve(import.meta.dirname, '../../src/hes.js')
/** As the tests' own processes: see vitest.config.ts. */
const quickly = process.execArgv.filter((flag) => flag === '--liftoff-only')

/** How to start `hes` as a user does, with only the settings given here. */
export function hesCall(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HES_'))
  return {
    command: process.execPath,
    args: [...quickly, script, ...argv],
    env: { ...Object.fromEntries(inherited), ...env },
  }
}
