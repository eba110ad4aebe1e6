//! A phone in a few maps. What it holds in memory, the real one holds in its database.

use super::demo_street;
use ed25519_dalek::{Signer, SigningKey};
use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited, RawChange},
    error::{Code, Refusal},
    ids::{DeviceId, DocumentId, Hash},
    scan::ActorId,
    sync::{
        actor,
        apply::{self, Asked, Holdings, Plan},
        envelope::{Sealed, Sender, seal},
        frame::{self, CONTENT_TYPE, Effort},
        message::*,
        version::PROTOCOL,
    },
    time::Timestamp,
};
use gridwalk_fixtures::street::Person;
use gridwalk_server::{
    auth::enrol::token_message,
    clock::Clock,
    error::ErrorBody,
    routes::device::{Enrolled, Nonce, Token},
};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
};

/// How the server refused, and when it wants to be asked again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    pub status: u16,
    pub code: Code,
    pub retry_after: Option<u64>,
}

/// A refusal that says nothing about when to come back.
pub fn refusal(status: u16, code: Code) -> Refused {
    Refused {
        status,
        code,
        retry_after: None,
    }
}

/// A change that waits to be sent.
#[derive(Clone)]
pub struct Unsent {
    pub document: DocumentId,
    pub kind: DocumentKind,
    pub partition: Partition,
    pub change: RawChange,
}

pub struct Phone {
    pub http: Client,
    pub url: String,
    pub clock: Clock,
    pub device: DeviceId,
    pub key: SigningKey,
    pub carrier: Person,
    pub token: String,
    pub documents: BTreeMap<DocumentId, Document>,
    pub positions: HashMap<Hash, u64>,
    pub unsent: Vec<Unsent>,
    /// Thumbnails and lines to send with the next upload.
    pub blobs: Vec<Vec<u8>>,
    pub acknowledged: BTreeSet<(DocumentId, Hash)>,
    pub envelopes: BTreeMap<u64, Vec<Hash>>,
    pub previous: Option<(u64, Hash)>,
    pub epoch: Option<Epoch>,
    pub cursors: BTreeMap<Partition, Cursor>,
    pub reference: u64,
    pub rows: BTreeMap<(String, String), Option<String>>,
    pub page_bytes: u32,
    pub own_bytes: bool,
}

struct Held<'a> {
    envelopes: &'a BTreeMap<u64, Vec<Hash>>,
    unsent: &'a [Unsent],
}

impl Holdings for Held<'_> {
    type Error = Infallible;
    fn sent(&self, number: u64, index: u32) -> Result<Option<Hash>, Infallible> {
        let changes = self.envelopes.get(&number);
        Ok(changes
            .and_then(|changes| changes.get(index as usize))
            .copied())
    }
    fn unaccepted(
        &self,
        document: &DocumentId,
        actor: &ActorId,
        seq: u64,
    ) -> Result<Option<Hash>, Infallible> {
        let mut unsent = self.unsent.iter();
        let same = unsent.find(|unsent| {
            let change = &unsent.change;
            (unsent.document, change.actor, change.seq) == (*document, *actor, seq)
        });
        Ok(same.map(|unsent| unsent.change.hash))
    }
}

/// A request, ready to be sent and to be sent again.
pub struct Prepared {
    pub bytes: Vec<u8>,
    pub request: Request,
    sealed: Option<Sealed>,
}

impl Phone {
    pub async fn enrol(url: &str, code: &str, login: &str, clock: &Clock) -> Result<Self, Refused> {
        let carrier = demo_street()
            .person(login)
            .expect("somebody of the street")
            .clone();
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("randomness");
        let key = SigningKey::from_bytes(&seed);
        let http = Client::builder().build().expect("a client");
        let body = json!({
            "code": code, "public_key": hex::encode(key.verifying_key().as_bytes()), "app": "test 0.1",
        });
        let enrolled: Enrolled = answered(
            http.post(format!("{url}/api/device/enrol"))
                .header("content-type", "application/json")
                .body(body.to_string()),
        )
        .await?;
        assert_eq!(enrolled.worker.id.0, carrier.id);
        let mut phone = Self {
            http,
            url: url.into(),
            clock: clock.clone(),
            device: enrolled.device,
            key,
            carrier,
            token: String::new(),
            documents: BTreeMap::new(),
            positions: HashMap::new(),
            unsent: Vec::new(),
            blobs: Vec::new(),
            acknowledged: BTreeSet::new(),
            envelopes: BTreeMap::new(),
            previous: None,
            epoch: None,
            cursors: BTreeMap::new(),
            reference: 0,
            rows: BTreeMap::new(),
            page_bytes: 512 * 1024,
            own_bytes: false,
        };
        phone.renew_token().await?;
        Ok(phone)
    }

