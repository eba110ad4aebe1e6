//! A form about 502: what is known before anybody knocks, what is asked, and what two people make of it together.

mod staircase;

use chrono::NaiveDate;
use gridwalk_core::{
    act::Role,
    document::Document,
    error::Code,
    form::{
        Choice, Column, ColumnKind, FilledFrom, FormAnswer, FormName, FormTemplate, FormValue,
        FormView, NewFormResponse, Prefilled, complete, expired, fill, prefill,
    },
    household::{self, FieldChange, FieldKey, HouseholdEdit, HouseholdView, view},
    ids::FormResponseId,
    time::Timestamp,
};
use staircase::*;

const ADDRESS: &str = "听雨苑 3幢 2单元 502";
const DAY: i64 = 86_400_000;

fn column(key: &str, kind: ColumnKind, from: Option<&str>, reuse_days: u32) -> Column {
    Column {
        key: key.into(),
        label_zh: key.into(),
        label_en: key.into(),
        kind,
        required: true,
        choices: Vec::new(),
        prefill_from: from.map(Into::into),
        reuse_days,
        tier: 1,
    }
}

fn choice(key: &str, from: Option<&str>, reuse_days: u32, offered: &[&str]) -> Column {
    let choice = |id: &&str| Choice {
        id: (*id).into(),
        name_zh: (*id).into(),
        name_en: (*id).into(),
    };
    Column {
        choices: offered.iter().map(choice).collect(),
        ..column(key, ColumnKind::Choice, from, reuse_days)
    }
}

/// Twelve columns: seven are held, four were answered a quarter ago, one is asked every time.
fn template(version: u32) -> FormTemplate {
    FormTemplate {
        id: "low_income_check".into(),
        version,
        title_zh: "低收入家庭信息核对".into(),
        title_en: "Low-income check".into(),
        office: "民政办".into(),
        duty: None,
        legal_basis_zh: "依据".into(),
        legal_basis_en: "ground".into(),
        purpose_zh: "用途".into(),
        purpose_en: "purpose".into(),
        valid_to: NaiveDate::from_ymd_opt(2026, 9, 30),
        columns: vec![
            column("address", ColumnKind::Text, Some("address"), 365),
            column("contact", ColumnKind::Text, Some("contact_name"), 365),
            column("phone", ColumnKind::Text, Some("contact_phone"), 365),
            column("size", ColumnKind::Number, Some("household_size"), 365),
            column("residents", ColumnKind::Number, Some("residents"), 365),
            column("elderly", ColumnKind::Number, Some("elderly"), 365),
            choice("housing", Some("use"), 365, &["owner_occupied", "rented"]),
            choice("aid", None, 365, &["none", "minimum"]),
            column("aid_since", ColumnKind::Date, None, 365),
            column("able", ColumnKind::Number, None, 365),
            column("own_car", ColumnKind::YesNo, None, 365),
            choice("income", None, 30, &["same", "less", "more"]),
        ],
    }
}

fn given(column: &str, value: FormValue) -> FormAnswer {
    FormAnswer {
        column: column.into(),
        value,
        unchanged: false,
        as_of: None,
    }
}

fn chosen(id: &str) -> FormValue {
    FormValue::Choice(id.into())
}

fn words(text: &str) -> FormValue {
    FormValue::Text(text.into())
}

fn name(version: u32, round: &str) -> FormName {
    template(version).name(round)
}

fn response(number: u32, form: FormName, answers: Vec<FormAnswer>) -> NewFormResponse {
    NewFormResponse {
        id: FormResponseId(uuid(17, number)),
        form,
        answers,
        changes: Vec::new(),
        visit: None,
    }
}

fn hand_in(document: &Document, number: u8, at: Timestamp, response: NewFormResponse) -> Document {
    let edit = HouseholdEdit::HandInForm(response);
    let done = apply(document, &edit, &worker(number, at));
    done.expect("a form").document
}

