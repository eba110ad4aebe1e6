import { createApp } from 'vue'
import 'element-plus/dist/index.css'
import '../shared/tokens.css'
import '../shared/base.css'
import './console.css'
import { words } from '../shared/words'
import App from './App.vue'
import { dress } from './frame/appearance'
import { router } from './router'

dress()
createApp(App).use(words).use(router).mount('#app')
