//! 更正建议: somebody at the door sees that a building, a plate or a boundary is not as the centre has it. They may not change
//! it (`AUTH`); they say what it should be, and the centre answers.

use crate::{
    error::{Code, Refusal},
    household::words,
    ids::{BuildingId, GridId, HouseholdId, ProposalId},
    reference::Building,
    text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

const LONGEST_VALUE: usize = 200;
const LONGEST_REASON: usize = 300;
const MOST_STOREYS: u16 = 150;
const MOST_UNITS: u16 = 50;

words! {
    /// What of it is not right.
    ProposedField { /// 小区名
        Estate, /// 幢号
        Number, /// 门牌地址
        Address, /// 层数
        Storeys, /// 单元数
        Units, /// 电梯
        Lift, /// 建成年份
        BuiltYear, /// 类型: 住宅, 商住, 自建房, 出租公寓
        BuildingType, /// 风险点
        RiskFlags, /// 地图上的位置
        Location, /// 物业
        PropertyCompany, /// 进门提示
        EntranceNote, /// 门牌, of one door
        Plate, /// 网格边界
        Boundary }
    /// What the centre says to it.
    ProposalOutcome { /// 已采纳
        Accepted, /// 未采纳
        Declined }
}

/// What it is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ProposalSubject {
    /// 幢
    Building {
        /// Which.
        id: BuildingId,
    },
    /// 户, for its plate.
    Door {
        /// Which.
        id: HouseholdId,
    },
    /// 网格, for its boundary.
    Grid {
        /// Which.
        id: GridId,
    },
}

impl ProposalSubject {
    /// Its kind as the registry writes it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Building { .. } => "building",
            Self::Door { .. } => "door",
            Self::Grid { .. } => "grid",
        }
    }

    /// Its id as text.
    pub fn id(self) -> String {
        match self {
            Self::Building { id } => id.to_string(),
            Self::Door { id } => id.to_string(),
            Self::Grid { id } => id.to_string(),
        }
    }

    fn has(self, field: ProposedField) -> bool {
        match self {
            Self::Door { .. } => field == ProposedField::Plate,
            Self::Grid { .. } => field == ProposedField::Boundary,
            Self::Building { .. } => {
                !matches!(field, ProposedField::Plate | ProposedField::Boundary)
            }
        }
    }
}

impl ProposedField {
    /// Those of a building, in the order in which they are asked.
    pub const OF_BUILDING: [Self; 12] = [
        Self::Estate,
        Self::Number,
        Self::Address,
        Self::Storeys,
        Self::Units,
        Self::Lift,
        Self::EntranceNote,
        Self::RiskFlags,
        Self::Location,
        Self::PropertyCompany,
        Self::BuildingType,
        Self::BuiltYear,
    ];

    /// What the centre's row says of it; nothing where the row does not hold it.
    pub fn of(self, building: &Building) -> Option<String> {
        match self {
            Self::Estate => Some(building.estate.clone()),
            Self::Number => Some(building.number.clone()),
            Self::Storeys => Some(building.storeys.to_string()),
            _ => None,
        }
    }
}

/// 更正建议
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProposal {
    /// Its key.
    pub id: ProposalId,
    /// What it is about.
    pub subject: ProposalSubject,
    /// What of that.
    pub field: ProposedField,
    /// What the phone said when it was written; empty when it holds nothing of it.
    pub says: String,
    /// What it should be, at most 200 characters.
    pub should: String,
    /// How one knows, 1 to 300 characters.
    pub because: String,
}

impl NewProposal {
    /// The rules for one that is written now.
    pub fn checked(&self) -> Result<(), Refusal> {
        if !self.subject.has(self.field) {
            return Err(Refusal::new(Code::ValueOutOfRange, "no such field of it"));
        }
        text::required(&self.should, LONGEST_VALUE, Code::MissingWords)?;
        text::note(&self.should, LONGEST_VALUE)?;
        if self.should.trim() == self.says.trim() {
            return Err(Refusal::new(Code::AlreadySo, "it says so already"));
        }
        match self.field {
            ProposedField::Storeys => count(&self.should, MOST_STOREYS).map(drop)?,
            ProposedField::Units => count(&self.should, MOST_UNITS).map(drop)?,
            _ => {}
        }
        text::required(&self.because, LONGEST_REASON, Code::MissingReason)?;
        text::note(&self.because, LONGEST_REASON)
    }

