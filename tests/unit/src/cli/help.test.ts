import { describe, expect, test } from 'vitest'
import { hes } from './fake-io.ts'

const commands = [
  ['demo'],
  ['serve'],
  ['migrate'],
  ['doctor'],
  ['read'],
  ['scan'],
  ['clock'],
  ['param'],
  ['channel'],
  ['watch'],
  ['decode'],
  ['encode'],
  ['relay'],
  ['simulate'],
  ['simulate', 'meter'],
  ['simulate', 'concentrator'],
  ['simulate', 'modbus'],
  ['simulate', 'mqtt'],
  ['simulate', 'fleet'],
  ['grid', 'manager'],
  ['loss'],
  ['import'],
  ['import', 'archive'],
  ['import', 'all'],
  ['user'],
  ['user', 'reset-password'],
  ['export'],
  ['export', 'all'],
]

describe('help', () => {
  test('of hes lists every command', async () => {
    const { exit, stdout, stderr } = await hes(['--help'])
    expect(exit).toBe(0)
    expect(stderr).toBe('')
    for (const [name = ''] of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  test.each(commands)('of %s %s has an example and fits 80 columns', async (...words) => {
    const { exit, stdout, stderr } = await hes([...words, '--help'])
    expect(exit).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^Examples?:\n {2}\S/m)
    expect(stdout).toContain(`hes ${words.join(' ')}`)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(stdout).not.toMatch(/[{}[\]]"|\bundefined\b/)
  })

  test('of a command is the same after help as with --help', async () => {
    expect(await hes(['help', 'decode'])).toEqual(await hes(['decode', '--help']))
    expect(await hes(['help'])).toEqual(await hes(['--help']))
  })

  test('stands on stderr with exit 2 when nothing was asked for', async () => {
    const { exit, stdout, stderr } = await hes([])
    expect(exit).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('Usage: hes')
  })

  test('of hes is what it is known to be', async () => {
    expect((await hes(['--help'])).stdout).toMatchSnapshot()
  })
})
