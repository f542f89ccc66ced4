import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { targets } from './targets.ts'

/**
 * `npm run fuzz -- [CODEC …] [--inputs N | --total N] [--seed S]`: N inputs for each codec or for
 * all of them, a process for each processor. Ends 1 with the input that did harm; `--seed` of a
 * finding begins at its batch.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '1000000000' },
    total: { type: 'string' },
    seed: { type: 'string', default: '1' },
    alone: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const chosen = positionals.length > 0 ? positionals : targets.map(({ name }) => name)
const inputs =
  values.total === undefined
    ? Number(values.inputs)
    : Math.ceil(Number(values.total) / chosen.length)
const unknown = chosen.filter((name) => !targets.some((target) => target.name === name))

if (unknown.length > 0 || !(inputs > 0) || !Number.isSafeInteger(seed)) {
  const names = targets.map(({ name }) => name).join(', ')
  process.stderr.write(
    `fuzz: codecs are ${names}; --inputs, --total and --seed are whole numbers\n`,
  )
  process.exitCode = 2
} else if (values.alone) {
  for (const name of chosen) fuzzAlone(name)
} else {
  await fuzzAll()
}

function fuzzAlone(name: string): void {
  const target = targets.find((known) => known.name === name)
  if (!target) return
  const heapBefore = heapMib()
  const start = performance.now()
  const finding = fuzz(target, inputs, seed)
  const tookS = (performance.now() - start) / 1_000
  if (finding) {
    process.stdout.write(`${name}: seed ${finding.seed}: ${finding.hex}\n${finding.problem}\n`)
    process.exitCode = 1
    return
  }
  const rate = Math.round(inputs / tookS).toLocaleString('en')
  const total = inputs.toLocaleString('en')
  const grown = (heapMib() - heapBefore).toFixed(1)
  process.stdout.write(`${name}: ${total} inputs, ${rate}/s, heap grew by ${grown} MiB\n`)
}

function heapMib(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1_048_576
}

async function fuzzAll(): Promise<void> {
  const waiting = [...chosen]
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const code = await inProcess(name)
      if (code !== 0) process.exitCode = 1
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
}

function inProcess(name: string): Promise<number | null> {
  const flags = [name, '--alone', '--inputs', String(inputs), '--seed', String(seed)]
  const child = fork(import.meta.filename, flags, { execArgv: ['--expose-gc'] })
  return new Promise((resolve) => child.on('exit', resolve))
}
