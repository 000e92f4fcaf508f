//! A small project with one fault of each kind, and the figures of this one.

use std::fs;

use rust_source::project::Shipped;

use super::*;

const SMALL: Shipped = Shipped { package: "small", source: "src", tests: "tests" };

fn tree(files: &[(&str, &str)]) -> SourceTree {
    SourceTree::of("src", "small", files.iter().copied()).unwrap()
}

fn holds(figure: &Figure) -> bool {
    report::print(std::slice::from_ref(figure)).failed == 0
}

#[test]
fn a_circle_is_found() {
    let one = "use super::other::B; pub struct A;";
    let files =
        |other| [("src/mcp/mod.rs", "mod one; mod other;"), ("src/mcp/one.rs", one), ("src/mcp/other.rs", other)];
    assert!(!holds(&circles(&SMALL, &tree(&files("use super::one::A; pub struct B;")))));
    assert!(holds(&circles(&SMALL, &tree(&files("pub struct B;")))));
}

#[test]
fn a_name_of_a_crate_under_dev_is_found_even_in_a_test() {
    let found = |text| !holds(&imports_from_dev(&SMALL, &tree(&[("src/lib.rs", text)]), &["local_tenant".to_owned()]));
    assert!(found("use local_tenant::Tenant;"));
    assert!(found("#[cfg(test)] mod tests { fn f() { local_tenant::start() } }"));
    assert!(!found("use local::Tenant;"));
}

#[test]
fn a_long_function_and_a_long_file_are_found() {
    let function = format!("fn f() {{\n{}}}\n", "    f();\n".repeat(34));
    assert!(!holds(&functions(&SMALL, &tree(&[("src/lib.rs", &function)]))));
    let short = (0..20).map(|_| "fn g() {}\n").collect::<String>();
    let of_35 = format!("{short}{}", function.replacen("    f();\n", "", 1));
    assert!(holds(&functions(&SMALL, &tree(&[("src/lib.rs", &of_35)]))));
    let file = |lines| tree(&[("src/a.rs", &"//\n".repeat(lines))]);
    assert!(holds(&files(&SMALL, &file(100))) && !holds(&files(&SMALL, &file(101))));
}

#[test]
fn tests_inside_and_beside_the_source_count() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("tests")).unwrap();
    fs::write(root.path().join("tests/a.rs"), "\n".repeat(6)).unwrap();
    let code = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "//\n".repeat(10), "\n".repeat(3));
    let figure = |code: &str| tests(root.path(), &SMALL, &tree(&[("src/lib.rs", code)])).unwrap();
    assert!(holds(&figure(&code)));
    assert!(!holds(&figure(&code.replacen("\n\n", "\n", 1))));
}

#[test]
fn the_figures_of_this_project_can_be_measured() {
    let workspace = Workspace::of_this_build(false);
    let figures = figures(workspace.root()).unwrap();
    assert_eq!(figures.len(), SHIPPED.len() * 5 + 3 + NEW_IN_DEV.len());
}

#[test]
fn a_path_that_is_listed_as_new_and_not_there_is_found() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("dev/a/src")).unwrap();
    assert!(holds(&absent(root.path(), &["dev/a/src"])));
    assert!(!holds(&absent(root.path(), &["dev/a/src", "dev/a/src/gone.rs"])));
}

#[test]
fn a_path_that_is_listed_as_new_and_was_there_at_the_limit_is_found() {
    assert!(holds(&old(&["dev/local/src/connect.rs", "dev/local/src/ports"])));
    for path in ["dev/local/src/port.rs", "dev/local-tenant/src/faults", "dev/xtask/src/check_infra/rules/azd.rs"] {
        assert!(!holds(&old(&[path])), "{path}");
    }
}
