//! A centre that answers as told: it speaks the real protocol over a network port, keeps what it acknowledges, and can
//! be cut off, replaced by a Wi-Fi's sign-in page, made busy, or made to refuse. No server's rules are in here.
#![allow(dead_code)] // every file of tests plays on another part of it

pub mod blobs;
pub mod losing;

use ed25519_dalek::VerifyingKey;
use gridwalk::ports::{
    Call, Clock, Exchange, NoReply, Ports, Positions, Replied, Reply, SystemDice, ToldBattery,
};
use gridwalk_core::{
    act::{Act, Role},
    document::Author,
    error::Code,
    household::{self, Dwelling, FieldChange},
    ids::{
        BuildingId, CheckpointId, DeviceId, DocumentId, GridId, Hash, HouseholdId, PersonId,
        PlanId, TaskId,
    },
    patrol::PatrolKind,
    photo::Position,
    reference::{Building, Category, Checkpoint, Grid, Person, Plan, Task, TaskKind},
    scan::scan_change,
    sync::{
        envelope,
        frame::{self, Effort},
        message::{
            AccessClass, ChangeResult, Cursor, Digest, DocumentChanges, DocumentKind, Epoch,
            FeedBody, FeedRow, PROTOCOL, PackNews, PackOffer, PackWish, Partition, PartitionNews,
            ReferenceNews, ReferenceRow, Request, Response, Watermark,
        },
    },
    time::Timestamp,
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio::sync::Notify;
use uuid::Uuid;

pub const GRID: GridId = GridId(Uuid::from_u128(0x100));
/// A grid beside it, whose feed is empty until somebody moves something there.
pub const NEXT_GRID: GridId = GridId(Uuid::from_u128(0x101));
/// The care plans of the grid.
pub const CARE: Partition = Partition {
    grid: GRID,
    class: AccessClass::CARE,
};
pub const BUILDING: BuildingId = BuildingId(Uuid::from_u128(0x200));
pub const LIN_XIAO: PersonId = PersonId(Uuid::from_u128(0x300));
pub const GU_YUANSHAN: PersonId = PersonId(Uuid::from_u128(0x301));
pub const PLAN: PlanId = PlanId(Uuid::from_u128(0x400));
pub const EAST_GATE: CheckpointId = CheckpointId(Uuid::from_u128(0x501));
pub const PUMP_ROOM: CheckpointId = CheckpointId(Uuid::from_u128(0x502));
pub const DEVICE: DeviceId = DeviceId(Uuid::from_u128(0x600));
/// Monday 2026-09-14, 09:00 in Shanghai.
pub const NINE: Timestamp = Timestamp(1_789_347_600_000);

pub fn door(n: u128) -> HouseholdId {
    HouseholdId(Uuid::from_u128(0x1000 + n))
}

pub fn task(n: u128) -> TaskId {
    TaskId(Uuid::from_u128(0x2000 + n))
}

/// What stands between phone and centre.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weather {
    Fine,
    /// No network at all.
    Offline,
    /// A free Wi-Fi answers instead.
    SignInPage,
    /// 503 with `Retry-After: 30`.
    Busy,
    /// The centre gets every request, its answers are lost.
    AnswersLost,
}

/// What becomes of one call.
pub enum Fate {
    /// It is answered.
    Usual,
    /// Something else is answered.
    Instead(Reply),
    /// It is answered, and the answer is changed on its way.
    Changed(fn(&mut Reply)),
    /// The centre gets it, its answer is lost.
    AnswerLost,
    /// The centre gets so many bytes of its body, then the line drops.
    CutAfter(usize),
    /// It is answered, and only the first bytes of the answer come.
    AnswerCut(usize),
    /// It is answered once somebody says so.
    Held(Arc<Notify>),
}

/// Decides about each call, in the order in which they come.
pub type Fates = Box<dyn FnMut(&Call) -> Fate + Send>;

pub struct Centre {
    pub state: Mutex<State>,
}

