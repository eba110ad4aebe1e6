import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import ts from 'typescript-eslint'

// Only src/api speaks to Rust. Everyone else imports what it exports.
const door = {
  group: ['@tauri-apps/*', 'openapi-fetch', '**/api/generated/**'],
  message: 'Only src/api speaks to Rust.',
}
const neighbour = (name) => ({
  group: [`**/${name}/**`],
  message: 'field and console never import each other; share through src/shared.',
})
const restricted = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })

export default ts.config(
  { ignores: ['dist', 'src/api/generated'] },
  js.configs.recommended,
  ts.configs.recommended,
  vue.configs['flat/recommended'],
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      'no-console': 'error',
      'no-alert': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
      // TypeScript already says which props may be left out.
      'vue/require-default-prop': 'off',
    },
  },
  {
    // TypeScript knows the globals of the DOM better than a list does.
    files: ['**/*.ts', '**/*.vue'],
    rules: { 'no-undef': 'off' },
  },
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: ts.parser } } },
  { files: ['src/**'], ignores: ['src/api/**'], rules: restricted(door) },
  { files: ['src/field/**'], rules: restricted(door, neighbour('console')) },
  { files: ['src/console/**'], rules: restricted(door, neighbour('field')) },
  {
    files: ['*.config.*', 'e2e/**'],
    languageOptions: { globals: { ...globals.node } },
    rules: { 'no-console': 'off' },
  },
  prettier,
)