    pub async fn renew_token(&mut self) -> Result<(), Refused> {
        let url = &self.url;
        let body = json!({"device": self.device});
        let nonce: Nonce = answered(
            self.http
                .post(format!("{url}/api/device/challenge"))
                .header("content-type", "application/json")
                .body(body.to_string()),
        )
        .await?;
        let bytes: [u8; 32] = hex::decode(&nonce.nonce)
            .expect("hex")
            .try_into()
            .expect("32 bytes");
        let signature = hex::encode(self.key.sign(&token_message(&bytes)).to_bytes());
        let body = json!({"device": self.device, "nonce": nonce.nonce, "signature": signature});
        let token: Token = answered(
            self.http
                .post(format!("{url}/api/device/token"))
                .header("content-type", "application/json")
                .body(body.to_string()),
        )
        .await?;
        self.token = token.token;
        Ok(())
    }

    pub fn role(&self) -> Role {
        serde_json::from_value(json!(self.carrier.role)).expect("a role")
    }

    pub fn author(&self, document: DocumentId, at: Timestamp) -> Author {
        Author {
            actor: actor(self.device, document, 1),
            act: Act {
                by: self.carrier.id.into(),
                role: self.role(),
                device: self.device,
                recorded_at: at,
                observed_at: None,
            },
        }
    }

    /// Does something to a document, or begins one; what was done waits to be sent.
    pub fn act(
        &mut self,
        id: DocumentId,
        partition: Partition,
        at: Timestamp,
        edit: impl FnOnce(Option<Document>, &Author, &HashMap<Hash, u64>) -> Result<Edited, Refusal>,
    ) -> Result<Hash, Refusal> {
        let before = self.documents.get(&id).cloned();
        let edited = edit(before, &self.author(id, at), &self.positions)?;
        let hash = edited.change.hash;
        self.unsent.push(Unsent {
            document: id,
            kind: edited.document.kind(),
            partition,
            change: edited.change,
        });
        self.documents.insert(id, edited.document);
        Ok(hash)
    }

    /// Everything unsent, signed, with the cursors as they are.
    pub fn prepare(&self) -> Prepared {
        let mut documents: Vec<DocumentChanges> = Vec::new();
        for unsent in &self.unsent {
            let bytes = unsent.change.bytes.clone().into();
            match documents
                .iter_mut()
                .find(|group| group.document == unsent.document)
            {
                Some(group) => group.changes.push(bytes),
                None => documents.push(DocumentChanges {
                    document: unsent.document,
                    kind: unsent.kind,
                    partition: unsent.partition,
                    incarnation: 1,
                    changes: vec![bytes],
                    author: None,
                }),
            }
        }
        let sender = Sender {
            device: self.device,
            worker: self.carrier.id.into(),
            previous: self.previous,
            phone_clock: self.clock.now(),
            clock_ahead_ms: 0,
            app: "test 0.1".into(),
        };
        let wanted = !documents.is_empty() || !self.blobs.is_empty();
        let sealed = wanted.then(|| seal(&self.key, &sender, documents, self.blobs.clone()));
        let request = Request {
            protocol: PROTOCOL,
            epoch: self.epoch,
            cursors: self.cursors.values().copied().collect(),
            reference: self.reference,
            upload: sealed.as_ref().map(|sealed| sealed.upload.clone()),
            page_bytes: self.page_bytes,
            own_bytes: self.own_bytes,
            dictionaries: None,
            packs: None,
            repair: None,
        };
        Prepared {
            bytes: frame::encode(&request, Effort::Small).expect("a body"),
            request,
            sealed,
        }
    }

