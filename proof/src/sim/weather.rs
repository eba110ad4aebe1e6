//! How deep and how bad a seed is: how many phones, how much work, and how often what goes wrong. A good share of all
//! seeds has no faults at all, and some of those are deep.

use super::{dice::Dice, fault::Fault};
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000;

/// One seed's world.
#[derive(Clone, Debug)]
pub struct Weather {
    pub phones: usize,
    pub grids: usize,
    /// Households per grid at the beginning.
    pub doors: usize,
    /// Acts of all phones together.
    pub acts: usize,
    /// Acts of the console.
    pub desk: usize,
    /// How long the day is, in virtual milliseconds.
    pub day: i64,
    /// The most bytes of one answer.
    pub page: u32,
    /// How many phones mean harm.
    pub hostile: usize,
    /// How often something goes wrong each time it could, in thousandths.
    chances: BTreeMap<Fault, u64>,
    /// How often something happens in the day.
    pub times: BTreeMap<Fault, usize>,
}

impl Weather {
    pub fn draw(dice: &mut Dice) -> Self {
        let phones = match dice.below(100) {
            0..=71 => dice.between(2, 3),
            72..=92 => dice.between(4, 6),
            93..=98 => dice.between(7, 14),
            _ => dice.between(15, 60),
        } as usize;
        let grids = dice.between(1, 4.min(phones as i64)) as usize;
        let level = match dice.below(8) {
            0 => 0,
            1..=3 => 1,
            4..=6 => 3,
            _ => 8,
        };
        let mut weather = Self {
            phones,
            grids,
            doors: dice.between(1, 2) as usize,
            acts: dice.between(3, 10) as usize * phones.min(12),
            desk: dice.below(5),
            day: dice.between(HOUR / 2, 6 * HOUR),
            page: 256 * 1024,
            hostile: 0,
            chances: BTreeMap::new(),
            times: BTreeMap::new(),
        };
        if level > 0 {
            weather.storm(dice, level);
        }
        weather
    }

    fn storm(&mut self, dice: &mut Dice, level: u64) {
        use Fault as F;
        // each kind is there in half of the seeds, so that kinds also meet without the others
        for (fault, chance) in [
            (F::PhoneCrash, 8),
            (F::PhoneLosesWrite, 8),
            (F::PhoneDiskFull, 10),
            (F::RequestLost, 40),
            (F::AnswerLost, 40),
            (F::RequestDoubled, 25),
            (F::AnswerDoubled, 25),
            (F::RequestCut, 20),
            (F::AnswerCut, 20),
            (F::Delayed, 20),
            (F::Reordered, 20),
            (F::StrayAnswer, 15),
            (F::CachedAnswer, 15),
            (F::SignInPage, 15),
            (F::ServerCrash, 6),
            (F::ServerLosesWrite, 6),
            (F::ServerDiskFull, 10),
            (F::ServerBusy, 15),
            (F::TokenExpired, 20),
            (F::MergeRefused, 2),
            (F::MergePutOff, 20),
        ] {
            if dice.percent(50) {
                self.chances.insert(fault, chance * level);
            }
        }
        for (fault, percent) in [
            (F::ClockForward, 25),
            (F::ClockBack, 25),
            (F::PhoneCopied, 12),
            (F::PhoneRestored, 20),
            (F::ServerRestored, 15),
            (F::MergeStalls, 20),
            (F::DeviceRevoked, 10),
            (F::WorkerMoved, 25),
            (F::DocumentMoved, 25),
            (F::DocumentErased, 15),
        ] {
            if dice.percent(percent) {
                self.times.insert(fault, 1 + dice.below(2));
            }
        }
        if dice.percent(30) {
            self.page = dice.between(120, 900) as u32;
        }
        if dice.percent(25) {
            self.hostile = 1;
        }
    }

    pub fn chance(&self, fault: Fault) -> u64 {
        self.chances.get(&fault).copied().unwrap_or(0)
    }

    /// From now on nothing goes wrong by itself.
    pub fn clear_up(&mut self) {
        self.chances.clear();
    }
}
