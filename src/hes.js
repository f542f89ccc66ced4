#!/usr/bin/env node
// Plain JavaScript that every Node since 14 can read: it finds a Node that runs the rest.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import nodeModule, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache()
  await import('./main.ts')
} else {
  const newer = newerNode()
  if (newer) runUnder(newer)
  else {
    console.error(
      `hes: Node.js ${process.versions.node} is too old: install Node.js 22.18 or newer` +
        ' (https://nodejs.org), or run npm ci again where npm can fetch one (Linux x64, arm64)',
    )
    process.exitCode = 1
  }
}

/** The Node that npm installed beside us, an optional dependency on Linux. */
function newerNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/package.json`,
    )
    const path = join(dirname(manifest), 'bin', 'node')
    return existsSync(path) ? path : undefined
  } catch {
    // Not installed: there is none for this platform, or optional packages were left out.
    return undefined
  }
}

/** Becomes the newer Node as far as one process can: same terminal, signals and exit code. */
function runUnder(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
  child.on('error', (error) => {
    console.error(`hes: ${node} cannot be started (${error.message})`)
    process.exitCode = 1
  })
  // A terminal sends Ctrl-C to the child as well; everybody else only knows this process.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
