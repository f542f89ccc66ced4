import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { faultText, parseProfile } from '#protocols/modbus'
import { explainSettings } from '#src/config'
import { hes } from './src/cli/fake-io.ts'

const root = join(import.meta.dirname, '../..')
const readmes = ['README.md', 'README.zh-CN.md'] as const
const recipes = readdirSync(join(root, 'docs/recipes')).map((name) => join('docs/recipes', name))
const pages = [...readmes, 'ARCHITECTURE.md', 'docs/glossary.md', ...recipes]

const RECIPE_LINES_MAX = 50
/** Steers the reading of settings and is none itself. */
const CONFIG_FILE = 'HES_CONFIG'

interface Page {
  readonly levels: readonly number[]
  readonly blocks: readonly string[]
  readonly links: readonly string[]
  /** Rows of tables, cell by cell, without the line under the head. */
  readonly rows: readonly (readonly string[])[]
  readonly text: string
}

function read(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8')
  const blocks = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) => block)
  const prose = text.replaceAll(/^```\w*\n.*?^```$/gms, '')
  return {
    text,
    blocks,
    levels: [...prose.matchAll(/^(#+) /gm)].map(([, marks = '']) => marks.length),
    links: [...prose.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target),
    rows: [...prose.matchAll(/^\|(.*)\|$/gm)]
      .map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
      .filter(([first]) => first !== undefined && !/^-+$/.test(first)),
  }
}

describe('the README in two languages', () => {
  const [english, chinese] = readmes.map(read)

  test('has the same headings, at the same levels', () => {
    expect(chinese?.levels).toEqual(english?.levels)
  })

  test('shows the same commands and what they print', () => {
    expect(chinese?.blocks).toEqual(english?.blocks)
  })

  test('links to the same places, and to the other language', () => {
    const others = (page: Page | undefined) => page?.links.filter((link) => !/^README/.test(link))
    expect(others(chinese)).toEqual(others(english))
    expect(english?.links).toContain('README.zh-CN.md')
    expect(chinese?.links).toContain('README.md')
  })

  test('has tables of the same names', () => {
    const names = (page: Page | undefined) =>
      page?.rows.map((row) => [...(row[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name))
    expect(chinese?.rows.length).toBeGreaterThan(1)
    expect(names(chinese)).toEqual(names(english))
  })
})

describe.each(readmes)('%s', (path) => {
  const { text, rows, blocks } = read(path)
  const defaults = new Map(explainSettings().map((row) => [row.variable, row.default]))

  test('names only settings that there are', () => {
    const named = new Set(text.match(/\bHES_[A-Z_]+\b/g))
    const known = new Set([...defaults.keys(), CONFIG_FILE])
    expect([...named].filter((name) => !known.has(name))).toEqual([])
  })

  test('gives settings the defaults that they have', () => {
    const table = rows.filter(([names]) => names?.includes('HES_'))
    expect(table.length).toBeGreaterThan(5)
    for (const [names = '', shown = ''] of table) {
      const variables = names.match(/HES_[A-Z_]+/g) ?? []
      const values = shown.replaceAll('`', '').split(/[,、] ?/)
      for (const [index, variable] of variables.entries()) {
        const value = defaults.get(variable) ?? ''
        const isNone = value.startsWith('none')
        if (isNone) expect(shown, variable).toMatch(/^(none|无)/)
        else expect(values[index], variable).toBe(value)
      }
      for (const [, variable = '', value] of shown.matchAll(/`(HES_\w+)` ?[(（](\w+)[)）]/g)) {
        expect(value, variable).toBe(defaults.get(variable))
      }
    }
  })

  test('shows how a frame is explained as it is explained', async () => {
    const block = blocks.find((each) => each.startsWith('$ npx hes decode')) ?? ''
    const frame = /"([^"]+)"/.exec(block)?.[1] ?? ''
    const { stdout } = await hes(['decode', frame])
    expect(block.slice(block.indexOf('\n') + 1).trimEnd()).toBe(stdout.trimEnd())
  })
})

describe.each(pages)('%s', (path) => {
  const { links, text } = read(path)

  test('links only to files that there are', () => {
    const local = links.filter((link) => !/^https?:/.test(link))
    const missing = local.filter((link) => !existsSync(join(root, dirname(path), link)))
    expect(missing).toEqual([])
  })

  test('names only files that there are, from the top or from src', () => {
    const named = text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|js|json|md|sql|yaml))`/g)
    const missing = [...named]
      .map(([, name = '']) => name)
      .filter((name) => ![root, join(root, 'src')].some((top) => existsSync(join(top, name))))
    expect(missing).toEqual([])
  })
})

describe.each(recipes)('%s', (path) => {
  test('fits a screen and was followed', () => {
    const lines = read(path).text.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(RECIPE_LINES_MAX)
    expect(lines.at(-1)).toMatch(/^Followed for: .+\.$/)
  })
})

test('the recipe of register maps shows one that is right', () => {
  const [example = ''] = read('docs/recipes/add-modbus-profile.md').blocks
  const parsed = parseProfile('recipe', parse(example))
  expect(parsed.ok ? [] : parsed.faults.map(faultText)).toEqual([])
})

test('every folder of src has a layer in biome.json', () => {
  const { overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  const layered = new Set(overrides.flatMap(({ includes }: { includes: string[] }) => includes))
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `src/${name}/**`)
  expect(folders.filter((folder) => !layered.has(folder))).toEqual([])
})
