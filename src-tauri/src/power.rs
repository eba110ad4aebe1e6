//! 省电: how full the phone is, and what it does less often for it (`core`'s `power` says when).

use crate::{Phone, error::Answer};
use gridwalk_core::power::{Battery, Power};

impl Phone {
    /// How full the phone is, and what it does about it.
    pub fn power(&self) -> Answer<Power> {
        let wanted = self.settings()?.save_power;
        Ok(Power::of(self.ports().batteries.battery(), wanted))
    }

    /// What the window's system says of the battery. A machine with a battery of its own knows better.
    pub fn on_battery(&self, said: Option<Battery>) -> Answer<Power> {
        self.ports().batteries.told(said);
        self.power()
    }

    /// Whether anything is done less often. A phone that cannot say does everything as ever.
    pub(crate) fn saves_power(&self) -> bool {
        // most of the time there is nothing to ask the database
        let could = Power::of(self.ports().batteries.battery(), true).saving;
        could && self.power().is_ok_and(|power| power.saving)
    }
}
