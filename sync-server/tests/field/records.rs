//! One day's records of one grid, made on its worker's phone and carried to the registry.

use super::{
    Field, demo_street,
    hazard::reported,
    nine, partition,
    phone::Phone,
    tus::{pictures, upload},
};
use gridwalk_core::{
    form::{FormAnswer, FormName, FormValue, NewFormResponse},
    household::{self, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{CheckpointId, DocumentId, FindingId, FormResponseId, Hash, HitId, VisitId},
    incident::{self, IncidentAction, IncidentEvent, NewIncident},
    patrol::{
        self, FindingState, HitMethod, HitState, NewFinding, NewHit, NewPatrol, PatrolEdit,
        PatrolKind, SharedLine,
    },
    photo::{Photo, PhotoStage},
    place::{self, NewPlace, NewPlaceVisit, PlaceEdit, PlaceOutcome},
    proposal::{NewProposal, ProposalSubject, ProposedField},
    sync::message::Partition,
    voice::{self, VoiceNote},
    worker_day::{self, NewWorkerDay, WorkerDayEdit},
};
use gridwalk_fixtures::voice::{Recorded, webm};
use uuid::Uuid;

pub struct Records {
    /// `梧桐-03`
    pub grid_name: &'static str,
    pub home: Partition,
    pub phone: Phone,
    pub household: DocumentId,
    pub incident: DocumentId,
    pub patrol: DocumentId,
    pub photo: Hash,
    /// What was said of the incident, if anything was ([`Records::speak`]).
    pub voice: Option<Hash>,
    /// The line that the patrol shared.
    pub line: Hash,
}

/// What a worker might write to a spreadsheet, by mistake or not.
pub const REASONS: [&str; 6] = ["=1+1", "+1 个", "-去", "@SUM(A1)", "\t=2", "东门锁着"];

impl Records {
    /// A visit, a photographed hazard and a patrol with a shared line. `number` tells the ids of two grids apart.
    pub async fn of(field: &Field, grid_name: &'static str, number: u128) -> Self {
        let home = partition(grid_name);
        let street = demo_street();
        let worker = street.worker(home.grid.0).expect("a worker");
        let mut phone = field.phone(&worker.login).await;
        let lived_in = street
            .households
            .iter()
            .find(|door| door.grid == home.grid.0 && !door.contact_phone.is_empty());
        let household = field.furnish(lived_in.expect("a door")).await;
        phone.sync().await.expect("news");
        let id = |place: u128| Uuid::from_u128(FIRST | number << 16 | place);
        visit(&mut phone, household, home, VisitId(id(1)));
        let photo = upload_photo(&phone, number as usize).await;
        phone
            .blobs
            .push(pictures()[number as usize].thumbnail.clone());
        let incident = hazard(&mut phone, home, grid_name, id(0x10), photo.clone());
        let (patrol, line) = walk(&mut phone, home, grid_name, &id);
        phone.sync().await.expect("an exchange");
        assert!(phone.unsent.is_empty() && phone.blobs.is_empty());
        Self {
            grid_name,
            home,
            phone,
            household,
            incident,
            patrol,
            photo: photo.hash,
            voice: None,
            line,
        }
    }

    /// A voice note of so many milliseconds is added to the incident.
    pub async fn speak(&mut self, ms: u32) {
        let how = Recorded {
            ms,
            telltale: false,
            seed: ms,
        };
        let (bytes, recording) = voice::bare(&webm(how)).expect("a recording");
        upload(&self.phone, &bytes).await.expect("a voice note");
        let note = VoiceNote {
            hash: Hash::of(&bytes),
            media: recording.media,
            recorded_at: nine(),
            duration_ms: recording.duration_ms,
            bytes: bytes.len() as u32,
        };
        self.voice = Some(note.hash);
        let id = Uuid::from_u128(self.incident.0.as_u128() + 2);
        self.phone
            .act(
                self.incident,
                self.home,
                nine(),
                |document, author, order| {
                    let event = IncidentEvent {
                        id: id.into(),
                        act: author.act.clone(),
                        department: None,
                        action: IncidentAction::AddVoice { voice: note },
                    };
                    incident::record(document.expect("a case"), &event, author, order)
                },
            )
            .expect("a voice note");
        self.phone.sync().await.expect("an exchange");
    }

    /// A shop is listed and checked.
    pub async fn check_a_shop(&mut self) {
        let id = |place: u128| Uuid::from_u128(self.household.0.as_u128() ^ 0xb00 ^ place);
        let new = NewPlace {
            id: id(1).into(),
            grid: self.home.grid,
            name: "小满便利店".into(),
            kind: "shop".into(),
            address: None,
        };
        let visit = NewPlaceVisit {
            id: VisitId(id(2)),
            outcome: PlaceOutcome::Refused,
            started_at: nine(),
            ended_at: nine(),
            checklist: None,
            answers: Vec::new(),
            leaflets: Vec::new(),
            request: Some("=1+1".into()),
            note: None,
            incidents: Vec::new(),
            next_due: None,
        };
        let shop = new.id.into();
        self.phone
            .act(shop, self.home, nine(), |_, author, _| {
                place::create(&new, author)
            })
            .expect("a shop");
        self.phone
            .act(shop, self.home, nine(), |document, author, _| {
                let edit = PlaceEdit::RecordVisit(visit);
                place::apply(document.expect("a shop"), &edit, author)
            })
            .expect("a check");
        self.phone.sync().await.expect("an exchange");
        assert!(self.phone.unsent.is_empty());
    }

    /// The worker proposes to put the boundary right.
    pub async fn propose(&mut self) {
        let id = |place: u128| Uuid::from_u128(self.household.0.as_u128() ^ 0xd00 ^ place);
        let day = NewWorkerDay {
            id: id(1).into(),
            worker: self.phone.carrier.id.into(),
            date: nine().local_date(),
        };
        let edit = WorkerDayEdit::Propose {
            at: nine(),
            proposal: NewProposal {
                id: id(2).into(),
                subject: ProposalSubject::Grid { id: self.home.grid },
                field: ProposedField::Boundary,
                says: String::new(),
                should: "=1+1".into(),
                because: "走过".into(),
            },
        };
        let document = day.id.into();
        self.phone
            .act(document, self.home, nine(), |_, author, _| {
                worker_day::create(&day, author)
            })
            .expect("a day");
        self.phone
            .act(document, self.home, nine(), |document, author, _| {
                worker_day::apply(document.expect("a day"), &edit, author)
            })
            .expect("a proposal");
        self.phone.sync().await.expect("an exchange");
        assert!(self.phone.unsent.is_empty());
    }

    /// A form is handed in at the door.
    pub async fn fill_a_form(&mut self) {
        let response = NewFormResponse {
            id: FormResponseId(Uuid::from_u128(self.household.0.as_u128() ^ 0xc00)),
            form: FormName {
                id: "low_income_check".into(),
                version: 1,
                round: "2026-09".into(),
            },
            answers: vec![FormAnswer {
                column: "contact".into(),
                value: FormValue::Text("=1+1".into()),
                unchanged: false,
                as_of: None,
            }],
            changes: Vec::new(),
            visit: None,
        };
        self.phone
            .act(self.household, self.home, nine(), |document, author, _| {
                let edit = HouseholdEdit::HandInForm(response);
                household::apply(document.expect("a door"), &edit, author)
            })
            .expect("a form");
        self.phone.sync().await.expect("an exchange");
        assert!(self.phone.unsent.is_empty());
    }

    /// Words by which these records are known in any answer.
    pub fn marks(&self) -> Vec<String> {
        vec![
            self.grid_name.to_owned(),
            self.home.grid.to_string(),
            self.household.0.to_string(),
            self.incident.0.to_string(),
            self.patrol.0.to_string(),
            self.photo.to_string(),
        ]
    }
}

const FIRST: u128 = 0x0199_4000_0000_7000_8000_0000_0000_0000;

fn visit(phone: &mut Phone, household: DocumentId, home: Partition, id: VisitId) {
    let visit = NewVisit {
        id,
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: nine(),
        ended_at: nine().plus_ms(240_000),
        changes: Vec::new(),
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: None,
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    };
    phone
        .act(household, home, nine(), |document, author, _| {
            let edit = HouseholdEdit::RecordVisit(visit);
            household::apply(document.expect("a household"), &edit, author)
        })
        .expect("a visit");
}

async fn upload_photo(phone: &Phone, number: usize) -> Photo {
    let picture = &pictures()[number];
    upload(phone, &picture.jpeg).await.expect("a photo");
    Photo {
        hash: Hash::of(&picture.jpeg),
        thumbnail: Hash::of(&picture.thumbnail),
        stage: PhotoStage::Before,
        taken_at: nine(),
        width: picture.width,
        height: picture.height,
        bytes: picture.jpeg.len() as u32,
        position: None,
        original: None,
    }
}

fn hazard(phone: &mut Phone, home: Partition, grid: &str, id: Uuid, photo: Photo) -> DocumentId {
    let new = NewIncident {
        id: id.into(),
        grid: home.grid,
        local_no: format!("{grid}-0914-001"),
        ..reported(1)
    };
    let document = new.id.into();
    phone
        .act(document, home, nine(), |_, author, _| {
            incident::create(&new, &[photo], author)
        })
        .expect("a draft");
    phone
        .act(document, home, nine(), |document, author, order| {
            let event = IncidentEvent {
                id: Uuid::from_u128(id.as_u128() + 1).into(),
                act: author.act.clone(),
                department: None,
                action: IncidentAction::Submit {
                    without_photo_because: None,
                },
            };
            incident::record(document.expect("a draft"), &event, author, order)
        })
        .expect("a report");
    document
}

fn walk(
    phone: &mut Phone,
    home: Partition,
    grid: &str,
    id: &impl Fn(u128) -> Uuid,
) -> (DocumentId, Hash) {
    let new = NewPatrol {
        id: id(0x20).into(),
        grid: home.grid,
        kind: PatrolKind::Daily,
        plan: None,
        checkpoints: Vec::new(),
        started_at: nine(),
    };
    let document = new.id.into();
    phone
        .act(document, home, nine(), |_, author, _| {
            patrol::create(&new, author)
        })
        .expect("a patrol");
    let points = &demo_street().grid(grid).expect("a grid").checkpoints;
    let minute = |n: usize| nine().plus_ms(n as i64 * 60_000);
    let mut edits = Vec::new();
    for (n, reason) in REASONS.iter().enumerate() {
        edits.push(PatrolEdit::Hit(NewHit {
            id: HitId(id(0x30 + n as u128)),
            checkpoint: CheckpointId(points[n % points.len()].id),
            at: minute(n),
            method: HitMethod::Manual,
            reason: Some((*reason).to_owned()),
            state: HitState::Ok,
            position: None,
            photo: None,
        }));
    }
    edits.push(PatrolEdit::Finding(NewFinding {
        id: FindingId(id(0x40)),
        category: "F01001".into(),
        state: FindingState::Observed,
        incident: None,
        voice: None,
        note: Some("=HYPERLINK(\"x\")".into()),
        at: minute(6),
    }));
    let line = format!(
        "[[123.5,29.5,0],[123.501,29.5,{}]]",
        60_000 + id(0).as_u128() as u16
    );
    edits.push(PatrolEdit::Finish {
        at: minute(7),
        distance_m: 97,
        line: Some(SharedLine {
            blob: Hash::of(line.as_bytes()),
            points: 2,
            expires_at: minute(7).plus_ms(30 * 24 * 3_600_000),
        }),
        note: None,
    });
    for edit in &edits {
        phone
            .act(document, home, minute(7), |document, author, _| {
                patrol::apply(document.expect("a patrol"), edit, author)
            })
            .expect("a step of the patrol");
    }
    let hash = Hash::of(line.as_bytes());
    phone.blobs.push(line.into_bytes());
    (document, hash)
}