pub struct State {
    pub weather: Weather,
    fates: Option<Fates>,
    /// What the centre's clock shows.
    pub clock: Timestamp,
    pub feed: Vec<Entry>,
    /// The feed of the grid beside it.
    pub next_feed: Vec<Entry>,
    /// The care plans of its own grid.
    pub care_feed: Vec<Entry>,
    /// This worker may read them.
    pub reads_care: bool,
    /// What this worker may read.
    pub readable: Vec<GridId>,
    /// Rows of a feed in one answer.
    pub rows_at_once: usize,
    /// The partitions that each request named.
    pub named: Vec<Vec<GridId>>,
    /// It keeps what a revoked phone brings, and turns it away once that brings nothing.
    pub revoked: bool,
    pub reference: Vec<ReferenceRow>,
    /// Changes of these documents are refused with a code, so many times.
    pub refusing: HashMap<DocumentId, (Code, u32)>,
    /// Documents whose changes wait here for something else.
    pub holding: HashSet<DocumentId>,
    pub refused: HashMap<Hash, Code>,
    /// Their numbers are taken by others.
    pub forked: BTreeSet<Hash>,
    /// Every upload, as it came.
    pub uploads: Vec<Vec<DocumentChanges>>,
    pub envelopes: Vec<Hash>,
    pub blobs: Vec<Vec<u8>>,
    pub photos: blobs::Photos,
    /// Which device enrols next.
    pub device: DeviceId,
    /// Nobody may enrol with it a second time.
    pub code_used: bool,
    pub token: u32,
    pub calls: Vec<String>,
    pub pack: Option<Pack>,
    /// The centre's key in hex, said at enrolment.
    pub server_key: Option<String>,
    /// What the phone said of its feeds and packs, exchange by exchange.
    pub said: Vec<(Vec<Cursor>, Option<PackWish>)>,
    /// Which life of its store this is.
    pub epoch: Epoch,
    /// Where the life before was cut.
    pub seam: Option<usize>,
    /// Comparisons that were asked for.
    pub compared: u32,
    /// Certificates that were shown.
    pub certificates: usize,
    /// What a verified backup has.
    pub watermark: Option<Watermark>,
    /// What the phone left for a forgotten PIN.
    pub recovery: Option<String>,
    /// An older centre does not.
    pub knows_locks: bool,
    /// What its disk lost.
    pub wanted: Vec<Hash>,
    key: Option<VerifyingKey>,
}

/// A pack that is ready.
pub struct Pack {
    pub offer: PackOffer,
    pub key: [u8; 32],
    pub files: HashMap<Hash, Vec<u8>>,
}

/// One position of a feed.
#[derive(Clone)]
pub struct Entry {
    pub document: DocumentId,
    kind: DocumentKind,
    pub hash: Hash,
    bytes: Vec<u8>,
    /// Envelope and place, when this phone uploaded it.
    own: Option<(u64, u32)>,
    /// It does not stand here any more: it moved, or was erased (true).
    pub departed: Option<bool>,
    /// It is only the row that says so.
    pub says_so: bool,
}

impl Entry {
    fn body(&self, own_bytes: bool) -> FeedBody {
        let (document, change) = (self.document, (!self.says_so).then_some(self.hash));
        match (self.departed, self.own.filter(|_| !own_bytes)) {
            (Some(false), _) => FeedBody::Left { document, change },
            (Some(true), _) => FeedBody::Erased { document, change },
            (None, Some((envelope, first))) => FeedBody::Own {
                envelope,
                first,
                count: 1,
            },
            (None, None) => FeedBody::Change {
                document,
                kind: self.kind,
                bytes: self.bytes.clone().into(),
            },
        }
    }
}

