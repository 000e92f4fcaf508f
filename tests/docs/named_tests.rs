//! Which tests a file has: those that run, in its stage or in another one.

use std::{collections::BTreeSet, fs, path::Path, str::FromStr as _};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{has_extension, root};

/// Programs that must not compile, each beside the compiler's reason. All of them are tried.
const REFUSED_PROGRAMS: &str = "dev/compile-fail/tests/cases/";

/// Whether `file::name` is a test of that file that runs: a function of a Rust file, the `main` of a program that must not
/// compile, or a title of a Node test.
pub(super) fn is_test(named: &str) -> bool {
    let Some((file, name)) = named.split_once("::") else { return false };
    let (path, text) = (Path::new(file), fs::read_to_string(root().join(file)).unwrap_or_default());
    if file.starts_with(REFUSED_PROGRAMS) {
        return name == "main" && !text.is_empty() && root().join(path.with_extension("stderr")).is_file();
    }
    if has_extension(path, "rs") { of_rust(&text).contains(name) } else { is_node_test(&text, name) }
}

/// The test functions of a Rust file, also within a macro such as `proptest!`. Text in comments and strings is none.
fn of_rust(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(TokenStream::from_str(text).unwrap(), &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut attributes: Vec<TokenStream> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (token, tokens.peek()) {
            (TokenTree::Punct(mark), Some(TokenTree::Group(group)))
                if mark.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
            {
                attributes.push(group.stream());
                tokens.next();
            }
            (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "fn" => {
                let (name, runs) = (name.to_string(), !attributes.iter().any(is_left_out));
                if runs && attributes.iter().any(is_test_attribute) {
                    found.insert(name);
                }
                attributes.clear();
            }
            (TokenTree::Ident(word), _) if word == "pub" || word == "async" => {}
            (TokenTree::Group(group), _) => {
                attributes.clear();
                collect(group.stream(), found);
            }
            _ => attributes.clear(),
        }
    }
}

/// `test`, `tokio::test`, with or without arguments.
fn is_test_attribute(attribute: &TokenStream) -> bool {
    let path = attribute.clone().into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    path.last().is_some_and(|last| last.to_string() == "test")
}

/// Whether the test is ignored and no other stage runs it, or is compiled under a condition.
fn is_left_out(attribute: &TokenStream) -> bool {
    let words: Vec<_> = attribute.clone().into_iter().map(|token| token.to_string()).collect();
    match words[0].as_str() {
        "ignore" => !words.last().is_some_and(|reason| reason.starts_with("\"run by ")),
        "cfg" => true,
        _ => false,
    }
}

/// Whether a text in JavaScript calls `test` or `it` with this title, not in a comment, and skips it nowhere.
fn is_node_test(text: &str, title: &str) -> bool {
    let quotes = ['\'', '"', '`'];
    let mut calls =
        ["test", "it"].into_iter().flat_map(|called| quotes.map(|quote| format!("{called}({quote}{title}{quote}")));
    let code = without_comments(text);
    calls.any(|call| {
        code.match_indices(&call).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            let options = code[at + call.len()..].split("=>").next().unwrap_or_default();
            before.is_none_or(char::is_whitespace) && !options.contains("skip: true") && !options.contains("todo")
        })
    })
}

/// The lines that are no comment, from their first to their last character.
fn without_comments(text: &str) -> String {
    let mut in_comment = false;
    let is_code = |line: &&str| {
        let line = line.trim();
        let begins = line.starts_with("/*");
        let is_comment = in_comment || begins || line.starts_with("//");
        in_comment = (in_comment || begins) && !line.contains("*/");
        !is_comment
    };
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_tests_that_run_are_found_however_they_are_written() {
    let found = of_rust(
        "#[test] fn a() {} #[tokio::test(flavor = \"multi_thread\")] pub async fn b() {}
         mod tests { proptest! { #[test] fn c(x in 0..9) {} } }
         #[test] #[ignore = \"run by `cargo xtask test azd`\"] fn d() {} #[doc = \"x\"] #[test] #[should_panic] fn e() {}",
    );
    assert_eq!(found, ["a", "b", "c", "d", "e"].map(String::from).into());
}

#[test]
fn a_function_that_is_no_test_or_does_not_run_is_none() {
    for wrong in [
        "fn a() {}",
        "#[test] #[ignore] fn a() {}",
        "#[ignore = \"flaky\"] #[test] fn a() {}",
        "#[test] #[cfg(any())] fn a() {}",
        "// #[test] fn a() {}",
        "/* #[test] fn a() {} */",
        "/// #[test] fn a() {}\nfn b() {}",
        "const A: &str = \"#[test] fn a() {}\";",
        "#[test] const B: u8 = 1; fn a() {}",
        "fn b() { a() }",
        "#[cfg(test)] fn a() {}",
        "#[test] fn ab() {}",
    ] {
        assert!(!of_rust(wrong).contains("a"), "{wrong}");
    }
}

#[test]
fn a_program_that_must_not_compile_counts_with_the_compilers_reason() {
    assert!(is_test("dev/compile-fail/tests/cases/code_issued_twice.rs::main"));
    for wrong in ["cases/code_issued_twice.rs::other", "cases/no_such_program.rs::main", "cannot_be_written.rs::main"] {
        assert!(!is_test(&format!("dev/compile-fail/tests/{wrong}")), "{wrong}");
    }
}

#[test]
fn a_title_counts_where_a_test_has_it_and_runs() {
    for right in ["test('a', async () => {});", "  it(\"a\", () => {});", "x;\ntest(`a`, { skip: !node }, () => {});"] {
        assert!(is_node_test(right, "a"), "{right}");
    }
    for wrong in [
        "const title = 'a';",
        "// test('a', () => {});",
        "/* see\n test('a', () => {});\n */",
        "test.skip('a', () => {});",
        "latest('a', () => {});",
        "test('ab', () => {});",
        "test('a', { skip: true }, () => {});",
        "test.todo('a');",
        "describe('a', () => {});",
    ] {
        assert!(!is_node_test(wrong, "a"), "{wrong}");
    }
}
