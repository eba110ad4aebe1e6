//! What happens once or twice in a day: a phone is copied or goes back, the server goes back, somebody is moved.

use super::{
    super::{fault::Fault, phone::Phone, planted::Planted, server::Server, street},
    Happening, World,
};
use gridwalk_core::{
    ids::DocumentId,
    sync::{
        event::Event,
        message::{AccessClass, Epoch, Partition},
        session::Session,
    },
};

impl World {
    pub(super) fn disaster(&mut self, fault: Fault) {
        let phone = self.dice.below(self.phones.len());
        let left = (self.weather.day - self.now).max(1);
        match fault {
            Fault::ClockForward | Fault::ClockBack => {
                let much = match self.dice.below(3) {
                    0 => self.dice.between(60_000, 7_200_000),
                    1 => self.dice.between(3_600_000, 5 * 86_400_000),
                    _ => self.dice.between(86_400_000, 20 * 365 * 86_400_000),
                };
                let jump = if fault == Fault::ClockBack {
                    -much
                } else {
                    much
                };
                self.phones[phone].skew += jump;
                self.trace.tell(self.now, || {
                    format!("the clock of phone {} jumps by {jump} ms", phone + 1)
                });
                self.tally.count(fault);
            }
            Fault::PhoneCopied => self.copy_phone(phone),
            Fault::PhoneRestored => {
                self.phones[phone].copied_at = self.now;
                self.copies.insert(phone, self.phones[phone].disk.copy());
                self.trace
                    .tell(self.now, || format!("phone {} is backed up", phone + 1));
                let later = self.dice.between(0, left);
                self.after(later, Happening::Return(fault, phone));
            }
            Fault::ServerRestored => {
                self.server.backup = Some(self.server.disk.copy());
                self.trace
                    .tell(self.now, || "the server is backed up".into());
                let later = self.dice.between(0, left);
                self.after(later, Happening::Return(fault, 0));
            }
            Fault::DeviceRevoked => {
                let device = self.phones[phone].who.device;
                self.change_registry(device, |record| record.revoked = true);
                self.release(device);
                self.trace
                    .tell(self.now, || format!("phone {} is revoked", phone + 1));
                self.tally.count(fault);
            }
            Fault::WorkerMoved => self.move_worker(phone),
            Fault::MergeStalls => {
                let long = self.dice.between(300_000, 5_400_000);
                self.stalled_until = self.now + long;
                self.trace
                    .tell(self.now, || format!("merging stands still for {long} ms"));
                self.tally.count(fault);
            }
            Fault::DocumentMoved | Fault::DocumentErased => self.take_away(fault),
            _ => {}
        }
    }

    /// What a revoked device still owes lies in quarantine, or on a phone that nobody reads any more.
    fn release(&mut self, device: gridwalk_core::ids::DeviceId) {
        for (number, phone) in self.phones.iter().enumerate() {
            if phone.who.device == device {
                self.checker.released(number);
            }
        }
    }

    fn copy_phone(&mut self, phone: usize) {
        let original = &self.phones[phone];
        let mut copy = Phone::new(original.who.clone(), self.dice.roll(), original.skew);
        copy.disk.restore(original.disk.copy());
        self.checker.may_fork.insert(copy.who.device);
        self.phones.push(copy);
        self.timers.push(0);
        self.wake_at.push(None);
        let number = self.phones.len() - 1;
        self.trace.tell(self.now, || {
            format!(
                "phone {} is copied; the copy is phone {}",
                phone + 1,
                number + 1
            )
        });
        self.tally.count(Fault::PhoneCopied);
        let left = (self.weather.day - self.now).max(1);
        self.after(1_000, Happening::Tell(number, 0, Event::Start));
        for _ in 0..3 {
            let when = self.dice.between(0, left);
            self.after(when, Happening::Act(number));
        }
    }

    /// A document moves to another grid, or is erased: one transaction of the server.
    fn take_away(&mut self, fault: Fault) {
        if self.server.down {
            return;
        }
        let grids = self.weather.grids as u64;
        let to = 1 + self.dice.below(grids as usize) as u64;
        let movable: Vec<DocumentId> = self
            .server
            .disk
            .read()
            .documents
            .iter()
            .filter(|(_, shelf)| shelf.snapshot.is_some() && !shelf.erased)
            .filter(|(_, shelf)| {
                fault == Fault::DocumentErased || shelf.partition.grid != street::grid(to)
            })
            .map(|(id, _)| *id)
            .collect();
        let Some(id) = self.dice.pick(&movable).copied() else {
            return;
        };
        let home = store_partition(&self.server, &id);
        let told = self.server.disk.write(|store| {
            let class = home.map(|home| home.class);
            match (fault, class) {
                (Fault::DocumentMoved, Some(class)) => store.move_to(
                    id,
                    Partition {
                        grid: street::grid(to),
                        class,
                    },
                ),
                _ => store.erase(id),
            }
            Ok::<_, ()>(())
        });
        if told.is_ok() && self.sync_server() {
            self.tally.count(fault);
            self.checker.moved_at.insert(id, self.now);
            if fault == Fault::DocumentErased {
                self.checker.erased(id);
            } else if let Some(home) = home.filter(|_| self.dice.percent(40)) {
                self.moved.push((id, home));
                let number = self.moved.len() - 1;
                let left = (self.weather.day - self.now).max(1);
                let later = self.dice.between(10_000, left);
                self.after(later, Happening::Return(fault, number));
            }
            self.trace.tell(self.now, || {
                let name = street::document_name(&id);
                match fault {
                    Fault::DocumentMoved => format!("{name} moves to grid {to}"),
                    _ => format!("{name} is erased"),
                }
            });
        }
    }