impl Centre {
    /// A centre with a small street: three doors of one building, a plan with two points, two categories.
    pub fn new() -> Arc<Self> {
        let centre = Self {
            state: Mutex::new(State {
                weather: Weather::Fine,
                fates: None,
                clock: NINE,
                feed: Vec::new(),
                next_feed: Vec::new(),
                care_feed: Vec::new(),
                reads_care: true,
                readable: vec![GRID],
                rows_at_once: usize::MAX,
                named: Vec::new(),
                revoked: false,
                reference: Vec::new(),
                refusing: HashMap::new(),
                holding: HashSet::new(),
                refused: HashMap::new(),
                forked: BTreeSet::new(),
                uploads: Vec::new(),
                envelopes: Vec::new(),
                blobs: Vec::new(),
                photos: blobs::Photos::default(),
                device: DEVICE,
                code_used: false,
                token: 0,
                calls: Vec::new(),
                pack: None,
                server_key: None,
                said: Vec::new(),
                epoch: Epoch {
                    counter: 1,
                    nonce: 7,
                },
                seam: None,
                compared: 0,
                certificates: 0,
                watermark: None,
                recovery: None,
                knows_locks: true,
                wanted: Vec::new(),
                key: None,
            }),
        };
        centre.furnish();
        Arc::new(centre)
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// From now on, instead of the fates before.
    pub fn fates(&self, fates: impl FnMut(&Call) -> Fate + Send + 'static) {
        self.state().fates = Some(Box::new(fates));
    }

    fn furnish(&self) {
        let checkpoint = |id, name: &str, lon, code: &str| Checkpoint {
            id,
            name: name.into(),
            lon,
            lat: 29.5,
            code: code.into(),
        };
        self.say(
            "grid",
            GRID,
            &Grid {
                id: GRID,
                code: "999901001001003".into(),
                name: "梧桐-03".into(),
                community_code: "999901001001".into(),
                community_name: "梧桐社区".into(),
                exclusive: false,
                boundary: Vec::new(),
                checkpoints: vec![
                    checkpoint(EAST_GATE, "东门", 123.5, "GW-EAST"),
                    checkpoint(PUMP_ROOM, "水泵房", 123.51, "GW-PUMP"),
                ],
            },
        );
        self.say(
            "building",
            BUILDING,
            &Building {
                id: BUILDING,
                grid: GRID,
                estate: "听雨苑".into(),
                number: "3幢".into(),
                storeys: 6,
                walking_order: 1,
                lon: 123.5,
                lat: 29.5,
            },
        );
        for (id, name) in [(LIN_XIAO, "林晓"), (GU_YUANSHAN, "顾远山")] {
            self.say("person", id, &person(id, name));
        }
        self.say(
            "plan",
            PLAN,
            &Plan {
                id: PLAN,
                grid: GRID,
                name: "听雨苑早班".into(),
                kind: PatrolKind::Daily,
                checkpoints: vec![EAST_GATE, PUMP_ROOM],
                line_asked_because: Some("消防通道要有人走过".into()),
                line_may_be_refused: true,
                frequency: None,
                window: None,
            },
        );
        for (code, name, on_site) in [("F01001", "楼道堆物", true), ("E04005", "井盖缺失", false)]
        {
            self.say(
                "category",
                code,
                &Category {
                    code: code.into(),
                    group_zh: "消防".into(),
                    group_en: "Fire".into(),
                    name_zh: name.into(),
                    name_en: code.into(),
                    level: 3,
                    on_site,
                    frequent: true,
                    department: None,
                    photo_days: (code == "E04005").then_some(45),
                },
            );
        }
        self.household(door(1), "502", "李阿姨", "14200000123");
        self.household(door(2), "301", "单师傅", "14200000456");
        self.household(door(3), "101", "尉迟大爷", "");
        let due = NINE.local_date();
        for (n, household, kind, due) in [
            (1, door(2), TaskKind::Visit, due),
            (2, door(1), TaskKind::Care, due),
            (3, door(3), TaskKind::Revisit, due.pred_opt().unwrap()),
        ] {
            self.say(
                "task",
                task(n),
                &Task {
                    id: task(n),
                    grid: GRID,
                    assignee: Some(LIN_XIAO),
                    kind,
                    household: Some(household),
                    incident: None,
                    text: "看看".into(),
                    place: None,
                    due,
                    time_hint: None,
                },
            );
        }
    }

    /// A reference row, new or changed.
    pub fn say(&self, kind: &str, id: impl ToString, row: &impl Serialize) {
        self.state().reference.push(ReferenceRow {
            kind: kind.into(),
            id: id.to_string(),
            json: Some(serde_json::to_string(row).unwrap()),
        });
    }

    fn household(&self, id: HouseholdId, room: &str, name: &str, phone: &str) {
        let dwelling = Dwelling {
            id,
            building: BUILDING,
            unit: "2单元".into(),
            room: room.into(),
        };
        let mut fields = vec![
            FieldChange::ContactName(name.into()),
            FieldChange::HouseholdSize(2),
        ];
        if !phone.is_empty() {
            fields.push(FieldChange::ContactPhone(phone.into()));
        }
        let made = household::create(
            &dwelling,
            &fields,
            &[],
            &author(GU_YUANSHAN, id.0, NINE.plus_ms(-1)),
        );
        self.publish(
            id.into(),
            DocumentKind::HOUSEHOLD,
            made.unwrap().change.bytes,
        );
    }

    /// Somebody else's act on a care plan enters the feed of its class.
    pub fn publishes_care(&self, document: DocumentId, bytes: Vec<u8>) {
        self.publish(document, DocumentKind::CARE_PLAN, bytes);
        let state = &mut *self.state();
        state.care_feed.extend(state.feed.pop());
    }

    /// Every change of a care plan that the centre holds.
    pub fn care_changes(&self, document: DocumentId) -> Vec<Vec<u8>> {
        let state = self.state();
        let of = state.care_feed.iter();
        let of = of.filter(|entry| entry.document == document);
        of.map(|entry| entry.bytes.clone()).collect()
    }

    /// Somebody else's change enters the feed.
    pub fn publish(&self, document: DocumentId, kind: DocumentKind, bytes: Vec<u8>) {
        self.state().feed.push(Entry {
            document,
            kind,
            hash: envelope::change_hash(&bytes),
            bytes,
            own: None,
            departed: None,
            says_so: false,
        });
    }

    /// A document moves into the grid beside its own.
    pub fn moves(&self, document: DocumentId) {
        let state = &mut *self.state();
        let moved = depart(&mut state.feed, document, false);
        state.next_feed.extend(moved);
    }

    /// And back.
    pub fn comes_back(&self, document: DocumentId) {
        let state = &mut *self.state();
        let moved = depart(&mut state.next_feed, document, false);
        state.feed.extend(moved);
    }

    /// A document is erased, and whatever still comes of it refused.
    pub fn erases(&self, document: DocumentId) {
        let state = &mut *self.state();
        depart(&mut state.feed, document, true);
        let late = (Code::Erased, u32::MAX);
        state.refusing.insert(document, late);
    }

    /// Every change of a document that the centre holds.
    pub fn changes(&self, document: DocumentId) -> Vec<Vec<u8>> {
        let state = self.state();
        let of = state.feed.iter().filter(|entry| entry.document == document);
        of.map(|entry| entry.bytes.clone()).collect()
    }
}

/// Takes a document out of a feed and leaves the names of its changes; answers what stood there.
fn depart(feed: &mut Vec<Entry>, document: DocumentId, erased: bool) -> Vec<Entry> {
    let mut gone = Vec::new();
    for entry in feed.iter_mut() {
        if entry.document == document && entry.departed.is_none() {
            gone.push(entry.clone());
            entry.departed = Some(erased);
            entry.bytes.clear();
        }
    }
    let last = gone.last().expect("it stood there").clone();
    feed.push(Entry {
        departed: Some(erased),
        says_so: true,
        ..last
    });
    gone
}

pub fn person(id: PersonId, name: &str) -> Person {
    Person {
        id,
        name: name.into(),
        role: Role::Worker,
        grids: vec![GRID],
        department: None,
        covers: Vec::new(),
    }
}

/// Another hand than this phone's.
pub fn author(by: PersonId, actor: Uuid, at: Timestamp) -> Author {
    Author {
        actor: *actor.as_bytes(),
        act: Act {
            by,
            role: Role::Worker,
            device: DeviceId(Uuid::from_u128(0x601)),
            recorded_at: at,
            observed_at: None,
        },
    }
}

impl State {
    fn answer(&mut self, call: &Call) -> Reply {
        let path = call.url.strip_prefix("https://centre.example").unwrap();
        self.calls.push(path.to_owned());
        match path {
            "/api/device/enrol" => {
                let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
                if body["code"] != "K7Q-2M" {
                    return refusal(403, "CODE_WRONG");
                }
                if std::mem::replace(&mut self.code_used, true) {
                    return refusal(409, "CODE_USED");
                }
                let mut key = [0; 32];
                hex::decode_to_slice(body["public_key"].as_str().unwrap(), &mut key).unwrap();
                self.key = Some(VerifyingKey::from_bytes(&key).unwrap());
                json(&serde_json::json!({
                    "device": self.device, "worker": person(LIN_XIAO, "林晓"), "grids": [GRID],
                    "epoch_counter": 1, "epoch_nonce": "7", "server_time": self.clock,
                    "server_key": self.server_key,
                }))
            }
            "/api/device/challenge" => json(&serde_json::json!({ "nonce": hex::encode([9; 32]) })),
            "/api/device/token" => {
                let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
                let mut signature = [0; 64];
                hex::decode_to_slice(body["signature"].as_str().unwrap(), &mut signature).unwrap();
                let message = [&b"gridwalk token 1"[..], &[9; 32]].concat();
                self.key
                    .unwrap()
                    .verify_strict(&message, &signature.into())
                    .unwrap();
                self.token += 1;
                json(
                    &serde_json::json!({ "token": self.token.to_string(), "expires_at": self.clock }),
                )
            }
            lock if lock.starts_with("/api/device/recover") && !self.knows_locks => {
                refusal(404, "NOT_FOUND")
            }
            "/api/device/recovery" => {
                if !self.knows(call) {
                    return refusal(401, "TOKEN_EXPIRED");
                }
                let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
                self.recovery = body["secret"].as_str().map(str::to_owned);
                json(&serde_json::json!({}))
            }
            "/api/device/recover" => {
                let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
                assert_eq!(body["device"], serde_json::json!(DEVICE));
                if body["code"] != "K7Q-2M" {
                    return refusal(403, "CODE_WRONG");
                }
                if std::mem::replace(&mut self.code_used, true) {
                    return refusal(409, "CODE_USED");
                }
                json(&serde_json::json!({ "secret": self.recovery }))
            }
            "/sync" => {
                if !self.knows(call) {
                    return refusal(401, "TOKEN_EXPIRED");
                }
                let Ok(request) = frame::decode::<Request>(&call.body) else {
                    return refusal(400, "BODY_MALFORMED");
                };
                if self.revoked && request.upload.is_none() {
                    return refusal(403, "DEVICE_REVOKED");
                }
                let response = self.exchange(request);
                Reply {
                    status: 200,
                    headers: kind(frame::CONTENT_TYPE),
                    body: frame::encode(&response, Effort::Fast).unwrap(),
                }
            }
            blobs if blobs.starts_with("/blobs") => {
                if !self.knows(call) {
                    return refusal(401, "TOKEN_EXPIRED");
                }
                self.photos.answer(call, blobs)
            }
            pack if pack.starts_with("/packs/") => {
                if !self.knows(call) {
                    return refusal(401, "TOKEN_EXPIRED");
                }
                self.piece(call, &pack[7..])
            }
            other => panic!("the phone called {other}"),
        }
    }

