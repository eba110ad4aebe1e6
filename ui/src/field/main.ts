import { createApp } from 'vue'
import 'vant/es/style/base.css'
import '../shared/tokens.css'
import '../shared/base.css'
import './field.css'
import { asFault, openDoor, phone } from '../api/field'
import { words } from '../shared/words'
import App from './App.vue'
import Broken from './Broken.vue'
import { ask, begin } from './begin'
import { useStatus } from './enrol/state'
import { dressAs } from './frame/appearance'
import { readLock, watchIdle } from './lock/state'
import { readHere } from './people/state'
import { router } from './router'
import { askToday, firstIsToday, forgetToday } from './today/first'

async function open() {
  performance.mark('gw-begun')
  try {
    await openDoor()
    // All at once: what a locked phone refuses is asked again behind its door.
    const behind = ask()
    // A first frame with the list in it costs half of an empty one and a second.
    const today = firstIsToday() ? askToday() : undefined
    const [here, lock] = await Promise.all([readHere(), readLock(), today])
    const look = here.choosing ? here.look : lock.look
    if (lock.locked && look) dressAs(look)
    if (!lock.locked) await begin(behind)
    if (!useStatus().value?.enrolled) forgetToday()
    performance.mark('gw-known')
    document.addEventListener('visibilitychange', () => void phone.inFront(!document.hidden))
    watchIdle()
    createApp(App).use(words).use(router).mount('#app')
    // Led to another page first, such as the one that sets a PIN: by the time of 今日 the list is an old one.
    void router.isReady().then(() => router.currentRoute.value.name === 'today' || forgetToday())
  } catch (thrown) {
    createApp(Broken, { code: asFault(thrown).code })
      .use(words)
      .mount('#app')
  }
}

void open()
