//! What the monkey says next: words made of what the phone has told it, bent now and then.

use super::{Words, door};
use crate::process::Outcome;
use gridwalk::Phone;
use gridwalk_fixtures::places;
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// How many words of a kind it remembers.
const REMEMBERED: usize = 400;
/// Of a hundred steps so many have something bent.
const BENT: u32 = 30;

/// Words that stand for what people choose from lists, by the key under which they are said.
const CHOICES: &[(&str, &[&str])] = &[
    ("hit_state", &["ok", "abnormal", "unreachable"]),
    (
        "finding_state",
        &["handled_on_site", "reported", "observed"],
    ),
    (
        "query",
        &[
            "李",
            "阿姨",
            "3-502",
            "502",
            "ly",
            "lnq",
            "0001",
            "楼道",
            "灭火器",
            "梧桐",
        ],
    ),
    (
        "outcome",
        &[
            "met",
            "phoned",
            "not_home",
            "refused",
            "moved_out",
            "wrong_door",
        ],
    ),
    (
        "kind",
        &[
            "routine",
            "care",
            "campaign",
            "follow_up",
            "phone",
            "visit",
            "errand",
            "meals",
            "medical",
            "company",
        ],
    ),
    (
        "state",
        &[
            "ok",
            "abnormal",
            "unreachable",
            "handled_on_site",
            "reported",
            "observed",
            "todo",
            "doing",
            "done",
        ],
    ),
    ("answer", &["pass", "fail", "not_applicable"]),
    ("stage", &["before", "after", "check", "checkpoint"]),
    ("method", &["nfc", "qr", "position", "manual"]),
    (
        "source",
        &[
            "patrol",
            "visit",
            "resident",
            "hotline",
            "department",
            "superior",
            "volunteer",
        ],
    ),
    ("level", &["first", "second", "third"]),
    (
        "care_type",
        &[
            "living_alone",
            "empty_nest",
            "disabled",
            "low_income",
            "temporary",
        ],
    ),
    ("how", &["spoken", "written", "guardian"]),
    ("role", &["volunteer", "neighbour", "partner", "family"]),
    ("language", &["zh-CN", "en"]),
    ("theme", &["system", "light", "dark"]),
    ("reason", &["没有人应门", "楼道太暗，看不清编号", "daily"]),
    (
        "note",
        &[
            "没有变化，门口电动车已经推走。",
            "𠮷野家的𬀩老师住三楼 👩‍👩‍👧",
            "مرحبا نزيل",
            "x",
        ],
    ),
];

/// What nobody would say, and somebody does.
const STRANGE: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "\u{202e}左右\u{202c}",
    "𠀀𪜀𫝀𫠠𬺰𰀀𱍐",
    "👨‍👩‍👧‍👦🏳️‍🌈",
    "'; drop table household; --",
    "{\"type\":\"submit\"}",
    "00000000-0000-0000-0000-000000000000",
    "2026-02-30",
    "9999-12-31T23:59:59.999999999Z",
    "-0001-01-01",
    "../../../../etc/passwd",
    "%s%n",
];