    /// A range of a pack's file.
    fn piece(&self, call: &Call, name: &str) -> Reply {
        let pack = self.pack.as_ref();
        let file = pack.and_then(|pack| pack.files.get(&name.parse().unwrap()));
        let Some(file) = file else {
            return refusal(404, "NOT_FOUND");
        };
        let range = call.headers["range"].strip_prefix("bytes=").unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
        Reply {
            status: 206,
            headers: kind("application/vnd.gridwalk.pack"),
            body: file[from..=to].to_vec(),
        }
    }

    fn knows(&self, call: &Call) -> bool {
        self.token > 0 && call.headers["authorization"] == format!("Bearer {}", self.token)
    }

    fn exchange(&mut self, request: Request) -> Response {
        let mut results = Vec::new();
        let mut answered = None;
        let mut blobs = Vec::new();
        if let Some(upload) = &request.upload {
            let (signed, hashes) = envelope::verify(&self.key.unwrap(), upload).unwrap();
            answered = Some(envelope::envelope_hash(&upload.envelope));
            self.envelopes.push(answered.unwrap());
            self.certificates += upload.certificates.as_ref().map_or(0, Vec::len);
            self.uploads.push(upload.documents.clone());
            let mut names = hashes.iter();
            let mut place = 0;
            for group in &upload.documents {
                for bytes in &group.changes {
                    let hash = *names.next().unwrap();
                    results.push(self.judge(group, hash, bytes, (signed.number, place)));
                    place += 1;
                }
            }
            for blob in &upload.blobs {
                blobs.push(Hash::of(blob));
                self.blobs.push(blob.to_vec());
            }
        }
        let repair = self.compare(&request);
        let another_life = self.is_of_another_life(&request);
        let named: Vec<Partition> = request.cursors.iter().map(|held| held.partition).collect();
        self.named
            .push(named.iter().map(|named| named.grid).collect());
        let readable = match self.revoked {
            true => Vec::new(),
            false => self.readable.clone(),
        };
        self.said
            .push((request.cursors.clone(), request.packs.clone()));
        let begun = |grid: GridId| {
            let mut cursors = request.cursors.iter();
            cursors.any(|held| held.partition.grid == grid && held.position > 0)
        };
        let wish = request.packs.as_ref().filter(|_| !begun(GRID));
        let pack = self.pack.as_ref().filter(|_| {
            wish.is_some_and(|wish| wish.refused.iter().all(|refused| refused.grid != GRID))
        });
        let packs = pack.and_then(|pack| {
            let name = gridwalk_core::sync::pack::name(&pack.offer);
            (!wish.unwrap().under_way.contains(&name)).then(|| PackNews {
                key: pack.key.to_vec().into(),
                offers: vec![pack.offer.clone()],
            })
        });
        let silent = pack.is_some();
        let partitions = readable
            .iter()
            // a cursor of another life is answered with silence
            .filter(|grid| !another_life || named.iter().all(|named| named.grid != **grid))
            .filter(|grid| !silent || **grid != GRID)
            .map(|grid| Partition {
                grid: *grid,
                class: AccessClass::GENERAL,
            })
            .chain((self.reads_care && !self.care_feed.is_empty()).then_some(CARE))
            .map(|partition| {
                let held = request
                    .cursors
                    .iter()
                    .find(|cursor| cursor.partition == partition);
                self.news(
                    partition,
                    held.map_or(0, |cursor| cursor.position),
                    request.own_bytes,
                )
            })
            .collect();
        let gone = named
            .into_iter()
            .filter(|named| !readable.contains(&named.grid) || (*named == CARE && !self.reads_care))
            .collect();
        let version = self.reference.len() as u64;
        Response {
            protocol: PROTOCOL,
            epoch: self.epoch,
            server_time: self.clock,
            results,
            partitions,
            reference: ReferenceNews {
                version,
                rows: self.reference[if another_life {
                    0
                } else {
                    request.reference as usize
                }..]
                    .to_vec(),
                more: false,
            },
            blobs,
            envelope: answered,
            gone,
            dictionaries: None,
            packs,
            repair,
            watermarks: self.watermark.map(|mark| vec![mark]),
            wanted: (!self.wanted.is_empty()).then(|| self.wanted.clone()),
        }
    }

