import { createApp } from 'vue'
import 'vant/es/style/base.css'
import '../shared/tokens.css'
import '../shared/base.css'
import './field.css'
import { asFault, openDoor, phone } from '../api/field'
import { words } from '../shared/words'
import App from './App.vue'
import Broken from './Broken.vue'
import { setStatus } from './enrol/state'
import { dress } from './frame/appearance'
import { router } from './router'
import { followSync } from './sync/state'

async function open() {
  try {
    await openDoor()
    const status = await phone.status()
    await dress()
    setStatus(status)
    followSync(status.sync)
    document.addEventListener('visibilitychange', () => void phone.inFront(!document.hidden))
    createApp(App).use(words).use(router).mount('#app')
  } catch (thrown) {
    createApp(Broken, { code: asFault(thrown).code })
      .use(words)
      .mount('#app')
  }
}

void open()
