import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  chooseRegisterMap,
  lintRegisterMap,
  loadRegisterMaps,
  registerMapFolder,
} from '#src/acquisition/register-maps'
import { temporaryFolder } from '#tests/support'

const point = '  - { item: 1.8.0, address: 0x48, type: f32 }'
const mapOf = (name: string) => `name: ${name}\nfunctionCode: 4\npoints:\n${point}\n`

let data: ReturnType<typeof temporaryFolder>
let folder: string

beforeEach(() => {
  data = temporaryFolder()
  folder = registerMapFolder(data.path)
})
afterEach(() => data.remove())

/** Writes a file of the folder and gives its path. */
function put(name: string, content: string | Uint8Array): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const load = () => loadRegisterMaps(data.path)

async function mistakesIn(content: string | Uint8Array): Promise<readonly string[]> {
  const path = put('own.yaml', content)
  const read = await lintRegisterMap(path)
  return read.ok ? [] : read.error.mistakes.map((mistake) => mistake.replace(path, 'own.yaml'))
}

describe('the folder of register maps', () => {
  test('holds none where it is not there', async () => {
    expect(await load()).toEqual({ folder, maps: [], refused: [], passedOver: [] })
  })

  test('gives YAML and JSON, and names what it passes over', async () => {
    put('a.yaml', mapOf('pump'))
    put('b.YML', mapOf('mill'))
    const points = [{ item: '1.8.0', address: 0, type: 'u32' }]
    put('c.json', JSON.stringify({ name: 'lock', functionCode: 3, points }))
    put('d.yaml.bak', 'old')
    put('.e.yaml.swp', 'an editor')
    const { maps, refused, passedOver } = await load()
    expect(maps.map(({ name }) => name)).toEqual(['pump', 'mill', 'lock'])
    expect(maps[0]?.points).toEqual([['1.8.0', 0x48, { kind: 'float', exponent: 0, decimals: 3 }]])
    expect({ refused, passedOver }).toEqual({ refused: [], passedOver: ['d.yaml.bak'] })
  })

  test('gives the good ones beside bad ones, each of which is told with all its mistakes', async () => {
    put('a.yaml', mapOf('pump'))
    const bad = put('b.yaml', 'name: mill\nfunctionCode: 9\ncolour: red\n')
    const clash = put('c.yaml', mapOf('sdm630'))
    const { maps, refused } = await load()
    expect(maps.map(({ name }) => name)).toEqual(['pump'])
    expect(refused).toEqual([
      {
        file: bad,
        mistakes: [
          `${bad}:1:head:points: there are no points`,
          `${bad}:2:head:functionCode: must be one of 3, 4`,
          expect.stringContaining(`${bad}:3:head:colour: is unknown; known are name`),
        ],
      },
      {
        file: clash,
        mistakes: [
          `${clash}:1:head:name: sdm630 is a map that the product brings; give this one another name`,
        ],
      },
    ])
  })

  test('gives neither of two maps of one name: nobody can know which is meant', async () => {
    const first = put('a.yaml', mapOf('pump'))
    const second = put('b.yaml', mapOf('pump'))
    put('c.yaml', mapOf('mill'))
    const { maps, refused } = await load()
    expect(maps.map(({ name }) => name)).toEqual(['mill'])
    expect(refused.map(({ mistakes }) => mistakes)).toEqual([
      [`${first}:head:name: pump is also the name in ${second}; none is read`],
      [`${second}:head:name: pump is also the name in ${first}; none is read`],
    ])
  })

  test('that is none says so', async () => {
    mkdirSync(join(folder, '..'), { recursive: true })
    writeFileSync(folder, 'a file')
    const { maps, refused } = await load()
    expect(maps).toEqual([])
    expect(refused).toEqual([{ file: folder, mistakes: [expect.stringContaining('ENOTDIR')] }])
  })
})

describe('a file of a register map', () => {
  test('is told its mistakes in the order of its lines', async () => {
    const rows = ['  - item: 9.9.9', '    address: 70000', '    type: u24', point]
    expect(await mistakesIn(['functionCode: 4', 'points:', ...rows].join('\n'))).toEqual([
      'own.yaml:1:head:name: is missing; it must be a text',
      'own.yaml:3:points 1:item: 9.9.9 is no code of the register model, such as 1.8.0 or 32.7.0',
      'own.yaml:4:points 1:address: must be a whole number from 0 to 65535',
      'own.yaml:5:points 1:type: must be one of f32, u16, i16, u32, i32, u64, i64',
    ])
  })

  test.each<[string, string | Uint8Array, string]>([
    ['broken YAML', 'name: pump\npoints: [', 'own.yaml:2: is not YAML ('],
    ['a key twice', 'name: pump\nname: mill\n', 'own.yaml:2: is not YAML (Map keys must be unique'],
    ['two documents', `${mapOf('a')}---\n${mapOf('b')}`, 'is not YAML (Source contains multiple'],
    ['nothing', '', 'own.yaml:1:head: is not a list of fields'],
    ['a list', '- 1\n', 'own.yaml:1:head: is not a list of fields'],
    ['another encoding', Uint8Array.of(0x6e, 0xb1, 0xed), 'own.yaml: is not text in UTF-8'],
    ['far too much', 'x'.repeat(300_000), 'own.yaml: has 300000 bytes; a register map has up to'],
    [
      'aliases of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(9)}]\nc: &c [${'*b,'.repeat(9)}]\nd: [*c,*c]\n`,
      'own.yaml: refers to itself too often',
    ],
  ])('with %s is refused in a sentence', async (_, content, says) => {
    expect((await mistakesIn(content)).join('\n')).toContain(says)
  })

  test('that is not there, or is a folder, is told apart from a wrong one', async () => {
    const missing = await lintRegisterMap(join(data.path, 'none.yaml'))
    expect(missing).toMatchObject({ ok: false, error: { kind: 'unreadable' } })
    expect(await lintRegisterMap(data.path)).toMatchObject({ ok: false, error: { kind: 'wrong' } })
  })
})

describe('what is typed for --profile', () => {
  const choose = (given: string | null) => chooseRegisterMap(given, data.path)

  test('is the name of a built-in map, of one in the folder, or a path', async () => {
    const path = put('a.yaml', mapOf('pump'))
    expect(await choose('sdm630')).toEqual({ ok: true, value: { name: 'sdm630', own: [] } })
    expect(await choose('sunspec-213-40105')).toMatchObject({ ok: true, value: { own: [] } })
    for (const given of ['pump', path]) {
      expect(await choose(given)).toMatchObject({
        ok: true,
        value: { name: 'pump', own: [{ name: 'pump' }] },
      })
    }
  })

  test('is told what is allowed otherwise, and what is wrong with files that may be meant', async () => {
    put('a.yaml', mapOf('pump'))
    put('b.yaml', 'name: mill\nfunctionCode: 9\n')
    for (const given of [null, 'mill']) {
      const chosen = await choose(given)
      if (chosen.ok) throw new Error('there is no such map')
      const [allowed, ...more] = chosen.error.sentences
      expect(chosen.error.kind).toBe('unknown')
      expect(allowed).toMatch(/^(missing|"mill" is not known); allowed: sdm630, .*, pump, or the/)
      expect(more.join('\n')).toContain('functionCode: must be one of 3, 4')
    }
    expect(await choose('./none.yaml')).toMatchObject({ error: { kind: 'unreadable' } })
  })
})