    fn news(&self, partition: Partition, from: u64, own_bytes: bool) -> PartitionNews {
        let feed = match partition {
            CARE => &self.care_feed,
            own if own.grid == GRID => &self.feed,
            _ => &self.next_feed,
        };
        let after = usize::try_from(from).unwrap().min(feed.len());
        let to = after.saturating_add(self.rows_at_once).min(feed.len());
        let rows = (after..to).map(|at| FeedRow {
            position: at as u64 + 1,
            body: feed[at].body(own_bytes),
        });
        let counted = feed[..to].iter().filter(|entry| !entry.says_so);
        PartitionNews {
            partition,
            restart: false,
            rows: rows.collect(),
            cursor: Cursor {
                partition,
                position: to as u64,
                digest: Digest::of(counted.map(|entry| &entry.hash)),
            },
            more: to < feed.len(),
        }
    }

    fn judge(
        &mut self,
        group: &DocumentChanges,
        hash: Hash,
        bytes: &[u8],
        own: (u64, u32),
    ) -> ChangeResult {
        let refused = |code: Code| ChangeResult::Refused {
            code: code.as_str().into(),
            follows: None,
        };
        if self.revoked {
            return refused(Code::DeviceRevoked);
        }
        let stands = |entry: &Entry| entry.departed.is_none() && entry.document == group.document;
        let lives_next_door = self.next_feed.iter().any(stands);
        if lives_next_door && !self.readable.contains(&NEXT_GRID) {
            self.refused.insert(hash, Code::OutOfScope);
            return refused(Code::OutOfScope);
        }
        let cared_for = group.kind == DocumentKind::CARE_PLAN;
        if cared_for && (group.partition != CARE || !self.reads_care) {
            self.refused.insert(hash, Code::OutOfScope);
            return refused(Code::OutOfScope);
        }
        let general = self.feed.iter().chain(&self.next_feed);
        let mut all = general.chain(&self.care_feed);
        if all.any(|entry| entry.hash == hash && entry.departed.is_none()) {
            return ChangeResult::Had;
        }
        let header = scan_change(bytes, &Default::default()).unwrap();
        let guilty = header
            .deps
            .iter()
            .find(|dep| self.refused.contains_key(dep));
        if let Some(guilty) = guilty {
            let code = self.refused[guilty];
            let follows = Some(*guilty);
            self.refused.insert(hash, code);
            return ChangeResult::Refused {
                code: code.as_str().into(),
                follows,
            };
        }
        if self.forked.contains(&hash) {
            self.refused.insert(hash, Code::ActorForked);
            return refused(Code::ActorForked);
        }
        if self.holding.contains(&group.document) {
            let missing = vec![Hash::of(b"what never comes")];
            return ChangeResult::Held { missing };
        }
        if let Some((code, left)) = self.refusing.get_mut(&group.document)
            && *left > 0
        {
            *left -= 1;
            let code = *code;
            if code != Code::QueueFull {
                self.refused.insert(hash, code);
            }
            return ChangeResult::Refused {
                code: code.as_str().into(),
                follows: None,
            };
        }
        let entry = Entry {
            document: group.document,
            kind: group.kind,
            hash,
            bytes: bytes.to_vec(),
            own: Some(own),
            departed: None,
            says_so: false,
        };
        match lives_next_door {
            _ if cared_for => self.care_feed.push(entry),
            true => self.next_feed.push(entry),
            false => self.feed.push(entry),
        }
        ChangeResult::Stored
    }
}

fn kind(content_type: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("content-type".to_owned(), content_type.to_owned())])
}