    /// The building's row with this put right; none where the row does not hold the field, and a person has to see to it.
    pub fn put_right(&self, building: &Building) -> Result<Option<Building>, Refusal> {
        let should = self.should.trim();
        let mut row = building.clone();
        match self.field {
            ProposedField::Estate => row.estate = should.to_owned(),
            ProposedField::Number => row.number = should.to_owned(),
            ProposedField::Storeys => row.storeys = count(should, MOST_STOREYS)?,
            _ => return Ok(None),
        }
        Ok(Some(row))
    }
}

fn count(said: &str, most: u16) -> Result<u16, Refusal> {
    let number = said.trim().parse().ok();
    number
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| Refusal::new(Code::ValueOutOfRange, format!("not from 1 to {most}")))
}

/// One as it stands in its writer's day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Proposal {
    /// What was proposed.
    pub proposal: NewProposal,
    /// When.
    pub at: Timestamp,
}

/// What the centre said: a reference row, under the proposal's id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ProposalAnswer {
    /// To which.
    pub proposal: ProposalId,
    /// What.
    pub outcome: ProposalOutcome,
    /// The centre's row was changed with it; otherwise a person sees to it.
    pub applied: bool,
    /// In the office's words; always there when it was declined.
    pub note: Option<String>,
    /// Which office, never whose name.
    pub office: String,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn building() -> Building {
        Building {
            id: BuildingId(Uuid::from_u128(3)),
            grid: GridId(Uuid::from_u128(2)),
            estate: "听雨苑".into(),
            number: "3幢".into(),
            storeys: 6,
            walking_order: 1,
            lon: 123.0,
            lat: 29.0,
        }
    }

    fn proposal(field: ProposedField, should: &str) -> NewProposal {
        NewProposal {
            id: ProposalId(Uuid::from_u128(1)),
            subject: ProposalSubject::Building { id: building().id },
            field,
            says: field.of(&building()).unwrap_or_default(),
            should: should.into(),
            because: "数过了，顶层是后来加的".into(),
        }
    }

    fn refused(proposal: &NewProposal) -> Option<Code> {
        proposal.checked().err().map(|refusal| refusal.code)
    }

    #[test]
    fn what_the_row_holds_is_put_right_and_the_rest_of_it_stays() {
        let storeys = proposal(ProposedField::Storeys, " 7 ");
        storeys.checked().unwrap();
        let right = storeys.put_right(&building()).unwrap().unwrap();
        assert_eq!(
            right,
            Building {
                storeys: 7,
                ..building()
            }
        );
        let note = proposal(ProposedField::EntranceNote, "从北门进");
        note.checked().unwrap();
        assert_eq!(note.put_right(&building()).unwrap(), None);
        let unnamed = Building {
            estate: String::new(),
            ..building()
        };
        for field in ProposedField::OF_BUILDING {
            let right = proposal(field, "7").put_right(&unnamed).unwrap();
            assert_eq!(field.of(&unnamed).is_some(), right.is_some(), "{field:?}");
        }
    }

    #[test]
    fn a_proposal_says_something_else_and_why_and_names_no_person() {
        let storeys = |should| proposal(ProposedField::Storeys, should);
        assert_eq!(refused(&storeys("")), Some(Code::MissingWords));
        assert_eq!(refused(&storeys("6")), Some(Code::AlreadySo));
        assert_eq!(refused(&storeys("七层")), Some(Code::ValueOutOfRange));
        assert_eq!(refused(&storeys("0")), Some(Code::ValueOutOfRange));
        let mut silent = storeys("7");
        silent.because = " ".into();
        assert_eq!(refused(&silent), Some(Code::MissingReason));
        let phone = proposal(ProposedField::PropertyCompany, "物业 13800138000");
        assert_eq!(refused(&phone), Some(Code::TextLooksLikePhone));
    }

    #[test]
    fn a_plate_is_of_a_door_and_a_boundary_of_a_grid() {
        let plate = proposal(ProposedField::Plate, "3单元 502");
        assert_eq!(refused(&plate), Some(Code::ValueOutOfRange));
        let door = ProposalSubject::Door {
            id: HouseholdId(Uuid::from_u128(5)),
        };
        let plate = NewProposal {
            subject: door,
            ..plate
        };
        assert_eq!(refused(&plate), None);
        let boundary = NewProposal {
            field: ProposedField::Boundary,
            ..plate
        };
        assert_eq!(refused(&boundary), Some(Code::ValueOutOfRange));
    }
}