/// 502 with what was answered in the round of June.
fn answered_before() -> Document {
    let day = NaiveDate::from_ymd_opt(2026, 9, 1);
    let answers = vec![
        given("aid", chosen("minimum")),
        given("aid_since", FormValue::Date(day.expect("a day"))),
        given("able", FormValue::Number(1)),
        given("own_car", FormValue::YesNo(false)),
        given("income", chosen("same")),
    ];
    let june = response(1, name(1, "2026-06"), answers);
    hand_in(&household().document, 1, at(9, 0).plus_ms(-89 * DAY), june)
}

fn known(document: &Document, version: u32, now: Timestamp) -> Vec<Prefilled> {
    prefill(&template(version), &view(document), ADDRESS, now)
}

fn asked(known: &[Prefilled]) -> Vec<&str> {
    let asked = known.iter().filter(|column| column.asked);
    asked.map(|column| column.column.as_str()).collect()
}

fn of<'a>(known: &'a [Prefilled], key: &str) -> &'a Prefilled {
    let mut all = known.iter();
    all.find(|column| column.column == key).expect("a column")
}

/// Fills the form of that version at 502 and hands it in.
fn filled(
    document: &Document,
    number: u8,
    at: Timestamp,
    version: u32,
    said: &[FormAnswer],
) -> NewFormResponse {
    let template = template(version);
    let known = known(document, version, at);
    let filled = fill(&template, &known, said).expect("what the household can hold");
    NewFormResponse {
        changes: filled.changes,
        ..response(
            u32::from(number) + 10,
            name(version, "2026-09"),
            filled.answers,
        )
    }
}

fn form<'a>(view: &'a HouseholdView, version: u32, round: &str) -> &'a FormView {
    let wanted = name(version, round);
    let mut forms = view.forms.iter();
    forms.find(|form| form.form == wanted).expect("the form")
}

fn values(document: &Document, version: u32, column: &str) -> Vec<FormValue> {
    let view = view(document);
    let mut answers = form(&view, version, "2026-09").answers.iter();
    let answer = answers.find(|answer| answer.column == column);
    let values = &answer.expect("an answer").values;
    values.iter().map(|source| source.value.clone()).collect()
}

#[test]
fn of_twelve_columns_one_is_asked_and_the_rest_says_where_it_comes_from() {
    let document = answered_before();
    let now = at(8, 45);
    let known = known(&document, 1, now);
    assert_eq!(known.len(), 12);
    assert_eq!(asked(&known), ["income"]);
    assert_eq!(of(&known, "address").value, Some(words(ADDRESS)));
    assert_eq!(of(&known, "address").as_of, None, "it cannot grow old");
    let contact = of(&known, "contact");
    assert_eq!(
        (contact.from, &contact.value),
        (FilledFrom::Held, &Some(words("王阿姨")))
    );
    assert_eq!(contact.as_of, Some(at(6, 0)));
    assert_eq!(of(&known, "size").value, Some(FormValue::Number(2)));
    assert_eq!(of(&known, "residents").value, Some(FormValue::Number(1)));
    assert_eq!(of(&known, "elderly").value, Some(FormValue::Number(1)));
    assert_eq!(of(&known, "housing").value, Some(chosen("owner_occupied")));
    let aid = of(&known, "aid");
    assert_eq!(
        (aid.from, &aid.value),
        (FilledFrom::Earlier, &Some(chosen("minimum")))
    );
    assert_eq!(aid.as_of, Some(at(9, 0).plus_ms(-89 * DAY)));
    let income = of(&known, "income");
    assert_eq!(income.value, Some(chosen("same")), "shown, and asked again");
}

