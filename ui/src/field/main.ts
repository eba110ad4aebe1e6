import { createApp } from 'vue'
import 'vant/es/style/base.css'
import '../shared/tokens.css'
import '../shared/base.css'
import './field.css'
import { asFault, openDoor, phone } from '../api/field'
import { words } from '../shared/words'
import App from './App.vue'
import Broken from './Broken.vue'
import { begin } from './begin'
import { dressAs } from './frame/appearance'
import { readLock, watchIdle } from './lock/state'
import { readHere } from './people/state'
import { router } from './router'

async function open() {
  try {
    await openDoor()
    const here = await readHere()
    const lock = await readLock()
    const look = here.choosing ? here.look : lock.look
    if (lock.locked && look) dressAs(look)
    if (!lock.locked) await begin()
    document.addEventListener('visibilitychange', () => void phone.inFront(!document.hidden))
    watchIdle()
    createApp(App).use(words).use(router).mount('#app')
  } catch (thrown) {
    createApp(Broken, { code: asFault(thrown).code })
      .use(words)
      .mount('#app')
  }
}

void open()
