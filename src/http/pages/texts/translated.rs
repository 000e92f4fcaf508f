//! Which English text each translation was made from. `translated.txt` has a line for each key, with a hash of that English
//! text for each language. So a change of the English text names the translations that it leaves behind.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use authorization_server::state::scopes::PERMISSIONS;
use fluent_syntax::{
    ast::{Entry, Resource},
    parser::parse,
    serializer::serialize,
};
use sha2::{Digest as _, Sha256};

use super::{file, sentence_key};
use crate::{config::Environment, http::pages::language::Language};

/// Set it to tags of languages, such as `de,fr`: the test then records that these languages say what English says now.
const RENEW: &str = "RENEW_TRANSLATIONS";
const HEAD: &str = "\
# The English text that each language was translated from: a hash of it.
# `RENEW_TRANSLATIONS=TAG cargo test --lib translated` writes it; docs/pages.md says when.
";

/// Texts by key, in Fluent's syntax.
type Sources = BTreeMap<String, String>;
/// Hashes by key and tag.
type Hashes = BTreeMap<String, BTreeMap<String, String>>;

/// The texts of a file, without the comments.
fn sources(text: &str) -> Sources {
    let messages = parse(text).unwrap().body.into_iter().filter_map(|entry| match entry {
        Entry::Message(mut message) => {
            message.comment = None;
            Some((message.id.name.to_owned(), serialize(&Resource { body: vec![Entry::Message(message)] })))
        }
        _ => None,
    });
    messages.collect()
}

/// The English texts. The sentences of the permissions are in the scope table.
fn english() -> Sources {
    let mut english = sources(file(Language::English));
    english.extend(PERMISSIONS.iter().map(|permission| {
        let key = sentence_key(permission);
        let source = format!("{key} = {}\n", permission.sentence);
        (key, source)
    }));
    english
}

/// What the file should have: the hash of each English text for each language that says it in other words.
fn hashes(english: &Sources) -> Hashes {
    let mut hashes = Hashes::new();
    for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
        for (key, translation) in sources(file(language)) {
            if let Some(source) = english.get(&key).filter(|source| **source != translation) {
                hashes.entry(key).or_default().insert(language.tag().to_owned(), hash(source));
            }
        }
    }
    hashes
}

fn hash(source: &str) -> String {
    Sha256::digest(source).iter().take(4).fold(String::new(), |mut hash, byte| {
        write!(hash, "{byte:02x}").unwrap();
        hash
    })
}

fn recorded(text: &str) -> Hashes {
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let of = |hashes: &str| {
        let hashes = hashes.split(' ').filter_map(|hash| hash.split_once('='));
        hashes.map(|(tag, hash)| (tag.to_owned(), hash.to_owned())).collect()
    };
    lines.map(|(key, hashes)| (key.to_owned(), of(hashes))).collect()
}

fn written(hashes: &Hashes) -> String {
    let lines = hashes.iter().map(|(key, hashes)| {
        let hashes: Vec<_> = hashes.iter().map(|(tag, hash)| format!("{tag}={hash}")).collect();
        format!("{key} {}\n", hashes.join(" "))
    });
    HEAD.to_owned() + &lines.collect::<String>()
}

/// With the hashes of these languages as they should be, and no texts that are gone.
fn renewed(recorded: &Hashes, hashes: &Hashes, tags: &[&str]) -> Hashes {
    let mut renewed = Hashes::new();
    for (key, languages) in hashes {
        for (tag, hash) in languages {
            let known = if tags.contains(&tag.as_str()) { Some(hash) } else { recorded_hash(recorded, key, tag) };
            let hash = known.map(|hash| (tag.clone(), hash.clone()));
            renewed.entry(key.clone()).or_default().extend(hash);
        }
    }
    renewed
}

fn recorded_hash<'a>(recorded: &'a Hashes, key: &str, tag: &str) -> Option<&'a String> {
    recorded.get(key)?.get(tag)
}

/// The translations whose English text has changed since.
fn stale(recorded: &Hashes, hashes: &Hashes) -> Vec<String> {
    let all = hashes.iter().flat_map(|(key, languages)| languages.iter().map(move |(tag, hash)| (key, tag, hash)));
    let stale = all.filter(|(key, tag, hash)| recorded_hash(recorded, key, tag) != Some(hash));
    stale.map(|(key, tag, _)| format!("{tag}.ftl: {key}")).collect()
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http/pages/texts/translated.txt")
}

#[test]
fn every_translation_was_made_from_the_english_text_as_it_is() {
    let (hashes, environment) = (hashes(&english()), Environment::of_process());
    let mut recorded = recorded(&fs::read_to_string(path()).unwrap_or_default());
    if let Some(tags) = environment.get(RENEW) {
        let tags: Vec<&str> = tags.split(',').collect();
        let unknown = tags.iter().find(|tag| Language::ALL.iter().all(|known| known.tag() != **tag));
        assert_eq!(unknown, None, "{RENEW} names languages, as in {RENEW}=de,fr");
        recorded = renewed(&recorded, &hashes, &tags);
        fs::write(path(), written(&recorded)).unwrap();
    }
    let stale = stale(&recorded, &hashes);
    let advice = format!("read these again, because their English text has changed; then set {RENEW}=TAG,TAG");
    assert!(stale.is_empty(), "{advice}:\n{}", stale.join("\n"));
}

#[test]
fn a_change_of_an_english_text_is_named_until_each_language_has_it() {
    let mut english = english();
    let before = recorded(&written(&hashes(&english)));
    assert_eq!((stale(&before, &hashes(&english)), before.len() > 100), (Vec::new(), true));
    english.insert("button_deny".to_owned(), "button_deny = Refuse it\n".to_owned());
    let after = hashes(&english);
    let languages = ["ar", "de", "es", "fr", "ja"];
    assert_eq!(stale(&before, &after), languages.map(|tag| format!("{tag}.ftl: button_deny")));
    let some = renewed(&before, &after, &["de", "ja"]);
    assert_eq!(stale(&some, &after), ["ar", "es", "fr"].map(|tag| format!("{tag}.ftl: button_deny")));
    assert_eq!(renewed(&some, &after, &languages), after);
}
