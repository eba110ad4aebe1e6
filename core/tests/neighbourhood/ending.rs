//! How a story ends: all are equal, what must hold holds, and nothing is missing.

use super::{Failure, Side, play::Play};
use gridwalk_core::{
    household::HouseholdView,
    ids::{DocumentId, FindingId, HitId, PersonId, VisitId},
    incident::Applied,
    registry::Projection,
};
use gridwalk_fixtures::story::Holds;
use serde::Serialize;
use serde_json::{Value, json};

impl Play<'_> {
    /// Everybody hears everything; then all are equal, what must hold holds, and nothing is missing.
    pub fn end(mut self) -> Result<(), Failure> {
        let names: Vec<String> = self.phones.keys().cloned().collect();
        for name in names.iter().chain(&names) {
            self.phone(name)?.online = true;
            self.exchange(name)?;
        }
        for (name, phone) in &self.phones {
            let missing = phone.acknowledged.iter().find(|(id, change)| {
                let document = self.centre.side.documents.get(id);
                !document.is_some_and(|document| document.has(change))
            });
            if let Some((id, change)) = missing {
                return Err(format!(
                    "{change} of {id} was acknowledged to {name} and is gone"
                ));
            }
            for (id, document) in &self.centre.side.documents {
                let here = phone.side.document(*id)?;
                if here.heads() != document.heads() {
                    return Err(format!("{name} has other heads of {id}"));
                }
                if phone.side.project(*id)? != self.centre.side.project(*id)? {
                    return Err(format!("{name} reads {id} otherwise"));
                }
            }
            for holds in &self.story.holds {
                self.holds(&phone.side, holds)
                    .map_err(|why| format!("on {name}, at the end: {why}"))?;
            }
        }
        for (id, record) in &self.recorded {
            if !self.shows(*id, record)? {
                return Err(format!("the registry does not show {record} of {id}"));
            }
        }
        Ok(())
    }

    fn shows(&self, id: DocumentId, record: &str) -> Result<bool, Failure> {
        Ok(match self.centre.side.project(id)? {
            Projection::Household(view) => {
                let mut visits = view.visits.iter();
                visits.any(|visit| visit.visit.id.to_string() == record)
            }
            Projection::Care(view) => {
                let mut support = view.support.iter();
                support.any(|done| done.support.id.to_string() == record)
            }
            Projection::Incident(view) => {
                let mut events = view.events.iter();
                events.any(|event| event.event.id.to_string() == record)
            }
            Projection::Patrol(view) => {
                let hits = view.hits.iter().map(|hit| hit.hit.id.to_string());
                let findings = view
                    .findings
                    .iter()
                    .map(|found| found.finding.id.to_string());
                hits.chain(findings).any(|id| id == record)
            }
            _ => false,
        })
    }

    pub fn holds(&self, side: &Side, holds: &Holds) -> Result<(), Failure> {
        match holds {
            Holds::Visits {
                household,
                newest_first,
            } => {
                let view = self.household(side, household)?;
                let today = view.visits.iter().map(|visit| &visit.visit);
                let today: Vec<VisitId> = today
                    .filter(|visit| visit.started_at.local_date() == self.story.day)
                    .map(|visit| visit.id)
                    .collect();
                let ids: Result<Vec<VisitId>, Failure> = newest_first
                    .iter()
                    .map(|name| Ok(VisitId(self.id(name)?.0)))
                    .collect();
                same("visits", &ids?, &today)
            }
            Holds::Field {
                household,
                field,
                values,
            } => {
                let view = self.household(side, household)?;
                let found = view.fields.iter().find(|f| f.field.word() == field);
                let sourced = found
                    .map(|field| field.values.as_slice())
                    .unwrap_or_default();
                let now: Vec<Value> = sourced
                    .iter()
                    .map(|sourced| word(&sourced.value)["value"].clone())
                    .collect();
                same(field, values, &now)
            }
            Holds::NoEntry { household, until } => {
                let view = self.household(side, household)?;
                same("no entry", &Some(*until), &view.no_entry_until)
            }
            Holds::Dwelling {
                household,
                void,
                events,
                part_of,
            } => {
                let view = self.household(side, household)?;
                same("void", void, &view.void)?;
                let expected: Result<Vec<_>, Failure> = events
                    .iter()
                    .map(|(event, taken_back)| Ok((self.id(event)?.0, *taken_back)))
                    .collect();
                let acts = view.events.iter();
                let acts = acts.map(|event| (event.act.id().0, event.taken_back));
                same("acts", &expected?, &acts.collect())?;
                let whole = part_of.as_ref().map(|whole| self.id(whole));
                let whole = whole.transpose()?.map(|whole| whole.into());
                same("part of", &whole, &view.part_of)
            }
            Holds::Incident {
                incident,
                state,
                not_applied,
                severity,
            } => {
                let Projection::Incident(view) = side.project(self.id(incident)?)? else {
                    return Err(format!("{incident} is no incident"));
                };
                same("state", &Value::from(state.as_str()), &word(&view.state))?;
                if let Some(level) = severity {
                    same("severity", level, &view.severity.level())?;
                }
                let failed = view.events.iter().filter_map(|event| match event.applied {
                    Applied::No { because } => {
                        Some((event.event.id.to_string(), because.as_str().to_owned()))
                    }
                    Applied::Yes { .. } => None,
                });
                let expected: Result<Vec<_>, Failure> = not_applied
                    .iter()
                    .map(|(event, code)| Ok((self.id(event)?.to_string(), code.clone())))
                    .collect();
                same("not applied", &expected?, &failed.collect())
            }
            Holds::Care {
                plan,
                consent,
                level,
                levels,
                support,
                words,
            } => {
                let Projection::Care(view) = side.project(self.id(plan)?)? else {
                    return Err(format!("{plan} is no care plan"));
                };
                same("consent", &json!(consent), &word(&view.consent)["state"])?;
                same("level", &json!(level), &word(&view.level.level))?;
                let values = view.level.values.iter().map(|value| word(&value.level));
                same("levels", &json!(levels), &values.collect())?;
                let expected: Result<Vec<_>, Failure> = support
                    .iter()
                    .map(|(id, overruled)| Ok((self.id(id)?.0, *overruled)))
                    .collect();
                let done = view
                    .support
                    .iter()
                    .map(|done| (done.support.id.0, done.overruled));
                same("support", &expected?, &done.collect())?;
                let read = view.needs.iter().any(|need| !need.need.detail.is_empty());
                same("words", words, &read)
            }
            Holds::Patrol {
                patrol,
                hits,
                findings,
                ended,
            } => {
                let Projection::Patrol(view) = side.project(self.id(patrol)?)? else {
                    return Err(format!("{patrol} is no patrol"));
                };
                let expected: Result<Vec<_>, Failure> = hits
                    .iter()
                    .map(|(login, hit, counts)| {
                        Ok((self.person(login)?, HitId(self.id(hit)?.0), *counts))
                    })
                    .collect();
                let reached = view.hits.iter().map(|hit| (hit.by, hit.hit.id, hit.counts));
                same("hits", &expected?, &reached.collect())?;
                let expected: Result<Vec<_>, Failure> = findings
                    .iter()
                    .map(|(login, id)| Ok((self.person(login)?, FindingId(self.id(id)?.0))))
                    .collect();
                let found = view
                    .findings
                    .iter()
                    .map(|found| (found.by, found.finding.id));
                same("findings", &expected?, &found.collect())?;
                same("ended", ended, &view.ended_at.is_some())
            }
        }
    }

    fn person(&self, login: &str) -> Result<PersonId, Failure> {
        Ok(PersonId(self.id(&format!("$person:{login}"))?.0))
    }

    fn household(&self, side: &Side, name: &str) -> Result<HouseholdView, Failure> {
        match side.project(self.id(name)?)? {
            Projection::Household(view) => Ok(view),
            _ => Err(format!("{name} is no household")),
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, now: &T) -> Result<(), Failure> {
    if expected == now {
        return Ok(());
    }
    Err(format!("{what}: {expected:?} expected, {now:?} found"))
}

fn word(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
