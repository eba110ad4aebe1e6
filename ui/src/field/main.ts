import { createApp } from 'vue'
import 'vant/es/style/base.css'
import '../shared/tokens.css'
import '../shared/base.css'
import './field.css'
import { openDoor, phone } from '../api/field'
import { words } from '../shared/words'
import App from './App.vue'
import { dress } from './frame/appearance'
import { router } from './router'
import { followSync } from './sync/state'

async function open() {
  await openDoor()
  const status = await phone.status()
  await dress()
  followSync(status.sync)
  createApp(App).use(words).use(router).mount('#app')
}

void open()