#[test]
fn what_is_empty_old_or_disputed_is_asked() {
    let bare = household().document;
    let empty = known(&bare, 1, at(8, 45));
    assert_eq!(
        asked(&empty),
        ["aid", "aid_since", "able", "own_car", "income"]
    );
    assert_eq!(of(&empty, "aid").from, FilledFrom::Nothing);

    let year = known(&answered_before(), 1, at(8, 45).plus_ms(366 * DAY));
    assert_eq!(asked(&year).len(), 11, "all but the address");
    let day_before = known(&answered_before(), 1, at(8, 45).plus_ms(-60 * DAY));
    assert!(asked(&day_before).is_empty(), "not older than thirty days");

    let number = |number: u8, digits: &str| {
        let edit = HouseholdEdit::ChangeField(FieldChange::ContactPhone(digits.into()));
        apply(&bare, &edit, &worker(number, at(7, 0)))
            .expect("a number")
            .document
    };
    let disputed = merged(&number(1, "142 0000 0002"), &number(2, "142 0000 0003"));
    let known = known(&disputed, 1, at(8, 45));
    assert!(of(&known, "phone").asked);

    // a person of whom nobody knows how old they are
    let mut stranger = member(7, "家人");
    stranger.birth_year = None;
    let edit = HouseholdEdit::AddMember(stranger);
    let more = apply(&bare, &edit, &worker(1, at(7, 0)))
        .expect("a member")
        .document;
    let known = prefill(&template(1), &view(&more), ADDRESS, at(8, 45));
    assert!(of(&known, "elderly").asked);
    assert_eq!(of(&known, "residents").value, Some(FormValue::Number(2)));
}

#[test]
fn what_was_not_asked_stands_with_its_age_and_what_was_corrected_is_the_households() {
    let document = answered_before();
    let said = [
        given("income", chosen("less")),
        given("phone", words("142 0000 0009")),
    ];
    let handed = filled(&document, 1, at(9, 0), 1, &said);
    assert_eq!(complete(&handed, &template(1)), Ok(()));
    assert_eq!(handed.answers.len(), 12);
    assert_eq!(
        handed
            .answers
            .iter()
            .filter(|answer| answer.unchanged)
            .count(),
        10
    );
    let after = hand_in(&document, 1, at(9, 0), handed.clone());
    let read = view(&after);
    assert_eq!(read.unreadable, 0);
    assert_eq!(read.forms.len(), 2, "June stays");
    let now = form(&read, 1, "2026-09");
    assert_eq!((now.answers.len(), now.conflicts()), (12, 0));
    assert_eq!(now.handed_in.len(), 1);
    assert_eq!(now.handed_in[0].id, handed.id);
    let phone = read
        .fields
        .iter()
        .find(|field| field.field == FieldKey::ContactPhone);
    let phone = &phone.expect("a number").values;
    assert_eq!(phone.len(), 1);
    assert_eq!(
        phone[0].value,
        FieldChange::ContactPhone("142 0000 0009".into())
    );

    // nothing is asked twice in a round, and what only stood does not grow young by that
    let again = known(&after, 1, at(10, 0));
    assert!(asked(&again).is_empty());
    assert_eq!(of(&again, "aid").as_of, Some(at(9, 0).plus_ms(-89 * DAY)));
    assert_eq!(of(&again, "income").as_of, Some(at(9, 0)));
    assert_eq!(of(&again, "contact").from, FilledFrom::Held);

    let twice = HouseholdEdit::HandInForm(handed);
    let twice = apply(&after, &twice, &worker(1, at(9, 5)));
    assert_eq!(code(twice), Some(Code::AlreadyRecorded));
}

#[test]
fn two_phones_that_fill_one_form_merge_column_by_column() {
    let before = answered_before();
    let one = filled(
        &before,
        1,
        at(9, 0),
        1,
        &[
            given("income", chosen("less")),
            given("able", FormValue::Number(2)),
        ],
    );
    let two = filled(
        &before,
        2,
        at(9, 30),
        1,
        &[
            given("income", chosen("less")),
            given("aid", chosen("none")),
        ],
    );
    let (hers, his) = (
        hand_in(&before, 1, at(9, 0), one),
        hand_in(&before, 2, at(9, 30), two),
    );
    for both in [merged(&hers, &his), merged(&his, &hers)] {
        assert_eq!(view(&both).unreadable, 0);
        assert_eq!(
            values(&both, 1, "able"),
            [FormValue::Number(2)],
            "he left it as it was, not knowing of hers"
        );
        assert_eq!(values(&both, 1, "aid"), [chosen("none")]);
        assert_eq!(
            values(&both, 1, "income"),
            [chosen("less")],
            "said twice is said once"
        );
        assert_eq!(values(&both, 1, "contact"), [words("王阿姨")]);
        let read = view(&both);
        let form = form(&read, 1, "2026-09");
        assert_eq!((form.handed_in.len(), form.conflicts()), (2, 0));
        assert!(asked(&known(&both, 1, at(10, 0))).is_empty());
    }
}

