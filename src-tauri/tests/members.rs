//! Somebody who lives behind a door is put right on 林晓's phone: without a network, visible as a change,
//! and sent like every correction.

mod centre;

use centre::{LIN_XIAO, Weather, World, door};
use gridwalk::view::Receipt;
use gridwalk_core::{
    error::Code,
    household::{MemberChange, NewMember},
    ids::MemberId,
};
use uuid::Uuid;

fn auntie() -> NewMember {
    NewMember {
        id: MemberId(Uuid::from_u128(0x7100)),
        display_name: "王小莉".into(),
        birth_year: Some(1978),
        relation: Some("child".into()),
    }
}

#[tokio::test]
async fn a_wrong_name_is_put_right_without_a_network_and_the_change_arrives() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let who = auntie();
    phone.add_member(door(1), who.clone()).unwrap();
    let right = vec![
        MemberChange::DisplayName("王小丽".into()),
        MemberChange::BirthYear(None),
    ];
    phone.correct_member(door(1), who.id, right).unwrap();
    drop(phone);

    let phone = world.open();
    let detail = phone.household(door(1)).unwrap();
    let now = &detail.view.members[0];
    assert_eq!(now.member.display_name, "王小丽");
    assert_eq!(now.member.birth_year, None);
    assert_eq!(now.member.relation, who.relation, "what was right stays");
    let change = &now.corrected[0];
    assert_eq!(change.entered, MemberChange::DisplayName("王小莉".into()));
    assert_eq!(change.values[0].by, LIN_XIAO);
    assert!(detail.people.iter().any(|person| person.id == LIN_XIAO));
    assert_eq!(detail.receipt, Receipt::Local);

    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    let detail = phone.household(door(1)).unwrap();
    assert_eq!(detail.receipt, Receipt::Centre);
    assert_eq!(detail.view.members[0].member.display_name, "王小丽");
}

#[tokio::test]
async fn nobody_who_is_not_listed_is_put_right() {
    let world = World::new();
    let phone = world.enrolled().await;
    let name = vec![MemberChange::DisplayName("王小丽".into())];
    let refused = phone.correct_member(door(1), auntie().id, name.clone());
    assert_eq!(refused.unwrap_err().code, Code::NotFound);
    phone.add_member(door(1), auntie()).unwrap();
    let nothing = phone.correct_member(door(1), auntie().id, Vec::new());
    assert_eq!(nothing.unwrap_err().code, Code::AlreadySo);
    phone.member_left(door(1), auntie().id).unwrap();
    let gone = phone.correct_member(door(1), auntie().id, name);
    assert_eq!(gone.unwrap_err().code, Code::NotFound);
}
