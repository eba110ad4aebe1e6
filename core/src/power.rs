//! 省电: what a phone does about a battery that runs down before the day does. It goes on recording whatever happens; it only
//! looks at the satellites and at the centre less often.

use serde::{Deserialize, Serialize};

/// Below this many of a hundred the phone saves, unless it is being charged or its worker does not want it to.
pub const SAVES_BELOW: u8 = 40;
/// From here down the worker is told, whatever is saved.
pub const WARNS_AT: u8 = 20;
/// Seconds between two fixes of a patrol.
const USUAL_FIX_S: u32 = 5;
/// The same while saving: still far from a gap in the way, which begins at two minutes.
const SAVING_FIX_S: u32 = 30;

/// How full the phone is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Battery {
    /// Of a hundred.
    pub level: u8,
    /// It hangs on a cable.
    pub charging: bool,
}

impl Battery {
    /// None for a level that no battery has.
    pub fn plausible(self) -> Option<Self> {
        (self.level <= 100).then_some(self)
    }
}

/// What follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Power {
    /// As the machine says it; none where it says nothing, and then nothing is saved.
    pub battery: Option<Battery>,
    /// The phone looks at satellites and centre less often.
    pub saving: bool,
    /// The worker should know: it may not last the day.
    pub low: bool,
    /// Seconds between two fixes of a patrol.
    pub fix_every_s: u32,
}

impl Power {
    /// For a worker who wants to save power (`wanted`), or not.
    pub fn of(battery: Option<Battery>, wanted: bool) -> Self {
        let battery = battery.and_then(Battery::plausible);
        let runs_down = |below: u8| battery.is_some_and(|b| !b.charging && b.level < below);
        let saving = wanted && runs_down(SAVES_BELOW);
        Self {
            battery,
            saving,
            low: runs_down(WARNS_AT + 1),
            fix_every_s: if saving { SAVING_FIX_S } else { USUAL_FIX_S },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(level: u8, charging: bool) -> Option<Battery> {
        Some(Battery { level, charging })
    }

    #[test]
    fn at_34_percent_it_saves_and_at_20_it_says_so_unless_it_is_charged() {
        let of = |battery| Power::of(battery, true);
        let said = |battery| (of(battery).saving, of(battery).low);
        assert_eq!(said(at(100, false)), (false, false));
        assert_eq!(said(at(40, false)), (false, false));
        assert_eq!(said(at(34, false)), (true, false));
        assert_eq!(said(at(21, false)), (true, false));
        assert_eq!(said(at(20, false)), (true, true));
        assert_eq!(said(at(0, false)), (true, true));
        assert_eq!(said(at(12, true)), (false, false));
        assert_eq!(of(at(34, false)).fix_every_s, 30);
        assert_eq!(of(at(80, false)).fix_every_s, 5);
    }

    #[test]
    fn whoever_does_not_want_to_save_is_warned_all_the_same() {
        let power = Power::of(at(15, false), false);
        assert_eq!(
            (power.saving, power.low, power.fix_every_s),
            (false, true, 5)
        );
    }

    #[test]
    fn what_no_battery_says_changes_nothing() {
        let nothing = Power::of(None, true);
        assert_eq!(Power::of(at(101, false), true), nothing);
        assert_eq!((nothing.saving, nothing.low), (false, false));
    }
}