#[test]
fn two_answers_at_once_both_stand_until_somebody_asks_again() {
    let before = answered_before();
    let one = filled(&before, 1, at(9, 0), 1, &[given("income", chosen("less"))]);
    let two = filled(&before, 2, at(9, 30), 1, &[given("income", chosen("more"))]);
    let (hers, his) = (
        hand_in(&before, 1, at(9, 0), one),
        hand_in(&before, 2, at(9, 30), two),
    );
    for both in [merged(&hers, &his), merged(&his, &hers)] {
        assert_eq!(values(&both, 1, "income"), [chosen("less"), chosen("more")]);
        assert_eq!(asked(&known(&both, 1, at(10, 0))), ["income"]);
        let third = filled(&both, 3, at(10, 0), 1, &[given("income", chosen("more"))]);
        let settled = hand_in(&both, 3, at(10, 0), third);
        assert_eq!(values(&settled, 1, "income"), [chosen("more")]);
        assert!(asked(&known(&settled, 1, at(10, 1))).is_empty());
    }
}

/// The second version offers other kinds of support, and asks for one thing more.
fn second() -> FormTemplate {
    let mut second = template(2);
    for column in &mut second.columns {
        if column.key == "aid" {
            column.choices.retain(|choice| choice.id != "minimum");
        }
    }
    second
        .columns
        .push(column("pets", ColumnKind::Number, None, 365));
    second
}

#[test]
fn two_versions_on_two_phones_keep_both_answers_and_the_newer_asks_only_what_is_new() {
    let before = answered_before();
    let old = filled(&before, 1, at(9, 0), 1, &[given("income", chosen("less"))]);
    let old = hand_in(&before, 1, at(9, 0), old);
    let said = [
        given("income", chosen("more")),
        given("aid", chosen("none")),
        given("pets", FormValue::Number(1)),
    ];
    let known = prefill(&second(), &view(&before), ADDRESS, at(9, 0));
    let new = fill(&second(), &known, &said).expect("answers");
    let new = response(40, name(2, "2026-09"), new.answers);
    assert_eq!(complete(&new, &second()), Ok(()));
    let new = hand_in(&before, 2, at(9, 30), new);
    for both in [merged(&old, &new), merged(&new, &old)] {
        assert_eq!(values(&both, 1, "income"), [chosen("less")]);
        assert_eq!(values(&both, 2, "income"), [chosen("more")]);
        assert_eq!(view(&both).unreadable, 0);
    }
    // whoever answered the first version is asked what the second asks besides, and what it does not offer any more
    let migrated = prefill(&second(), &view(&old), ADDRESS, at(10, 0));
    assert_eq!(asked(&migrated), ["aid", "pets"]);
    assert_eq!(of(&migrated, "income").value, Some(chosen("less")));
}

