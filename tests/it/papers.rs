//! What the papers in `docs/` promise is there: the tests they name, the files they point at.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder whose name ends so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

fn papers() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    files(&root().join("docs"), ".md", &mut found);
    files(&root().join("THIRD-PARTY"), ".md", &mut found);
    found.retain(|path| path.exists());
    found
}

/// What stands between back quotes, in a table or a sentence.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The places that links in round brackets lead to, within the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(|target| target.split('#').next().unwrap_or(target))
}

/// All code and tests as one text.
fn code() -> String {
    let mut sources = Vec::new();
    files(&root().join("src"), ".rs", &mut sources);
    files(&root().join("tests"), ".rs", &mut sources);
    sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_test_the_architecture_names_is_there() {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let table = text.split("## What always holds").nth(1).unwrap().split("\n## ").next().unwrap();
    let code = code();
    let named: Vec<&str> =
        quoted(table).filter(|name| name.contains('_') && !name.contains(['/', '.'])).collect();
    let gone: Vec<&&str> = named.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(named.len() > 30, "the table of invariants was not found");
    assert!(gone.is_empty(), "docs/ARCHITECTURE.md names tests that are not there: {gone:?}");
}

#[test]
fn every_row_of_the_rules_names_code_and_tests_that_are_there() {
    let text = fs::read_to_string(root().join("docs/RULES.md")).unwrap();
    let code = code();
    let named: Vec<&str> = quoted(&text).collect();
    let of_tests = |name: &&&str| name.matches('_').count() > 2 && !name.contains(['/', '.']);
    let gone: Vec<_> =
        named.iter().filter(of_tests).filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(gone.is_empty(), "docs/RULES.md names tests that are not there: {gone:?}");
    let files: Vec<_> = named.iter().filter(|name| name.contains('/')).collect();
    let astray: Vec<_> = files.iter().filter(|name| !root().join(name).exists()).collect();
    assert!(
        files.len() > 30 && astray.is_empty(),
        "docs/RULES.md names files that are not there: {astray:?}"
    );
    for row in 1..=25 {
        let has = |line: &str| {
            let first = line.split('|').nth(1).unwrap_or_default();
            first.split(',').any(|cell| cell.trim() == row.to_string())
        };
        let lines: Vec<&str> = text.lines().filter(|line| has(line)).collect();
        assert_eq!(lines.len(), 1, "row {row} of the table of moves");
        assert!(quoted(lines[0]).any(|name| name.matches('_').count() > 2), "row {row} has no test");
    }
}

#[test]
fn every_link_in_the_papers_leads_somewhere() {
    let mut astray = Vec::new();
    for paper in papers() {
        let text = fs::read_to_string(&paper).unwrap();
        let folder = paper.parent().unwrap();
        for link in links(&text).filter(|link| !link.is_empty() && !folder.join(link).exists()) {
            astray.push(format!("{}: {link}", paper.display()));
        }
    }
    assert!(astray.is_empty(), "links that lead nowhere: {astray:#?}");
}