fn json(body: &serde_json::Value) -> Reply {
    Reply {
        status: 200,
        headers: kind("application/json"),
        body: body.to_string().into_bytes(),
    }
}

pub fn refusal(status: u16, code: &str) -> Reply {
    Reply {
        status,
        ..json(&serde_json::json!({ "code": code, "detail": "" }))
    }
}

/// The network port of a phone that talks to this centre.
pub struct Line(pub Arc<Centre>);

impl Exchange for Line {
    fn call(&self, call: Call) -> Replied<'_> {
        let mut state = self.0.state();
        let reply = match state.weather {
            Weather::Fine => return state.fate(&self.0, call),
            Weather::Offline => Err(NoReply::Unreachable),
            Weather::SignInPage => Ok(Reply {
                status: 200,
                headers: kind("text/html"),
                body: "<html>欢迎使用免费无线网络</html>".into(),
            }),
            Weather::Busy => Ok(busy(503, "SERVER_BUSY")),
            Weather::AnswersLost => {
                state.answer(&call);
                Err(NoReply::Unreachable)
            }
        };
        Box::pin(async move { reply })
    }
}

/// A refusal that asks for half a minute.
pub fn busy(status: u16, code: &str) -> Reply {
    let mut reply = refusal(status, code);
    reply.headers.insert("retry-after".into(), "30".into());
    reply
}