#[test]
fn a_form_that_is_not_whole_or_not_of_its_columns_is_refused() {
    let before = answered_before();
    let whole = filled(&before, 1, at(9, 0), 1, &[given("income", chosen("less"))]);
    let refused = |change: &dyn Fn(&mut NewFormResponse)| {
        let mut response = whole.clone();
        change(&mut response);
        code(complete(&response, &template(1)))
    };
    let put = |key: &'static str, value: FormValue| {
        move |response: &mut NewFormResponse| {
            let mut answers = response.answers.iter_mut();
            let answer = answers.find(|answer| answer.column == key);
            answer.expect("a column").value = value.clone();
        }
    };
    assert_eq!(refused(&|_| ()), None);
    assert_eq!(
        refused(&|response| response.answers.retain(|answer| answer.column != "income")),
        Some(Code::MissingAnswer)
    );
    assert_eq!(
        refused(&put("income", chosen("much"))),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(
        refused(&put("income", FormValue::Number(3))),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(
        refused(&put("size", words("两个"))),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(
        refused(&put("contact", words("王 142 0000 0001"))),
        Some(Code::TextLooksLikePhone)
    );
    assert_eq!(
        refused(&put("contact", words("999901194903150013"))),
        Some(Code::TextLooksLikeId)
    );
    assert_eq!(
        refused(&|response| response
            .answers
            .push(given("shoe_size", FormValue::Number(40)))),
        Some(Code::ValueOutOfRange)
    );
    // an asked column has no answer by itself, although one is known
    let silent = filled(&before, 1, at(9, 0), 1, &[]);
    assert_eq!(
        code(complete(&silent, &template(1))),
        Some(Code::MissingAnswer)
    );

    let last = template(1).valid_to.expect("a day");
    assert_eq!(expired(&template(1), last), Ok(()));
    assert_eq!(
        code(expired(&template(1), last + chrono::Days::new(1))),
        Some(Code::FormExpired)
    );
}

#[test]
fn a_document_takes_no_number_of_a_citizen_no_foreign_hand_and_no_strange_key() {
    let before = answered_before();
    let put = |answers: Vec<FormAnswer>, role: Role| {
        let edit = HouseholdEdit::HandInForm(response(30, name(1, "2026-09"), answers));
        let mut author = worker(1, at(9, 0));
        author.act.role = role;
        code(household::apply(before.clone(), &edit, &author))
    };
    let one = |key: &str, value: FormValue| put(vec![given(key, value)], Role::Worker);
    assert_eq!(
        one("contact", words("999901194903150013")),
        Some(Code::TextLooksLikeId)
    );
    assert_eq!(
        one("contact", words(&"长".repeat(501))),
        Some(Code::TextTooLong)
    );
    assert_eq!(one("contact", words(" ")), Some(Code::MissingAnswer));
    assert_eq!(
        one("a/b", FormValue::YesNo(true)),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(
        one("栏", FormValue::YesNo(true)),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(
        one("size", FormValue::Number(u32::MAX)),
        Some(Code::ValueOutOfRange)
    );
    let twice = vec![
        given("size", FormValue::Number(1)),
        given("size", FormValue::Number(2)),
    ];
    assert_eq!(put(twice, Role::Worker), Some(Code::ValueOutOfRange));
    assert_eq!(put(Vec::new(), Role::Worker), Some(Code::MissingAnswer));
    let fine = || vec![given("size", FormValue::Number(1))];
    assert_eq!(put(fine(), Role::Helper), Some(Code::WrongRole));
    assert_eq!(put(fine(), Role::Lead), None);
    // more people than a household can hold
    let known = known(&before, 1, at(9, 0));
    let many = fill(
        &template(1),
        &known,
        &[given("size", FormValue::Number(400))],
    );
    assert_eq!(code(many), Some(Code::ValueOutOfRange));
}

#[test]
fn an_office_hears_of_columns_that_ask_what_is_held() {
    let mut asking = template(1);
    assert!(asking.duplicates().is_empty());
    asking
        .columns
        .push(column("contact_phone", ColumnKind::Text, None, 0));
    asking.columns.push(column(
        "people",
        ColumnKind::Number,
        Some("household_size"),
        0,
    ));
    assert_eq!(asking.duplicates(), ["contact_phone", "people"]);
}

#[test]
fn a_source_that_only_a_newer_app_knows_is_asked() {
    let mut newer = template(1);
    newer.columns[1].prefill_from = Some("horoscope".into());
    let known = prefill(&newer, &view(&answered_before()), ADDRESS, at(8, 45));
    assert_eq!(asked(&known), ["contact", "income"]);
}
