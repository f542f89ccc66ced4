import { createRequire } from 'node:module'
import path from 'node:path'
import type { Vite } from 'vitest/node'

/** Vite comes with vitest, which alone is ours to ask for. */
const require = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'))

/**
 * One file of everything that a program needs: a process that is started a thousand times does not
 * look for seven hundred. What the program never imports at run time stays out.
 */
export async function bundled(program: string, folder: string): Promise<string> {
  const vite: typeof Vite = await import(require.resolve('vite'))
  await vite.build({
    configFile: false,
    root: path.resolve(import.meta.dirname, '../..'),
    logLevel: 'error',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: program,
      outDir: folder,
      target: 'node24',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'program.mjs' } },
    },
  })
  return path.join(folder, 'program.mjs')
}
