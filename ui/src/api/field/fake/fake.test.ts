import { beforeEach, expect, test } from 'vitest'
import { fakePhone } from '.'
import type { Phone } from '../door'

let phone: Phone
beforeEach(() => {
  phone = fakePhone(new URLSearchParams())
})

test('a visit saved twice is one visit', async () => {
  const visit = await phone.beginVisit('h126', 't2')
  const before = (await phone.household('h126')).view.visits.length
  await phone.saveVisit('h126', visit)
  const after = await phone.saveVisit('h126', visit)
  expect(after.view.visits.length).toBe(before + 1)
  expect(after.visit_receipts[visit.id]).toEqual({ type: 'local' })
  expect((await phone.today()).due_today).toBe(6)
})

test('a settled conflict leaves one value', async () => {
  const before = await phone.household('h130')
  expect(before.row.conflicts).toBe(2)
  const after = await phone.resolveConflict('h130', { field: 'household_size', value: 3 })
  expect(after.row.conflicts).toBe(1)
})

test('an ID number in a note is refused, and nothing is stored', async () => {
  const visit = { ...(await phone.beginVisit('h126', null)), note: '999901194903150013' }
  await expect(phone.saveVisit('h126', visit)).rejects.toMatchObject({ code: 'TEXT_LOOKS_LIKE_ID' })
  expect((await phone.household('h126')).view.visits.some((v) => v.visit.id === visit.id)).toBe(false)
})

test('somebody is added once, and who left is not added again under the same id', async () => {
  const person = { id: 'm1', display_name: '王小丽', birth_year: 1978, relation: '子女' }
  const added = await phone.addMember('h126', person)
  expect(added.view.members.map(({ member }) => member)).toEqual([person])
  expect(added.receipt).toEqual({ type: 'local' })
  await expect(phone.addMember('h126', person)).rejects.toMatchObject({ code: 'ALREADY_RECORDED' })
  expect((await phone.memberLeft('h126', 'm1')).view.members).toEqual([])
  await expect(phone.memberLeft('h126', 'm1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(phone.addMember('h126', person)).rejects.toMatchObject({ code: 'ALREADY_RECORDED' })
  const odd = { ...person, id: 'm2', birth_year: 1700 }
  await expect(phone.addMember('h126', odd)).rejects.toMatchObject({ code: 'VALUE_OUT_OF_RANGE' })
})

test('a withdrawal after the acceptance is refused with its code', async () => {
  await expect(phone.actOnIncident('i-drain', { type: 'cancel', reason: '换好了' })).rejects.toMatchObject({
    code: 'CANCEL_AFTER_ACCEPT',
  })
})

test('a patrol that has ended takes no more points', async () => {
  const started = await phone.patrolStart('plan1')
  await phone.patrolFinish(started.id, false, null)
  const hit = {
    checkpoint: 'c1',
    method: 'manual',
    code: null,
    reason: '牌子没了',
    state: 'ok',
    photo: null,
  } as const
  await expect(phone.patrolHit(started.id, hit)).rejects.toMatchObject({ code: 'PATROL_ENDED' })
})

test('the plate of another point is refused', async () => {
  const started = await phone.patrolStart('plan1')
  const hit = {
    checkpoint: 'c1',
    method: 'qr',
    code: 'GW:other',
    reason: null,
    state: 'ok',
    photo: null,
  } as const
  await expect(phone.patrolHit(started.id, hit)).rejects.toMatchObject({ code: 'VALUE_OUT_OF_RANGE' })
})
