import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The house rules that the linter cannot hold; ARCHITECTURE.md says which it can. */
const root = join(import.meta.dirname, '../..')
const code = ['src', 'drivers', 'protocols', 'simulators', 'tests'] as const
const product = ['src', 'drivers', 'protocols', 'simulators'] as const

const LINES_MAX = 300
/** Tables of data, which read best in one piece. */
const tables = [/^protocols\/.*(items|table|mappings|profile-\w+)\.ts$/, /^src\/web\/\w+\.css$/]

function list(...patterns: readonly string[]): readonly string[] {
  return globSync([...patterns], { cwd: root }).toSorted()
}

const textOf = (path: string) => readFileSync(join(root, path), 'utf8')

const sources = list(...code.map((folder) => `${folder}/**/*.{ts,js}`))
/** Names every sin. */
const self = 'tests/unit/tidy.test.ts'

interface Sin {
  readonly name: string
  readonly pattern: RegExp
  readonly folders: readonly string[]
  /** Comments are prose; a rule about code passes over them. */
  readonly reads: 'code' | 'all'
  /** Where it may stand, and why; a folder ends in a stroke. These lists only shrink. */
  readonly allowed: Readonly<Record<string, string>>
}

const sins: readonly Sin[] = [
  {
    name: 'reads the clock outside core/clock.ts',
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    folders: ['src', 'drivers', 'protocols', 'simulators', 'tests/unit', 'tests/integration'],
    reads: 'code',
    allowed: {
      'src/core/clock.ts': 'the one place',
      'src/web/app.js': 'runs in the browser, which has no Clock',
    },
  },
  {
    name: 'waits by a timer of its own',
    pattern: /\bset(Timeout|Interval)\(|'node:timers\b/,
    folders: code,
    reads: 'code',
    allowed: {
      'src/core/clock.ts': 'the one place',
      'src/web/app.js': 'runs in the browser, which has no Clock',
      'src/web/server.js': 'runs in the browser, which has no Clock',
      'tests/bench/': 'a bench measures real time',
    },
  },
  {
    name: 'draws by chance without a seed',
    pattern: /\bMath\.random\(/,
    folders: code,
    reads: 'code',
    allowed: {
      'src/core/random.ts': 'the one place',
      'tests/peers/support.ts': 'looks for a free port to hand to a foreign program',
    },
  },
  {
    name: 'reads the environment outside src/config',
    pattern: /\bprocess\.env\b/,
    folders: code,
    reads: 'code',
    allowed: {
      'src/config/process/index.ts': 'the one place',
      'tests/integration/db/plain-postgres.test.ts': 'where the server under test is',
      'tests/bench/archive.ts': 'how many meters to measure',
      'tests/bench/ledger.ts': 'where the server to measure is',
      'tests/peers/support.ts': 'whether a missing program fails the run',
      'tests/system/dialin-reconnects.long.test.ts': 'how often, in the long run',
      'tests/support/database.ts': 'where the server under test is',
      'tests/support/hes.ts': 'hands it on to a process it starts',
    },
  },
  {
    name: 'reaches across folders by a path',
    pattern: /\b(from|import\() ?'\.\.\/\.\.\//,
    folders: code,
    reads: 'code',
    allowed: { 'tests/unit/simulators/dlt645-face.test.ts': 'vectors are data without an index' },
  },
  {
    name: 'leaves work for later without saying which',
    pattern: /\b(TODO|FIXME|HACK)\b(?!.*#\d+)/,
    folders: code,
    reads: 'all',
    allowed: {},
  },
  {
    name: 'exports a default',
    pattern: /^export default\b/,
    folders: code,
    reads: 'code',
    allowed: {},
  },
  {
    name: 'silences the type checker',
    pattern: /\bas any\b|\bas unknown as\b|\bas never\)|@ts-(ignore|expect-error|nocheck)/,
    folders: code,
    reads: 'code',
    allowed: {},
  },
  {
    name: 'silences the linter without a reason',
    pattern: /biome-ignore(?! (format|lint\/\S+): \S)/,
    folders: code,
    reads: 'all',
    allowed: {},
  },
  {
    name: 'leaves tests out, or all others',
    pattern: /\b(it|test|describe)\.(only|skip|todo|fails)\b/,
    folders: ['tests'],
    reads: 'code',
    allowed: { 'tests/peers/support.ts': 'programs that may not be installed' },
  },
  {
    name: 'keeps code in a comment',
    pattern: /^\s*\/\/ ?(const|let|import|return|if \(|await|for \(|\}|[\w.]+\(.*\);?$)/,
    folders: code,
    reads: 'all',
    allowed: {},
  },
  {
    name: 'inherits from something that is no error',
    pattern: /\bclass \w+(<.*>)? extends (?!\w*Error\b)/,
    folders: code,
    reads: 'code',
    allowed: {},
  },
]

const isComment = (line: string) => /^\s*(\/\/|\/?\*)/.test(line)

function linesWith({ pattern, folders, reads }: Sin, path: string): readonly number[] {
  if (!folders.some((folder) => path.startsWith(`${folder}/`))) return []
  return textOf(path)
    .split('\n')
    .flatMap((line, index) => {
      if (reads === 'code' && isComment(line)) return []
      return pattern.test(line) ? [index + 1] : []
    })
}

const covers = (allowed: string, path: string) =>
  allowed.endsWith('/') ? path.startsWith(allowed) : path === allowed

const mayStandIn = (path: string, { allowed }: Sin) =>
  Object.keys(allowed).some((place) => covers(place, path))

describe('the tree', () => {
  it('is where these tests look for it', () => {
    expect(sources.length).toBeGreaterThan(200)
    expect(sources).toContain('src/core/clock.ts')
  })

  it.each(sins)('nowhere $name', (sin) => {
    const found = sources
      .filter((path) => path !== self && !mayStandIn(path, sin))
      .flatMap((path) => linesWith(sin, path).map((line) => `${path}:${line}`))
    expect(found).toEqual([])
  })

  it.each(sins)('allows nothing that is not there: $name', (sin) => {
    const paths = Object.keys(sin.allowed)
    const idle = paths.filter((path) =>
      sources.every((source) => !covers(path, source) || linesWith(sin, source).length === 0),
    )
    expect(idle).toEqual([])
  })
})

/** Longer than a file should be. These numbers only shrink. */
const longFiles: Readonly<Record<string, number>> = {
  'tests/unit/drivers/dialin.test.ts': 345,
  'tests/unit/drivers/modbus.test.ts': 364,
  'tests/unit/protocols/modbus/modbus.test.ts': 354,
}

describe('files', () => {
  const files = [...sources, ...list('src/web/*.css', 'src/web/*.html')]
  const lines = new Map(files.map((path) => [path, textOf(path).split('\n').length - 1]))

  it(`have at most ${LINES_MAX} lines, tables excepted`, () => {
    const long = [...lines].filter(([path, count]) => {
      return count > (longFiles[path] ?? LINES_MAX) && !tables.some((table) => table.test(path))
    })
    expect(long).toEqual([])
  })

  it('that got shorter leave the list of long ones', () => {
    const shorter = Object.entries(longFiles).filter(([path, count]) => {
      return (lines.get(path) ?? 0) < count
    })
    expect(shorter).toEqual([])
  })

  it('have an empty catch only with a word on why', () => {
    const silent = sources.filter((path) => /catch( \(\w+\))? \{\s*\}/.test(textOf(path)))
    expect(silent).toEqual([])
  })

  it('are named in kebab-case, whole words, none of them a drawer for everything', () => {
    const drawers = /\b(utils?|helpers?|misc|common|managers?)\b/
    const odd = sources.filter((path) => {
      const name = path.split('/').at(-1) ?? ''
      return !/^[a-z0-9]+(-[a-z0-9]+)*(\.long)?(\.test)?\.(ts|js)$/.test(name) || drawers.test(name)
    })
    expect(odd).toEqual([])
  })

  it('of the product that belong together have an index as their only surface', () => {
    const packages = product.flatMap((area) => list(`${area}/*/*.ts`).map((path) => path))
    const folders = new Set(packages.map((path) => path.split('/').slice(0, 2).join('/')))
    const closed = [...folders].filter((folder) => !existsSync(join(root, folder, 'index.ts')))
    expect(closed).toEqual([])
  })
})

describe('pages', () => {
  const pages = list('*.md', 'docs/**/*.md', ...code.map((folder) => `${folder}/**/*.md`))
  /** A path in backticks that begins where something of ours does, without a placeholder. */
  const mention = /`((?:src|drivers|protocols|simulators|tests|migrations|docs)\/[\w./-]+)`/g

  it('mention only files that are there', () => {
    const missing = pages.flatMap((page) =>
      [...textOf(page).matchAll(mention)]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${page}: ${path}`),
    )
    expect(missing).toEqual([])
  })

  it('link only to files that are there', () => {
    const missing = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(join(root, page, '..', path)))
        .map((path) => `${page}: ${path}`),
    )
    expect(missing).toEqual([])
  })
})
