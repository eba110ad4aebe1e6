//! One grid as heavy as the one on which the peers were measured: 500 households with six visits each, 300 incidents
//! with their events, 90 patrols with ten checkpoints, written by the core as the phones of four people would have
//! written it. The same seed gives the same bytes.

mod cases;
mod doors;
mod rounds;
mod words;

use crate::process::Outcome;
use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited, RawChange},
    error::Refusal,
    ids::{
        BuildingId, CheckpointId, DepartmentId, DeviceId, DocumentId, GridId, HouseholdId,
        IncidentId, PatrolId, PersonId, TaskId,
    },
    reference::{Building, Category, Checkpoint, Department, Grid, Person, Task, TaskKind},
    sync::{
        actor,
        message::{AccessClass, Partition},
    },
    time::Timestamp,
};
use gridwalk_server::{
    AppState,
    edit::import_document,
    store::{log::Origin, reference},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

/// How many documents of each kind.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// 户
    pub households: usize,
    /// Visits of each before today.
    pub visits: usize,
    /// 事件
    pub incidents: usize,
    /// 巡查
    pub patrols: usize,
}

/// The grid of the peers' figures.
pub const FULL: Size = Size {
    households: 500,
    visits: 6,
    incidents: 300,
    patrols: 90,
};

/// Somebody with a phone.
#[derive(Clone, Debug)]
pub struct Hand {
    /// As colleagues know them.
    pub person: Person,
    /// What they log in with.
    pub login: String,
    /// With which the history was written; nobody holds its key.
    pub device: DeviceId,
}

/// A document with its history.
#[derive(Clone)]
pub struct Told {
    /// As it stands.
    pub document: Document,
    /// Every change, oldest first.
    pub changes: Vec<(RawChange, Origin)>,
}

/// The grid.
pub struct World {
    /// 网格
    pub grid: Grid,
    /// 幢
    pub buildings: Vec<Building>,
    /// Two workers, a dispatcher, a handler.
    pub hands: Vec<Hand>,
    /// 部门
    pub department: Department,
    /// 小类
    pub categories: Vec<Category>,
    /// 任务
    pub tasks: Vec<Task>,
    /// Everything.
    pub documents: Vec<Told>,
    /// 户, in the order of the documents.
    pub households: Vec<HouseholdId>,
    /// Incidents that were filed and wait for their department.
    pub filed: Vec<IncidentId>,
    /// Patrols that have not ended.
    pub running: Vec<PatrolId>,
    /// Bytes of the lines that the patrols shared, were somebody to ask for them.
    pub line_bytes: usize,
}

/// Whoever makes a world: its dice and its clock.
pub(crate) struct Maker {
    dice: ChaCha8Rng,
    today: Timestamp,
}

impl Maker {
    fn id(&mut self, at: Timestamp) -> Uuid {
        let ms = u64::try_from(at.0).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(ms, &self.dice.random()).into_uuid()
    }
    fn roll(&mut self, below: usize) -> usize {
        self.dice.random_range(0..below)
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
    /// By daylight, that many days before today.
    fn then(&mut self, days_ago: i64) -> Timestamp {
        let minutes = i64::try_from(self.roll(9 * 60)).unwrap_or_default();
        let seconds = i64::try_from(self.roll(60_000)).unwrap_or_default();
        self.today
            .plus_ms(-days_ago * 86_400_000 + minutes * 60_000 + seconds)
    }
}

/// The grid as it stands at nine in the morning of `today`.
pub fn world(seed: u64, today: Timestamp, size: Size) -> Outcome<World> {
    let mut maker = Maker {
        dice: ChaCha8Rng::seed_from_u64(seed),
        today,
    };
    let mut world = stage(&mut maker);
    doors::households(&mut maker, &mut world, size)?;
    cases::incidents(&mut maker, &mut world, size.incidents)?;
    rounds::patrols(&mut maker, &mut world, size.patrols)?;
    for n in 0..12.min(world.households.len()) {
        let task = Task {
            id: TaskId(maker.id(today)),
            grid: world.grid.id,
            assignee: None,
            kind: TaskKind::Visit,
            household: Some(world.households[n * world.households.len() / 12]),
            incident: None,
            text: maker.pick(words::TASKS).into(),
            place: None,
            due: today.local_date(),
            time_hint: None,
        };
        world.tasks.push(task);
    }
    Ok(world)
}

fn stage(maker: &mut Maker) -> World {
    let long_ago = maker.today.plus_ms(-400 * 86_400_000);
    let grid = GridId(maker.id(long_ago));
    let checkpoints = (0..10)
        .map(|n| Checkpoint {
            id: CheckpointId(maker.id(long_ago)),
            name: words::POINTS[n].into(),
            lon: 120.155 + 0.0004 * n as f64,
            lat: 30.274 + 0.0003 * n as f64,
            code: format!("GW-{n:04}"),
        })
        .collect();
    let buildings = (0..25)
        .map(|n| Building {
            id: BuildingId(maker.id(long_ago)),
            grid,
            estate: "听雨苑".into(),
            number: format!("{}幢", n + 1),
            storeys: 6,
            walking_order: n,
            lon: 120.155 + 0.0002 * f64::from(n),
            lat: 30.274,
        })
        .collect();
    let department = Department {
        id: DepartmentId(maker.id(long_ago)),
        name: "城管办".into(),
    };
    let people = [
        ("林晓", Role::Worker, "linxiao"),
        ("周航", Role::Lead, "zhouhang"),
        ("方敏", Role::Dispatcher, "fangmin"),
        ("陈工", Role::Handler, "chengong"),
    ];
    let hands = people
        .map(|(name, role, login)| Hand {
            person: Person {
                id: PersonId(maker.id(long_ago)),
                name: name.into(),
                role,
                grids: vec![grid],
                department: (role == Role::Handler).then_some(department.id),
                covers: Vec::new(),
            },
            login: login.into(),
            device: DeviceId(maker.id(long_ago)),
        })
        .to_vec();
    let categories = words::CATEGORIES
        .iter()
        .map(|(code, group, name)| Category {
            code: (*code).into(),
            group_zh: (*group).into(),
            group_en: (*code).into(),
            name_zh: (*name).into(),
            name_en: (*code).into(),
            level: 3,
            on_site: true,
            frequent: true,
            photo_days: None,
            department: Some(department.id),
        })
        .collect();
    World {
        grid: Grid {
            id: grid,
            code: "330106001001002".into(),
            name: "梧桐-03".into(),
            community_code: "330106001001".into(),
            community_name: "梧桐社区".into(),
            exclusive: false,
            boundary: vec![vec![
                [120.15, 30.27],
                [120.16, 30.27],
                [120.16, 30.28],
                [120.15, 30.27],
            ]],
            checkpoints,
        },
        buildings,
        hands,
        department,
        categories,
        tasks: Vec::new(),
        documents: Vec::new(),
        households: Vec::new(),
        filed: Vec::new(),
        running: Vec::new(),
        line_bytes: 0,
    }
}

impl World {
    /// The partition in which everything lives.
    pub fn partition(&self) -> Partition {
        Partition {
            grid: self.grid.id,
            class: AccessClass::GENERAL,
        }
    }

