import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const entry = (file: string) => fileURLToPath(new URL(file, import.meta.url))

// Two faces, one package: index.html is what the phone's window shows, console.html is what the server serves.
export default defineConfig({
  plugins: [vue()],
  clearScreen: false,
  // Element Plus does not carry its own copy of dayjs, and two copies would forget each other's language.
  resolve: { dedupe: ['vue', 'dayjs'] },
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
  build: {
    // The oldest WebViews in the field are Android 10 phones with an updated WebView and Debian 12's WebKitGTK.
    target: ['chrome100', 'safari15'],
    // Everything comes from our own origin; no data: fonts or pictures, so that the CSP can stay strict.
    assetsInlineLimit: 0,
    // The map and the table kit are big and come from disk or the office network, never from a mobile contract.
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: { field: entry('index.html'), console: entry('console.html') },
      // A drawing of ten lines is not worth a request of its own.
      output: { codeSplitting: { groups: [{ name: 'icons', test: /lucide/ }] } },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
  },
})
