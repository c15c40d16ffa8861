//! The shipped surge, small, as somebody at a terminal tries it.

use super::Installation;

#[test]
fn a_small_surge_is_the_same_each_time_and_stands_in_the_table_and_the_rows() {
    let here = Installation::new();
    let size = ["--volunteers", "300", "--requests", "40", "--seeds", "2"];
    let lived = |name: &str| {
        let rows = here.path(name);
        let at = rows.display().to_string();
        let asked = [&["simulate", "--scenario", "surge", "--csv", &at][..], &size[..]].concat();
        let said = here.run(&asked).is(0, "2 days a policy").is(0, "surge there within 5 min %");
        (said.out, std::fs::read_to_string(rows).expect("the rows are written"))
    };
    let (table, rows) = lived("once.csv");
    assert_eq!(lived("again.csv"), (table.clone(), rows.clone()), "the same seeds are the same days");
    for policy in ["shipped", "nearest-three"] {
        // Three of ten requests, on both days.
        assert!(rows.contains(&format!("requests,surge,{policy},12.0000,0.0000,2\n")), "{rows}");
        assert!(rows.contains(&format!("requests,all,{policy},40.0000,0.0000,2\n")), "{rows}");
    }
    assert!(table.contains("街道 there within 10 min %"), "a street by its name: {table}");
}
