//! Who may see and do what. One function, asked by every route of the console at every request; nothing is allowed that
//! is not named here. Grids come from the registry at that moment, never from the session.

use crate::error::{Error, Result};
use gridwalk_core::{
    act::Role,
    error::Code,
    ids::GridId,
    incident::{IncidentAction, role_may},
    reference::Person,
    sync::message::AccessClass,
};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub enum Wish<'a> {
    /// Names of grids, departments, categories.
    ReadCatalogue,
    /// Patrols: hits, findings, shared lines.
    ReadPatrols,
    /// Visits of households.
    ReadVisits,
    /// Incidents with their photos.
    ReadIncidents,
    /// Take data out.
    Export,
    /// Look at what was not taken, and decide about it.
    Quarantine,
    /// What workers propose to put right.
    ReadProposals,
    /// Say yes or no to it.
    AnswerProposals,
    /// Do something to an incident.
    Act(&'a IncidentAction),
}

/// Which grids somebody may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The whole street.
    Street,
    /// These grids.
    Grids(Vec<GridId>),
}

impl Scope {
    /// Whether a grid is inside.
    pub fn holds(&self, grid: &GridId) -> bool {
        match self {
            Self::Street => true,
            Self::Grids(grids) => grids.contains(grid),
        }
    }
}

/// The grids of a person by role: the street's own roles see the street, the others what they are assigned to.
pub fn scope(person: &Person) -> Scope {
    use Role as R;
    match person.role {
        R::Dispatcher
        | R::DutyChief
        | R::Steward
        | R::Auditor
        | R::Privacy
        | R::Handler
        | R::Checker
        | R::Callback => Scope::Street,
        R::Worker | R::Helper | R::Lead | R::Guide | R::Secretary => {
            Scope::Grids(person.grids.clone())
        }
    }
}

/// The access classes of a grid that a phone of this role syncs. Care plans go to the grid's own worker, its lead and the
/// secretary; whoever may not read them does not learn that they exist.
pub fn reads(role: Role, class: AccessClass) -> bool {
    match class {
        AccessClass::GENERAL => true,
        AccessClass::CARE => matches!(role, Role::Worker | Role::Lead | Role::Secretary),
        _ => false,
    }
}

/// Whether this person may. A handler's incidents are narrowed further, to those of the department.
pub fn authorise(person: &Person, wish: Wish<'_>) -> Result<Scope> {
    use Role as R;
    let role = person.role;
    let may = match wish {
        Wish::ReadCatalogue => true,
        Wish::ReadPatrols => matches!(
            role,
            R::Lead | R::Guide | R::Secretary | R::Dispatcher | R::DutyChief | R::Auditor
        ),
        Wish::ReadVisits => matches!(role, R::Lead | R::Secretary),
        Wish::ReadIncidents => matches!(
            role,
            R::Lead
                | R::Guide
                | R::Secretary
                | R::Dispatcher
                | R::DutyChief
                | R::Handler
                | R::Checker
                | R::Callback
        ),
        Wish::Quarantine => matches!(role, R::Lead | R::Secretary | R::DutyChief | R::Steward),
        Wish::ReadProposals => matches!(role, R::Lead | R::Secretary | R::Steward),
        Wish::AnswerProposals => matches!(role, R::Secretary | R::Steward),
        Wish::Export => matches!(role, R::Secretary | R::Dispatcher | R::DutyChief),
        Wish::Act(action) => role_may(role, action),
    };
    if may {
        Ok(scope(person))
    } else {
        Err(Error::Forbidden(
            Code::Forbidden,
            format!("{role:?} may not do this"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridwalk_core::ids::PersonId;
    use uuid::Uuid;

    fn person(role: Role) -> Person {
        let grids = vec![GridId(Uuid::from_u128(3))];
        Person {
            id: PersonId(Uuid::from_u128(1)),
            name: "何平".into(),
            role,
            grids,
            department: None,
            covers: Vec::new(),
        }
    }

    #[test]
    fn a_lead_sees_only_the_grids_that_are_led() {
        let scope = authorise(&person(Role::Lead), Wish::ReadPatrols).unwrap();
        assert!(scope.holds(&GridId(Uuid::from_u128(3))));
        assert!(!scope.holds(&GridId(Uuid::from_u128(4))));
    }

    #[test]
    fn care_plans_go_to_worker_lead_and_secretary_and_unknown_classes_to_nobody() {
        let read_care = |role: &Role| reads(*role, AccessClass::CARE);
        let all = [
            Role::Worker,
            Role::Helper,
            Role::Lead,
            Role::Guide,
            Role::Secretary,
            Role::Dispatcher,
            Role::DutyChief,
            Role::Handler,
            Role::Checker,
            Role::Callback,
            Role::Steward,
            Role::Auditor,
            Role::Privacy,
        ];
        let may: Vec<Role> = all.into_iter().filter(read_care).collect();
        assert_eq!(may, [Role::Worker, Role::Lead, Role::Secretary]);
        assert!(!reads(Role::Lead, AccessClass(2)));
    }

    #[test]
    fn whoever_is_not_named_may_not() {
        assert!(authorise(&person(Role::Helper), Wish::ReadVisits).is_err());
        assert!(authorise(&person(Role::Handler), Wish::ReadPatrols).is_err());
        assert!(authorise(&person(Role::Lead), Wish::Export).is_err());
        assert!(authorise(&person(Role::Secretary), Wish::Act(&IncidentAction::Accept)).is_err());
        assert!(
            authorise(
                &person(Role::Dispatcher),
                Wish::Act(&IncidentAction::Accept)
            )
            .is_ok()
        );
    }
}
