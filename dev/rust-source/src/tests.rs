//! Small crates as text, and what is read from them.

use crate::SourceTree;

fn tree(files: &[(&str, &str)]) -> SourceTree {
    SourceTree::of("src", "the-crate", files.iter().copied()).unwrap()
}

/// The paths that `src/a/b.rs` names, in a crate with the modules `a`, `a::b`, `a::c` and `http`.
fn named(text: &str) -> Vec<String> {
    let tree = tree(&[
        ("src/lib.rs", "mod a; mod http;"),
        ("src/a/mod.rs", "mod b; mod c; pub use c::Item; pub type Fmt = std::fmt::Formatter;"),
        ("src/a/c.rs", "pub struct Item;"),
        ("src/http.rs", "pub struct App;"),
        ("src/a/b.rs", text),
    ]);
    let references = tree.references().into_iter().filter(|reference| reference.file == "src/a/b.rs");
    references.map(|reference| reference.path.join("::")).collect()
}

fn names(text: &str, path: &str) {
    let named = named(text);
    assert!(named.iter().any(|other| other == path), "{path} is not in {named:?} of `{text}`");
}

#[test]
fn an_import_is_seen_however_it_is_written() {
    for text in [
        "use crate::http::App;",
        "use crate::{http::App, a};",
        "use {std::fmt, crate::{a, http::{App}}};",
        "use crate::http::{self, App};",
        "use super::super::http::App;",
        "use super::{c, super::http::App};",
        "use self::super::super::http::App;",
        "use the_crate::http::App;",
        "use crate::http::App as Other;",
        "pub(crate) use crate::http::App;",
        "fn f() { use crate::http::App; }",
        "mod inner { use super::super::super::http::App; }",
        "mod inner { mod deeper { use crate::http::App; } }",
        "#[cfg(test)] mod tests { use crate::http::App; }",
    ] {
        names(text, "crate::http::App");
    }
    names("use crate::http::{self};", "crate::http");
    names("use crate::http::*;", "crate::http");
}

#[test]
fn a_path_is_seen_wherever_it_stands() {
    for text in [
        "fn f() { let app = crate::http::App; }",
        "fn f(app: &[Option<crate::http::App>]) {}",
        "fn f() -> impl Fn(super::super::http::App) { todo() }",
        "struct S<T: Into<crate::http::App>>(T);",
        "impl From<crate::http::App> for S {}",
        "fn f(x: X) { match x { crate::http::App => {} } }",
        "fn f() { vec![1, crate::http::App] }",
        "fn f() { outer!(inner!({ a: crate :: http :: App })) }",
        "fn f() { g!(super::super::http::App) }",
        "#[derive(crate::http::App)] struct S;",
        "#[crate::http::App] struct S;",
        "#[serde(with = \"crate::http::App\")] struct S;",
        "#[doc = crate::http::App] struct S;",
        "macro_rules! m { () => { $crate::http::App } }",
    ] {
        names(text, "crate::http::App");
    }
}

#[test]
fn a_name_is_followed_to_what_it_was_imported_as() {
    for text in [
        "use crate::http; fn f() { http::App }",
        "use crate::http as h; fn f() { h::App }",
        "use super::super::http as h; use h::App;",
        "use crate as root; fn f() { root::http::App }",
        "use crate::*; fn f() { http::App }",
        "use super::super::*; use http::App;",
        "use crate::http as one; use one as two; fn f() { two::App }",
        "type Other = crate::http::App;",
    ] {
        names(text, "crate::http::App");
    }
    for text in [
        "type Other = crate::http::App; fn f() { Other::new() }",
        "use crate::http::App; type Other = App; fn f() { Other::new() }",
        "use crate::http::App; fn f() { <App>::new() }",
        "fn f() { <crate::http::App>::new() }",
        "fn f() { vec![<crate::http::App>::new()] }",
        "use crate::http::App; impl Clone for App { fn f() { Self::new() } }",
        "use crate::http::App; impl Clone for App { fn f() { vec![Self::new()] } }",
        "use crate::http::*; fn f() { App::new() }",
    ] {
        names(text, "crate::http::App::new");
    }
}

#[test]
fn other_crates_are_seen_in_every_form() {
    for text in [
        "use std::env::var;",
        "use std::{env::var};",
        "use {std::{env::{var}}};",
        "use ::std::env::var;",
        "use std::env; fn f() { env::var }",
        "use std::env as e; fn f() { e::var() }",
        "use std as s; fn f() { s::env::var() }",
        "extern crate std as s; fn f() { s::env::var() }",
        "fn f() { std::env::var() }",
        "fn f() { ::std::env::var() }",
        "fn f() { println!(\"{:?}\", std::env::var()) }",
        "fn f() { println!(\"{:?}\", ::std::env::var()) }",
    ] {
        names(text, "std::env::var");
    }
    names("use warp;", "warp");
    names("extern crate warp as w;", "warp");
    names("use warp as w; fn f() { w::serve() }", "warp::serve");
    names("type Uri = warp::http::Uri; fn f() { Uri::new() }", "warp::http::Uri::new");
    names("fn f() { crate::a::Fmt::new() }", "std::fmt::Formatter::new");
}

