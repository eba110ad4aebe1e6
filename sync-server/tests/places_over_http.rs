//! Shops are checked by those who go there, in their own name and in their own grids; what is sent past the rules of the app
//! is refused at the door, kept as evidence, and shows nowhere.

mod field;

use field::{Field, demo_street, partition, phone::Phone};
use gridwalk_core::{
    act::Role,
    document::{Author, Document},
    error::Code,
    ids::{DocumentId, PersonId, PlaceId, VisitId},
    place::{
        self, Answered, CheckAnswer, ChecklistName, NewPlace, NewPlaceVisit, PlaceEdit,
        PlaceOutcome,
    },
    sync::message::{ChangeResult, Partition, Response},
};
use uuid::Uuid;

const GRID: &str = "梧桐-03";
const FOREIGN: &str = "白鹭-01";

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | number)
}

fn shop(number: u128, home: Partition) -> NewPlace {
    NewPlace {
        id: PlaceId(id(number)),
        grid: home.grid,
        name: "小满便利店".into(),
        kind: "shop".into(),
        address: None,
    }
}

fn visit(field: &Field, number: u128) -> NewPlaceVisit {
    let now = field.clock.now();
    NewPlaceVisit {
        id: VisitId(id(number)),
        outcome: PlaceOutcome::Checked,
        started_at: now,
        ended_at: now,
        checklist: Some(ChecklistName {
            kind: "shop".into(),
            version: 1,
        }),
        answers: vec![Answered {
            item: "exit".into(),
            answer: CheckAnswer::Fail,
            note: Some("后门锁着".into()),
        }],
        leaflets: Vec::new(),
        request: None,
        note: None,
        incidents: Vec::new(),
        next_due: None,
    }
}

fn login(role: &str) -> String {
    let street = demo_street();
    let grid = street.grid(GRID).expect("a grid").id;
    let mut people = street.people.iter();
    let found = people.find(|person| person.role == role && person.grids.contains(&grid));
    found.expect("somebody").login.clone()
}

async fn in_sync(field: &Field, role: &str) -> Phone {
    let mut phone = field.phone(&login(role)).await;
    phone.sync().await.expect("a first exchange");
    phone
}

/// The registry lists a shop, by the hand of a worker, who may.
async fn listed(field: &Field) -> DocumentId {
    let mut phone = in_sync(field, "worker").await;
    let new = shop(1, partition(GRID));
    let at = field.clock.now();
    let begun = phone.act(new.id.into(), partition(GRID), at, |_, author, _| {
        place::create(&new, author)
    });
    begun.expect("a shop");
    phone.sync().await.expect("an exchange");
    assert!(phone.unsent.is_empty());
    new.id.into()
}