    /// Puts it all into an empty centre: logged, published and projected like everything else.
    pub fn found(&mut self, state: &AppState) -> Outcome<()> {
        let (grid, buildings, department) = (
            self.grid.clone(),
            self.buildings.clone(),
            self.department.clone(),
        );
        let (hands, categories, tasks) = (
            self.hands.clone(),
            self.categories.clone(),
            self.tasks.clone(),
        );
        state.store.write_now(move |connection| {
            reference::put_grid(connection, &grid)?;
            buildings
                .iter()
                .try_for_each(|row| reference::put_building(connection, row))?;
            reference::put_department(connection, &department)?;
            categories
                .iter()
                .try_for_each(|row| reference::put_category(connection, row))?;
            for hand in &hands {
                reference::put_person(connection, &hand.person, Some(&hand.login))?;
            }
            tasks.iter().try_for_each(|task| {
                reference::put(
                    connection,
                    gridwalk_core::reference::ReferenceKind::Task,
                    &task.id.to_string(),
                    Some(task.grid),
                    task,
                )
            })
        })?;
        let partition = self.partition();
        let mut documents = std::mem::take(&mut self.documents).into_iter();
        loop {
            let batch: Vec<Told> = documents.by_ref().take(200).collect();
            if batch.is_empty() {
                return Ok(());
            }
            state.store.write_now(move |connection| {
                batch.iter().try_for_each(|told| {
                    import_document(connection, told.document.clone(), partition, &told.changes)
                })
            })?;
        }
    }

    pub(crate) fn author(&self, hand: usize, document: DocumentId, at: Timestamp) -> Author {
        let hand = &self.hands[hand];
        Author {
            actor: actor(hand.device, document, 0),
            act: Act {
                by: hand.person.id,
                role: hand.person.role,
                device: hand.device,
                recorded_at: at,
                observed_at: None,
            },
        }
    }
}

/// Another visit at this door, as a phone would hand it in.
pub fn another_visit(dice: &mut ChaCha8Rng, at: Timestamp) -> gridwalk_core::household::NewVisit {
    let mut maker = Maker {
        dice: dice.clone(),
        today: at,
    };
    let visit = doors::visit(&mut maker, at, 1);
    *dice = maker.dice;
    visit
}

/// A document that is being told, one edit after the other.
pub(crate) struct Telling(Option<Document>, Vec<(RawChange, Origin)>);

impl Telling {
    fn begin(
        author: &Author,
        create: impl FnOnce(&Author) -> Result<Edited, Refusal>,
    ) -> Outcome<Self> {
        let mut telling = Self(None, Vec::new());
        telling.keep(create(author), author)?;
        Ok(telling)
    }
    fn on(
        &mut self,
        author: &Author,
        edit: impl FnOnce(Document, &Author) -> Result<Edited, Refusal>,
    ) -> Outcome<()> {
        let document = self.0.take().ok_or("a document that was refused before")?;
        self.keep(edit(document, author), author)
    }
    fn keep(&mut self, edited: Result<Edited, Refusal>, author: &Author) -> Outcome<()> {
        let edited = edited.map_err(|refusal| format!("the grid's history: {refusal}"))?;
        self.0 = Some(edited.document);
        let origin = Origin {
            device: author.act.device,
            worker: author.act.by,
            envelope: None,
            received_at: author.act.recorded_at,
            offered_by: None,
        };
        self.1.push((edited.change, origin));
        Ok(())
    }
    fn told(self) -> Outcome<Told> {
        Ok(Told {
            document: self.0.ok_or("nothing was told")?,
            changes: self.1,
        })
    }
}