    fn move_worker(&mut self, phone: usize) {
        let device = self.phones[phone].who.device;
        let registry = &self.server.disk.read().registry;
        let before = registry
            .get(&device)
            .map(|record| record.partitions.clone());
        let grids = self.weather.grids as u64;
        let to = 1 + self.dice.below(grids as usize) as u64;
        let keeps_care = self.dice.percent(50);
        self.change_registry(device, |record| {
            record
                .partitions
                .retain(|held| held.class == AccessClass::CARE && keeps_care);
            record.partitions.insert(street::general(to));
        });
        self.tally.count(Fault::WorkerMoved);
        self.trace.tell(self.now, || {
            format!("the worker of phone {} now works in grid {to}", phone + 1)
        });
        // a substitute for an hour: what they come back to is not what they left
        if let Some(before) = before.filter(|_| self.dice.percent(60)) {
            self.away.insert(phone, before);
            let left = (self.weather.day - self.now).max(1);
            let later = self.dice.between(60_000, 3_600_000).min(left);
            self.after(later, Happening::Return(Fault::WorkerMoved, phone));
        }
    }

    fn worker_returns(&mut self, phone: usize) {
        let Some(partitions) = self.away.remove(&phone) else {
            return;
        };
        let device = self.phones[phone].who.device;
        self.change_registry(device, |record| record.partitions = partitions);
        self.tally.count(Fault::WorkerReturned);
        self.trace.tell(self.now, || {
            format!("the worker of phone {} is back", phone + 1)
        });
        let left = (self.weather.day - self.now).max(1);
        for _ in 0..3 {
            let when = self.dice.between(0, left.min(1_800_000));
            self.after(when, Happening::Act(phone));
        }
    }

    fn document_returns(&mut self, number: usize) {
        let Some((id, to)) = self.moved.get(number).copied() else {
            return;
        };
        let shelf = self.server.disk.read().documents.get(&id);
        let elsewhere = shelf.is_some_and(|shelf| {
            shelf.snapshot.is_some() && !shelf.erased && shelf.partition != to
        });
        if self.server.down || !elsewhere {
            return;
        }
        let told = self.server.disk.write(|store| {
            store.move_to(id, to);
            Ok::<_, ()>(())
        });
        if told.is_ok() && self.sync_server() {
            self.tally.count(Fault::DocumentReturned);
            self.checker.moved_at.insert(id, self.now);
            self.trace.tell(self.now, || {
                let (name, place) = (street::document_name(&id), street::place(&to));
                format!("{name} moves back to {place}")
            });
        }
    }

    pub(super) fn come_back(&mut self, fault: Fault, phone: usize) {
        match fault {
            Fault::PhoneRestored => {
                let Some(copy) = self.copies.remove(&phone) else {
                    return;
                };
                let at = self.phones[phone].copied_at;
                self.checker.went_back(phone, at);
                let device = self.phones[phone].who.device;
                self.checker.may_fork.insert(device);
                let dice = self.dice.roll();
                let restored = &mut self.phones[phone];
                restored.disk.restore(copy);
                restored.session = Session::new(dice);
                restored.life += 1;
                restored.token = None;
                self.wake_at[phone] = None;
                self.timers[phone] += 1;
                let life = self.phones[phone].life;
                self.trace.tell(self.now, || {
                    format!("phone {} goes back to its copy", phone + 1)
                });
                self.tally.count(fault);
                self.after(5_000, Happening::Tell(phone, life, Event::Start));
            }
            Fault::WorkerMoved => self.worker_returns(phone),
            Fault::DocumentMoved => self.document_returns(phone),
            Fault::ServerRestored => {
                let Some(backup) = self.server.backup.take() else {
                    return;
                };
                let before = self.server.disk.copy();
                let mut after = (*backup).clone();
                let nonce = self.dice.roll() >> 33;
                if !self.server.has_bug(Planted::EpochKept) {
                    after.epoch = Epoch {
                        counter: before.epoch.counter + 1,
                        nonce,
                    };
                }
                // revocations and moves are in a ledger beside the backup
                after.registry = before.registry.clone();
                after.catch_up(&before);
                self.checker.server_went_back(&before, &after);
                self.checker.restored_at = Some(self.now);
                self.checker.may_fork.extend(before.registry.keys());
                self.server.disk.restore(std::rc::Rc::new(after));
                self.server.life += 1;
                self.server.down = true;
                self.trace
                    .tell(self.now, || "the server goes back to its backup".into());
                self.tally.count(fault);
                self.after(10_000, Happening::Restart);
            }
            _ => {}
        }
    }
}

fn store_partition(server: &Server, id: &DocumentId) -> Option<Partition> {
    let shelf = server.disk.read().documents.get(id);
    shelf.map(|shelf| shelf.partition)
}
