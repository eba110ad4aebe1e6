//! Between phone and server: everything may be lost, doubled, cut short, held up or overtaken.

use super::{super::fault::Fault, Asker, Happening, World};
use gridwalk_core::{
    ids::DeviceId,
    sync::{
        event::{Event, Failure},
        frame,
        message::Response,
    },
};

impl World {
    pub(super) fn send(
        &mut self,
        asker: Asker,
        device: DeviceId,
        token: Option<u64>,
        mut body: Vec<u8>,
    ) {
        let delay = self.delay();
        if self.strikes(Fault::SignInPage) {
            return self.fail_in(delay, asker, Failure::NotOurServer);
        }
        if let Some(old) = self.last_answer.clone()
            && self.strikes(Fault::CachedAnswer)
        {
            self.mislead(&asker);
            return self.after(delay, Happening::Answer(asker, old)); // and ours goes nowhere
        }
        if self.strikes(Fault::RequestDoubled) {
            let again = delay + self.dice.between(0, 90_000); // long after others were answered
            let copy = body.clone();
            self.after(
                again,
                Happening::Request(Asker::Nobody, device, token, copy),
            );
        }
        if self.strikes(Fault::RequestLost) {
            let patience = self.dice.between(0, 1) * 119_000;
            return self.fail_in(delay + patience, asker, Failure::Unreachable);
        }
        if self.strikes(Fault::RequestCut) {
            body.truncate(self.dice.below(body.len()));
        }
        self.after(delay, Happening::Request(asker, device, token, body));
    }

    pub(super) fn reply(&mut self, asker: Asker, mut body: Vec<u8>) {
        let delay = self.delay();
        if self.strikes(Fault::StrayAnswer)
            && let Some(old) = self.last_answer.clone()
        {
            self.mislead(&asker);
            self.after(delay / 2, Happening::Answer(asker, old)); // a cache that should not be there
        }
        self.last_answer = Some(body.clone());
        if self.strikes(Fault::AnswerDoubled) {
            self.after(delay * 2, Happening::Answer(asker, body.clone()));
        }
        if self.strikes(Fault::AnswerLost) {
            let patience = self.dice.between(0, 1) * 119_000;
            return self.fail_in(delay + patience, asker, Failure::Unreachable);
        }
        if self.strikes(Fault::AnswerCut) {
            body.truncate(self.dice.below(body.len()));
        }
        self.after(delay, Happening::Answer(asker, body));
    }

    fn delay(&mut self) -> i64 {
        let usual = self.dice.between(20, 1_500);
        if self.strikes(Fault::Delayed) {
            return usual + self.dice.between(30_000, 300_000);
        }
        if self.strikes(Fault::Reordered) {
            return usual + self.dice.between(1_000, 10_000);
        }
        usual
    }

    fn mislead(&mut self, asker: &Asker) {
        if let Asker::Phone(phone, ..) = asker {
            self.checker.misled_at.insert(*phone, self.now);
        }
    }

    pub(super) fn fail(&mut self, asker: Asker, failure: Failure) {
        let delay = self.dice.between(5, 500);
        self.fail_in(delay, asker, failure);
    }

    pub(super) fn fail_in(&mut self, delay: i64, asker: Asker, failure: Failure) {
        if let Asker::Phone(phone, life, exchange) = asker {
            self.after(
                delay,
                Happening::Tell(phone, life, Event::Failed(exchange, failure)),
            );
        }
    }

    pub(super) fn hear(&mut self, asker: Asker, body: &[u8]) {
        let Asker::Phone(phone, life, exchange) = asker else {
            return;
        };
        if self.phones[phone].life != life {
            return;
        }
        self.trace.mix(body);
        let event = match frame::decode::<Response>(body) {
            Ok(response) => Event::Answered(exchange, Box::new(response)),
            Err(_) => Event::Failed(exchange, Failure::Server),
        };
        self.tell(phone, event);
    }
}
