//! Spreadsheets of stations: what is wrong in them, whom they ring, whose they are.

use yingda::domain::ids::StationId;
use yingda::domain::station::Station;
use yingda::domain::urgency::Tier;
use yingda::imports::stations;

use super::{every_mistake, neighbours, region, within, within_of};
use crate::scenarios::town;

#[test]
fn every_column_of_stations_says_what_is_wrong_in_it() {
    let good = [
        ("tier", "居委会"),
        ("area", town::COMMITTEE),
        ("name", "商城路站"),
        ("help_number", "83720003"),
        ("ticket_code", "3"),
    ];
    let crowd = vec!["13900000001"; 21].join(";");
    every_mistake(
        &good,
        stations::read,
        &[
            ("tier", "", "is empty"),
            ("tier", "国家", "is none of district"),
            ("tier", "街道", "is of another tier"),
            ("area", "天上社区", "there is no area"),
            ("name", "", "is empty"),
            ("help_number", "", "is empty"),
            ("help_number", "call us", "3 to 15 digits"),
            ("ticket_code", "1000", "write 1 to 999"),
            ("parent", "99", "no station is called or answers"),
            ("parent", "12349", "is no street station"),
            ("front", "robot", "is none of person"),
            (
                "hours",
                "mornings",
                "\"mornings\" names no hours: write days and hours as 周一-周五 8:30-12:00",
            ),
            ("hours", "周一 22-6", "ends before it begins"),
            ("hours", "周一-周五 8-12; 周三 11-13", "overlaps other hours of the same day"),
            ("ring", "sip:nobody", "nobody who can be rung: write a number, sip:user@host or an extension"),
            ("ring", "ext:20", "ext:20\" is no extension: write ext: and its 3 to 5 digits"),
            ("ring", "ext:op1", "is no extension"),
            ("ring", &crowd, "at most 20 people"),
            ("notice_phone", "1", "digits"),
            ("duty", "x", "nobody who can be rung"),
            ("staffed", "perhaps", "is none of 是"),
            (
                "jurisdiction",
                "qingdao",
                "(shibei, licang, shinan): write one of these, or name it under stations",
            ),
            ("latitude", "120.37", "is no number of degrees up to 90"),
            ("longitude", "120.37", "latitude is empty"),
            ("datum", "mars", "is none of wgs84"),
        ],
    );
}

#[test]
fn a_station_rings_extensions_addresses_and_numbers_in_the_order_they_stand() {
    let file = format!(
        "tier,area,name,help_number,ticket_code,ring\n居委会,{},商城路站,83720003,3,EXT:201；sip:op@10.0.0.7;83720009\n",
        town::COMMITTEE
    );
    let read = within(|surroundings| stations::read(file.as_bytes(), surroundings)).unwrap();
    assert_eq!(read[0].record.ring, ["ext:201", "sip:op@10.0.0.7", "+8653283720009"]);
}

#[test]
fn a_stations_notice_phone_may_be_a_landline_and_one_without_any_is_noted() {
    let file = format!(
        "tier,area,name,help_number,ticket_code,notice_phone,staffed\n\
         居委会,{committee},甲站,83720003,3,053283720099,是\n\
         居委会,{committee},乙站,83720004,4,,是\n\
         居委会,{committee},丙站,83720005,5,,否\n",
        committee = town::COMMITTEE
    );
    let read = within(|surroundings| stations::read(file.as_bytes(), surroundings)).unwrap();
    assert_eq!(read[0].record.notice_phone, Some(town::number("053283720099")));
    let notes: Vec<_> = stations::notes(&read).iter().map(|row| (row.line, row.reason.to_string())).collect();
    let [(line, note)] = &notes[..] else { panic!("one has nobody to tell: {notes:?}") };
    assert_eq!(*line, 3);
    assert!(note.contains("nobody tells this station of its work: a person has to ring it"), "{note}");
}

#[test]
fn a_station_is_of_the_region_the_file_says_where_an_agreement_names_the_region_or_the_station() {
    let file = format!(
        "tier,area,name,help_number,ticket_code,jurisdiction\n\
         居委会,{home},商城路站,83720003,3,\n\
         区,{district},市南区中心,12350,40,shinan\n\
         区,{district},崂山区中心,12351,41,laoshan\n",
        home = town::COMMITTEE,
        district = town::DISTRICT,
    );
    let known = Station {
        jurisdiction: region("licang"),
        help_number: "12352".into(),
        ..town::station(42, Tier::District, town::DISTRICT, None)
    };
    let read = |file: &str, named: Vec<StationId>| {
        let mut neighbours = neighbours();
        neighbours.agreements.stations = named;
        within_of(&neighbours, std::slice::from_ref(&known), |surroundings| {
            stations::read(file.as_bytes(), surroundings)
        })
    };
    let good = read(&file, vec![StationId(41)]).unwrap();
    let whose: Vec<&str> = good.iter().map(|row| row.record.jurisdiction.0.as_str()).collect();
    assert_eq!(whose, ["shibei", "shinan", "laoshan"]);
    let bad = read(&file, vec![]).unwrap_err();
    assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [4], "nothing was agreed with it");
    // A file that says nothing moves nobody; and the station above is one of the same region.
    let silent = format!(
        "tier,area,name,help_number,ticket_code,jurisdiction\n区,{},李沧区中心,12352,42,\n街道,{},四方路站,83720044,44,licang\n",
        town::DISTRICT,
        town::STREET,
    );
    let read = read(&silent, vec![]).unwrap();
    let licang = (region("licang"), Some(StationId(42)));
    assert_eq!((read[0].record.jurisdiction.clone(), read[1].record.parent), licang);
}