/// Commands with their words, as templates: a word `"<key>"` stands for something that was told under that key.
const PLANS: &[(&str, u32, &str)] = &[
    ("status", 2, "{}"),
    ("settings", 2, "{}"),
    ("power", 2, "{}"),
    (
        "on_fix",
        4,
        r#"{"said":{"lon":114.3,"lat":30.5,"accuracy_m":8.0,"age_ms":1200}}"#,
    ),
    ("on_fix", 2, r#"{"said":null}"#),
    ("on_battery", 3, r#"{"said":{"level":34,"charging":false}}"#),
    (
        "save_settings",
        4,
        r#"{"settings":{"language":"<language>","text_scale":1.15,"theme":"<theme>","photos_on_wifi_only":true,"mask_names":false,"save_power":true}}"#,
    ),
    (
        "draft_put",
        10,
        r#"{"key":"visit <household>","json":"<note>"}"#,
    ),
    ("draft_get", 3, r#"{"key":"visit <household>"}"#),
    ("draft_drop", 3, r#"{"key":"visit <household>"}"#),
    ("today", 6, "{}"),
    ("complete_task", 8, r#"{"task":"<task>","note":"<note>"}"#),
    (
        "snooze",
        6,
        r#"{"input":{"subject":{"type":"task","id":"<task>"},"days":1,"reason":"weather","words":"<note>"}}"#,
    ),
    (
        "snooze",
        3,
        r#"{"input":{"subject":{"type":"care","id":"<care>"},"days":1,"reason":"other","words":"<note>"}}"#,
    ),
    (
        "end_snooze",
        3,
        r#"{"subject":{"type":"task","id":"<task>"}}"#,
    ),
    ("work_log", 4, "{}"),
    ("confirm_work_log", 3, r#"{"text":"<note>"}"#),
    (
        "visit_report",
        4,
        r#"{"from":"2026-11-23","until":"2026-11-29"}"#,
    ),
    (
        "visit_report",
        1,
        r#"{"from":"2026-11-29","until":"2026-11-23"}"#,
    ),
    (
        "confirm_visit_report",
        3,
        r#"{"from":"2026-11-01","until":"2026-11-30","narrative":"<note>"}"#,
    ),
    ("households", 4, r#"{"query":"<query>"}"#),
    ("search", 10, r#"{"query":"<query>"}"#),
    ("household", 10, r#"{"id":"<household>"}"#),
    (
        "begin_visit",
        30,
        r#"{"household":"<household>","task":null}"#,
    ),
    (
        "save_visit",
        60,
        r#"{"household":"<household>","visit":"<visit_begun>"}"#,
    ),
    (
        "amend_visit",
        10,
        r#"{"household":"<household>","visit":"<visit>","note":"<note>"}"#,
    ),
    (
        "change_field",
        20,
        r#"{"household":"<household>","change":"<change>"}"#,
    ),
    (
        "resolve_conflict",
        4,
        r#"{"household":"<household>","choice":"<change>"}"#,
    ),
    (
        "add_member",
        8,
        r#"{"household":"<household>","member":{"id":"<new>","display_name":"李阿姨","birth_year":1949,"relation":"本人"}}"#,
    ),
    (
        "correct_member",
        5,
        r#"{"household":"<household>","member":"<member>","changes":[{"field":"display_name","value":"李婆婆"},{"field":"birth_year","value":null}]}"#,
    ),
    (
        "member_left",
        5,
        r#"{"household":"<household>","member":"<member>"}"#,
    ),
    ("forms", 2, "{}"),
    (
        "form",
        4,
        r#"{"form":"low_income_check","round":"<round>"}"#,
    ),
    (
        "form_door",
        12,
        r#"{"form":"low_income_check","round":"<round>","household":"<form_door>"}"#,
    ),
    ("save_form_door", 20, r#""<form_opened>""#),
    ("places", 2, "{}"),
    ("place", 6, r#"{"id":"<place_id>"}"#),
    ("begin_place_visit", 12, r#"{"place":"<place_id>"}"#),
    (
        "save_place_visit",
        24,
        r#"{"place":"<place_id>","visit":"<place_visit_begun>"}"#,
    ),
    (
        "amend_place_visit",
        5,
        r#"{"place":"<place_id>","visit":"<place_visit>","note":"<note>"}"#,
    ),
    ("add_photo", 8, r#"{"shade":"<shade>","stage":"<stage>"}"#),
    (
        "mark_photo",
        3,
        r#"{"hash":"<hash>","wishes":{"veils":[{"x":0.1,"y":0.2,"width":0.3,"height":0.4}],"stamp":{"grid":"<grid>","number":"<note>"}}}"#,
    ),
    ("forget_photo", 2, r#"{"hash":"<hash>"}"#),
    ("photo_bytes", 3, r#"{"hash":"<hash>"}"#),
    (
        "begin_incident",
        12,
        r#"{"start":{"source":"<source>","household":null,"finding":null,"position":null}}"#,
    ),
    (
        "report_incident",
        24,
        r#"{"incident":"<incident_begun>","photos":[],"how":"<how_reported>"}"#,
    ),
    (
        "report_incident",
        12,
        r#"{"incident":"<incident_begun>","photos":["<photo>"],"how":"<how_reported>"}"#,
    ),
    (
        "original_bytes",
        3,
        r#"{"case":"<incident>","hash":"<original>"}"#,
    ),
    ("act_on_incident", 10, r#""<look>""#),
    ("original_bytes", 10, r#""<looked_at>""#),
    ("incidents", 3, "{}"),
    ("incident", 8, r#"{"id":"<incident>"}"#),
    (
        "act_on_incident",
        60,
        r#"{"id":"<incident>","action":"<action>"}"#,
    ),
    ("departments", 1, "{}"),
    (
        "nearby_incidents",
        4,
        r#"{"category":"<category>","position":{"lon":114.3,"lat":30.5,"accuracy_m":8.0,"at":"2026-11-25T01:00:00Z"}}"#,
    ),
    ("whereabouts", 1, "{}"),
    ("grid_map", 2, "{}"),
    ("patrols", 2, "{}"),
    ("patrol", 3, r#"{"id":"<patrol>"}"#),
    ("patrol_running", 6, "{}"),
    ("patrol_start", 14, r#"{"plan":"<plan_of_patrol>"}"#),
    (
        "patrol_start_free",
        4,
        r#"{"grid":"<grid>","kind":"daily"}"#,
    ),
    (
        "patrol_hit",
        40,
        r#"{"patrol":"<patrol>","hit":{"checkpoint":"<checkpoint>","method":"<method>","code":null,"reason":"<reason>","state":"<hit_state>","photo":null}}"#,
    ),
    (
        "patrol_finding",
        12,
        r#"{"patrol":"<patrol>","finding":{"category":"<category>","state":"<finding_state>","incident":null,"note":"<note>"}}"#,
    ),
    (
        "patrol_amend_finding",
        4,
        r#"{"patrol":"<patrol>","finding":"<finding>","note":"<note>"}"#,
    ),
    ("patrol_pause", 6, r#"{"patrol":"<patrol>"}"#),
    ("patrol_resume", 8, r#"{"patrol":"<patrol>"}"#),
    ("patrol_preview_finish", 4, r#"{"patrol":"<patrol>"}"#),
    (
        "patrol_finish",
        5,
        r#"{"patrol":"<patrol>","share_line":false,"note":"<note>"}"#,
    ),
    ("care_plans", 3, "{}"),
    ("care_plan", 6, r#"{"id":"<care>"}"#),
    (
        "begin_care",
        8,
        r#"{"start":{"household":"<household>","person":null,"types":["<care_type>"],"level":"<level>"}}"#,
    ),
    ("begin_support", 10, r#"{"plan":"<care>"}"#),
    (
        "save_support",
        16,
        r#"{"plan":"<care>","support":"<support_begun>"}"#,
    ),
    (
        "act_on_care",
        30,
        r#"{"plan":"<care>","input":"<care_input>"}"#,
    ),
    ("pages", 1, "{}"),
    ("announcements", 2, "{}"),
    ("read_announcement", 2, r#"{"id":"<announcement>"}"#),
    (
        "correctable",
        2,
        r#"{"subject":{"type":"door","id":"<household>"}}"#,
    ),
    ("proposals", 2, "{}"),
    ("look_at_proposals", 1, "{}"),
    (
        "propose",
        3,
        r#"{"input":{"subject":{"type":"door","id":"<household>"},"field":"plate","should":"<note>","because":"<note>"}}"#,
    ),
    (
        "propose",
        1,
        r#"{"input":{"subject":{"type":"grid","id":"<grid>"},"field":"boundary","should":"<note>","because":"<note>"}}"#,
    ),
    ("sync_page", 1, "{}"),
    ("storage", 1, "{}"),
    ("free_storage", 1, "{}"),
    ("move_state", 1, "{}"),
    ("parcel_arrived", 1, r#"{"receipt":"<note>"}"#),
    ("open_parcel", 1, r#"{"file":"<note>","code":"<note>"}"#),
];

const CHANGES: &[&str] = &[
    r#"{"field":"use","value":"rented"}"#,
    r#"{"field":"occupancy","value":"occasional"}"#,
    r#"{"field":"household_size","value":4}"#,
    r#"{"field":"contact_name","value":"李南乔"}"#,
    r#"{"field":"contact_phone","value":"14200000001"}"#,
    r#"{"field":"preferred_time","value":"evening"}"#,
    r#"{"field":"contact_preference","value":"door"}"#,
    r#"{"field":"gas_hose","value":"hazard"}"#,
    r#"{"field":"notes","value":"<note>"}"#,
];

const ACTIONS: &[&str] = &[
    r#"{"type":"submit","without_photo_because":"<reason>"}"#,
    r#"{"type":"self_handle","measure":"<note>"}"#,
    r#"{"type":"confirm_self"}"#,
    r#"{"type":"verify_result","genuine":true,"note":"<note>"}"#,
    r#"{"type":"accept"}"#,
    r#"{"type":"file"}"#,
    r#"{"type":"dispatch","owner":"<department>","co_departments":[]}"#,
    r#"{"type":"feedback","measure":"<note>","document":null}"#,
    r#"{"type":"check_pass"}"#,
    r#"{"type":"check_fail","reason":"<reason>"}"#,
    r#"{"type":"cancel","reason":"<reason>"}"#,
    r#"{"type":"comment","text":"<note>"}"#,
    r#"{"type":"add_photo","photo":"<photo>"}"#,
    r#"{"type":"open_original","original":"<original>","reason":"<reason>"}"#,
    r#"{"type":"open_original","original":"<original>","reason":"<note>"}"#,
    r#"{"type":"set_severity","severity":2,"reason":"<reason>"}"#,
    r#"{"type":"start"}"#,
    r#"{"type":"return","reason":"<reason>"}"#,
    r#"{"type":"request_extension","until":"2026-12-01","reason":"<reason>"}"#,
    r#"{"type":"request_suspension","until":"2026-12-01","reason":"<reason>"}"#,
    r#"{"type":"reopen","reason":"<reason>"}"#,
    r#"{"type":"merge","into":"<incident>"}"#,
    r#"{"type":"whistle","departments":["<department>"],"reason":"<reason>"}"#,
    r#"{"type":"notify","departments":["<department>"],"reason":"<reason>"}"#,
    r#"{"type":"meeting","with":"<note>","agreed":"<note>"}"#,
    r#"{"type":"set_ownership","ownership":"unclear","note":"<note>"}"#,
    r#"{"type":"record_dispute","stage":"fresh","parties":2,"follow_up":null}"#,
    r#"{"type":"conclude_dispute","route":"mediation","success":true,"outcome":"<note>"}"#,
    r#"{"type":"record_fulfilment","fulfilled":true,"note":"<note>"}"#,
    r#"{"type":"add_step","what":"<note>","lies_with":"<note>","wanted":"2026-12-01"}"#,
    r#"{"type":"move_step","step":"<event>","lies_with":"<note>","wanted":null}"#,
    r#"{"type":"end_step","step":"<event>","outcome":"done","note":"<note>"}"#,
    r#"{"type":"end_step","step":"<event>","outcome":"ours","note":"<note>"}"#,
    r#"{"type":"ask_owner","addressee":"供水公司","note":"<note>"}"#,
    r#"{"type":"make_safe","unit":null,"measure":"<note>"}"#,
    r#"{"type":"start_notice","place":"<note>"}"#,
    r#"{"type":"register_fallback","unit":"<department>","note":"<note>"}"#,
];

/// Answers to columns of a form; some fit the column that is asked.
const FORM_VALUES: &[&str] = &[
    r#"{"type":"choice","value":"same"}"#,
    r#"{"type":"choice","value":"less"}"#,
    r#"{"type":"choice","value":"more"}"#,
    r#"{"type":"number","value":2}"#,
    r#"{"type":"date","value":"2026-01-01"}"#,
];

const CARE: &[&str] = &[
    r#"{"type":"give_consent","scope":["visits","help"],"how":"<how>","witness":"<note>","expires":"2027-11-25"}"#,
    r#"{"type":"withdraw_consent","reason":"<reason>"}"#,
    r#"{"type":"set_level","level":"<level>"}"#,
    r#"{"type":"add_type","care_type":"<care_type>"}"#,
    r#"{"type":"remove_type","care_type":"<care_type>"}"#,
    r#"{"type":"add_need","kind":"errand","detail":"<note>"}"#,
    r#"{"type":"mark_need","need":"<need>","state":"done"}"#,
    r#"{"type":"set_contact","name":"李南乔","phone":"14200000001"}"#,
    r#"{"type":"set_safety_note","note":"<note>"}"#,
    r#"{"type":"join_team","name":"王师傅","role":"<role>"}"#,
    r#"{"type":"leave_team","carer":"<carer>"}"#,
    r#"{"type":"open","reason":"<reason>"}"#,
    r#"{"type":"close","reason":"<reason>"}"#,
    r#"{"type":"reopen","reason":"<reason>"}"#,
];

/// Where an answer says the id of something under a key that says only `id`.
const NAMED: &[(&str, &str, &str)] = &[
    ("households", "id", "household"),
    ("places", "id", "place_id"),
    ("incidents", "id", "incident"),
    ("departments", "id", "department"),
    ("categories", "code", "category"),
    ("care_plans", "id", "care"),
    ("announcements", "id", "announcement"),
    ("patrol_running", "id", "patrol"),
    ("patrol_start", "id", "patrol"),
    ("patrol_start_free", "id", "patrol"),
];

/// Under which key a thing lies whose id is told as `id`, and what that id is.
const LIES_UNDER: &[(&str, &str)] = &[
    ("plans", "plan_of_patrol"),
    ("checkpoint", "checkpoint"),
    ("finding", "finding"),
    ("task", "task"),
    ("said", "announcement"),
    ("need", "need"),
    ("carer", "carer"),
    ("member", "member"),
];

/// What it has been told.
pub struct Banana {
    words: Words,
    weights: u32,
}

impl Banana {
    /// Looks at every list once, as a person does who opens the app.
    pub fn new(phone: &Phone) -> Outcome<Self> {
        let mut banana = Self {
            words: Words::new(),
            weights: PLANS.iter().map(|(_, weight, _)| weight).sum(),
        };
        for (key, choices) in CHOICES {
            let choices = choices.iter().map(|choice| json!(choice)).collect();
            banana.words.insert((*key).into(), choices);
        }
        let lists: [(&str, &[&str]); 5] = [
            ("change", CHANGES),
            ("form_value", FORM_VALUES),
            ("action", ACTIONS),
            ("care_input", CARE),
            (
                "how_reported",
                &[
                    r#"{"type":"submit","without_photo_because":"<reason>"}"#,
                    r#"{"type":"self_handle","measure":"<note>"}"#,
                ],
            ),
        ];
        for (key, templates) in lists {
            let parsed: Result<Vec<Value>, _> = templates
                .iter()
                .map(|text| serde_json::from_str(text))
                .collect();
            banana.words.insert(key.into(), parsed?);
        }
        let shades = (1..=6).map(|shade| json!(shade)).collect();
        banana.words.insert("shade".into(), shades);
        let levels = (1..=4).map(|level| json!(level)).collect();
        banana.words.insert("severity".into(), levels);
        for command in [
            "today",
            "forms",
            "places",
            "incidents",
            "departments",
            "categories",
            "care_plans",
            "patrols",
            "patrol_running",
            "announcements",
            "whereabouts",
        ] {
            let told = door::call(phone, command, &json!({}))?;
            banana.learn(command, &json!({}), &told);
        }
        let told = door::call(phone, "households", &json!({"query": ""}))?;
        banana.learn("households", &json!({}), &told);
        Ok(banana)
    }

    /// The next command and its words.
    pub fn next(&self, dice: &mut ChaCha8Rng) -> (String, Value) {
        let mut at = dice.random_range(0..self.weights);
        let mut plans = PLANS.iter().skip_while(|(_, weight, _)| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            !here
        });
        let (command, _, template) = plans.next().unwrap_or(&PLANS[0]);
        let mut words = serde_json::from_str(template).unwrap_or(Value::Null);
        self.fill(&mut words, dice, 0);
        if dice.random_range(0..100) < BENT {
            for _ in 0..dice.random_range(1..4) {
                self.bend(&mut words, dice);
            }
        }
        ((*command).to_owned(), words)
    }

    /// Puts what was told in the places of a template.
    fn fill(&self, words: &mut Value, dice: &mut ChaCha8Rng, depth: u32) {
        match words {
            Value::String(text) => {
                if let Some(key) = text
                    .strip_prefix('<')
                    .and_then(|text| text.strip_suffix('>'))
                {
                    *words = self.pick(key, dice);
                    if depth < 4 && !words.is_string() {
                        self.fill(words, dice, depth + 1);
                    }
                } else if let Some((before, key)) = text.split_once('<') {
                    let word = self.pick(key.trim_end_matches('>'), dice);
                    *words = json!(format!("{before}{}", word.as_str().unwrap_or_default()));
                }
            }
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| self.fill(item, dice, depth)),
            Value::Object(fields) => {
                fields
                    .values_mut()
                    .for_each(|field| self.fill(field, dice, depth));
            }
            _ => {}
        }
    }

    fn pick(&self, key: &str, dice: &mut ChaCha8Rng) -> Value {
        if key == "new" {
            return json!(uuid::Uuid::from_bytes(dice.random()));
        }
        let known = self.words.get(key).map(Vec::as_slice).unwrap_or_default();
        known.choose(dice).cloned().unwrap_or(Value::Null)
    }

    /// Makes one word of them another: one of the same kind, or one that nobody would say.
    fn bend(&self, words: &mut Value, dice: &mut ChaCha8Rng) {
        let mut places = Vec::new();
        places_in(words, String::new(), &mut places);
        let Some(place) = places.choose(dice) else {
            return;
        };
        let Some(word) = words.pointer_mut(place) else {
            return;
        };
        let key = place.rsplit('/').next().unwrap_or_default();
        if dice.random_bool(0.4) {
            *word = self.pick(key, dice);
        } else if let Value::Array(items) = word {
            let again = items.first().cloned();
            items.extend(std::iter::repeat_n(again, dice.random_range(0..40)).flatten());
        } else if word.is_number() {
            let numbers = [
                json!(0),
                json!(-1),
                json!(1),
                json!(255),
                json!(4_294_967_296_u64),
                json!(1e308),
                json!(i64::MIN),
            ];
            *word = numbers.choose(dice).cloned().unwrap_or(Value::Null);
        } else {
            let strange = *STRANGE.choose(dice).unwrap_or(&"");
            *word = match dice.random_range(0..8) {
                0 => Value::Null,
                1 => json!("很长的话。".repeat(dice.random_range(1..1_200))),
                2 => json!(true),
                _ => json!(strange),
            };
        }
    }

    /// Remembers what an answer said.
    pub fn learn(&mut self, command: &str, words: &Value, told: &Value) {
        self.gather(told, 0);
        let named = NAMED.iter().filter(|(of, ..)| *of == command);
        for (_, key, name) in named {
            let rows = match told {
                Value::Array(rows) => rows.as_slice(),
                one => std::slice::from_ref(one),
            };
            rows.iter().for_each(|row| self.keep(name, &row[*key]));
        }
        match command {
            "begin_visit" => self.keep("visit_begun", told),
            "begin_place_visit" => {
                let mut begun = told.clone();
                let asked = places::checklists().into_iter();
                let asked = asked.filter(|list| begun["checklist"]["kind"] == *list.kind);
                let items = asked.flat_map(|list| list.items);
                begun["answers"] = items
                    .map(|item| json!({"item": item.id, "answer": "<answer>", "note": "<note>"}))
                    .collect();
                self.keep("place_visit_begun", &begun);
            }
            "save_place_visit" => self.keep("place_visit", &words["visit"]["id"]),
            "form" => {
                let doors = told["doors"].as_array().into_iter().flatten();
                doors.for_each(|door| self.keep("form_door", &door["household"]["id"]));
            }
            "form_door" => {
                let columns = told["columns"].as_array().into_iter().flatten();
                let asked = columns.filter(|column| column["asked"] == true);
                let answers: Vec<Value> = asked
                    .map(|column| json!({"column": column["column"], "value": "<form_value>"}))
                    .collect();
                let input =
                    json!({"id": told["id"], "form": told["row"]["form"], "answers": answers});
                self.keep(
                    "form_opened",
                    &json!({"household": words["household"], "input": input}),
                );
            }
            "begin_incident" => {
                let mut begun = told.clone();
                begun["category"] = json!("F01001");
                begun["severity"] = json!("<severity>");
                begun["place"]["text"] = json!("3幢2单元三楼到四楼楼道");
                self.keep("incident_begun", &begun);
            }
            "begin_support" => self.keep("support_begun", told),
            "begin_care" => self.keep("care", &told["row"]["id"]),
            "save_visit" => self.keep("visit", &words["visit"]["id"]),
            "add_photo" | "mark_photo" => self.keep("photo", told),
            "report_incident" => self.keep("incident", &told["row"]["id"]),
            _ => {}
        }
        if matches!(command, "incident" | "report_incident" | "act_on_incident") {
            self.learn_originals(told);
        }
    }

    /// An original is opened in its own case only: the two are remembered together.
    fn learn_originals(&mut self, told: &Value) {
        let case = &told["row"]["id"];
        for photo in told["view"]["photos"].as_array().into_iter().flatten() {
            let hash = &photo["original"]["hash"];
            if !hash.is_null() {
                let action =
                    json!({"type": "open_original", "original": hash, "reason": "<reason>"});
                self.keep("look", &json!({"id": case, "action": action}));
                self.keep("looked_at", &json!({"case": case, "hash": hash}));
            }
        }
    }

    fn gather(&mut self, told: &Value, depth: u32) {
        match told {
            Value::Array(items) => {
                let few = items.iter().take(60);
                few.for_each(|item| self.gather(item, depth + 1));
            }
            Value::Object(fields) => {
                for (key, value) in fields {
                    if !value.is_object() && !value.is_array() {
                        let ambiguous = key == "plan" || key == "id";
                        if !ambiguous {
                            self.keep(key, value);
                        }
                        continue;
                    }
                    let things = match value {
                        Value::Array(things) => things.as_slice(),
                        one => std::slice::from_ref(one),
                    };
                    let names = LIES_UNDER.iter().filter(|(under, _)| under == key);
                    for (_, name) in names {
                        things
                            .iter()
                            .for_each(|thing| self.keep(name, &thing["id"]));
                    }
                    if key == "original" {
                        self.keep("original", &value["hash"]);
                    }
                    if depth < 6 {
                        self.gather(value, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self, key: &str, value: &Value) {
        let is_choice = CHOICES.iter().any(|(name, _)| *name == key);
        if is_choice || value.is_null() {
            return;
        }
        let known = self.words.entry(key.to_owned()).or_default();
        if !known.contains(value) {
            if known.len() >= REMEMBERED {
                known.remove(0);
            }
            known.push(value.clone());
        }
    }
}

/// Where there is a word to bend, as JSON pointers.
fn places_in(words: &Value, here: String, places: &mut Vec<String>) {
    match words {
        Value::Object(fields) => {
            for (key, field) in fields {
                places_in(field, format!("{here}/{key}"), places);
            }
        }
        Value::Array(items) => {
            places.push(here.clone());
            for (n, item) in items.iter().enumerate() {
                places_in(item, format!("{here}/{n}"), places);
            }
        }
        _ => places.push(here),
    }
}
