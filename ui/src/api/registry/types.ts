// The registry's nouns, as the server's OpenAPI document writes them.
import type { components } from '../generated/registry'

type Schemas = components['schemas']

export type AwaitedPhoto = Schemas['Awaited']
export type AwaitedPhotos = Schemas['AwaitedPhotos']
export type Category = Schemas['Category']
export type Department = Schemas['Department']
export type Grid = Schemas['Grid']
export type GridVisits = Schemas['GridVisits']
export type HitView = Schemas['HitView']
export type IncidentAction = Schemas['IncidentAction']
export type IncidentDetail = Schemas['IncidentDetail']
export type IncidentLine = Schemas['IncidentLine']
export type IncidentState = Schemas['IncidentState']
export type IncidentView = Schemas['IncidentView']
export type OwnershipState = Schemas['OwnershipState']
export type PatrolDetail = Schemas['PatrolDetail']
export type PatrolLine = Schemas['PatrolLine']
export type LostPhoto = Schemas['Lost']
export type Person = Schemas['Person']
export type PhotoKeeping = Schemas['PhotoKeeping']
export type Photo = Schemas['Photo']
export type PhotoStage = Schemas['PhotoStage']
export type ProposalDecision = Schemas['ProposalDecision']
export type ProposalLine = Schemas['ProposalLine']
export type QuarantineDecision = Schemas['QuarantineDecision']
export type QuarantineDetail = Schemas['QuarantineDetail']
export type QuarantineLine = Schemas['QuarantineLine']
export type QuarantinedAct = Schemas['QuarantinedAct']
export type Role = Schemas['Role']
export type Course = Schemas['Course']
export type Step = Schemas['Step']
export type StepOutcome = Schemas['StepOutcome']
export type VisitLine = Schemas['VisitLine']
export type VoiceNote = Schemas['VoiceNote']

/** Days in Shanghai, both included, and one grid or all. */
export type Range = { from: string; to: string; grid?: string }
export type ExportFormat = 'csv' | 'geojson' | 'gpx'
