//! The list of dwellings is rearranged by those who answer for it. What a helper's phone sends past the rules of its app is
//! refused at the door, kept as evidence, and shows nowhere.

mod field;

use field::{Field, demo_street, partition, phone::Phone};
use gridwalk_core::{
    act::Role,
    document::{Author, Document},
    error::Code,
    household::{self, Dwelling, HouseholdEdit, VoidReason},
    ids::{DocumentId, DwellingEventId, HouseholdId},
    sync::message::{ChangeResult, Response},
};
use gridwalk_fixtures::street::Household;
use uuid::Uuid;

const GRID: &str = "梧桐-03";

fn door() -> &'static Household {
    let street = demo_street();
    street.door(GRID, "3幢", "2单元", "502").expect("a door")
}

fn login(role: &str) -> String {
    let street = demo_street();
    let grid = street.grid(GRID).expect("a grid").id;
    let mut people = street.people.iter();
    let found = people.find(|person| person.role == role && person.grids.contains(&grid));
    found.expect("somebody").login.clone()
}

fn new_door(number: u128) -> Dwelling {
    Dwelling {
        id: HouseholdId(Uuid::from_u128(
            0x0192_0000_0000_7000_8000_0000_0000_0000 | number,
        )),
        building: door().building.into(),
        unit: "2单元".into(),
        room: "702".into(),
    }
}

fn void() -> HouseholdEdit {
    HouseholdEdit::VoidDwelling {
        event: DwellingEventId(Uuid::from_u128(0x77)),
        reason: VoidReason::Gone,
        note: None,
        same_as: None,
    }
}

/// As somebody in that role, whatever the phone's own person is.
fn posing(author: &Author, role: Role) -> Author {
    let mut author = author.clone();
    author.act.role = role;
    author
}

async fn in_sync(field: &Field, login: &str) -> Phone {
    let mut phone = field.phone(login).await;
    phone.sync().await.expect("a first exchange");
    phone
}

/// What the server says of the one change that waits.
async fn answer(phone: &mut Phone) -> ChangeResult {
    let prepared = phone.prepare();
    let response: Response = phone.send(&prepared).await.expect("an answer");
    response.results.into_iter().next().expect("a result")
}

fn refused(code: Code) -> ChangeResult {
    ChangeResult::Refused {
        code: code.as_str().into(),
        follows: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_neither_lists_a_door_nor_makes_one_void_whatever_app_the_phone_has() {
    let field = Field::open().await;
    let whole = field.furnish(door()).await;
    let home = partition(GRID);
    let at = field.clock.now();
    let new = new_door(1);
    let id = DocumentId::from(new.id);

    let mut phone = in_sync(&field, &login("helper")).await;
    let begun = phone.act(id, home, at, |_, author, _| {
        // the registry's own way of listing, which asks for no role
        household::create(&new, &[], &[], author)
    });
    begun.expect("a change");
    assert_eq!(answer(&mut phone).await, refused(Code::WrongRole));

    // a worker's words from a helper's phone
    let mut phone = in_sync(&field, &login("helper")).await;
    let done = phone.act(whole, home, at, |document, author, _| {
        let document = document.expect("a household");
        household::apply(document, &void(), &posing(author, Role::Worker))
    });
    done.expect("a change");
    assert_eq!(answer(&mut phone).await, refused(Code::WrongRole));

    let listed = field.count("select count(*) from household").await;
    let standing = field.count("select count(*) from household where void = 0");
    assert_eq!((listed, standing.await), (1, 1));
    let kept = field.count("select count(*) from evidence where code = 'WRONG_ROLE'");
    assert_eq!(kept.await, 2, "kept, for a person to look at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_lists_a_door_and_the_registry_keeps_one_that_was_made_void_but_does_not_count_it()
{
    let field = Field::open().await;
    let whole = field.furnish(door()).await;
    let home = partition(GRID);
    let mut phone = in_sync(&field, &login("worker")).await;
    let at = field.clock.now();
    let new = new_door(1);
    let begun = phone.act(new.id.into(), home, at, |_, author, _| {
        household::add(&new, None, &[], &[], author)
    });
    begun.expect("a door");
    let done = phone.act(whole, home, at, |document: Option<Document>, author, _| {
        household::apply(document.expect("a household"), &void(), author)
    });
    done.expect("void");
    phone.sync().await.expect("an exchange");
    assert!(phone.unsent.is_empty());
    let listed = field.count("select count(*) from household").await;
    let standing = field.count("select count(*) from household where void = 0");
    assert_eq!((listed, standing.await), (2, 1));
}
