//! The work card 电子工作证: what a resident scans to see who is at the door. Signed on the phone, so it works in a cellar.

use crate::{Phone, error::Answer, view::WorkCard};
use gridwalk_core::work_card::{LIFE_MS, issue};

impl Phone {
    /// A code of this moment. The screen asks for the next one before this one ends.
    pub fn work_card(&self) -> Answer<WorkCard> {
        let who = self.who()?;
        let now = self.now();
        let code = issue(&who.identity.signing_key, who.identity.device, now);
        Ok(WorkCard {
            // behind the hash, where no log on the way keeps it
            address: format!("{}/verify#{code}", who.server),
            until: now.plus_ms(LIFE_MS),
        })
    }
}
