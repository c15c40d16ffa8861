//! Rows of spreadsheets, each kind of mistake in each column: the line, the column and what to write.

use yingda::domain::area::{AdminArea, AreaCode};
use yingda::domain::calendar::Calendar;
use yingda::domain::category::{Catalogue, CategoryCode};
use yingda::domain::datum::Datum;
use yingda::domain::device::DeviceKey;
use yingda::domain::ids::{FacilityId, JurisdictionId, VolunteerId};
use yingda::domain::phone_number::NumberingPlan;
use yingda::domain::policy::Agreements;
use yingda::domain::register::IdNumberHash;
use yingda::domain::settings::SettingsKind;
use yingda::domain::station::Station;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::{Tier, Urgency};
use yingda::imports::{
    BadRow, Neighbours, Surroundings, areas, care, devices, facilities, people, stations, volunteers,
};
use yingda::service::rules;

use crate::scenarios::town;

mod station_files;

fn region(id: &str) -> JurisdictionId {
    JurisdictionId(id.into())
}

/// Institutions of one region may be told, volunteers of another asked; one of each is known.
fn neighbours() -> Neighbours {
    let agreements = Agreements {
        institutions_of: vec![region("shinan")],
        volunteers_of: vec![region("licang")],
        ..Agreements::default()
    };
    Neighbours {
        agreements,
        facilities: [(FacilityId(41), region("shinan"))].into(),
        volunteers: [(VolunteerId(20_001), region("licang"))].into(),
    }
}

