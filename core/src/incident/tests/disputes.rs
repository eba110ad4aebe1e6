//! 矛盾纠纷: four tiers, an end by agreement, and no photos of people who quarrel.

use super::*;

fn dispute() -> Story {
    Story {
        category: "D002",
        photos: vec![],
        ..Story::new()
    }
}
fn recorded(stage: DisputeStage) -> IncidentAction {
    IncidentAction::RecordDispute {
        stage,
        parties: 2,
        follow_up: "2026-09-18".parse().ok(),
    }
}
fn up(tier: DisputeTier) -> IncidentAction {
    IncidentAction::Escalate {
        tier,
        reason: "谈了两次谈不拢".into(),
    }
}
fn concluded(success: bool) -> IncidentAction {
    IncidentAction::ConcludeDispute {
        route: DisputeRoute::Mediation,
        success,
        outcome: "楼上周六前修好".into(),
    }
}
fn handled() -> IncidentAction {
    IncidentAction::SelfHandle {
        measure: "双方签了字".into(),
    }
}

#[test]
fn a_quarrel_settled_in_the_grid_ends_there_without_a_photo() {
    let view = dispute()
        .then(LIN, Role::Worker, recorded(DisputeStage::Arisen))
        .then(LIN, Role::Worker, handled())
        .then(LIN, Role::Worker, concluded(true))
        .then(LIN, Role::Worker, handled())
        .tell();
    assert_eq!(fates(&view), [None, Some(Code::NotSettled), None, None]);
    assert_eq!(view.state, IncidentState::SelfHandled);
    let dispute = view.course.dispute.unwrap();
    assert_eq!(dispute.tier, DisputeTier::First);
    assert_eq!(dispute.follow_up, "2026-09-18".parse().ok());
    assert_eq!(dispute.success, Some(true));
}

#[test]
fn a_quarrel_only_climbs() {
    let view = dispute()
        .then(
            LIN,
            Role::Worker,
            IncidentAction::Submit {
                without_photo_because: Some("纠纷不拍照".into()),
            },
        )
        .then(LIN, Role::Worker, up(DisputeTier::Receiving))
        .then(LEAD, Role::Lead, up(DisputeTier::Sitting))
        .tell();
    assert_eq!(fates(&view)[2], Some(Code::AlreadySo));
    let dispute = view.course.dispute.unwrap();
    assert_eq!(dispute.tier, DisputeTier::Receiving);
    assert_eq!(dispute.tier_since, Some(Timestamp(2 * 60_000)));
}

#[test]
fn the_worse_stage_stands_when_two_saw_it_at_the_same_time() {
    let calm = recorded(DisputeStage::Sprouting);
    let worse = recorded(DisputeStage::Inflamed);
    for (first, second) in [(calm.clone(), worse.clone()), (worse, calm.clone())] {
        let view = dispute()
            .then(
                LIN,
                Role::Worker,
                IncidentAction::Comment {
                    text: "吵起来了".into(),
                },
            )
            .then(LIN, Role::Worker, first)
            .offline_since(1, LEAD, Role::Lead, second)
            .tell();
        let stage = view.course.dispute.as_ref().unwrap().stage;
        assert_eq!(stage, Some(DisputeStage::Inflamed));
        let at = view.events.iter().position(|e| e.event.action == calm);
        assert_eq!(fates(&view)[at.unwrap()], Some(Code::Overruled));
    }
}

#[test]
fn a_broken_agreement_is_recorded_once_there_was_one() {
    let kept = |fulfilled| IncidentAction::RecordFulfilment {
        fulfilled,
        note: "没修".into(),
    };
    let view = dispute()
        .then(LIN, Role::Worker, kept(false))
        .then(LIN, Role::Worker, concluded(true))
        .then(LIN, Role::Worker, kept(false))
        .tell();
    assert_eq!(fates(&view), [Some(Code::NotSettled), None, None]);
    assert_eq!(view.course.dispute.unwrap().fulfilled, Some(false));
}

#[test]
fn a_hazard_is_no_quarrel() {
    let view = Story::submitted()
        .then(LIN, Role::Worker, recorded(DisputeStage::Arisen))
        .tell();
    assert_eq!(fates(&view)[1], Some(Code::NotADispute));
    assert_eq!(view.course.dispute, None);
}
