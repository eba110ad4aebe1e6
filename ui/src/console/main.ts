import { createApp } from 'vue'
import '../shared/tokens.css'
import { words } from '../shared/words'
import App from './App.vue'

createApp(App).use(words).mount('#app')