#[test]
fn text_and_comments_name_nothing() {
    for text in ["// use crate::http::App;\nfn f() {}", "/// crate::http::App\nfn f() {}", "pub(in crate::a) fn f() {}"]
    {
        assert_eq!(named(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_reference_has_its_line_and_knows_whether_it_is_in_a_test() {
    let tree = tree(&[
        ("src/lib.rs", "mod a;\n#[cfg(test)]\nmod tests;\n#[cfg(all(test, unix))]\nmod more;"),
        ("src/a.rs", "\nuse x::A;\n#[cfg(test)]\nmod tests {\n    use x::B;\n}\n#[cfg(not(test))]\nuse x::C;"),
        ("src/tests.rs", "use x::D;"),
        ("src/more/deep.rs", "use x::E;"),
    ]);
    let mut found: Vec<_> = tree.references().into_iter().map(|r| (r.path.join("::"), r.line, r.in_test)).collect();
    found.sort();
    let expected = [("x::A", 2, false), ("x::B", 5, true), ("x::C", 8, false), ("x::D", 1, true), ("x::E", 1, true)];
    assert_eq!(found, expected.map(|(path, line, in_test)| (path.to_owned(), line, in_test)));
}

#[test]
fn files_that_need_each_other_are_a_circle() {
    let circle = |files: &[(&str, &str)]| tree(files).circles();
    let two = [
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "use crate::b::B; pub struct A;"),
        ("src/b.rs", "pub struct B;"),
    ];
    assert!(circle(&two).is_empty());
    for back in ["use crate::a::A;", "fn f(a: super::a::A) {}", "use super::a; fn f() { a::g() }", "use crate::{a::*};"]
    {
        let back = format!("{back} pub struct B;");
        assert_eq!(circle(&[two[0], two[1], ("src/b.rs", &back)]), [["src/a.rs", "src/b.rs"]], "{back}");
    }
    let in_a_test = "#[cfg(test)] mod tests { use crate::a::A; } pub struct B;";
    assert!(circle(&[two[0], two[1], ("src/b.rs", in_a_test)]).is_empty());
}

#[test]
fn a_longer_circle_is_one() {
    let files = [
        ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
        ("src/a.rs", "use crate::b::g; pub fn f() {}"),
        ("src/b.rs", "use crate::c::h; pub fn g() {}"),
        ("src/c.rs", "use crate::{a::f, d::i}; pub fn h() {}"),
        ("src/d.rs", "pub fn i() {}"),
    ];
    assert_eq!(tree(&files).circles(), [["src/a.rs", "src/b.rs", "src/c.rs"]]);
}

#[test]
fn a_reexport_is_no_circle_but_what_the_parent_defines_is() {
    let circles = |own: &str, more: &str| {
        let parent =
            format!("mod one; mod two; mod three; pub use one::One; pub use three::*; pub use two::Two; {own}");
        let child = format!("use super::{{One, Three}}; {more} pub struct Two;");
        let files = [
            ("src/lib.rs", "mod a;"),
            ("src/a/mod.rs", &parent),
            ("src/a/one.rs", "pub struct One;"),
            ("src/a/three.rs", "pub struct Three;"),
            ("src/a/two.rs", &child),
        ];
        tree(&files).circles()
    };
    assert!(circles("", "").is_empty());
    assert!(circles("pub struct Own;", "").is_empty());
    assert_eq!(circles("pub struct Own;", "use super::Own;"), [["src/a/mod.rs", "src/a/two.rs"]]);
}

#[test]
fn imports_that_go_round_end() {
    let files =
        [("src/lib.rs", "mod a; mod b;"), ("src/a.rs", "pub use crate::b::X;"), ("src/b.rs", "pub use crate::a::X;")];
    assert_eq!(tree(&files).circles(), [["src/a.rs", "src/b.rs"]]);
}

/// The circles between `src/a.rs`, which calls `second`, and `src/b.rs`, which defines it. The type is in `src/server.rs`.
fn circles_of_methods(b: &str) -> Vec<Vec<String>> {
    let a = "use crate::server::Server; impl Server { pub fn first(&self) { self.second() } }";
    let files = [
        ("src/lib.rs", "mod server; mod a; mod b;"),
        ("src/server.rs", "pub struct Server; pub struct Other; impl Other { pub fn first(&self) {} }"),
        ("src/a.rs", a),
        ("src/b.rs", b),
    ];
    tree(&files).circles()
}

#[test]
fn a_call_needs_the_file_of_the_method_and_not_that_of_its_type() {
    for call in [
        "self.first()",
        "let f = || self.first(); f()",
        "let f = async { self.first().await }; f",
        "let f = |server: &Server| server.first(); f(self)",
        "helper(self) } } fn helper(server: &Server) { { server.first()",
        "assert!(self.first() == ())",
        "outer!(a = %self.first(), b)",
        "vec![Self::first(self)]",
        "Self::first(self)",
        "Server::first(self)",
        "super::server::Server::first(self)",
        "[self].map(Self::first)",
        "let server = self; server.first()",
        "let server = &*self; { server.first() }",
        "let server: &Server = found(); server.first()",
        "let one = self.clone(); let other = (&one); vec![other.first()]",
    ] {
        let b = format!("use crate::server::Server; impl Server {{ pub fn second(&self) {{ {call} }} }}");
        assert_eq!(circles_of_methods(&b), [["src/a.rs", "src/b.rs"]], "{call}");
    }
    let of_a_trait = "impl crate::server::Server { pub fn second(&self) {} }
        impl Clone for crate::server::Server { fn clone(&self) -> Self { self.first() } }";
    assert_eq!(circles_of_methods(of_a_trait), [["src/a.rs", "src/b.rs"]]);
}

#[test]
fn a_method_of_the_same_name_of_another_type_is_not_the_one_that_is_called() {
    let second = "use crate::server::{Other, Server}; impl Server { pub fn second(&self) {} }";
    for more in [
        "fn f(other: &Other) { other.first() }",
        "impl Other { fn f(&self) { self.first() } }",
        "impl Server { fn f(&self) { self.other.first() } }",
        "fn f(first: &Server) { first() }",
        "#[cfg(test)] mod tests { use crate::server::Server; fn f(server: &Server) { server.first() } }",
        "impl Server { #[cfg(test)] fn f(&self) { self.first() } }",
        "impl Server { fn f(&self) { { let server = self; } server.first() } }",
        "fn f(server: &Server) { let server = other(server); server.first() }",
    ] {
        assert!(circles_of_methods(&format!("{second} {more}")).is_empty(), "{more}");
    }
}

#[test]
fn lengths_leave_out_what_is_for_tests() {
    let text =
        "//! A comment.\n\npub fn f(\n    a: u8,\n) -> u8 {\n    a\n}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
    let tree = tree(&[("src/lib.rs", text)]);
    let [file] = tree.files() else { panic!("one file") };
    assert_eq!((file.lines, file.code_lines), (12, 8));
    assert_eq!(file.code, "//! A comment.\n\npub fn f(\n    a: u8,\n) -> u8 {\n    a\n}\n");
    let functions: Vec<_> = file.functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
    assert_eq!(functions, [("f", 3, 5)]);
}

#[test]
fn the_code_goes_on_behind_an_item_for_tests() {
    let tests = "#[cfg(test)]\nmod t;\n#[cfg(test)]\nuse a::{\n    b,\n};\n";
    let text = format!("{tests}fn f() {{}}\nimpl S {{\n    #[cfg(test)]\n    fn t() {{\n    }}\n    fn g() {{}}\n}}\n");
    let tree = tree(&[("src/lib.rs", &text), ("src/t.rs", "fn t() {}")]);
    let code: Vec<_> = tree.files().iter().map(|file| file.code.as_str()).collect();
    assert_eq!(code, ["fn f() {}\nimpl S {\n    fn g() {}\n}", ""]);
}

#[test]
fn methods_and_default_methods_are_functions_and_signatures_are_not() {
    let text =
        "impl S { fn a() {} #[cfg(test)] fn t() {} }\ntrait T {\n fn b();\n fn c() {\n }\n}\nfn d() { fn e() {} }";
    let tree = tree(&[("src/lib.rs", text)]);
    let names: Vec<_> = tree.files()[0].functions.iter().map(|f| (f.name.as_str(), f.lines)).collect();
    assert_eq!(names, [("a", 1), ("c", 2), ("d", 1), ("e", 1)]);
}

#[test]
fn a_file_that_is_not_rust_is_refused_with_its_place() {
    let error = SourceTree::of("src", "x", [("src/lib.rs", "fn f() {}\nfn {")]).err().unwrap();
    assert!(error.to_string().starts_with("src/lib.rs:2: "), "{error}");
}

#[test]
fn this_crate_is_read_from_its_files() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let tree = SourceTree::read(root, "dev/rust-source/src", "rust-source").unwrap();
    let paths: Vec<_> = tree.files().iter().map(|file| file.path.as_str()).collect();
    assert!(paths.contains(&"dev/rust-source/src/size.rs") && paths.contains(&"dev/rust-source/src/tests.rs"));
    let is_test = |path| tree.files().iter().find(|file| file.path == path).unwrap().is_test;
    assert!(is_test("dev/rust-source/src/tests.rs") && !is_test("dev/rust-source/src/size.rs"));
}
