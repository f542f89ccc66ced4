import { expect, it, vi } from 'vitest'
import { Page } from './browser.ts'
import { describeWith, patience, startHes, testFolder } from './support.ts'

const PASSWORD = 'peer-test-password'
/** A browser and a field that make their first start; nothing is timed by this. */
const TIMEOUT_MS = 240_000

async function startField(): Promise<string> {
  const field = startHes(['demo', '--http-port', '0', '--dialin-port', '0', '--mqtt-port', '0'], {
    ...{ HES_DATA_DIR: testFolder(), HES_ADMIN_PASSWORD: PASSWORD, HES_DEMO_METERS: '20' },
  })
  const [, url = ''] = await field.says(/(http:\/\/127\.0\.0\.1:\d+)/)
  await field.says(/of \d+ meters \(/)
  return url
}

async function called(url: string, path: string, token: string, body: object): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
  return await response.json()
}

const changed = (page: Page, selector: string, value: string) =>
  page.find(`(() => { const node = document.querySelector(${JSON.stringify(selector)})
    node.value = ${JSON.stringify(value)}
    node.dispatchEvent(new Event('change', { bubbles: true })) })()`)

/** Waits for a choice of the list that is offered, and gives it. */
async function offered(page: Page, word: string): Promise<string> {
  const options = `[...document.querySelectorAll('#keys option')].map(({ value }) => value)`
  return await vi.waitUntil(async () => {
    const found = await page.find(`${options}.find((one) => one.includes(${JSON.stringify(word)}))`)
    return typeof found === 'string' ? found : undefined
  }, patience)
}

describeWith(['chromium'], 'the page of curves in a browser', () => {
  it(
    'shows points, lists and feeders with state and events, and says what is wrong',
    async () => {
      const url = await startField()
      const page = await Page.open(`${url}/curves`, 360)
      await page.shows('#door', 'Sign in first')
      const session = await called(url, 'sessions', '', { username: 'admin', password: PASSWORD })
      const token = String(Object(session).token)
      const list = { name: 'steel', shared: true, points: ['P0000001', 'P0000002'] }
      await called(url, 'watch-lists', token, list)
      await page.find(`sessionStorage.setItem('hes.token', ${JSON.stringify(token)})`)
      await page.find('location.reload()')
      await page.shows('#curves', 'Load and energy curves')

      await page.type('#key', 'nobody')
      await page.click('#ask button')
      await page.shows('#said', 'There is no such usage point')
      await page.type('#key', '')
      await page.click('#ask button')
      await page.shows('#said', 'Say which one')

      await changed(page, '#quantity', 'voltage')
      await page.type('#key', 'P0000001')
      await page.click('#ask button')
      await page.shows('#shown-title', /P0000001 · Voltage/)
      await page.shows('#figures', /Peak · A\s+2\d\d/)
      await page.shows('#state-rows', 'P0000001')
      await changed(page, '#date', '2001-01-01')
      await page.shows('#chart-empty', 'Nothing is known')

      await changed(page, '#kind', 'list')
      await offered(page, 'steel')
      await page.type('#key', 'steel')
      await page.click('#ask button')
      await page.shows('#state-rows', 'P0000002')
      expect(await page.words('#series')).toContain('P0000002')

      await changed(page, '#kind', 'feeder')
      const feeder = await offered(page, '')
      await page.type('#key', feeder)
      await page.click('#ask button')
      await page.shows('#shown-title', feeder)
      await page.shows('#series', 'All together')
      const wide = 'document.documentElement.scrollWidth <= innerWidth'
      expect(await page.find(wide)).toBe(true)
      await page.click('#language')
      await page.shows('#curves-title', '负荷与电量曲线')
      const wrong = page.complaints.filter((words) => !words.includes('404'))
      expect(wrong).toEqual([])
    },
    TIMEOUT_MS,
  )
})
