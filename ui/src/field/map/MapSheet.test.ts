import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import type { GridMap } from '../../api/field'
import MapSheet from './MapSheet.vue'

const house = { id: 'b3', name: '听雨苑 3幢', number: '3幢', lon: 123.5, lat: 29.5, doors: 72, due: 3 }
const map = {
  grids: [
    {
      id: 'g',
      name: '梧桐-03',
      boundary: [
        [
          [123.4, 29.4],
          [123.6, 29.4],
          [123.6, 29.6],
        ],
      ],
    },
  ],
  buildings: [house],
  cases: [],
  position: null,
} as unknown as GridMap

test('a sign that was tapped opens, and one that was pushed along with the sheet does not', async () => {
  const sheet = mount(MapSheet, { props: { map, chosen: null } })
  const sign = sheet.get('[data-testid="map-building-3幢"]')
  const finger = (x: number) => ({ pointerId: 1, clientX: x, clientY: 0, detail: 1 })
  await sign.trigger('pointerdown', finger(0))
  await sign.trigger('pointermove', finger(40))
  await sign.trigger('pointerup', finger(40))
  await sign.trigger('click', finger(40))
  expect(sheet.emitted('building')).toBeUndefined()
  await sign.trigger('pointerdown', finger(40))
  await sign.trigger('pointermove', finger(42))
  await sign.trigger('pointerup', finger(42))
  await sign.trigger('click', finger(42))
  expect(sheet.emitted('building')).toEqual([['b3']])
})