/// Does it on that phone and asks the server.
async fn told(
    phone: &mut Phone,
    shop: DocumentId,
    field: &Field,
    edit: &PlaceEdit,
    pose: impl FnOnce(&Author) -> Author,
) -> Option<Code> {
    let at = field.clock.now();
    let done = phone.act(
        shop,
        partition(GRID),
        at,
        |document: Option<Document>, author, _| {
            place::apply(document.expect("a shop"), edit, &pose(author))
        },
    );
    done.expect("a change");
    let prepared = phone.prepare();
    let response: Response = phone.send(&prepared).await.expect("an answer");
    let result = response.results.into_iter().next().expect("a result");
    result.code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_stands_in_the_registry_with_its_answers_and_a_second_one_beside_it() {
    let field = Field::open().await;
    let shop = listed(&field).await;
    let mut one = in_sync(&field, "worker").await;
    let mut two = in_sync(&field, "lead").await;
    for (phone, number) in [(&mut one, 11), (&mut two, 12)] {
        let edit = PlaceEdit::RecordVisit(visit(&field, number));
        assert_eq!(told(phone, shop, &field, &edit, Author::clone).await, None);
        phone.sync().await.expect("an exchange");
    }
    assert_eq!(field.count("select count(*) from place_visit").await, 2);
    let asked = "select outcome || ' ' || checklist || ' ' || failed from place_visit limit 1";
    assert_eq!(field.text(asked).await, "checked shop/1 1");
    let answers = field.text("select answers from place_visit limit 1").await;
    assert!(answers.contains("后门锁着"), "{answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_checks_a_shop_in_another_name_or_another_role() {
    let field = Field::open().await;
    let shop = listed(&field).await;
    let mut phone = in_sync(&field, "worker").await;
    let edit = PlaceEdit::RecordVisit(visit(&field, 11));
    let another = |author: &Author| {
        let mut author = author.clone();
        author.act.by = PersonId(id(99));
        author
    };
    let forged = told(&mut phone, shop, &field, &edit, another).await;
    assert_eq!(forged, Some(Code::AuthorMismatch));

    let mut phone = in_sync(&field, "worker").await;
    let promoted = |author: &Author| {
        let mut author = author.clone();
        author.act.role = Role::Secretary;
        author
    };
    let forged = told(&mut phone, shop, &field, &edit, promoted).await;
    assert_eq!(forged, Some(Code::WrongRole));
    assert_eq!(field.count("select count(*) from place_visit").await, 0);
    assert_eq!(field.count("select count(*) from evidence").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_lists_no_shop_and_nobody_lists_one_in_a_foreign_grid() {
    let field = Field::open().await;
    let at = field.clock.now();
    let mut helper = in_sync(&field, "helper").await;
    let new = shop(2, partition(GRID));
    let begun = helper.act(new.id.into(), partition(GRID), at, |_, author, _| {
        // an app that knows no rules, and says honestly whose it is
        let lead = Author {
            act: gridwalk_core::act::Act {
                role: Role::Lead,
                ..author.act.clone()
            },
            ..author.clone()
        };
        place::create(&new, &lead)
    });
    begun.expect("a change");
    let (response, _) = helper.exchange().await.expect("an exchange");
    let codes: Vec<_> = response.results.iter().map(ChangeResult::code).collect();
    assert_eq!(codes, [Some(Code::WrongRole)]);

    let mut worker = in_sync(&field, "worker").await;
    let foreign = partition(FOREIGN);
    assert!(!worker.carrier.grids.contains(&foreign.grid.0));
    let new = shop(3, foreign);
    let begun = worker.act(new.id.into(), foreign, at, |_, author, _| {
        place::create(&new, author)
    });
    begun.expect("a change");
    let (response, _) = worker.exchange().await.expect("an exchange");
    let codes: Vec<_> = response.results.iter().map(ChangeResult::code).collect();
    assert_eq!(codes, [Some(Code::OutOfScope)]);
    assert_eq!(field.count("select count(*) from place").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_change_are_refused_and_a_sound_check_is_taken_after_them() {
    let field = Field::open().await;
    let shop = listed(&field).await;
    let mut phone = in_sync(&field, "worker").await;
    let edit = PlaceEdit::RecordVisit(visit(&field, 11));
    let at = field.clock.now();
    let done = phone.act(
        shop,
        partition(GRID),
        at,
        |document: Option<Document>, author, _| {
            place::apply(document.expect("a shop"), &edit, author)
        },
    );
    done.expect("a change");
    let bytes = &mut phone.unsent[0].change.bytes;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    let prepared = phone.prepare();
    let response = phone.send(&prepared).await.expect("an answer");
    assert_eq!(response.results[0].code(), Some(Code::ChangeMalformed));
    assert_eq!(field.count("select count(*) from place_visit").await, 0);
    let mut phone = in_sync(&field, "worker").await;
    let sound = told(&mut phone, shop, &field, &edit, Author::clone).await;
    assert_eq!(sound, None);
    phone.sync().await.expect("an exchange");
    assert_eq!(field.count("select count(*) from place_visit").await, 1);
}
