import { showImagePreview } from 'vant'
import 'vant/es/image-preview/index.css'
import 'vant/es/swipe/index.css'
import 'vant/es/swipe-item/index.css'
import 'vant/es/image/index.css'
import { phone, type Photo } from '../../api/field'

/** Photos over the whole screen, beginning with one of them. */
export const showPhotos = (photos: readonly Photo[], first: Photo) =>
  showImagePreview({
    images: photos.map((photo) => phone.photoUrl(photo.hash)),
    startPosition: Math.max(0, photos.indexOf(first)),
  })
