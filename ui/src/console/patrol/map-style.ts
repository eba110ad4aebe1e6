// How grids, checkpoints and lines are drawn. Colours come from the tokens at the moment of drawing, so that the map
// follows the light of the page.
import type { FeatureLike } from 'ol/Feature'
import { Circle, Fill, Stroke, Style, Text } from 'ol/style'

const token = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--gw-${name}`).trim()
const font = (size: number, weight = 400) => `${weight} ${size}px ${token('font')}`

export function gridStyle(feature: FeatureLike) {
  const { name, words, tint, exclusive, quiet } = feature.getProperties()
  const label = (text: string, offsetY: number, weight: number) =>
    new Style({
      text: new Text({
        text,
        offsetY,
        font: font(13, weight),
        overflow: true,
        fill: new Fill({ color: token('ink') }),
        stroke: new Stroke({ color: token(`fr-${tint}`), width: 3 }),
      }),
    })
  const ground = new Style({
    fill: new Fill({ color: quiet ? token('surface') : token(`fr-${tint}`) }),
    stroke: new Stroke({ color: token('map-grid'), width: 1.5, lineDash: exclusive ? [6, 5] : undefined }),
  })
  return quiet ? [ground] : [ground, label(name, -9, 500), label(words, 9, 400)]
}

export function stopStyle(feature: FeatureLike) {
  const { number, reached } = feature.getProperties()
  return new Style({
    image: new Circle({
      radius: 11,
      declutterMode: 'obstacle',
      fill: new Fill({ color: token(reached ? 'primary' : 'surface') }),
      stroke: reached
        ? new Stroke({ color: token('surface'), width: 2 })
        : new Stroke({ color: token('control'), width: 2, lineDash: [4, 3] }),
    }),
    text: new Text({
      text: String(number),
      declutterMode: 'none',
      font: font(12, 500),
      fill: new Fill({ color: token(reached ? 'on-primary' : 'ink') }),
    }),
  })
}

export const stopNameStyle = (feature: FeatureLike) =>
  new Style({
    text: new Text({
      text: feature.get('name'),
      offsetX: 22,
      textAlign: 'left',
      font: font(12),
      fill: new Fill({ color: token('ink') }),
      stroke: new Stroke({ color: token('surface'), width: 4 }),
    }),
  })

export const lineStyle = () => [
  new Style({ stroke: new Stroke({ color: token('surface'), width: 7 }) }),
  new Style({ stroke: new Stroke({ color: token('map-track'), width: 3 }) }),
]
