//! The faults of a language's file, in comparison with the English one.

use std::collections::{BTreeMap, BTreeSet};

use authorization_server::state::scopes::PERMISSIONS;
use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement, Resource, Variant, VariantKey},
    parser::parse,
};

use super::{declared::DECLARED, file, sentence_key};
use crate::http::pages::language::Language;

const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
/// The category of a number.
const PLURAL_PROBE: &str = "probe = { $number ->
    [zero] zero
    [one] one
    [two] two
    [few] few
    [many] many
   *[other] other
}
";

/// The messages of a file, by key.
type Messages<'a> = BTreeMap<&'a str, &'a Message<&'a str>>;

/// Every fault of this text as the file of a language, in words.
pub(super) fn faults(language: Language, text: &str) -> Vec<String> {
    let resource = match parse(text) {
        Ok(resource) => resource,
        Err((_, errors)) => return errors.iter().map(|error| format!("{error} at byte {}", error.pos.start)).collect(),
    };
    let english = parse(file(Language::English)).unwrap();
    let (messages, english) = (messages(&resource), messages(&english));
    let mut faults = keys(language, &messages);
    if messages.len() < resource.body.iter().filter(|entry| matches!(entry, Entry::Message(_))).count() {
        faults.push("a key occurs twice".to_owned());
    }
    for (key, values) in DECLARED {
        let Some((message, pattern)) = messages.get(key).and_then(|message| Some((message, message.value.as_ref()?)))
        else {
            continue;
        };
        let attributes = message.attributes.iter().flat_map(|attribute| values_of(&attribute.value));
        let found: BTreeSet<&str> = values_of(pattern).into_iter().chain(attributes).collect();
        if found != values.iter().copied().collect() {
            faults.push(format!("{key} has the values {found:?} and not {values:?}"));
        }
        faults.extend(plural_faults(language, key, pattern));
        let (length, limit) = (length(pattern), limit(key, english[key].value.as_ref().map_or(0, length)));
        if length > limit {
            faults.push(format!("{key} has {length} characters, and there is room for {limit}"));
        }
    }
    faults
}

fn messages<'a>(resource: &'a Resource<&'a str>) -> Messages<'a> {
    let messages = resource.body.iter().filter_map(|entry| match entry {
        Entry::Message(message) => Some((message.id.name, message)),
        _ => None,
    });
    messages.collect()
}

/// A file has the declared keys and, unless it is English, a sentence for each permission and maybe the note that nobody has
/// reviewed it.
fn keys(language: Language, messages: &Messages<'_>) -> Vec<String> {
    let sentences: Vec<_> = PERMISSIONS.iter().map(|permission| (sentence_key(permission), permission)).collect();
    let mut faults = Vec::new();
    for (key, permission) in sentences.iter().filter(|_| language != Language::English) {
        if !messages.contains_key(key.as_str()) {
            let (file, sentence) = (language.tag(), permission.sentence);
            faults.push(format!("{file}.ftl has no {key}, so its readers see the English sentence: {sentence}"));
        }
    }
    faults.extend(DECLARED.iter().filter(|(key, _)| !messages.contains_key(key)).map(|(key, _)| format!("no {key}")));
    let declared: BTreeSet<&str> = DECLARED.iter().map(|(key, _)| *key).collect();
    let more = |key: &str| {
        language != Language::English && (key == "unreviewed" || sentences.iter().any(|(known, _)| known == key))
    };
    let unknown = messages.keys().filter(|key| !declared.contains(**key) && !more(key));
    faults.extend(unknown.map(|key| format!("nothing uses {key}")));
    faults
}

/// A button must fit on a telephone, and a text must not push the buttons off it. A short word may be long in another language.
fn limit(key: &str, english: usize) -> usize {
    if key.starts_with("button_") { english * 8 / 5 + 12 } else { english * 8 / 5 + 20 }
}

/// The characters of the longest variant.
fn length(pattern: &Pattern<&str>) -> usize {
    let length = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => value.chars().count(),
        PatternElement::Placeable { expression: Expression::Select { variants, .. } } => {
            variants.iter().map(|variant| self::length(&variant.value)).max().unwrap_or_default()
        }
        PatternElement::Placeable { .. } => 0,
    };
    pattern.elements.iter().map(length).sum()
}

fn values_of<'a>(pattern: &'a Pattern<&'a str>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for element in &pattern.elements {
        match element {
            PatternElement::Placeable { expression: Expression::Inline(inline) } => found.extend(value_of(inline)),
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                found.extend(value_of(selector));
                found.extend(variants.iter().flat_map(|variant| values_of(&variant.value)));
            }
            PatternElement::TextElement { .. } => {}
        }
    }
    found
}

fn value_of<'a>(expression: &InlineExpression<&'a str>) -> Option<&'a str> {
    if let InlineExpression::VariableReference { id } = expression { Some(id.name) } else { None }
}

/// A choice by number has a variant for each category of the language, or one for each number.
fn plural_faults(language: Language, key: &str, pattern: &Pattern<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    for element in &pattern.elements {
        let PatternElement::Placeable { expression: Expression::Select { variants, .. } } = element else { continue };
        let named = |variant: &Variant<&str>| matches!(variant.key, VariantKey::Identifier { .. });
        if !variants.iter().any(named) {
            continue;
        }
        let found: BTreeSet<&str> = variants
            .iter()
            .map(|variant| match &variant.key {
                VariantKey::Identifier { name } | VariantKey::NumberLiteral { value: name } => *name,
            })
            .collect();
        let needed = categories(language);
        if found != needed {
            faults.push(format!("{key} has the plural forms {found:?}, and the language needs {needed:?}"));
        }
    }
    faults
}

/// The categories into which the language puts the numbers below a thousand (Unicode CLDR, as Fluent knows it).
fn categories(language: Language) -> BTreeSet<&'static str> {
    let probe = FluentResource::try_new(PLURAL_PROBE.to_owned()).unwrap();
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().unwrap()]);
    bundle.add_resource(probe).unwrap();
    let pattern = bundle.get_message("probe").unwrap().value().unwrap();
    let found: BTreeSet<String> = (0..1000)
        .map(|number: usize| {
            let values: FluentArgs<'_> = [("number", number)].into_iter().collect();
            bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned()
        })
        .collect();
    CATEGORIES.into_iter().filter(|category| found.contains(*category)).collect()
}
