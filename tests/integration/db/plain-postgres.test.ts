import { describe, expect, it } from 'vitest'
import { systemClock } from '#src/core'
import { openDatabase } from '#src/db'

/** A PostgreSQL without TimescaleDB, such as Debian's postgresql-15. */
const url = process.env.TEST_PLAIN_POSTGRES_URL

const refusal = async (address: string) => {
  const opened = await openDatabase({ url: address, dataDir: '', clock: systemClock })
  if (!opened.ok) return opened.error
  await opened.value.close()
  return undefined
}

describe.skipIf(url === undefined)('plain PostgreSQL (set TEST_PLAIN_POSTGRES_URL to run)', () => {
  const own = (change: (address: URL) => void) => {
    const address = new URL(url ?? 'postgres://localhost')
    change(address)
    return address.href
  }

  it('is refused with what to install', async () => {
    const error = await refusal(url ?? '')
    expect(error).toMatchObject({ code: 'timescaledb-missing', retry: 'never' })
    expect(error?.message).toMatch(/install TimescaleDB .* timescaledb-2-postgresql-\d+/)
  })

  it('is told apart from a database that does not exist', async () => {
    const missing = own((address) => {
      address.pathname = '/no_such_database'
    })
    expect(await refusal(missing)).toMatchObject({ code: 'database-missing' })
  })

  it('is told apart from a user that it refuses', async () => {
    const stranger = own((address) => {
      address.username = 'no_such_user'
      address.password = 'a secret'
    })
    const error = await refusal(stranger)
    expect(error).toMatchObject({ code: 'sign-in-refused' })
    expect(error?.message).not.toContain('a secret')
  })
})

describe('a server', () => {
  it('that is not there is named, without the password', async () => {
    const error = await refusal('postgres://user:secret@127.0.0.1:1/openhes')
    expect(error).toMatchObject({ code: 'unreachable', retry: 'later' })
    expect(error?.message).toContain('127.0.0.1:1/openhes')
    expect(error?.message).not.toContain('secret')
  })

  it.each(['mysql://localhost/x', 'localhost', ''])(
    'is given by a URL, not by %j',
    async (text) => {
      expect(await refusal(text)).toMatchObject({ code: 'url-invalid' })
    },
  )
})
