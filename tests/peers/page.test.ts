import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { gdw376Face, standardBytesMax } from '#simulators/faces'
import { Site } from '#simulators/meter'
import { Page } from './browser.ts'
import { describeWith, startHes, testFolder } from './support.ts'

const PASSWORD = 'peer-test-password'
const STRANGER = '3301-00A7'
/** A browser and a head-end that make their first start; nothing is timed by this. */
const TIMEOUT_MS = 240_000

async function startHeadEnd() {
  const program = startHes(
    ['serve', '--http-port', '0', '--dialin-port', '0', '--dialin-host', '127.0.0.1'],
    { HES_DATA_DIR: testFolder(), HES_ADMIN_PASSWORD: PASSWORD, HES_MQTT_PORT: '0' },
  )
  const [, url = ''] = await program.says(/OpenHES is running at (http:\S+)/)
  const [, dialin = ''] = await program.says(/dial in on port (\d+)/)
  return { url, dialin: Number(dialin) }
}

/** A terminal of 376.1 that the archive has not, logged in for as long as the test runs. */
async function call(port: number): Promise<void> {
  const site = new Site('Asia/Shanghai', 1)
  const none = { points: [], port: null, password: null, bytesMax: standardBytesMax }
  const face = gdw376Face({ address: STRANGER, site, ...none })
  const socket = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  socket.write(face.login())
}

async function signIn(page: Page): Promise<void> {
  await page.shows('#sign-in', 'Sign in')
  await page.type('[name=username]', 'admin')
  await page.type('[name=password]', PASSWORD)
  await page.click('#sign-in-form button')
  await page.shows('#board', 'What was due')
}

describeWith(['chromium'], 'the page in a browser', () => {
  it(
    'shows who waits at the door, and lets them in at one click',
    async () => {
      const { url, dialin } = await startHeadEnd()
      const page = await Page.open(url)
      await signIn(page)
      expect(await page.find('document.getElementById("door").hidden')).toBe(true)
      await call(dialin)
      await page.shows('#door-rows', STRANGER)
      await page.shows('#door-rows', 'Not in the archive')
      await page.click('#door-rows button[data-action=adopt]')
      await page.shows('#door-said', `${STRANGER} is in the archive now`)
      await page.shows('#door-rows', /^$/)
      await page.shows('#online-total', '/ 1')
      await page.click('#language')
      await page.shows('#board', '采集日报')
      expect(page.complaints).toEqual([])
    },
    TIMEOUT_MS,
  )
})