impl State {
    fn fate(&mut self, centre: &Arc<Centre>, mut call: Call) -> Replied<'static> {
        let fate = self
            .fates
            .as_mut()
            .map_or(Fate::Usual, |fates| fates(&call));
        let reply = match fate {
            Fate::Usual => Ok(self.answer(&call)),
            Fate::Instead(reply) => Ok(reply),
            Fate::Changed(change) => {
                let mut reply = self.answer(&call);
                change(&mut reply);
                Ok(reply)
            }
            Fate::AnswerLost => {
                self.answer(&call);
                Err(NoReply::Unreachable)
            }
            Fate::CutAfter(bytes) => {
                call.body.truncate(bytes);
                self.answer(&call);
                Err(NoReply::Unreachable)
            }
            Fate::AnswerCut(bytes) => {
                let mut reply = self.answer(&call);
                reply.body.truncate(bytes);
                Ok(reply)
            }
            Fate::Held(go) => {
                let centre = centre.clone();
                return Box::pin(async move {
                    go.notified().await;
                    Ok(centre.state().answer(&call))
                });
            }
        };
        Box::pin(async move { reply })
    }
}

/// A clock that moves when told, and for how long its machine has been running.
pub struct Watch(pub Mutex<Timestamp>, pub AtomicI64);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        // every look is a little later, so that two acts never share an instant
        let mut now = self.0.lock().unwrap();
        *now = now.plus_ms(1);
        *now
    }
    fn running_ms(&self) -> i64 {
        self.1.load(Ordering::Relaxed)
    }
}

