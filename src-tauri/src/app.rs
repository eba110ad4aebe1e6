//! The phone without a window.

use crate::{
    error::{Answer, Failure},
    view::*,
};
use gridwalk_core::{household::*, ids::*, incident::*, photo::*, reference::*};

/// The whole phone; cheap to clone.
#[derive(Clone)]
pub struct Phone;

#[allow(missing_docs, unused_variables)]
impl Phone {
    pub fn status(&self) -> Answer<PhoneStatus> {
        Err(Failure::internal("status"))
    }
    pub async fn enrol(&self, server: String, code: String) -> Answer<PhoneStatus> {
        Err(Failure::internal("enrol"))
    }
    pub fn settings(&self) -> Answer<Settings> {
        Err(Failure::internal("settings"))
    }
    pub fn save_settings(&self, settings: Settings) -> Answer<Settings> {
        Err(Failure::internal("save_settings"))
    }
    pub fn draft_put(&self, key: String, json: String) -> Answer<()> {
        Err(Failure::internal("draft_put"))
    }
    pub fn draft_get(&self, key: String) -> Answer<Option<String>> {
        Err(Failure::internal("draft_get"))
    }
    pub fn draft_drop(&self, key: String) -> Answer<()> {
        Err(Failure::internal("draft_drop"))
    }
    pub fn today(&self) -> Answer<Today> {
        Err(Failure::internal("today"))
    }
    pub fn complete_task(&self, task: TaskId, note: Option<String>) -> Answer<Today> {
        Err(Failure::internal("complete_task"))
    }
    pub fn categories(&self) -> Answer<Vec<Category>> {
        Err(Failure::internal("categories"))
    }
    pub fn households(&self, query: String) -> Answer<Vec<HouseholdRow>> {
        Err(Failure::internal("households"))
    }
    pub fn household(&self, id: HouseholdId) -> Answer<HouseholdDetail> {
        Err(Failure::internal("household"))
    }
    pub fn begin_visit(&self, household: HouseholdId, task: Option<TaskId>) -> Answer<NewVisit> {
        Err(Failure::internal("begin_visit"))
    }
    pub fn save_visit(&self, household: HouseholdId, visit: NewVisit) -> Answer<HouseholdDetail> {
        Err(Failure::internal("save_visit"))
    }
    pub fn amend_visit(
        &self,
        household: HouseholdId,
        visit: VisitId,
        note: String,
    ) -> Answer<HouseholdDetail> {
        Err(Failure::internal("amend_visit"))
    }
    pub fn change_field(
        &self,
        household: HouseholdId,
        change: FieldChange,
    ) -> Answer<HouseholdDetail> {
        Err(Failure::internal("change_field"))
    }
    pub fn resolve_conflict(
        &self,
        household: HouseholdId,
        choice: FieldChange,
    ) -> Answer<HouseholdDetail> {
        Err(Failure::internal("resolve_conflict"))
    }
    pub fn add_member(&self, household: HouseholdId, member: NewMember) -> Answer<HouseholdDetail> {
        Err(Failure::internal("add_member"))
    }
    pub fn member_left(&self, household: HouseholdId, member: MemberId) -> Answer<HouseholdDetail> {
        Err(Failure::internal("member_left"))
    }
    pub fn begin_incident(&self, start: IncidentStart) -> Answer<NewIncident> {
        Err(Failure::internal("begin_incident"))
    }
    pub fn report_incident(
        &self,
        incident: NewIncident,
        photos: Vec<Photo>,
        how: ReportHow,
    ) -> Answer<IncidentDetail> {
        Err(Failure::internal("report_incident"))
    }
    pub fn incidents(&self) -> Answer<Vec<IncidentRow>> {
        Err(Failure::internal("incidents"))
    }
    pub fn incident(&self, id: IncidentId) -> Answer<IncidentDetail> {
        Err(Failure::internal("incident"))
    }
    pub fn act_on_incident(
        &self,
        id: IncidentId,
        action: IncidentAction,
    ) -> Answer<IncidentDetail> {
        Err(Failure::internal("act_on_incident"))
    }
    pub fn nearby_incidents(
        &self,
        category: String,
        position: Option<Position>,
    ) -> Answer<Vec<NearbyIncident>> {
        Err(Failure::internal("nearby_incidents"))
    }
    pub fn whereabouts(&self) -> Answer<Whereabouts> {
        Err(Failure::internal("whereabouts"))
    }
    pub fn patrols(&self) -> Answer<Vec<PatrolRow>> {
        Err(Failure::internal("patrols"))
    }
    pub fn patrol(&self, id: PatrolId) -> Answer<PatrolScreen> {
        Err(Failure::internal("patrol"))
    }
    pub fn patrol_running(&self) -> Answer<Option<PatrolScreen>> {
        Err(Failure::internal("patrol_running"))
    }
    pub fn patrol_start(&self, plan: PlanId) -> Answer<PatrolScreen> {
        Err(Failure::internal("patrol_start"))
    }
    pub fn patrol_hit(&self, patrol: PatrolId, hit: HitInput) -> Answer<PatrolScreen> {
        Err(Failure::internal("patrol_hit"))
    }
    pub fn patrol_finding(&self, patrol: PatrolId, finding: FindingInput) -> Answer<PatrolScreen> {
        Err(Failure::internal("patrol_finding"))
    }
    pub fn patrol_pause(&self, patrol: PatrolId) -> Answer<PatrolScreen> {
        Err(Failure::internal("patrol_pause"))
    }
    pub fn patrol_resume(&self, patrol: PatrolId) -> Answer<PatrolScreen> {
        Err(Failure::internal("patrol_resume"))
    }
    pub fn patrol_preview_finish(&self, patrol: PatrolId) -> Answer<FinishPreview> {
        Err(Failure::internal("patrol_preview_finish"))
    }
    pub fn patrol_finish(
        &self,
        patrol: PatrolId,
        share_line: bool,
        note: Option<String>,
    ) -> Answer<PatrolScreen> {
        Err(Failure::internal("patrol_finish"))
    }
    pub fn sync_now(&self) -> Answer<SyncState> {
        Err(Failure::internal("sync_now"))
    }
    pub fn sync_page(&self) -> Answer<SyncPage> {
        Err(Failure::internal("sync_page"))
    }
}
