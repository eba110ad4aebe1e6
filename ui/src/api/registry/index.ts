// What the console can ask of the registry, one line a question.
import { ask, tell } from './door'
import type {
  AwaitedPhotos,
  Category,
  Department,
  ExportFormat,
  Grid,
  GridVisits,
  IncidentAction,
  IncidentDetail,
  IncidentLine,
  PatrolDetail,
  PatrolLine,
  Person,
  ProposalDecision,
  ProposalLine,
  PhotoKeeping,
  QuarantineDecision,
  QuarantineDetail,
  QuarantineLine,
  Range,
  VisitLine,
} from './types'

export { asFault, Fault, onSessionEnd } from './door'
export type * from './types'

const HOME = '/api/registry'

const query = (named: Record<string, string | boolean | undefined>) => {
  const said = Object.entries(named).filter(
    ([, value]) => value !== undefined && value !== '' && value !== false,
  )
  return said.length ? `?${new URLSearchParams(said.map(([key, value]) => [key, String(value)]))}` : ''
}

export const registry = {
  login: async (name: string, password: string) =>
    (await tell<{ person: Person }>('/api/login', { name, password })).person,
  logout: () => tell<undefined>('/api/logout'),
  me: async () => (await ask<{ person: Person }>('/api/me')).person,

  grids: () => ask<Grid[]>(`${HOME}/grids`),
  departments: () => ask<Department[]>(`${HOME}/departments`),
  categories: () => ask<Category[]>(`${HOME}/categories`),

  patrols: (range: Range) => ask<PatrolLine[]>(`${HOME}/patrols${query(range)}`),
  patrol: (id: string) => ask<PatrolDetail>(`${HOME}/patrols/${id}`),
  visits: (range: Range) => ask<VisitLine[]>(`${HOME}/visits${query(range)}`),
  visitsByGrid: (range: Range) => ask<GridVisits[]>(`${HOME}/visits/by-grid${query(range)}`),

  incidents: (ended: boolean) => ask<IncidentLine[]>(`${HOME}/incidents${query({ ended })}`),
  incident: (id: string) => ask<IncidentDetail>(`${HOME}/incidents/${id}`),
  act: (id: string, action: IncidentAction) =>
    tell<IncidentDetail>(`${HOME}/incidents/${id}/actions`, action),

  quarantine: () => ask<QuarantineLine[]>(`${HOME}/quarantine`),
  quarantined: (id: string) => ask<QuarantineDetail>(`${HOME}/quarantine/${id}`),
  decide: (id: string, decision: QuarantineDecision) =>
    tell<QuarantineLine[]>(`${HOME}/quarantine/${id}/decision`, decision),

  proposals: () => ask<ProposalLine[]>(`${HOME}/proposals`),
  answerProposal: (id: string, decision: ProposalDecision) =>
    tell<ProposalLine[]>(`${HOME}/proposals/${id}/answer`, decision),

  lostPhotos: () => ask<PhotoKeeping>(`${HOME}/lost-photos`),
  awaitedPhotos: () => ask<AwaitedPhotos>(`${HOME}/awaited-photos`),
  /** Where a photo can be seen. */
  photo: (hash: string) => `${HOME}/photos/${hash}`,
  /** Where a voice note of an incident can be heard. */
  voice: (hash: string) => `${HOME}/voices/${hash}`,
  /** Keeps a JPEG and answers with its hash. */
  keepPhoto: async (jpeg: Blob) =>
    (
      await ask<{ hash: string }>(`${HOME}/photos`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg' },
        body: jpeg,
      })
    ).hash,
  /** Where the filtered patrols can be downloaded. */
  exportOf: (format: ExportFormat, range: Range) => `${HOME}/export/patrols.${format}${query(range)}`,
  /** Where the filtered visits can be downloaded. */
  exportOfVisits: (range: Range) => `${HOME}/export/visits.csv${query(range)}`,
}
