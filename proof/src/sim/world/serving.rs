//! The server's side of an exchange, step by step; between any two it may be killed, and others get their turn.

use super::{
    super::{
        fault::Fault,
        planted::Planted,
        server::{Outcome, Receipt, State},
        street,
    },
    Asker, Asking, Happening, Step, World,
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId},
    sync::{
        event::Failure,
        frame::{self, Effort, FrameError},
        limits,
        message::Request,
    },
};

/// Starts, or failed publications, that a document may survive.
const ATTEMPTS: u32 = 2;
/// The server looks for what it has not merged this often.
const SWEEP_MS: i64 = 60_000;

impl World {
    pub(super) fn arrive(
        &mut self,
        asker: Asker,
        device: DeviceId,
        token: Option<u64>,
        body: &[u8],
    ) -> Result<(), String> {
        if self.server.down {
            self.fail(asker, Failure::Unreachable);
            return Ok(());
        }
        if self.strikes(Fault::ServerBusy) {
            let wait = self.dice.between(1_000, 60_000);
            let busy = Failure::Busy {
                retry_after_ms: Some(wait),
            };
            self.fail(asker, busy);
            return Ok(());
        }
        if self.strikes(Fault::TokenExpired) || !self.token_holds(token) {
            self.fail(asker, Failure::TokenExpired);
            return Ok(());
        }
        if body.len() > limits::REQUEST_PACKED {
            return Err("I8: a request larger than allowed".into());
        }
        let mut request = match frame::decode::<Request>(body) {
            Ok(request) => request,
            Err(FrameError::TooBig) => {
                self.fail(asker, Failure::TooBig);
                return Ok(());
            }
            Err(FrameError::Malformed) => {
                self.fail(asker, Failure::Refused(Code::BodyMalformed));
                return Ok(());
            }
        };
        let Some(upload) = request.upload.take() else {
            let asking = Asking {
                device,
                request,
                receipt: Receipt::default(),
                envelope: None,
                names: Vec::new(),
            };
            self.go_on(asker, Step::Answer(Box::new(asking)));
            return Ok(());
        };
        match self.server.check(device, &upload) {
            Ok(delivery) => self.go_on(asker, Step::Write(Box::new((delivery, request)))),
            Err(failure) => self.fail(asker, failure),
        }
        Ok(())
    }

    fn go_on(&mut self, asker: Asker, step: Step) {
        let delay = self.dice.between(0, 6);
        let life = self.server.life;
        self.after(delay, Happening::Step(life, asker, step));
    }

    pub(super) fn step(&mut self, asker: Asker, step: Step) -> Result<(), String> {
        self.trace.mark(self.now, 2, 0);
        if self.strikes(Fault::ServerCrash) {
            self.kill_server();
            self.fail(asker, Failure::Unreachable);
            return Ok(());
        }
        match step {
            Step::Write(both) => {
                let (delivery, request) = *both;
                if self.strikes(Fault::ServerDiskFull) {
                    self.fail(asker, Failure::Server);
                    return Ok(());
                }
                if delivery.revoked() && !self.server.has_bug(Planted::RevokedServed) {
                    let kept = self.server.disk.write(|store| delivery.quarantine(store));
                    if !self.sync_server() {
                        self.fail(asker, Failure::Unreachable);
                        return Ok(());
                    }
                    let failure = kept.err().unwrap_or(Failure::Refused(Code::DeviceRevoked));
                    self.fail(asker, failure);
                    return Ok(());
                }
                let receipt = self
                    .server
                    .disk
                    .write(|store| Ok::<_, ()>(delivery.write(store)))
                    .unwrap_or_default();
                if !self.sync_server() {
                    self.fail(asker, Failure::Unreachable);
                    return Ok(());
                }
                let touched = receipt.touched.clone();
                let asking = Box::new(Asking {
                    device: delivery.device(),
                    request,
                    envelope: Some(delivery.envelope),
                    names: delivery.names(),
                    receipt,
                });
                self.go_on(asker, Step::Merge(asking, touched));
            }
            Step::Merge(asking, documents) => {
                for document in documents {
                    if self.strikes(Fault::MergePutOff) {
                        continue; // the queue was full
                    }
                    if self.strikes(Fault::MergeRefused) {
                        self.server.poisonous.insert(document);
                    }
                    if !self.merge(document) {
                        self.fail(asker, Failure::Unreachable);
                        return Ok(());
                    }
                }
                self.go_on(asker, Step::Answer(asking));
            }
            Step::Answer(asking) => self.answer(asker, *asking)?,
        }
        Ok(())
    }