/// Fixes as the test says.
#[derive(Default)]
pub struct Satellites(pub Mutex<Option<Position>>);

impl Positions for Satellites {
    fn last_fix(&self) -> Option<Position> {
        *self.0.lock().unwrap()
    }
}

/// A phone's surroundings: its folder outlives it.
pub struct World {
    pub dir: tempfile::TempDir,
    pub centre: Arc<Centre>,
    pub watch: Arc<Watch>,
    pub satellites: Arc<Satellites>,
}

impl World {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            centre: Centre::new(),
            watch: Arc::new(Watch(Mutex::new(NINE), AtomicI64::new(3_600_000))),
            satellites: Arc::default(),
        }
    }

    /// Another phone of the same centre.
    pub fn another(&self) -> Self {
        self.centre.state().code_used = false;
        Self {
            centre: self.centre.clone(),
            ..Self::new()
        }
    }

    pub fn ports(&self) -> Ports {
        Ports {
            clock: self.watch.clone(),
            keystore: Arc::new(gridwalk::FileKeystore::in_data_dir(self.dir.path())),
            dice: Arc::new(SystemDice),
            positions: self.satellites.clone(),
            batteries: Arc::new(ToldBattery::default()),
            exchange: Arc::new(Line(self.centre.clone())),
        }
    }

    /// Those of whoever's data live in a folder of this phone. Whoever shares it speaks to the centre `beside`: this one has
    /// ears for one device.
    pub fn ports_of(
        &self,
        beside: &Arc<Centre>,
    ) -> impl Fn(&Path) -> Ports + Send + Sync + 'static + use<> {
        let (ports, root, beside) = (self.ports(), self.dir.path().to_owned(), beside.clone());
        move |folder| {
            let mut ports = ports.clone();
            ports.keystore = Arc::new(gridwalk::FileKeystore::in_data_dir(folder));
            if folder != root {
                ports.exchange = Arc::new(Line(beside.clone()));
            }
            ports
        }
    }

    pub fn open(&self) -> gridwalk::Phone {
        gridwalk::Phone::open(self.dir.path(), self.ports()).unwrap()
    }

    /// The app ends, and nothing of it is under way any more when this returns.
    pub async fn ends(&self, phone: gridwalk::Phone) {
        drop(phone);
        let lock = std::fs::File::open(self.dir.path().join("gridwalk.lock")).unwrap();
        tokio::task::spawn_blocking(move || lock.lock().unwrap())
            .await
            .unwrap();
    }

    /// A phone that belongs to 林晓 and has read the whole street.
    pub async fn enrolled(&self) -> gridwalk::Phone {
        let phone = self.open();
        phone
            .enrol("https://centre.example".into(), "K7Q-2M".into())
            .await
            .unwrap();
        phone.sync_once().await.unwrap();
        phone
    }

    /// The phone stands there now.
    pub fn stand_at(&self, lon: f64, lat: f64) {
        *self.satellites.0.lock().unwrap() = Some(Position {
            lon,
            lat,
            accuracy_m: 8.0,
            fixed_at: *self.watch.0.lock().unwrap(),
            mock: false,
        });
    }
}

/// Every file below a folder, as one string of bytes.
pub fn everything_in(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(everything_in(&path));
        } else {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    bytes
}
