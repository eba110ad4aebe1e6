//! The centre of the demo street as a process that the story opens and closes: its port stays, its network comes and goes.

use gridwalk_core::{
    act::Role,
    care::{CareEdit, ConsentHow, ConsentScope, NewConsent},
    document::{Author, Document, FeedOrder},
    ids::{CarePlanId, ConsentId, GridId, IncidentId, PersonId, TaskId},
    incident::{
        self, IncidentAction, IncidentEvent, IncidentPlace, NewIncident, Severity, SourceChannel,
    },
    reference::{ReferenceKind, Task, TaskKind},
    sync::message::{AccessClass, DocumentKind, Partition},
};
use gridwalk_fixtures::{
    SEED, care, demo_day, street,
    street::{Person, Street},
};
use gridwalk_proof::{
    browser, corner,
    holdings::Holdings,
    process::{self, Outcome, Server, free_port, run},
};
use gridwalk_server::{
    AppState, Config,
    clock::Clock,
    edit::{Writer, create_document, edit_document},
    store::reference,
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// The grid of the screens.
pub const GRID: &str = "梧桐-03";
/// What somebody told the hotline at night.
pub const HOTLINE: &str = "听雨苑东门外积水，电动车过不去";

/// In so many days ends what 冯奶奶 agreed to, as somebody wrote it down at the desk that night.
pub const CONSENT_DAYS: usize = 9;

/// The first of the night's tasks, which is at no door.
pub fn errand() -> TaskId {
    TaskId(Uuid::from_u128(ERRANDS))
}

const ERRANDS: u128 = 0x0820_0000;

/// One data folder and one port.
pub struct Centre {
    data: PathBuf,
    port: u16,
    server: Option<Server>,
}

impl Centre {
    /// The demo street on its own day, not yet listening.
    pub fn seeded(data: &Path) -> Outcome<Self> {
        let centre = Self {
            data: data.to_owned(),
            port: free_port()?,
            server: None,
        };
        centre.ask(&["seed", "--today", &demo_day().to_string()])?;
        Ok(centre)
    }

    /// From now on phones reach it.
    pub fn open(&mut self) -> Outcome<()> {
        self.server = Some(Server::start(&self.data, self.port)?);
        Ok(())
    }

    /// From now on they do not.
    pub fn close(&mut self) {
        self.server = None;
    }

    /// Where it listens, when it does.
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The bytes of a photo as they lie on its disk.
    pub fn photo(&self, hash: &str) -> Outcome<Vec<u8>> {
        let shelf = hash.get(..2).ok_or("no hash")?;
        let whole = self.data.join("blobs").join("whole");
        Ok(std::fs::read(whole.join(shelf).join(hash))?)
    }

    /// A one-time code for that worker.
    pub fn enrolment_code(&self, worker: &str) -> Outcome<String> {
        let code = self.ask(&["device", "code", "--worker", worker])?;
        Ok(code.trim().to_owned())
    }

    /// Read from the store by a process of its own.
    pub fn holdings(&self) -> Outcome<Holdings> {
        Ok(serde_json::from_str(&self.ask(&["holdings"])?)?)
    }

    /// What happens while the phone is away: three things to do and two that come back, a consent that ends soon, and somebody
    /// calls the hotline. Answers with the hotline's case.
    pub async fn has_a_night(&self) -> Outcome<IncidentId> {
        let state = self.inside()?;
        let street = street(SEED, demo_day());
        let grid = GridId(street.grid(GRID).ok_or("no such grid")?.id);
        let worker = street.worker(grid.0).ok_or("nobody works there")?;
        let assignee = Some(PersonId(worker.id));
        let tasks = [
            (TaskKind::Recheck, "楼道灯修好没有", "听雨苑 1幢"),
            (TaskKind::Recheck, "垃圾清走没有", "听雨苑 北门"),
            (TaskKind::Verify, "来电说水管滴水", "听雨苑 2幢地下室"),
            (TaskKind::Returned, "照片看不清是哪一层", "听雨苑 4幢"),
            (TaskKind::Returned, "没写和谁说好的", "听雨苑 5幢"),
        ];
        let told = state.store.write(move |connection| {
            for (n, (kind, text, place)) in tasks.into_iter().enumerate() {
                let task = Task {
                    id: TaskId(Uuid::from_u128(ERRANDS + n as u128)),
                    grid,
                    assignee,
                    kind,
                    household: None,
                    incident: None,
                    text: text.into(),
                    place: Some(place.into()),
                    due: demo_day(),
                    time_hint: None,
                };
                let id = task.id.to_string();
                reference::put(connection, ReferenceKind::Task, &id, Some(grid), &task)?;
            }
            Ok(())
        });
        told.await?;
        self.agrees_for_a_while(&state, &street).await?;
        let case = self.is_called(&state, grid, somebody(&street.people, "dispatcher")?);
        let case = case.await?;
        drop(state);
        corner::closed(&self.data.join("registry.db"))?;
        Ok(case)
    }

    /// 冯奶奶 of 504 has been asked by the secretary, and agreed for nine days.
    async fn agrees_for_a_while(&self, state: &AppState, street: &Street) -> Outcome<()> {
        let grid = street.grid(GRID).ok_or("no such grid")?.id;
        let plans = care::plans(street);
        let hers: Vec<_> = plans
            .iter()
            .filter(|plan| {
                let mut doors = street.households.iter();
                let door = doors.find(|door| door.id == plan.created.household);
                plan.grid == grid && plan.level == "first" && door.is_some_and(|d| d.room == "504")
            })
            .collect();
        let [plan] = hers.as_slice() else {
            return Err(format!("{} plans are hers", hers.len()).into());
        };
        let mut days = std::iter::successors(Some(demo_day()), |day| day.succ_opt());
        let writer = Writer {
            by: PersonId(secretary(street)?.id),
            role: Role::Secretary,
        };
        let agreed = CareEdit::GiveConsent(NewConsent {
            id: ConsentId(Uuid::from_u128(0x0820_2000)),
            scope: vec![
                ConsentScope::Visits,
                ConsentScope::Help,
                ConsentScope::Contact,
                ConsentScope::Team,
            ],
            how: ConsentHow::Spoken,
            given_at: state.now(),
            witness: "隔壁邻居".into(),
            expires: days.nth(CONSENT_DAYS).ok_or("the calendar ends")?,
        });
        let id = CarePlanId(plan.created.id);
        let edit = move |document: Document, author: &Author, _: &dyn FeedOrder| {
            gridwalk_core::care::apply(document, &agreed, author)
        };
        edit_document(state, id.into(), writer, edit).await?;
        Ok(())
    }

    /// A case as the hotline hands it over, in the name of a seat.
    async fn is_called(
        &self,
        state: &AppState,
        grid: GridId,
        seat: &Person,
    ) -> Outcome<IncidentId> {
        let id = IncidentId(Uuid::from_u128(0x0820_1000));
        let writer = Writer {
            by: PersonId(seat.id),
            role: Role::Dispatcher,
        };
        let home = Partition {
            grid,
            class: AccessClass::GENERAL,
        };
        let new = NewIncident {
            id,
            grid,
            local_no: "12345-0914-001".into(),
            source: SourceChannel::Hotline,
            category: "E04003".into(),
            severity: Severity::new(3).map_err(|code| code.to_string())?,
            place: IncidentPlace {
                text: "听雨苑 东门外".into(),
                household: None,
                position: None,
            },
            description: HOTLINE.into(),
            finding: None,
        };
        let made = move |author: &Author| incident::create(&new, &[], author);
        create_document(state, id.into(), DocumentKind::INCIDENT, home, writer, made).await?;
        let handed_over = move |document: Document, author: &Author, feed: &dyn FeedOrder| {
            let event = IncidentEvent {
                id: Uuid::from_u128(0x0820_1001).into(),
                act: author.act.clone(),
                department: None,
                action: IncidentAction::Submit {
                    without_photo_because: Some("12345 转来".into()),
                },
            };
            incident::record(document, &event, author, feed)
        };
        edit_document(state, id.into(), writer, handed_over).await?;
        Ok(id)
    }

    /// The centre without its process, for what no screen of it does yet.
    fn inside(&self) -> Outcome<AppState> {
        let mut config = Config::new(&self.data);
        config.clock = Clock::standing_at(process::now().ok_or("the day has not begun")?);
        Ok(AppState::open(config)?)
    }

    /// Somebody sits down at the console. Answers with the cookie of their session.
    async fn sits_down(&self, seat: &Person) -> Outcome<String> {
        let password = self.ask(&["user", "add", "--name", &seat.login])?;
        let login = json!({"name": seat.login, "password": password.trim()});
        let answer = browser()?
            .post(format!("http://{}/api/login", self.place()))
            .header("x-gridwalk", "1")
            .header("content-type", "application/json")
            .body(login.to_string())
            .send()
            .await?
            .error_for_status()?;
        let cookie = answer.headers().get("set-cookie").ok_or("no cookie")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
        Ok(cookie.to_owned())
    }

    /// The day's visits as the secretary takes them out: the rows of the sheet, by the names of its columns.
    pub async fn sheet_of_visits(&self) -> Outcome<Vec<BTreeMap<String, String>>> {
        let street = street(SEED, demo_day());
        let cookie = self.sits_down(secretary(&street)?).await?;
        let (place, day) = (self.place(), demo_day());
        let sheet = browser()?
            .get(format!(
                "http://{place}/api/registry/export/visits.csv?from={day}&to={day}"
            ))
            .header("cookie", cookie)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await?;
        let sheet = sheet.trim_start_matches('\u{feff}');
        let mut rows = csv::Reader::from_reader(sheet.as_bytes());
        Ok(rows.deserialize().collect::<Result<_, _>>()?)
    }

    /// A seat of the command centre at the console: the same calls as its page makes.
    pub async fn asks_to_verify(&self, case: IncidentId, question: &str) -> Outcome<()> {
        let street = street(SEED, demo_day());
        let cookie = self
            .sits_down(somebody(&street.people, "dispatcher")?)
            .await?;
        let (browser, url) = (browser()?, format!("http://{}", self.place()));
        let action = json!({"type": "ask_verify", "question": question});
        browser
            .post(format!("{url}/api/registry/incidents/{case}/actions"))
            .header("cookie", cookie)
            .header("x-gridwalk", "1")
            .header("content-type", "application/json")
            .body(action.to_string())
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }

    fn ask(&self, arguments: &[&str]) -> Outcome<String> {
        let data = self.data.to_string_lossy();
        let all: Vec<&str> = arguments.iter().copied().chain(["--data", &data]).collect();
        run("gridwalk-server", &all)
    }
}

/// The first of the street with this role.
fn somebody<'a>(people: &'a [Person], role: &str) -> Outcome<&'a Person> {
    let mut people = people.iter();
    Ok(people
        .find(|person| person.role == role)
        .ok_or("nobody of that role")?)
}

/// Who answers for the grid of the screens at its community.
fn secretary(street: &Street) -> Outcome<&Person> {
    let grid = street.grid(GRID).ok_or("no such grid")?.id;
    let mut people = street.people.iter();
    Ok(people
        .find(|person| person.role == "secretary" && person.grids.contains(&grid))
        .ok_or("nobody answers for it")?)
}