fn within<T>(read: impl FnOnce(&Surroundings<'_>) -> T) -> T {
    within_of(&neighbours(), &[], read)
}

/// The same beside these stations, whatever was agreed.
fn within_of<T>(neighbours: &Neighbours, others: &[Station], read: impl FnOnce(&Surroundings<'_>) -> T) -> T {
    let area = |(code, name): (&str, &str)| AdminArea {
        code: AreaCode::parse(code).unwrap(),
        name: name.into(),
        point: None,
        adjacent: vec![],
    };
    let areas: Vec<AdminArea> = [
        (town::DISTRICT, "市北区"),
        (town::STREET, "四方街道"),
        (town::COMMITTEE, "商城路社区"),
        ("370203031003", "同名社区"),
        ("370203031004", "同名社区"),
    ]
    .map(area)
    .into();
    let mut stations: Vec<Station> = vec![
        town::station(1, Tier::District, town::DISTRICT, None),
        town::station(2, Tier::Street, town::STREET, Some(1)),
    ];
    stations.extend(others.iter().cloned());
    let catalogue = Catalogue::parse(rules::built_in(SettingsKind::Catalogue)).unwrap();
    read(&Surroundings {
        jurisdiction: &region("shibei"),
        neighbours,
        numbering: &NumberingPlan::default(),
        areas: &areas,
        stations: &stations,
        catalogue: &catalogue,
        calendar: &Calendar::default(),
        now: Timestamp::from_millis(1_777_600_800_000),
        hash: &|text| {
            let mut octets = [0; 32];
            octets[..18].copy_from_slice(text.as_bytes());
            IdNumberHash(octets)
        },
    })
}

/// Puts each wrong value into its column of a good row, and reads the reason.
fn every_mistake<T>(
    good: &[(&str, &str)],
    read: impl Fn(&[u8], &Surroundings<'_>) -> Result<T, Vec<BadRow>>,
    mistakes: &[(&str, &str, &str)],
) {
    let file = |change: Option<(&str, &str)>| {
        let mut columns: Vec<(&str, &str)> = good.to_vec();
        if let Some((column, value)) = change {
            match columns.iter_mut().find(|(name, _)| *name == column) {
                Some(found) => found.1 = value,
                None => columns.push((column, value)),
            }
        }
        let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let values: Vec<String> = columns.iter().map(|(_, value)| format!("\"{value}\"")).collect();
        format!("{}\n{}\n", header.join(","), values.join(","))
    };
    let reasons = |text: &str| within(|surroundings| read(text.as_bytes(), surroundings)).map(|_| ());
    assert_eq!(reasons(&file(None)), Ok(()), "the good row");
    for (column, value, reason) in mistakes {
        let bad = reasons(&file(Some((column, value)))).expect_err(&format!("{column} = {value} is refused"));
        assert_eq!((bad.len(), bad[0].line), (1, 2), "{bad:?}");
        assert!(
            bad[0].reason.to_string().contains(reason),
            "{column} = {value}: {} and not {reason}",
            bad[0].reason
        );
        assert!(
            bad[0].reason.to_string().contains(column),
            "{column} = {value}: {} does not name it",
            bad[0].reason
        );
    }
}

#[test]
fn every_column_of_people_says_what_is_wrong_in_it() {
    let good = [("name", "王奶奶"), ("phones", "13900000001"), ("area", town::COMMITTEE)];
    let long = "王".repeat(41);
    every_mistake(
        &good,
        people::read,
        &[
            ("name", "", "is empty"),
            ("name", &long, "at most 40 characters"),
            ("phones", "", "is empty"),
            ("phones", "1", "digits"),
            ("area", "", "is empty"),
            ("area", "370203999999", "there is no area 370203999999"),
            ("area", "3702", "6, 9 or 12 digits"),
            ("area", "天上社区", "there is no area"),
            ("area", "同名社区", "write the code, or street/committee"),
            ("id", "none", "a whole number above 0"),
            ("id", "0", "a whole number above 0"),
            ("confidence", "sure", "is none of exact"),
            ("born", "1948-13-01", "write it as 1948-05-01"),
            ("gender", "x", "is none of 女"),
            ("languages", "德语", "is none of zh"),
            ("flags", "富有", "is none of lives_alone"),
            ("id_number", "37020319480501", "has 18 digits"),
            ("id_number", "370203194805010000", "a digit is wrong"),
            ("contact_phone", "1", "digits"),
            ("contact_name", "李", "contact_phone is empty"),
            ("latitude", "120.37", "\"120.37\" is no number of degrees up to 90: write it as 36.0951"),
            ("longitude", "east", "is no number of degrees up to 180"),
            ("latitude", "36.1", "longitude is empty: latitude and longitude are written both or neither"),
            ("longitude", "120.37", "latitude is empty"),
            ("datum", "mars", "is none of wgs84"),
        ],
    );
}

#[test]
fn every_column_of_volunteers_says_what_is_wrong_in_it() {
    let good = [
        ("badge", "10001"),
        ("name", "陈晓云"),
        ("phone", "13800000001"),
        ("area", town::COMMITTEE),
        ("skills", "代办代购"),
        ("gender", "女"),
        ("birth_year", "1960"),
    ];
    every_mistake(
        &good,
        volunteers::read,
        &[
            ("badge", "", "is empty"),
            ("badge", "0123", "five digits"),
            ("name", "", "is empty"),
            ("phone", "", "is empty"),
            ("phone", "1", "digits"),
            ("area", "", "is empty"),
            ("area", "天上社区", "there is no area"),
            ("skills", "", "is empty"),
            ("skills", "飞行", "the catalogue has no category"),
            ("gender", "", "is empty"),
            ("gender", "?", "is none of 女"),
            ("birth_year", "", "is empty"),
            ("birth_year", "long ago", "is no year"),
            ("hours", "周一 8", "write them as 周一-周五 8-18"),
            ("hours", "周一-周五 18-8", "write them as 周一-周五 8-18"),
            ("kind", "猫", "is none of youth"),
            ("home_station", "12345", "no station is called or answers"),
            ("languages", "德语", "is none of zh"),
            ("credentials", "急救", "write it as first_aid:2027-05-01"),
            ("credentials", "驾照:2027-05-01", "is none of minors_clearance"),
            ("lifecycle", "死", "is none of applied"),
            ("night_consent", "maybe", "is none of 是"),
            ("id_number", "1", "has 18 digits"),
            (
                "jurisdiction",
                "shinan",
                "(shibei, licang): write one of these, or name it under volunteers_of",
            ),
            ("latitude", "120.37", "is no number of degrees up to 90"),
            ("longitude", "120.37", "latitude is empty"),
            ("datum", "mars", "is none of wgs84"),
        ],
    );
}

#[test]
fn every_column_of_devices_says_what_is_wrong_in_it() {
    every_mistake(
        &[("number", "053283729911"), ("owner_phone", "13900000001"), ("keys", "1=EMG-01;2=助餐/P2;*=测试")],
        devices::read,
        &[
            ("number", "", "is empty"),
            ("number", "1", "digits"),
            ("owner_phone", "", "so is owner_id"),
            ("owner_phone", "x", "digits"),
            ("owner_id", "0", "a whole number above 0"),
            ("keys", "EMG-01", "write it as 1=EMG-01"),
            ("keys", "12=EMG-01", "write it as 1=EMG-01"),
            ("keys", "1=XXX-99", "the catalogue has no category"),
            ("keys", "1=EMG-01/P3", "write P1 or P2"),
            ("keys", "1=EMG-01;1=test", "the key 1 is there twice"),
        ],
    );
}

#[test]
fn every_column_of_care_plans_says_what_is_wrong_in_it() {
    every_mistake(
        &[("plan", "4"), ("phone", "13900000001"), ("rule", "FREQ=DAILY"), ("time", "9:30")],
        care::read,
        &[
            ("plan", "", "is empty"),
            ("plan", "0", "is no number above 0"),
            ("kind", "visit", "visit is not made by the line: only care_call is"),
            ("kind", "散步", "is none of care_call"),
            ("phone", "", "is empty"),
            ("phone", "1", "digits"),
            ("phone", "+16505550100", "another country"),
            ("person_id", "0", "a whole number above 0"),
            ("rule", "", "is empty"),
            ("rule", "FREQ=MONTHLY", "`FREQ=MONTHLY` is not understood"),
            ("rule", "FREQ=DAILY;COUNT=9", "`COUNT=9` is not understood"),
            ("time", "", "is empty"),
            ("time", "half past nine", "write it as 9:30"),
            ("time", "25:00", "write it as 9:30"),
            ("time", "6:00", "outside the hours in which residents are rung, 09:00-12:00"),
            ("contacts", "13900000002", "write name and number"),
            ("contacts", "女儿=x", "digits"),
            (
                "contacts",
                "a=13900000002;b=13900000003;c=13900000004;d=13900000005;e=13900000006;f=13900000007",
                "at most 5 people",
            ),
            ("rule", "FREQ=DAILY;FREQ=DAILY", "`FREQ=DAILY` is not understood"),
            ("from", "昨天", "is no date"),
            ("until", "明天", "is no date"),
            ("until", "2026-01-01", "is before the first day"),
            ("paused", "perhaps", "is none of 是"),
        ],
    );
}

#[test]
fn a_care_plan_whose_days_are_counted_says_from_when() {
    for rule in ["FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO;INTERVAL=2"] {
        let good = [
            ("plan", "4"),
            ("phone", "13900000001"),
            ("rule", rule),
            ("time", "9:30"),
            ("from", "2026-05-04"),
        ];
        every_mistake(&good, care::read, &[("from", "", "is empty")]);
    }
}

#[test]
fn a_care_plan_says_who_is_rung_when_and_who_looks_after_them_in_order() {
    let file = "计划编号,类型,电话,人员编号,重复规则,时间,联系人,开始日期,结束日期,暂停\n\
                4,关怀电话,13900000001,12,FREQ=WEEKLY;BYDAY=TH;INTERVAL=2,14：05,女儿=13900000002；邻居=83720009,2026-05-04,,是\n";
    let read = within(|surroundings| care::read(file.as_bytes(), surroundings)).unwrap();
    let plan = &read[0].record.plan;
    assert_eq!((plan.minute, plan.paused, plan.last_day), (14 * 60 + 5, true, None));
    assert_eq!(plan.rule.to_string(), "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH");
    let contacts: Vec<_> = plan.contacts.iter().map(|it| (it.name.as_str(), it.number.as_str())).collect();
    assert_eq!(contacts, [("女儿", "+8613900000002"), ("邻居", "+8653283720009")]);
    let twins = file.to_owned() + file.lines().nth(1).unwrap();
    let bad = within(|surroundings| care::read(twins.as_bytes(), surroundings)).unwrap_err();
    assert_eq!(bad[0].reason.to_string(), "plan: is the same as in line 2");
}

#[test]
fn what_the_keys_of_a_device_ask_for_is_at_least_p2() {
    let file = "设备号码,使用人电话,按键\n053283729911,13900000001,1=EMG-01；2=助餐；3=ELD-07/P1；*=测试\n";
    let read = within(|surroundings| devices::read(file.as_bytes(), surroundings)).unwrap();
    let keys: Vec<_> = read[0].record.keys.0.iter().map(|(key, meant)| (*key, meant.clone())).collect();
    let help =
        |code: &str, urgency| DeviceKey::Help { category: CategoryCode::parse(code).unwrap(), urgency };
    let expected = [
        ('*', DeviceKey::Test),
        ('1', help("EMG-01", Urgency::P1)),
        ('2', help("ELD-02", Urgency::P2)),
        ('3', help("ELD-07", Urgency::P1)),
    ];
    assert_eq!(keys, expected);
}

#[test]
fn every_column_of_facilities_says_what_is_wrong_in_it() {
    let good = [
        ("number", "31"),
        ("kind", "便民"),
        ("name", "商城路疏通队"),
        ("area", town::COMMITTEE),
        ("address", "商城路 9 号"),
        ("opened_on", "2020-05-01"),
        ("categories", "CON-02;生活照料"),
        ("notice_phone", "13700000001"),
    ];
    let long = "长".repeat(201);
    every_mistake(
        &good,
        facilities::read,
        &[
            ("number", "", "is empty"),
            ("number", "0", "is no number above 0"),
            ("kind", "工厂", "is none of welfare"),
            ("name", "", "is empty"),
            ("area", "天上社区", "there is no area"),
            ("address", &long, "at most 200 characters"),
            ("opened_on", "昨天", "is no date"),
            ("tier", "国家", "is none of district"),
            ("phone", "1", "digits"),
            ("categories", "CON-99", "the catalogue has no category"),
            ("categories", "POV-01", "POV-01 is not for institutions"),
            ("notice_phone", "", "who takes work is told of it by text"),
            ("notice_phone", "053283720099", "is no mobile"),
            ("open", "perhaps", "is none of 是"),
            (
                "jurisdiction",
                "licang",
                "(shibei, shinan): write one of these, or name it under institutions_of",
            ),
            ("beds", "many", "is no number of places"),
            ("latitude", "120.37", "is no number of degrees up to 90"),
            ("longitude", "120.37", "latitude is empty"),
            ("datum", "mars", "is none of wgs84"),
        ],
    );
    let file = "number,kind,name,area,address,opened_on,categories,notice_phone,beds\n\
                31,福利,商城路日间中心,商城路社区,商城路 9 号,2020-05-01,日间照料/助餐,13700000001,12\n";
    let read = within(|surroundings| facilities::read(file.as_bytes(), surroundings)).unwrap();
    let facility = &read[0].record;
    let takes: Vec<&str> = facility.categories.iter().map(|code| code.as_str()).collect();
    assert_eq!((takes, facility.tier), (vec!["CAR-01", "ELD-02"], Tier::Committee));
    assert_eq!((facility.units[0].maximum, facility.units[0].available), (12, 12));
    let twins = file.to_owned() + file.lines().nth(1).unwrap();
    let bad = within(|surroundings| facilities::read(twins.as_bytes(), surroundings)).unwrap_err();
    assert_eq!(bad[0].reason.to_string(), "number: is the same as in line 2");
}

#[test]
fn whose_a_facility_or_a_volunteer_is_stands_in_the_file_else_in_the_register_else_it_is_ours() {
    let places = "number,kind,name,area,address,opened_on,jurisdiction\n\
                  31,便民,疏通队,商城路社区,商城路 9 号,2020-05-01,\n\
                  32,便民,疏通队,商城路社区,商城路 9 号,2020-05-01,shinan\n\
                  41,便民,疏通队,商城路社区,商城路 9 号,2020-05-01,\n\
                  42,便民,疏通队,商城路社区,商城路 9 号,2020-05-01,shibei\n";
    let read = within(|surroundings| facilities::read(places.as_bytes(), surroundings)).unwrap();
    let whose: Vec<&str> = read.iter().map(|row| row.record.jurisdiction.0.as_str()).collect();
    assert_eq!(whose, ["shibei", "shinan", "shinan", "shibei"], "a file that says nothing moves nobody");
    let people = "badge,name,phone,area,skills,gender,birth_year,home_station,辖区\n\
                  10001,陈晓云,13800000001,商城路社区,代办代购,女,1960,,\n\
                  20001,李明,13800000002,商城路社区,代办代购,男,1961,,\n\
                  20002,王芳,13800000003,商城路社区,代办代购,女,1962,,licang\n";
    let read = within(|surroundings| volunteers::read(people.as_bytes(), surroundings)).unwrap();
    let whose = |row: &yingda::imports::Read<yingda::domain::register::VolunteerRecord>| {
        let (volunteer, person) = (&row.record.volunteer.jurisdiction, &row.record.person.jurisdiction);
        assert_eq!(volunteer, person, "one human of one region");
        volunteer.0.clone()
    };
    assert_eq!(read.iter().map(whose).collect::<Vec<_>>(), ["shibei", "licang", "licang"]);
}

#[test]
fn every_column_of_areas_says_what_is_wrong_in_it() {
    every_mistake(
        &[("code", "370203031009"), ("name", "新社区")],
        areas::read,
        &[
            ("code", "", "is empty"),
            ("code", "37", "6, 9 or 12 digits"),
            ("name", "", "is empty"),
            ("level", "street", "is the code of a committee"),
            ("level", "village", "is none of district"),
            ("parent", "370203", "does not lie in 370203"),
            ("adjacent", "370203031777", "there is no area 370203031777"),
            ("latitude", "120.37", "is no number of degrees up to 90"),
            ("longitude", "120.37", "latitude is empty"),
            ("datum", "mars", "is none of wgs84"),
        ],
    );
    let lost = within(|surroundings| areas::read("code,name\n110101001,东华门\n".as_bytes(), surroundings));
    let lost = lost.expect_err("its district is not known");
    assert!(lost[0].reason.to_string().contains("parent: there is no area 110101"), "{lost:?}");
}

/// One place as a receiver, AMap and Baidu write it.
const WRITTEN: [(&str, &str, &str, &str); 4] = [
    ("36.1", "120.37", "", "a receiver"),
    ("36.1", "120.37", "CGCS2000", "the land survey"),
    ("36.1002706", "120.3751284", "高德", "AMap"),
    ("36.1065193", "120.3815358", "BD-09", "Baidu"),
];

#[test]
fn one_place_is_one_point_whoevers_map_it_was_read_from() {
    let committee = town::COMMITTEE;
    for (latitude, longitude, datum, whose) in WRITTEN {
        let at = format!("{latitude},{longitude},{datum}");
        let person = format!("姓名,电话,社区,纬度,经度,坐标系\n王奶奶,13900000001,{committee},{at}\n");
        let volunteer = format!(
            "badge,name,phone,area,skills,gender,birth_year,lat,lng,datum\n\
             10001,陈晓云,13800000001,{committee},代办代购,女,1960,{at}\n"
        );
        let station = format!(
            "tier,area,name,help_number,ticket_code,lat,lon,datum\n居委会,{committee},商城路站,83720003,3,{at}\n"
        );
        let facility = format!(
            "number,kind,name,area,address,opened_on,latitude,longitude,datum\n\
             31,便民,商城路疏通队,{committee},商城路 9 号,2020-05-01,{at}\n"
        );
        let area = format!("code,name,latitude,longitude,datum\n370203031009,新社区,{at}\n");
        let points = within(|surroundings| {
            let volunteer = &volunteers::read(volunteer.as_bytes(), surroundings).unwrap()[0].record;
            [
                people::read(person.as_bytes(), surroundings).unwrap()[0].record.point,
                volunteer.person.point,
                volunteer.volunteer.point,
                stations::read(station.as_bytes(), surroundings).unwrap()[0].record.point,
                facilities::read(facility.as_bytes(), surroundings).unwrap()[0].record.point,
                areas::read(area.as_bytes(), surroundings).unwrap()[0].record.point,
            ]
        });
        let there = Datum::Wgs84.point(36.1, 120.37).unwrap();
        for point in points {
            let off_m = point.expect("the row says where").distance_m(there);
            assert!(off_m <= 1, "{whose}: {off_m} m off");
        }
    }
}

#[test]
fn a_file_as_a_whole_says_what_is_wrong_with_it() {
    for (text, line, reason) in [
        ("", 1, "the column name"),
        ("name,phones,area\n", 1, "no row follows the header"),
        ("name,phones\n王,1\n", 1, "the column area"),
        ("name,phones,area,shoe\n", 1, "there is no column \"shoe\"; known: id"),
        ("name,phones,area,姓名\n", 1, "two columns are name"),
        ("name,phones,area\n王奶奶,13900000001\n", 2, "has 2 fields, the header 3"),
    ] {
        let bad =
            within(|surroundings| people::read(text.as_bytes(), surroundings)).expect_err("it is refused");
        assert_eq!(bad[0].line, line, "{bad:?}");
        assert!(bad[0].reason.to_string().contains(reason), "{text:?}: {bad:?}");
    }
}

#[test]
fn all_rows_are_read_or_none_and_every_bad_one_is_named() {
    let committee = town::COMMITTEE;
    let text = format!(
        "name,phones,area\n王奶奶,13900000001,{committee}\n,13900000002,{committee}\n李爷爷,1,{committee}\n\
         张奶奶,13900000004,{committee}\n"
    );
    let bad = within(|surroundings| people::read(text.as_bytes(), surroundings)).expect_err("two are bad");
    assert_eq!(bad.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4]);
    let twins = format!("name,phones,area\n王奶奶,13900000001,{committee}\n李爷爷,13900000001,{committee}\n");
    let bad = within(|surroundings| people::read(twins.as_bytes(), surroundings))
        .expect_err("one number, two people");
    assert!(bad[0].line == 3 && bad[0].reason.to_string().contains("as in line 2"), "{bad:?}");
}
