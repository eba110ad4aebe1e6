//! 户: twelve fields, three members, six visits.

use super::{Maker, Size, Telling, World, words};
use crate::process::Outcome;
use gridwalk_core::{
    household::{
        self, ContactPreference, Dwelling, DwellingUse, FieldChange, FieldKey, HouseholdEdit,
        NewMember, NewVisit, Occupancy, PreferredTime, SafetyState, VisitKind, VisitOutcome,
    },
    ids::{HouseholdId, MemberId, VisitId},
    time::Timestamp,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub(super) fn households(maker: &mut Maker, world: &mut World, size: Size) -> Outcome<()> {
    for n in 0..size.households {
        let began = maker.then(200);
        let dwelling = Dwelling {
            id: HouseholdId(maker.id(began)),
            building: world.buildings[n / 20 % world.buildings.len()].id,
            unit: format!("{}单元", n / 10 % 2 + 1),
            room: format!("{}0{}", n % 10 / 2 + 1, n % 2 + 1),
        };
        let members: Vec<NewMember> = (0..3).map(|_| member(maker, began)).collect();
        let registrar = world.author(1, dwelling.id.into(), began);
        let fields = fields(maker);
        let mut telling = Telling::begin(&registrar, |author| {
            household::create(&dwelling, &fields, &members, author)
        })?;
        for round in 0..size.visits as i64 {
            let at = maker.then(90 - 14 * (round % 6));
            let visit = visit(maker, at, round);
            let author = world.author(maker.roll(2), dwelling.id.into(), visit.ended_at);
            let edit = HouseholdEdit::RecordVisit(visit);
            telling.on(&author, |document, author| {
                household::apply(document, &edit, author)
            })?;
        }
        world.households.push(dwelling.id);
        world.documents.push(telling.told()?);
    }
    Ok(())
}

impl World {
    /// So many more visits at one of its doors, each on a day of its own, the last one yesterday.
    pub fn often_visited(&mut self, door: usize, times: usize, today: Timestamp) -> Outcome<()> {
        let mut maker = Maker {
            dice: ChaCha8Rng::seed_from_u64(times as u64),
            today,
        };
        let known = self.documents.get(door).ok_or("no such door")?.clone();
        let mut telling = Telling(Some(known.document), known.changes);
        for days_ago in (1..=times as i64).rev() {
            let visit = visit(&mut maker, today.plus_ms(-days_ago * 86_400_000), days_ago);
            let author = self.author(0, self.households[door].into(), visit.ended_at);
            let edit = HouseholdEdit::RecordVisit(visit);
            telling.on(&author, |document, author| {
                household::apply(document, &edit, author)
            })?;
        }
        self.documents[door] = telling.told()?;
        Ok(())
    }
}

fn member(maker: &mut Maker, at: Timestamp) -> NewMember {
    NewMember {
        id: MemberId(maker.id(at)),
        display_name: format!(
            "{}{}",
            maker.pick(words::SURNAMES),
            maker.pick(words::TITLES)
        ),
        birth_year: Some(1935 + maker.roll(80) as u16),
        relation: Some(maker.pick(words::RELATIONS).into()),
    }
}

fn fields(maker: &mut Maker) -> Vec<FieldChange> {
    use FieldChange as F;
    let states = [
        SafetyState::Ok,
        SafetyState::Ok,
        SafetyState::Hazard,
        SafetyState::NotSeen,
    ];
    let phone = format!(
        "1{}{:08}",
        maker.pick(&["38", "39", "57", "86"]),
        maker.roll(100_000_000)
    );
    vec![
        F::Use(maker.pick(&[
            DwellingUse::OwnerOccupied,
            DwellingUse::OwnerOccupied,
            DwellingUse::Rented,
        ])),
        F::Occupancy(maker.pick(&[
            Occupancy::Resident,
            Occupancy::Resident,
            Occupancy::Occasional,
        ])),
        F::HouseholdSize(1 + maker.roll(5) as u8),
        F::ContactName(format!(
            "{}{}",
            maker.pick(words::SURNAMES),
            maker.pick(words::TITLES)
        )),
        F::ContactPhone(phone),
        F::PreferredTime(maker.pick(&[
            PreferredTime::Morning,
            PreferredTime::Evening,
            PreferredTime::Weekend,
        ])),
        F::ContactPreference(maker.pick(&[ContactPreference::Door, ContactPreference::Phone])),
        F::GasHose(maker.pick(&states)),
        F::Wiring(maker.pick(&states)),
        F::SmokeAlarm(maker.pick(&states)),
        F::Exit(maker.pick(&states)),
        F::Notes(maker.pick(words::NOTES).into()),
    ]
}

pub(super) fn visit(maker: &mut Maker, at: Timestamp, round: i64) -> NewVisit {
    let length = i64::try_from(maker.roll(12) + 2).unwrap_or_default() * 60_000;
    let (outcome, changes) = match (round, maker.roll(5)) {
        (_, 0) => (VisitOutcome::NotHome, Vec::new()),
        (_, 1) => (
            VisitOutcome::Met,
            vec![FieldChange::HouseholdSize(1 + maker.roll(5) as u8)],
        ),
        (_, 2) => (
            VisitOutcome::Met,
            vec![FieldChange::Notes(maker.pick(words::NOTES).into())],
        ),
        _ => (VisitOutcome::Met, Vec::new()),
    };
    let met = outcome == VisitOutcome::Met;
    let changed: Vec<FieldKey> = changes.iter().map(FieldChange::key).collect();
    NewVisit {
        id: VisitId(maker.id(at)),
        kind: VisitKind::Routine,
        outcome,
        started_at: at,
        ended_at: at.plus_ms(length),
        changes,
        confirmed: FieldKey::ALL
            .iter()
            .copied()
            .filter(|key| met && !changed.contains(key))
            .collect(),
        persons_met: met.then_some(1 + (round % 3) as u8),
        note: Some(maker.pick(words::NOTES).into()),
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    }
}