    fn answer(&mut self, asker: Asker, asking: Asking) -> Result<(), String> {
        let Asking {
            device,
            request,
            receipt,
            envelope,
            names,
        } = asking;
        let now = street::at(self.now);
        let response = self
            .server
            .answer(device, &request, &receipt, envelope, now);
        let response = match response {
            Ok(response) => response,
            Err(failure) => {
                self.fail(asker, failure);
                return Ok(());
            }
        };
        let body = frame::encode(&response, Effort::Fast)
            .map_err(|error| format!("I8: an answer that cannot be sent: {error}"))?;
        for ((document, hash), result) in names.iter().zip(&response.results) {
            self.checker.answered(device, *document, *hash, result);
        }
        self.trace.tell(self.now, || {
            let results = response.results.iter().map(|result| format!("{result:?}"));
            let rows: usize = response.partitions.iter().map(|news| news.rows.len()).sum();
            format!(
                "the server answers with {rows} rows and [{}]",
                results.collect::<Vec<_>>().join(", ")
            )
        });
        self.reply(asker, body);
        Ok(())
    }

    /// Merges and publishes one document; false when the server died over it.
    pub(super) fn merge(&mut self, document: DocumentId) -> bool {
        if self.now < self.stalled_until {
            return true;
        }
        match self.server.merge(document) {
            Outcome::Nothing => true,
            Outcome::Failed(reason) => {
                self.trace.tell(self.now, || {
                    format!(
                        "{} goes to quarantine: {reason}",
                        street::document_name(&document)
                    )
                });
                let shelf = self.server.disk.read().documents.get(&document);
                let waiting = shelf.map(|shelf| shelf.in_state(State::Logged));
                let names = waiting.into_iter().flatten().map(|(hash, _)| *hash);
                self.checker.did_not_merge(names);
                let put = self.server.disk.write(|store| {
                    store.put_aside(&document, &reason);
                    Ok::<_, ()>(())
                });
                put.is_ok() && self.sync_server()
            }
            Outcome::Merged(merged) => {
                let published = self
                    .server
                    .disk
                    .write(|store| Ok::<_, ()>(store.publish_merged(&merged)));
                published.is_ok() && self.sync_server()
            }
        }
    }

    /// The transaction reaches the disk; false when the server died before.
    pub(super) fn sync_server(&mut self) -> bool {
        if self.server.has_bug(Planted::AckBeforeSync) {
            let later = self.dice.between(200, 5_000);
            self.after(later, Happening::Flush);
            return true;
        }
        if self.strikes(Fault::ServerLosesWrite) {
            self.kill_server();
            return false;
        }
        self.server.disk.sync();
        true
    }

    pub(super) fn kill_server(&mut self) {
        self.trace
            .tell(self.now, || "the server is killed".to_owned());
        self.server.disk.crash();
        self.server.life += 1;
        self.server.down = true;
        let wait = self.dice.between(1_000, 60_000);
        self.after(wait, Happening::Restart);
    }

    /// A new start of the program: new actors, and what an earlier one did not get to publish is merged.
    pub(super) fn restart(&mut self) {
        if !self.server.down {
            return;
        }
        self.processes += 1;
        self.server.down = false;
        if !self.server.has_bug(Planted::ServerActorReused) {
            self.server.process = street::process(self.processes);
        }
        let unmerged = self.server.disk.read().unmerged();
        for document in unmerged {
            let attempts = self.server.disk.write(|store| {
                Ok::<_, ()>(store.shelf_mut(&document).map_or(0, |shelf| {
                    shelf.attempts += 1;
                    shelf.attempts
                }))
            });
            if !self.sync_server() {
                return;
            }
            if attempts.unwrap_or(0) > ATTEMPTS {
                let reason = "merging it ended the server twice";
                let _ = self.server.disk.write(|store| {
                    store.put_aside(&document, reason);
                    Ok::<_, ()>(())
                });
                if !self.sync_server() {
                    return;
                }
            } else if !self.merge(document) {
                return;
            }
        }
        let life = self.server.life;
        self.after(SWEEP_MS, Happening::Sweep(life));
    }

    /// What was put off is tried again.
    pub(super) fn sweep(&mut self) {
        for document in self.server.disk.read().unmerged() {
            if !self.merge(document) {
                return;
            }
        }
        let life = self.server.life;
        self.after(SWEEP_MS, Happening::Sweep(life));
    }

    /// A device as the registry knows it.
    pub(super) fn change_registry(
        &mut self,
        device: DeviceId,
        change: impl FnOnce(&mut super::super::server::Device),
    ) {
        self.checker.scope_at.insert(device, self.now);
        let _ = self.server.disk.write(|store| {
            if let Some(record) = store.registry.get(&device) {
                let readable = record.partitions.clone();
                store.remembered.entry(device).or_insert(readable);
            }
            let registry = std::rc::Rc::make_mut(&mut store.registry);
            if let Some(record) = registry.get_mut(&device) {
                change(record);
            }
            Ok::<_, ()>(())
        });
        self.server.disk.sync();
    }
}