    /// POST /sync with any bytes.
    pub fn post(&self, bytes: Vec<u8>) -> RequestBuilder {
        self.http
            .post(format!("{}/sync", self.url))
            .bearer_auth(&self.token)
            .header("content-type", CONTENT_TYPE)
            .body(bytes)
    }

    pub async fn send(&self, prepared: &Prepared) -> Result<Response, Refused> {
        let answer = self
            .post(prepared.bytes.clone())
            .send()
            .await
            .expect("an answer");
        if answer.status() != StatusCode::OK {
            return Err(refused(answer).await);
        }
        let bytes = answer.bytes().await.expect("a body");
        Ok(frame::decode(&bytes).expect("a response"))
    }

    /// Stores what an answer says, as the real phone plans it.
    pub fn settle(&mut self, prepared: Prepared, response: &Response) -> Plan {
        if let Some(sealed) = &prepared.sealed {
            self.envelopes.insert(sealed.number, sealed.changes.clone());
            self.previous = Some((sealed.number, sealed.hash));
        }
        let asked = Asked {
            epoch: prepared.request.epoch,
            cursors: prepared.request.cursors,
            reference: prepared.request.reference,
            own_bytes: prepared.request.own_bytes,
            upload: prepared.sealed.map(|sealed| (sealed.hash, sealed.changes)),
            repair: None,
            received_at: self.clock.now(),
        };
        let held = Held {
            envelopes: &self.envelopes,
            unsent: &self.unsent,
        };
        let plan = apply::plan(&held, &asked, response).expect("a plan");
        self.epoch = Some(response.epoch);
        for (hash, result) in &plan.receipts {
            let known = self
                .unsent
                .iter()
                .position(|unsent| unsent.change.hash == *hash);
            if let Some(index) = known {
                let unsent = self.unsent.remove(index);
                if result.acknowledged() {
                    self.acknowledged.insert((unsent.document, *hash));
                }
            }
        }
        self.blobs
            .retain(|blob| !plan.blobs.contains(&Hash::of(blob)));
        let mut arrived: BTreeMap<(DocumentId, u16), Vec<&[u8]>> = BTreeMap::new();
        for change in &plan.changes {
            self.positions
                .insert(change.placed.hash, change.placed.position);
            arrived
                .entry((change.document, change.kind.0))
                .or_default()
                .push(&change.bytes);
        }
        for ((id, kind), bytes) in arrived {
            match self.documents.get_mut(&id) {
                Some(document) => document.merge_changes(bytes).expect("news that merge"),
                None => {
                    let document =
                        Document::from_changes(id, DocumentKind(kind), bytes).expect("a document");
                    self.documents.insert(id, document);
                }
            }
        }
        for placed in &plan.placed {
            self.positions.insert(placed.hash, placed.position);
        }
        for cursor in &plan.cursors {
            self.cursors.insert(cursor.partition, *cursor);
        }
        for row in &plan.reference.rows {
            self.rows
                .insert((row.kind.clone(), row.id.clone()), row.json.clone());
        }
        self.reference = plan.reference.version;
        plan
    }

    /// One round trip.
    pub async fn exchange(&mut self) -> Result<(Response, Plan), Refused> {
        let prepared = self.prepare();
        let response = self.send(&prepared).await?;
        let plan = self.settle(prepared, &response);
        Ok((response, plan))
    }

    /// Round trips until there is no more; answers how many.
    pub async fn sync(&mut self) -> Result<usize, Refused> {
        let mut trips = 0;
        loop {
            trips += 1;
            let (_, plan) = self.exchange().await?;
            if !plan.more && self.unsent.is_empty() {
                return Ok(trips);
            }
            assert!(plan.progress, "more was promised and nothing moved");
        }
    }
}

/// The JSON of an answer, or how it was refused.
pub async fn answered<T: serde::de::DeserializeOwned>(
    request: RequestBuilder,
) -> Result<T, Refused> {
    let answer = request.send().await.expect("an answer");
    if !answer.status().is_success() {
        return Err(refused(answer).await);
    }
    let body = answer.bytes().await.expect("a body");
    Ok(serde_json::from_slice(&body).expect("the expected JSON"))
}

pub async fn refused(answer: reqwest::Response) -> Refused {
    let retry_after = answer
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    let body: ErrorBody =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {text}: {error}"));
    Refused {
        status,
        code: body.code,
        retry_after,
    }
}
