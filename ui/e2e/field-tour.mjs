// Every screen of the phone with the way to it: read by the pictures and by the accessibility test.
export const SCREENS = [
  { name: '01-today', path: '/today' },
  { name: '11-today-nothing', path: '/today', scene: 'quiet' },
]
